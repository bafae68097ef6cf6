"""The values that cross the border between the core and plugins: frozen, checked on arrival.

`palabre.hookspecs` says which hook takes and gives them; plugins import them from `palabre.api`.
Their plain fields (texts, booleans) are checked when a plugin hands them over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from palabre.events.values import Content, Publication
from palabre.plugin_settings import PluginSettings

# The plugin itself


@dataclass(frozen=True, slots=True)
class PersonalData:
    """One kind of personal data that a plugin holds; shown to administrators as its label.

    `table` is where it is, `what` and `purpose` say in French what is held and why, `retention`
    how long.
    """

    table: str
    what: str
    purpose: str
    retention: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a plugin says of itself; the package exports it as `manifest`.

    `name` is the entry point's name and the prefix of everything shared (tables, templates, static
    files, permissions). `url` is the first part of all its addresses. `permissions` maps its own
    actions ("festival.manage") to French words. `hosts` are the machines it contacts. `minors` says
    whether it holds or shows what minors made. `settings` is the type of its settings: the core
    makes their form, stores them, and gives them back with `settings_of`.
    """

    name: str
    title: str
    version: str
    api: int
    url: str
    permissions: Mapping[str, str] = field(default_factory=dict)
    personal_data: tuple[PersonalData, ...] = ()
    hosts: tuple[str, ...] = ()
    minors: bool = False
    settings: type[PluginSettings] | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a plugin's health: what was looked at, whether it is well, what to do if not."""

    title: str
    well: bool
    cure: str = ""


# Pages


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """A link in the site's menu: French title, path below the plugin's own address, permission."""

    title: str
    path: str
    permission: str


# Events


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An event about to be saved; `event_id` is None for a new one."""

    content: Content
    organisation_id: UUID
    event_id: UUID | None
    publication: Publication


@dataclass(frozen=True, slots=True)
class EventChange:
    """A save that was committed. Plugins read the rest of the event themselves, as it is then."""

    event_id: UUID
    slug: str
    version: int
    action: str
    publication: Publication
    organisation_id: UUID


@dataclass(frozen=True, slots=True)
class EventView:
    """An event as a page shows it."""

    event_id: UUID
    slug: str
    content: Content


@dataclass(frozen=True, slots=True)
class Fault:
    """What a guard finds wrong: a French sentence, and the form field it belongs beside."""

    message: str
    field: str | None = None
