"""The addresses from which plugins are governed."""

from palabre.plugins import page_views, reach_views, views
from palabre.web.routing import Page

MANAGE = "plugin.manage"
BOTH = ("GET", "POST")
ONE = "/administration/extensions/{name}"
OWN = "/organisations/{slug}/extensions"

PAGES = [
    Page(OWN, reach_views.organisation_plugins, "body_plugins", "organisation.edit", BOTH),
    Page("/administration", views.administration, "administration", MANAGE),
    Page(ONE, page_views.extension, "extension", MANAGE, BOTH),
    Page(f"{ONE}/portee", reach_views.plugin_reach, "plugin_reach", MANAGE, BOTH),
    Page(f"{ONE}/reglages", page_views.settings, "extension_settings", MANAGE, ("POST",)),
    Page(f"{ONE}/export", page_views.export, "extension_export", MANAGE, ("POST",)),
    Page(f"{ONE}/purge", page_views.purge, "extension_purge", MANAGE, BOTH),
]
