"""The front door: what plugins may import. Nothing else of Palabre is promised.

Version 1. Names are added, never taken away, while the version stays. `tests/core/plugins` checks
this list; the hooks are described in `palabre.hookspecs`.
"""

from palabre.agenda.upcoming import Upcoming, upcoming
from palabre.database.slugs import slugify
from palabre.errors import Conflict, Denied, NotFound, PalabreError, Refused
from palabre.events.domain.repairing import refresh_events, save_values
from palabre.events.models import Event
from palabre.events.values import (
    Accessibility,
    AllDay,
    Audience,
    Content,
    Place,
    Price,
    Publication,
    Status,
    Timed,
)
from palabre.hookspecs import API_VERSION, hookimpl
from palabre.hookvalues import (
    Basis,
    Check,
    EventChange,
    EventDraft,
    EventFace,
    EventField,
    EventMove,
    EventSave,
    EventSection,
    EventView,
    Fault,
    FieldKind,
    Manifest,
    NavigationItem,
    Person,
    PersonalData,
    PersonalRecords,
)
from palabre.i18n import gettext, marked, ngettext
from palabre.plugin_settings import PluginSettings, setting
from palabre.plugins import settings_of
from palabre.web.routing import MEMBER, PUBLIC, Page
from palabre.web.site import actor_of
from palabre.web.templates import render

__all__ = [
    "API_VERSION",
    "MEMBER",
    "PUBLIC",
    "Accessibility",
    "AllDay",
    "Audience",
    "Basis",
    "Check",
    "Conflict",
    "Content",
    "Denied",
    "Event",
    "EventChange",
    "EventDraft",
    "EventFace",
    "EventField",
    "EventMove",
    "EventSave",
    "EventSection",
    "EventView",
    "Fault",
    "FieldKind",
    "Manifest",
    "NavigationItem",
    "NotFound",
    "Page",
    "PalabreError",
    "Person",
    "PersonalData",
    "PersonalRecords",
    "Place",
    "PluginSettings",
    "Price",
    "Publication",
    "Refused",
    "Status",
    "Timed",
    "Upcoming",
    "actor_of",
    "gettext",
    "hookimpl",
    "marked",
    "ngettext",
    "refresh_events",
    "render",
    "save_values",
    "setting",
    "settings_of",
    "slugify",
    "upcoming",
]
