"""Every hook, in one file; the values that they take and give are in `palabre.hookvalues`.

A hook is a function that a plugin's package defines under one of the names below, marked with
`@hookimpl`, taking any of the arguments named here:

    from palabre.api import Page, PUBLIC, hookimpl

    @hookimpl
    def routes() -> list[Page]:
        return [Page("/", views.programme, "programme", PUBLIC)]

**What every hook returns** is a list (or tuple) of the type that its promise names, or None for
nothing. Anything else is refused as junk, and counts as a failure.

**When it fails** (raises, takes longer or asks the database more often than its budget allows,
returns junk) the promise decides:

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
their hook. Hooks of `AT_START` are plain functions, called once while the site starts. Tasks that a
call leaves behind are cancelled when it ends, and count as a failure: lasting work is a job.

**In a transaction.** When the core asks inside one of its own, the hook's queries are part of it,
behind a savepoint: what a failing hook wrote is undone, what the core wrote is not.

**Each hook is documented alike**: what it is for, when it is `Called:`, its `Arguments:` with their
types, what it `Returns:`, and an `Example:`; a test asks for them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar

import pluggy
from markupsafe import Markup

from palabre.hookvalues import (
    Check,
    DashboardCard,
    Demo,
    EventChange,
    EventDraft,
    EventFace,
    EventMove,
    EventSave,
    EventSection,
    EventView,
    Fault,
    ListFilter,
    NavigationItem,
    OrganisationView,
    PermissionRule,
    Person,
    PersonalRecords,
    Principal,
)
from palabre.jobs.declaring import Job
from palabre.people.permissions import Actor
from palabre.plugin_settings import PluginSettings
from palabre.web.routing import Page

PROJECT = "palabre"
API_VERSION = 1
QUERIES = 50  # to the database, in one call, where a hook's promise doesn't say otherwise
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Failing(Enum):
    """What the failure of a hook does; the module's text has the details."""

    AT_START = "the plugin is refused"
    OPEN = "its box stays empty"
    CLOSED = "what it guards is refused"


@dataclass(frozen=True, slots=True)
class Promise:
    """What holds for a hook: how it fails, its budget, the type of what it gives.

    The budget of one call is a time in `seconds` and a number of `queries` to the database.
    """

    failing: Failing
    seconds: float
    gives: type
    queries: int = QUERIES


PROMISES: dict[str, Promise] = {}
Hook = TypeVar("Hook", bound=Callable[..., Any])


def _promise(
    failing: Failing, seconds: float, gives: type, queries: int = QUERIES
) -> Callable[[Hook], Hook]:
    def declare(function: Hook) -> Hook:
        PROMISES[function.__name__] = Promise(failing, seconds, gives, queries)
        return hookspec(function)

    return declare


# Pages: routes, menu, places in the core's pages


@_promise(Failing.AT_START, 5.0, Page)
def routes() -> Sequence[Page]:
    """Give the plugin's pages.

    Called: once, at the start.

    Returns: a `Page` for each. Paths begin with "/" and are mounted below the manifest's `url`.
    Each page names a permission: PUBLIC, MEMBER, one of the core's actions or one of the plugin's
    own. A page without one gets the whole plugin refused. Each name is prefixed with the plugin's
    ("festival:programme"). A view has thirty seconds and 200 queries to the database; when it fails,
    the reader sees the site's own error page.

    Example:
        @hookimpl
        def routes():
            return [Page("/", views.programme, "programme", PUBLIC)]
    """


@_promise(Failing.AT_START, 5.0, NavigationItem)
def navigation() -> Sequence[NavigationItem]:
    """Give the plugin's links in the site's menu.

    Called: once, at the start. They are data, so that a page costs no call: the core shows a link
    to whoever passes its permission, and translates its title with the plugin's catalogue.

    Returns: a `NavigationItem` for each link.

    Example:
        @hookimpl
        def navigation():
            return [NavigationItem("Programme", "/", PUBLIC)]
    """


@_promise(Failing.OPEN, 1.0, Markup, queries=20)
async def page_slot(
    slot: str, event: EventView | None, organisation: OrganisationView | None
) -> Sequence[Markup]:
    """Give pieces of HTML for a place in a page of the core.

    Called: for each such page that is made; those of readers without an account are kept in memory
    until an event changes, for a minute at most.

    Arguments: `slot: str` is the place: "event_page", below an event's description;
    "organisation_page", below that of an organisation; "home", below the coming events of the front
    page. `event: EventView | None` and `organisation: OrganisationView | None` are what the page
    shows, None elsewhere.

    Returns: what `render_piece` returns. Plain text is refused, because nobody would know whether
    it was escaped. A piece is read and written again by an HTML parser: what it leaves open is
    closed, scripts and inline handlers are taken out.

    Example:
        @hookimpl
        async def page_slot(slot, event, organisation):
            if slot == "event_page":
                offers = await domain.offers(event.event_id)
                return [render_piece("hebergement/offers.html", offers=offers)]
    """


