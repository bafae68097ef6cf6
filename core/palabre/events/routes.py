"""The addresses of those who write events. They stand before /evenements/{slug} of the agenda."""

from palabre.events import actions, desk, history, single_dates, views
from palabre.web.routing import MEMBER, Page

# Descriptions in three languages, typed with accents and percent-encoded.
FORM_BYTES = 512 * 1024
BOTH = ("GET", "POST")

PAGES = [
    Page("/mes-evenements", desk.desk, "desk", MEMBER),
    Page("/moderation", desk.moderation, "moderation", "site.moderate"),
    Page("/evenements/nouveau", views.new, "event_new", MEMBER, BOTH, FORM_BYTES),
    Page("/evenements/{slug}/modifier", views.edit, "event_edit", MEMBER, BOTH, FORM_BYTES),
    Page("/evenements/{slug}/actions", actions.act, "event_act", MEMBER, ("POST",)),
    Page("/evenements/{slug}/historique", history.history_page, "event_history", MEMBER, BOTH),
    Page("/evenements/{slug}/dates", single_dates.dates_page, "event_dates", MEMBER),
    Page("/evenements/{slug}/dates/{date}", single_dates.date_page, "event_date", MEMBER, BOTH),
]
