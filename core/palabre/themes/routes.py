"""Where the look of the site is shown."""

from palabre.themes import views
from palabre.web.routing import Page

PAGES = [Page("/administration/apparence", views.specimen, "specimen", "site.administer")]