@_promise(Failing.OPEN, 1.0, DashboardCard, queries=20)
async def dashboard_cards(actor: Actor) -> Sequence[DashboardCard]:
    """Give cards for the page from which somebody works, « Mes événements ».

    Called: whenever somebody who is signed in opens it.

    Arguments: `actor: Actor`, who is signed in; show only what they may see.

    Returns: a `DashboardCard` for each thing that waits for them.

    Example:
        @hookimpl
        async def dashboard_cards(actor):
            waiting = await domain.waiting_for(actor)
            body = render_piece("hebergement/waiting.html", waiting=waiting)
            return [DashboardCard("Demandes de lits", body, "/demandes", "Répondre")]
    """


# Lists of events, and what narrows them


@_promise(Failing.AT_START, 5.0, ListFilter)
def list_filters() -> Sequence[ListFilter]:
    """Narrow lists of events: in the agenda's form, its feeds, the API and subscriptions at once.

    Filters are data and fixed SQL over the plugin's own tables, so that lists stay one query and
    a plugin whose code fails goes on narrowing them. What changes in a followed table reaches the
    feeds at its commit: `SELECT core_follow_lists('hebergement_offer', 'event_id');` in a
    migration. Where something else decides, call `refresh_lists(event_ids)` in the transaction.

    While the plugin is disabled or can't be loaded, addresses with its filters answer 503, and 410
    once it was purged; never all events.

    Called: once, at the start. The SQL is tried before the first request: one that fails, reads
    other tables than the plugin's, or none that is followed, gets the plugin refused.

    Returns: a `ListFilter` for each.

    Example:
        @hookimpl
        def list_filters():
            events = "SELECT event_id FROM hebergement_offer WHERE house = ANY(:values)"
            houses = {"habitant": "Chez l’habitant", "gite": "Gîte"}
            return [ListFilter("hebergement", "Dormir", events, choices=houses, several=True)]
    """


# Events: extension, validation, transitions, what happens after a save


@_promise(Failing.AT_START, 5.0, EventSection)
def event_sections() -> Sequence[EventSection]:
    """Add fields to events: a section of their form, and whatever follows from it.

    They are data: the core shows the section, reads and checks what was typed, keeps the values
    with the event (`content.extras[plugin]`, in its history, under its version, through
    duplication, import and undo), and writes the public ones on its page, into its feeds, the API
    and the search, all without calling the plugin. A field left empty has no value.

    Called: once, at the start.

    Returns: an `EventSection` for each part of the form; field names are unique in the plugin.

    Example:
        @hookimpl
        def event_sections():
            beds = EventField("beds", "Lits", FieldKind.NUMBER, maximum=99, property="X-HEBERGEMENT-BEDS")
            return [EventSection("Hébergement", (beds,))]
    """


@_promise(Failing.CLOSED, 5.0, Fault)
async def validate_event(draft: EventDraft) -> Sequence[Fault]:
    """Give what forbids that an event is saved.

    Called: before every save, import included. A guard: a fault refuses the save with its sentence.
    When the hook itself fails, or its plugin is paused or could not be loaded, the save is refused
    too.

    Arguments: `draft: EventDraft`, the event as it would be.

    Returns: a `Fault` for each objection, none to agree.

    Example:
        @hookimpl
        async def validate_event(draft):
            if draft.content.venue_id is None:
                return [Fault(_("Dites dans quel jardin : choisissez un lieu."), "venue")]
    """


@_promise(Failing.CLOSED, 5.0, Fault)
async def event_transition(move: EventMove) -> Sequence[Fault]:
    """Give what forbids that an event changes its publication or its status.

    Called: before every save after which an event stands elsewhere: published, submitted, refused,
    withdrawn; cancelled, postponed, rescheduled. A guard, like `validate_event`.

    Arguments: `move: EventMove`, where the event stands, where it would, and what it would say.

    Returns: a `Fault` for each objection, none to agree. Its field may be one of the plugin's own.

    Example:
        @hookimpl
        async def event_transition(move):
            beds = move.content.extras.get("hebergement", {}).get("beds")
            if move.publication == Publication.PUBLISHED and beds == 0:
                return [Fault(_("Sans lit, mieux vaut ne rien annoncer."), "beds")]
    """


