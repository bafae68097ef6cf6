"""The addresses of what everybody reads."""

from palabre.agenda import api, pages, views
from palabre.web.routing import PUBLIC, Page

PAGES = [
    Page("/", views.home, "home", PUBLIC),
    Page("/agenda", views.agenda, "agenda", PUBLIC),
    Page("/agenda/mois", views.this_month, "this_month", PUBLIC),
    Page("/agenda/mois/{month}", views.month, "month", PUBLIC),
    Page("/agenda/semaine", views.this_week, "this_week", PUBLIC),
    Page("/agenda/semaine/{week}", views.week, "week", PUBLIC),
    Page("/organisations", pages.organisation_list, "organisations", PUBLIC),
    Page("/organisations/{slug}", pages.organisation, "organisation", PUBLIC),
    Page("/lieux/{slug}", pages.venue, "venue", PUBLIC),
    Page("/api/v1/", api.index, "api", PUBLIC),
    Page("/api/v1/events", api.events, "api_events", PUBLIC),
]
# After the forms' own addresses: /evenements/nouveau is not an event.
EVENT_PAGES = [Page("/evenements/{slug}", pages.event, "event", PUBLIC)]
