"""The values that cross the border between the core and plugins: frozen, checked on arrival.

`palabre.hookspecs` says which hook takes and gives them; plugins import them from `palabre.api`.
Their plain fields (texts, booleans) are checked when a plugin hands them over.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from tortoise.expressions import Q
from tortoise.models import Model

from palabre.events.values import Content, Publication
from palabre.people.models import Role, SiteRole
from palabre.people.permissions import Actor

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
class Permission:
    """One of a plugin's own actions: its French words, and who has it.

    `roles` are roles in an organisation, for what belongs to it; `site_roles` are roles on the whole
    site. Administrators have every action, and may grant it to other roles than these.
    """

    words: str
    roles: tuple[Role, ...] = ()
    site_roles: tuple[SiteRole, ...] = ()


@dataclass(frozen=True, slots=True)
class PermissionRule:
    """Which objects of one of the plugin's own models an action is about, for whom.

    `organisation` leads from an object to its organisation's id ("event__organisation_id"), "" when
    it belongs to none. `where(actor, granted)` takes the query of what roles allow and returns the
    query of what is allowed: `granted & ~Q(secret=True)` narrows, `granted | Q(open=True)` widens. It
    is a plain function that asks nobody; without one, roles alone decide.
    """

    action: str
    model: type[Model]
    organisation: str = "organisation_id"
    where: Callable[[Actor, Q], Q] | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a plugin says of itself; the package exports it as `manifest`.

    `name` is the entry point's name and the prefix of everything shared (tables, templates, static
    files, permissions). `url` is the first part of all its addresses. `permissions` maps its own
    actions ("festival.manage") to who has them. `hosts` are the machines it contacts. `minors` says
    whether it holds or shows what minors made. `per_organisation`: each organisation switches it on
    for itself; for all others' events its hooks are not called, except that the guards of a plugin
    with `minors` are asked for everybody's.
    """

    name: str
    title: str
    version: str
    api: int
    url: str
    permissions: Mapping[str, Permission] = field(default_factory=dict)
    personal_data: tuple[PersonalData, ...] = ()
    hosts: tuple[str, ...] = ()
    minors: bool = False
    per_organisation: bool = False


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
    organisation_id: UUID


@dataclass(frozen=True, slots=True)
class Fault:
    """What a guard finds wrong: a French sentence, and the form field it belongs beside."""

    message: str
    field: str | None = None