@_promise(Failing.OPEN, 5.0, type(None), queries=500)
async def events_saved(saves: Sequence[EventSave]) -> None:
    """Store what events say of the plugin's, in its own tables.

    Called: inside the transaction of the save, after the events themselves are written, for all
    events of that save which have, or had, values of the plugin's fields. Its models and queries
    are part of that transaction: either all of it is committed, or nothing. A `Refused` refuses the
    save. Any other failure undoes the plugin's part alone, and it is called again for these events
    some seconds later: expect repeats.

    Arguments: `saves: Sequence[EventSave]`, the events; `content.extras[plugin]` has the values,
    and no key when there are none any more.

    Example:
        @hookimpl
        async def events_saved(saves):
            for save in saves:
                beds = save.content.extras.get("hebergement", {}).get("beds", 0)
                await Offer.update_or_create({"beds": beds}, event_id=save.event_id)
    """


@_promise(Failing.OPEN, 5.0, EventFace)
async def event_faces(events: Sequence[EventSave]) -> Sequence[EventFace]:
    """Give what readers see of events besides the plugin's fields: lines, properties, words.

    Called: whenever events that have values of the plugin's fields are written into the feeds,
    inside that transaction and after `events_saved`; never when somebody reads. Say
    `refresh_events(ids)` when something shown changes elsewhere. When it fails, the events are fed
    without these, and it is called again some seconds later.

    Arguments: `events: Sequence[EventSave]`, all events that are written together.

    Returns: an `EventFace` for each event that has anything to show.

    Example:
        @hookimpl
        async def event_faces(events):
            free = await domain.free_beds([event.event_id for event in events])
            return [
                EventFace(event_id, lines=(("Lits libres", str(beds)),), data={"free": beds})
                for event_id, beds in free.items()
            ]
    """


@_promise(Failing.OPEN, 10.0, type(None), queries=200)
async def event_committed(change: EventChange) -> None:
    """Act on an event that was saved.

    Called: after the commit, outside any request, at least once per plugin and in any order:
    compare versions, and expect repeats. A failure is tried again after ten seconds, then more and
    more rarely, for seven days.

    Arguments: `change: EventChange`, what was committed; read the rest of the event as it is then.

    Example:
        @hookimpl
        async def event_committed(change):
            await domain.forget_cached_card(change.event_id)
    """


# People: who signs in, what they may do, what is held about them


@_promise(Failing.AT_START, 5.0, PermissionRule)
def permission_rules() -> Sequence[PermissionRule]:
    """Say which of the plugin's own objects its own actions are about, and for whom.

    Without a rule, the roles that have an action (`Manifest.permissions`, or what an administrator
    granted) have it over the objects of their organisation. A rule narrows or widens that, over the
    plugin's own models and no others. `visible(actor, Board, "hebergement.view")` is the rule as a
    query, `await may(actor, "hebergement.view", board)` the same about one object; `palabre
    permissions explain` says why. A rule that fails covers nothing, for nobody.

    Called: once, at the start; each `where` whenever its action is asked about.

    Returns: a `PermissionRule` for each action and model.

    Example:
        @hookimpl
        def permission_rules():
            def where(actor, granted):
                return granted | Q(host_id=actor.user_id)
            return [PermissionRule("hebergement.edit", Bed, "event__organisation_id", where)]
    """


@_promise(Failing.CLOSED, 2.0, Principal)
async def principal(key: str) -> Sequence[Principal]:
    """Say who one of the plugin's own people is, as long as they may come in.

    For people who have no account, such as pupils who show a card. The plugin's own view finds out
    who they are (and counts the tries: `take`), then lets them in under a key of its own with
    `await enter_principal(request, response, key)`: a session of hours, in a cookie and a table apart
    from those of accounts. Its pages with the permission PRINCIPAL are theirs alone, and
    `principal_of(request)` says who asks. Everywhere else, in the core and in other plugins, they are
    nobody: no actor, no role, nothing that `can` allows. `end_principals(plugin, key)` ends what one
    has open; signing in to an account ends it too, as letting one in ends the account's session.

    Called: at each request to one of the plugin's pages that comes with such a session. When it
    fails, or knows the key no longer, whoever asks is nobody.

    Arguments: `key: str`, as given to `enter_principal`.

    Returns: the one `Principal` with this key; nothing when they may not come in any more.

    Example:
        @hookimpl
        async def principal(key):
            pupil = await Pupil.get_or_none(id=key, classroom__is_open=True)
            return [Principal(key, pupil.first_name)] if pupil else []
    """


