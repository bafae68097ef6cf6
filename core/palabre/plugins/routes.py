"""The addresses from which plugins are governed."""

from palabre.plugins import page_views, views
from palabre.web.routing import Page

MANAGE = "plugin.manage"
ONE = "/administration/extensions/{name}"

PAGES = [
    Page("/administration", views.administration, "administration", MANAGE),
    Page(ONE, page_views.extension, "extension", MANAGE, ("GET", "POST")),
    Page(f"{ONE}/reglages", page_views.settings, "extension_settings", MANAGE, ("POST",)),
    Page(f"{ONE}/export", page_views.export, "extension_export", MANAGE, ("POST",)),
    Page(f"{ONE}/purge", page_views.purge, "extension_purge", MANAGE, ("GET", "POST")),
]
