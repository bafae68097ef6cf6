"""The addresses of the pages that look after places; the public page is the agenda's."""

from palabre.venues import views
from palabre.web.routing import Page

PAGES = [
    Page("/lieux/{slug}/modifier", views.edit, "venue_edit", "venue.edit", ("GET", "POST")),
    Page("/lieux/{slug}/reunir", views.merge, "venue_merge", "venue.merge", ("GET", "POST")),
]
