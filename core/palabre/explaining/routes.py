"""The address of the page that explains permissions."""

from palabre.explaining import views
from palabre.web.routing import Page

PAGES = [
    Page("/administration/droits", views.explain, "explain", "site.administer", ("GET", "POST"))
]