@_promise(Failing.OPEN, 30.0, PersonalRecords)
async def export_person(person: Person) -> Sequence[PersonalRecords]:
    """Hand out all that the plugin holds about somebody.

    A plugin whose manifest declares `personal_data` must have it, or it is refused.

    Called: when somebody asks for their data, or an administrator for them; of a disabled plugin
    too, because its data are still there. When it fails, the archive says in its first lines whose
    part is missing.

    Arguments: `person: Person`, whose data are asked for.

    Returns: `PersonalRecords`, each with a French title and rows by French words. Leave out hashes
    and tokens, and what is about somebody else.

    Example:
        @hookimpl
        async def export_person(person):
            beds = await Bed.filter(host_id=person.user_id)
            return [PersonalRecords("Vos lits", [{"Commune": bed.commune} for bed in beds])]
    """


@_promise(Failing.CLOSED, 30.0, type(None))
async def erase_person(person: Person) -> None:
    """Forget somebody: remove what is theirs, take them out of what belongs to others.

    A plugin whose manifest declares `personal_data` must have it, or it is refused.

    Called: when an account is erased, before the core's own rows go, outside any transaction; of a
    disabled plugin too. Expect repeats: nothing left to forget is well. When it fails, or its
    plugin is paused or could not be loaded, the account stays closed but not erased, the
    administrators are shown why, and all plugins are asked again every day.

    Arguments: `person: Person`, who is to be forgotten; keep neither the address nor the id.

    Example:
        @hookimpl
        async def erase_person(person):
            await Bed.filter(host_id=person.user_id).delete()
    """


@_promise(Failing.OPEN, 60.0, type(None))
async def forget_old(now: datetime) -> None:
    """Remove what has had its time, as the manifest's `retention` promises.

    Called: after a start and then daily, by one process; of a disabled plugin too. The
    administrators' page says when it last went well.

    Arguments: `now: datetime`, the instant to count from, in UTC: go by it, not by the clock, so
    that a test can move it.

    Example:
        @hookimpl
        async def forget_old(now):
            await Bed.filter(offered_at__lt=now - timedelta(days=365)).delete()
    """


# Work: jobs, notifications


@_promise(Failing.AT_START, 5.0, Job)
def jobs() -> Sequence[Job[Any]]:
    """Give the plugin's jobs: what it does later, again when it fails, or at its hour.

    Called: once, at the start.

    Returns: each function that `job` made one, so that workers know them. Their names are prefixed
    with the plugin's ("festival.remind"). A worker runs them with the time that each declares. A
    job that raises or takes too long is tried again, more and more rarely, and counts as a failure
    of the plugin each time; Refused ends it at once and doesn't. While the plugin is paused or
    disabled its jobs wait, and hours that pass meanwhile are made up for once.

    Example:
        @job("Relancer les structures", cron="0 8 * * *")
        async def remind(run: Run) -> None:
            run.progress(50, gettext("La moitié des structures est relancée."))

        @hookimpl
        def jobs():
            return [remind]
    """


# The plugin itself: health, settings, lifecycle, demo data


@_promise(Failing.OPEN, 30.0, type(None), queries=10_000)
async def demo_data(demo: Demo) -> None:
    """Add the plugin's own to the demo.

    Called: once, after the demo was loaded into an empty site; within one transaction, which is
    undone when it fails. What it puts into its own tables goes when the plugin is purged.

    Arguments: `demo: Demo`, what was loaded.

    Example:
        @hookimpl
        async def demo_data(demo):
            for event_id in demo.event_ids[:5]:
                await save_values(demo.actor, event_id, "hebergement", {"beds": 4})
    """


@_promise(Failing.OPEN, 5.0, Check)
async def health() -> Sequence[Check]:
    """Give what the plugin checked of itself.

    Called: by `palabre plugin list` and the administrators' page.

    Returns: a `Check` for each thing looked at; one that isn't well says what to do.

    Example:
        @hookimpl
        async def health():
            return [Check("Arrosage", well=False, cure="Ouvrez le robinet.")]
    """


@_promise(Failing.OPEN, 10.0, Check)
async def try_settings(settings: PluginSettings) -> Sequence[Check]:
    """Try the plugin's settings out, before or after they are stored.

    Called: when an administrator presses the test button below the plugin's settings; without this
    hook there is no button.

    Arguments: `settings: PluginSettings`, of the manifest's own type: what the form holds, already
    checked, not stored yet.

    Returns: a `Check` for each thing tried, shown above the form.

    Example:
        @hookimpl
        async def try_settings(settings):
            found = await domain.ask(settings.server)
            return [Check("Le serveur répond", well=found, cure="Vérifiez son adresse.")]
    """
