"""The values that cross the border between the core and plugins: frozen, checked on arrival.

`palabre.hookspecs` says which hook takes and gives them; plugins import them from `palabre.api`.
Their plain fields (texts, booleans) are checked when a plugin hands them over.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID

from markupsafe import Markup
from tortoise.expressions import Q
from tortoise.models import Model

from palabre.events.values import Content, Publication, Status
from palabre.people.models import Role, SiteRole
from palabre.people.permissions import Actor
from palabre.plugin_settings import PluginSettings

MAX_FACE = 20_000  # characters that a plugin may add to one event in feeds
PROPERTY = re.compile("[A-Z0-9-]{1,40}")

# The plugin itself


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo that was just loaded into an empty site, for plugins to add theirs.

    `first_day` is the Friday on which its season begins, and `event_ids` its events in order.
    `actor` may do everything.
    """

    actor: Actor
    first_day: date
    event_ids: tuple[UUID, ...]


class Basis(StrEnum):
    """Why personal data may be held at all (GDPR article 6, paragraph 1)."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    VITAL_INTEREST = "vital_interest"
    PUBLIC_TASK = "public_task"
    LEGITIMATE_INTEREST = "legitimate_interest"


@dataclass(frozen=True, slots=True)
class PersonalData:
    """One kind of personal data that a plugin holds: its label, and its line of the register.

    `table` is where it is; `what`, `purpose` and `retention` say in French what is held, why and
    how long; `basis` is what allows it. `people` says whose data they are and `recipients` who
    gets to see them, when it isn't the members and the administrators of the site.
    """

    table: str
    what: str
    purpose: str
    retention: str
    basis: Basis
    people: str = ""
    recipients: str = ""


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
    with `minors` are asked for everybody's. `settings` is the type of its settings: the core makes
    their form, stores them, and gives them back with `settings_of`. `entrance` is the path below
    `url` where its own people come in, those of the hook `principal`.
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
    settings: type[PluginSettings] | None = None
    per_organisation: bool = False
    entrance: str = "/"


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


@dataclass(frozen=True, slots=True)
class OrganisationView:
    """An organisation as its page shows it."""

    organisation_id: UUID
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class DashboardCard:
    """A card on the page from which editors work: French title, HTML, and where it leads.

    `body` is what `render_piece` gives. `path` lies below the plugin's own address, "" for none, and
    `link` is the French text of the link there.
    """

    title: str
    body: Markup
    path: str = ""
    link: str = ""


# Lists

VALUES = ":values"  # stands in a filter's SQL for the chosen values, as text[]


@dataclass(frozen=True, slots=True)
class ListFilter:
    """A way to narrow lists of events, in pages, feeds and the API.

    `name` is the parameter in addresses and begins with the plugin's name; `label` is French.
    `events` is one SQL query over the plugin's own tables that gives the ids of the events meant by
    the values, which stand in it as `:values` (text[]). What may be chosen is either `choices`
    (value: French words), or what the SQL query `options` gives (value, name), or any words.
    `several` allows more than one value.
    """

    name: str
    label: str
    events: str
    choices: Mapping[str, str] = field(default_factory=dict)
    options: str = ""
    several: bool = False


# Events


class FieldKind(StrEnum):
    """What is typed into a field of an event's form, and what its value is in `Content.extras`."""

    LINE = "line"  # str, on one line
    TEXT = "text"  # str, with paragraphs
    NUMBER = "number"  # int
    YES = "yes"  # True; nothing when the box isn't ticked
    CHOICE = "choice"  # str, a key of `choices`
    CHOICES = "choices"  # list[str], keys of `choices`
    DATE = "date"  # str, such as 2026-11-14
    LINK = "link"  # str, an address in ASCII


@dataclass(frozen=True, slots=True)
class EventField:
    """A field that a plugin adds to events: typed, checked and shown by the core.

    `name` (a-z, 0-9, _) is its key in `Content.extras[plugin]` and in feeds as JSON; `label` and
    `hint` are French. `choices` maps values to French words. `minimum` and `maximum` bound numbers,
    and `maximum` the characters of a text when it is given. `required` holds for the form only.
    What is `public` stands on the event's page, in feeds, the API and the search; the rest is for
    editors. `property` ("X-…") is the name under which calendars get it as well.
    """

    name: str
    label: str
    kind: FieldKind = FieldKind.LINE
    hint: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    minimum: int = 0
    maximum: int = 0
    required: bool = False
    public: bool = True
    property: str = ""


@dataclass(frozen=True, slots=True)
class EventSection:
    """A part of the event form with its fields: French title and explanation."""

    title: str
    fields: tuple[EventField, ...]
    hint: str = ""


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An event about to be saved; `event_id` is None for a new one.

    `publication` is where it will stand, and `action` what is being done ("edited", "published").
    """

    content: Content
    organisation_id: UUID
    event_id: UUID | None
    publication: Publication
    action: str = ""


@dataclass(frozen=True, slots=True)
class EventMove:
    """An event about to be published, submitted, refused, withdrawn, cancelled or postponed.

    What was before is None for a new event. What its status will be is `content.status`.
    """

    event_id: UUID | None
    organisation_id: UUID
    content: Content
    action: str
    publication_before: Publication | None
    publication: Publication
    status_before: Status | None


@dataclass(frozen=True, slots=True)
class EventSave:
    """An event as a transaction writes it; `action` is "" when it is only fed anew."""

    event_id: UUID
    slug: str
    organisation_id: UUID
    publication: Publication
    action: str
    content: Content


@dataclass(frozen=True, slots=True)
class EventFace:
    """What a plugin adds to an event for its readers, beside its fields.

    `lines` (French label, text) go below the description in calendars. `properties` are calendar
    properties: "BEDS" becomes "X-<PLUGIN>-BEDS". `data` goes into JSON, below the plugin's name, and
    `words` find the event. The core escapes everything. Raises ValueError for what can't be fed.
    """

    event_id: UUID
    lines: tuple[tuple[str, str], ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, object] = field(default_factory=dict)
    words: str = ""

    def __post_init__(self) -> None:
        texts = (*(text for pair in self.lines for text in pair), *self.properties.values())
        if not all(isinstance(text, str) for text in (*texts, self.words)):
            raise ValueError("lines, properties and words are texts")
        if not all(PROPERTY.fullmatch(name) for name in self.properties):
            raise ValueError("a property's name is made of A-Z, 0-9 and -")
        if len(json.dumps(dict(self.data))) + sum(map(len, texts)) > MAX_FACE:
            raise ValueError(f"a face has at most {MAX_FACE} characters")


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


# People


@dataclass(frozen=True, slots=True)
class Principal:
    """One of a plugin's own people, such as a pupil: signed in to its pages, nobody in the core.

    `key` is the plugin's name for them, `name` what its pages call them.
    """

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account whose data are asked for, or are to go."""

    user_id: UUID
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class PersonalRecords:
    """Part of what a plugin holds about a person: a French title, and rows by French words.

    Values are texts, numbers, booleans, dates, None, or lists and mappings of these.
    """

    title: str
    rows: Sequence[Mapping[str, object]]
