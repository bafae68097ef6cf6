"""The addresses from which plugins are governed."""

from palabre.plugins import reach_views, views
from palabre.web.routing import Page

BOTH = ("GET", "POST")
REACH = "/administration/extensions/{name}/portee"
OWN = "/organisations/{slug}/extensions"

PAGES = [
    Page(OWN, reach_views.organisation_plugins, "body_plugins", "organisation.edit", BOTH),
    Page(REACH, reach_views.plugin_reach, "plugin_reach", "plugin.manage", BOTH),
    Page("/administration", views.administration, "administration", "plugin.manage"),
    Page(
        "/administration/extensions/{name}",
        views.decide,
        "decide_plugin",
        "plugin.manage",
        ("POST",),
    ),
]
