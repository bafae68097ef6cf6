"""The addresses from which plugins are governed."""

from palabre.plugins import views
from palabre.web.routing import Page

PAGES = [
    Page("/administration", views.administration, "administration", "plugin.manage"),
    Page(
        "/administration/extensions/{name}",
        views.decide,
        "decide_plugin",
        "plugin.manage",
        ("POST",),
    ),
]
