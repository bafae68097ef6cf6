"""Every hook, in one file, with the values that it takes and gives.

A hook is a function that a plugin's package defines under one of the names below, marked with
`@hookimpl`, taking any of the arguments named here:

    from palabre.api import Page, PUBLIC, hookimpl

    @hookimpl
    def routes() -> list[Page]:
        return [Page("/", views.programme, "programme", PUBLIC)]

**What every hook returns** is a list (or tuple) of the type that its promise names, or None for
nothing. Anything else is refused as junk, and counts as a failure.

**When it fails** (raises, takes longer than its budget, returns junk) the promise decides:

* `AT_START`: the plugin is refused with the reason, and the site starts without it;
* `OPEN`: its own box stays empty, everybody else's results are kept;
* `CLOSED`: what it guards is refused, with a sentence that says so and that nothing was lost.

Five failures within ten minutes pause the plugin in every process until an administrator runs
`palabre plugin enable NAME`. Pausing never opens what a plugin guards: `palabre plugin disable`
does, because then a person has decided.

**Order** is the plugins' names in alphabetical order; tryfirst, trylast and wrappers are refused.

**Async or not.** An `async def` runs in the event loop: it may use the database, must not block,
and is interrupted when it blocks the loop for two seconds. A plain `def` runs in a thread of its
own, so that it may read a file or compute, and can't use the database. Both have the budget of
their hook. Hooks of `AT_START` are plain functions, called once while the site starts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar
from uuid import UUID

import pluggy
from markupsafe import Markup

from palabre.events.values import Content, Publication
from palabre.web.routing import Page

PROJECT = "palabre"
API_VERSION = 1
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


# What crosses the border: frozen values, checked on arrival.


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
    whether it holds or shows what minors made.
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


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """A link in the site's menu: French title, path below the plugin's own address, permission."""

    title: str
    path: str
    permission: str


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An event about to be saved; `event_id` is None for a new one."""

    content: Content
    organisation_id: UUID
    event_id: UUID | None
    publication: Publication


@dataclass(frozen=True, slots=True)
class Fault:
    """What a guard finds wrong: a French sentence, and the form field it belongs beside."""

    message: str
    field: str | None = None


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
class Check:
    """One line of a plugin's health: what was looked at, whether it is well, what to do if not."""

    title: str
    well: bool
    cure: str = ""


# The promises


class Failing(Enum):
    """What the failure of a hook does; the module's text has the details."""

    AT_START = "the plugin is refused"
    OPEN = "its box stays empty"
    CLOSED = "what it guards is refused"


@dataclass(frozen=True, slots=True)
class Promise:
    """What holds for a hook: how it fails, its budget in seconds, the type of what it gives."""

    failing: Failing
    seconds: float
    gives: type


PROMISES: dict[str, Promise] = {}
Hook = TypeVar("Hook", bound=Callable[..., Any])


def _promise(failing: Failing, seconds: float, gives: type) -> Callable[[Hook], Hook]:
    def declare(function: Hook) -> Hook:
        PROMISES[function.__name__] = Promise(failing, seconds, gives)
        return hookspec(function)

    return declare


@_promise(Failing.AT_START, 5.0, Page)
def routes() -> Sequence[Page]:  # type: ignore[empty-body]  # a specification has no body
    """Return the plugin's pages; called once, at the start.

    Paths begin with "/" and are mounted below the manifest's `url`. Each page names a permission:
    PUBLIC, MEMBER, one of the core's actions or one of the plugin's own. A page without one gets
    the whole plugin refused. Each name is prefixed with the plugin's ("festival:programme"). A view
    has thirty seconds; when it fails, the reader sees the site's own error page.
    """


@_promise(Failing.AT_START, 5.0, NavigationItem)
def navigation() -> Sequence[NavigationItem]:  # type: ignore[empty-body]  # a specification has no body
    """Return the plugin's links in the site's menu; called once, at the start.

    They are data, so that a page costs no call: the core shows a link to whoever passes its
    permission, and translates its title with the plugin's catalogue.
    """


@_promise(Failing.OPEN, 1.0, Markup)
async def page_slot(slot: str, event: EventView) -> Sequence[Markup]:  # type: ignore[empty-body]  # a specification has no body
    """Return pieces of HTML for a place in a page of the core; called for each such page.

    `slot` is "event_page": below an event's description. Give what `render_piece` returns: plain
    text is refused, because nobody would know whether it was escaped.
    """


@_promise(Failing.CLOSED, 5.0, Fault)
async def validate_event(draft: EventDraft) -> Sequence[Fault]:  # type: ignore[empty-body]  # a specification has no body
    """Return what forbids that this event is saved; called before every save, import included.

    A guard: a fault refuses the save with its sentence. When the hook itself fails, or its plugin
    is paused or could not be loaded, the save is refused too.
    """


@_promise(Failing.OPEN, 10.0, type(None))
async def event_committed(change: EventChange) -> None:
    """Act on an event that was saved; called after the commit, outside any request.

    Delivered at least once, per plugin, in any order: compare versions, and expect repeats. A
    failure is tried again after ten seconds, then more and more rarely, for seven days.
    """


@_promise(Failing.OPEN, 5.0, Check)
async def health() -> Sequence[Check]:  # type: ignore[empty-body]  # a specification has no body
    """Return what the plugin checked of itself; called by `palabre plugin list`."""
