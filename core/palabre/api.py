"""The front door: what plugins may import. Nothing else of Palabre is promised.

Version 1. Names are added, never taken away, while the version stays. `tests/core/plugins` checks
this list; the hooks are described in `palabre.hookspecs`.
"""

from palabre.agenda.upcoming import Upcoming, upcoming
from palabre.database.slugs import slugify
from palabre.documents.domain import forget_documents
from palabre.documents.values import Document
from palabre.documents.work import document_of, offer_document
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
from palabre.feeds.domain import refresh_lists
from palabre.hookspecs import API_VERSION, hookimpl
from palabre.hookvalues import (
    Basis,
    Check,
    DashboardCard,
    Demo,
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
    ListFilter,
    Manifest,
    NavigationItem,
    OrganisationView,
    Permission,
    PermissionRule,
    Person,
    PersonalData,
    PersonalRecords,
    Principal,
)
from palabre.i18n import gettext, marked, ngettext
from palabre.jobs.children import ChildFailed
from palabre.jobs.declaring import Job, Run, job
from palabre.people.models import Organisation, Role, SiteRole
from palabre.people.permissions import Actor, may, visible
from palabre.plugin_settings import PluginSettings, setting
from palabre.plugins import active_for, settings_of
from palabre.principals.domain import end_principals
from palabre.principals.doors import enter_principal, leave_principal, principal_of
from palabre.web.limits import Limit, address_of, forgive, take
from palabre.web.routing import MEMBER, PRINCIPAL, PUBLIC, Page
from palabre.web.site import actor_of
from palabre.web.templates import render, render_piece

__all__ = [
    "API_VERSION",
    "MEMBER",
    "PRINCIPAL",
    "PUBLIC",
    "Accessibility",
    "Actor",
    "AllDay",
    "Audience",
    "Basis",
    "Check",
    "ChildFailed",
    "Conflict",
    "Content",
    "DashboardCard",
    "Demo",
    "Denied",
    "Document",
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
    "Job",
    "Limit",
    "ListFilter",
    "Manifest",
    "NavigationItem",
    "NotFound",
    "Organisation",
    "OrganisationView",
    "Page",
    "PalabreError",
    "Permission",
    "PermissionRule",
    "Person",
    "PersonalData",
    "PersonalRecords",
    "Place",
    "PluginSettings",
    "Price",
    "Principal",
    "Publication",
    "Refused",
    "Role",
    "Run",
    "SiteRole",
    "Status",
    "Timed",
    "Upcoming",
    "active_for",
    "actor_of",
    "address_of",
    "document_of",
    "end_principals",
    "enter_principal",
    "forget_documents",
    "forgive",
    "gettext",
    "hookimpl",
    "job",
    "leave_principal",
    "marked",
    "may",
    "ngettext",
    "offer_document",
    "principal_of",
    "refresh_events",
    "refresh_lists",
    "render",
    "render_piece",
    "save_values",
    "setting",
    "settings_of",
    "slugify",
    "take",
    "upcoming",
    "visible",
]
