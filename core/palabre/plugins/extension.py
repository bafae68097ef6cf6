"""One plugin at work: calls its hooks and pages, counts, and pauses it when it fails too often."""

import sys
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial, wraps
from typing import Any, TypeVar
from uuid import UUID

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from tortoise.models import Model

from palabre.database.spending import Spending, on_account
from palabre.errors import NotFound, PalabreError, Refused
from palabre.hookspecs import PROMISES, Failing
from palabre.hookvalues import Principal
from palabre.i18n import gettext as _
from palabre.people.granted import Action, Rule
from palabre.people.models import Role, SiteRole
from palabre.plugins import answers, ledger, memory
from palabre.plugins.costs import Cost
from palabre.plugins.given import check_items
from palabre.plugins.loading import Loaded
from palabre.plugins.offspring import MAX_THREADS, lasting_threads, left_behind
from palabre.plugins.options import taken
from palabre.plugins.ruling import guarded
from palabre.plugins.running import Failed, Runner
from palabre.plugins.scope import Scope
from palabre.plugins.state import State
from palabre.plugins.troubles import Trouble, describe
from palabre.principals.doors import admit
from palabre.web.routing import PRINCIPAL, PUBLIC, Page

FAILURES = 5  # within WINDOW: the plugin is paused
WINDOW = 600.0  # seconds
VIEW_SECONDS = 30.0
JOB_QUERIES = 100_000  # in one attempt at a job: more is a loop that went wrong
VIEW_QUERIES = 200
Answer = TypeVar("Answer")
GUARDS = frozenset(name for name, p in PROMISES.items() if p.failing is Failing.CLOSED)
RULE = "permission_rules"  # where the failure of a rule is counted

log = structlog.get_logger("palabre.plugins")


class Standing(StrEnum):
    """Whether a plugin takes part."""

    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"
    REFUSED = "refused"


class HookFailed(Exception):
    """A hook or page failed; it is already counted and logged."""


class Extension:
    """A found plugin with its state.

    `on_pause` is told when it pauses itself, `on_trouble` when there is a failure to write down.
    """

    def __init__(
        self,
        loaded: Loaded,
        on_pause: Callable[["Extension"], None],
        on_trouble: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = loaded.name
        self.loaded = loaded
        self.state = State()
        self.settings, self.settings_faults = taken(loaded, self.state)
        self.scope = Scope()
        self.costs: dict[str, Cost] = {}
        self._on_pause = on_pause
        self._on_trouble = on_trouble
        self._runner = Runner(loaded.name)
        self._failures: deque[float] = deque(maxlen=FAILURES)
        self._troubles: dict[str, ledger.Seen] = {}
        self._written: dict[str, Cost] = {}
        self._folder = f"{loaded.folder}/" if loaded.folder else ""
        self._grown = 0  # bytes that its calls have kept

    @property
    def title(self) -> str:
        """Its French title; the bare name when it has no manifest."""
        return self.loaded.manifest.title if self.loaded.manifest else self.name

    @property
    def standing(self) -> Standing:
        """Whether it takes part; what an administrator decided comes first."""
        if not self.state.enabled:
            return Standing.DISABLED
        if self.loaded.fault:
            return Standing.REFUSED
        return Standing.PAUSED if self.state.paused else Standing.ACTIVE

    @property
    def reason(self) -> str:
        """Why it doesn't take part, "" when it does."""
        return self.loaded.fault or self.state.pause_reason

    @property
    def guards(self) -> frozenset[str]:
        """The hooks with which it guards, as far as it could be loaded."""
        return frozenset(hook for hook in self.loaded.hooks if hook in GUARDS)

    def takes_part_in(self, hook: str) -> bool:
        """Whether it implements `hook`; a plugin that can't be loaded keeps its last guards."""
        if hook in self.loaded.hooks:
            return True
        return bool(self.loaded.fault) and hook in self.state.guards

    def field_in_form(self, name: str | None) -> str | None:
        """Return the name in the event form of a field that the plugin names: its own, or any."""
        own = {field.name for section in self.loaded.sections for field in section.fields}
        return f"{self.name}-{name}" if name in own else name

    @property
    def is_per_organisation(self) -> bool:
        """Whether organisations switch it on for themselves."""
        return self.loaded.manifest is not None and self.loaded.manifest.per_organisation

    @property
    def guards_where_on(self) -> bool:
        """Whether its guards concern only the organisations for which it is on.

        Those that protect minors concern everybody: nobody gets round them by switching it off.
        """
        manifest = self.loaded.manifest
        if manifest is None or self.loaded.fault:
            return self.state.guards_where_on
        return manifest.per_organisation and not manifest.minors

    def is_on_for(self, organisation_id: UUID) -> bool:
        """Whether it is on for an organisation, as far as organisations decide that."""
        return not self.is_per_organisation or organisation_id in self.scope.organisations

    def concerns(self, arguments: Mapping[str, object], *, guarding: bool = False) -> bool:
        """Whether a call is about something for which it is on.

        Whatever says which organisation it belongs to (`organisation_id`) counts.
        """
        if not (self.guards_where_on if guarding else self.is_per_organisation):
            return True
        owners = (getattr(value, "organisation_id", None) for value in arguments.values())
        return all(owner in self.scope.organisations for owner in owners if owner is not None)

    def models(self) -> list[type[Model]]:
        """Return its own models, none when it has no table or couldn't be loaded."""
        module = sys.modules.get(self.loaded.models)
        return list(getattr(module, "__models__", ()))

    def action(self, name: str) -> Action | None:
        """Return its action `name` as it stands now, None when it has no such action."""
        manifest = self.loaded.manifest
        said = manifest.permissions.get(name) if manifest else None
        if said is None:
            return None
        failed = partial(self.failed, RULE)
        given = self.scope.grants.get(name, frozenset({*said.roles, *said.site_roles}))
        return Action(
            plugin=self.title,
            roles=frozenset(role for role in Role if role in given),
            site_roles=frozenset(role for role in SiteRole if role in given),
            takes_part=self.standing is Standing.ACTIVE,
            on_for=self.scope.organisations if self.is_per_organisation else None,
            rules={
                rule.model: Rule(rule.organisation, rule.where and guarded(rule.where, failed))
                for rule in self.loaded.rules
                if rule.action == name
            },
        )

    def follow(self, state: State, scope: Scope | None) -> bool:
        """Take over what the database says; returns whether that changed anything."""
        if scope is not None:
            self.scope = scope
        if state == self.state:
            return False
        if self.state.paused and not state.paused:
            self._failures.clear()
        if state.settings_version != self.state.settings_version:
            self.settings, self.settings_faults = taken(self.loaded, state)
        self.state = state
        return True

    async def call(self, hook: str, arguments: Mapping[str, object]) -> tuple[Any, ...]:
        """Return what its implementation of `hook` gives, checked.

        Raises HookFailed, counted and logged; PalabreError passes, it was said on purpose.
        """
        implementation = self.loaded.hooks[hook]
        promise = PROMISES[hook]
        taken = {name: arguments[name] for name in implementation.takes}

        async def ask() -> tuple[Any, ...]:
            given = await self._runner.run(implementation.function, taken, promise.seconds)
            return check_items(hook, given)

        try:
            return await self._on_account(hook, promise.queries, ask)
        except PalabreError:
            raise
        except Exception as error:
            trouble = self.failed(hook, error)
            raise HookFailed(f"{self.name}: {trouble.summary}") from error

    async def _on_account(
        self, place: str, queries: int, ask: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """Return what `ask` gives within `queries` questions to the database; count what it cost.

        Raises Failed when it asked more, and what `ask` raises; what it wrote into somebody's
        transaction is undone then.
        """
        spending = Spending(queries, self._folder)
        started, threads, well = time.perf_counter(), threading.active_count(), False
        try:
            with on_account(spending):
                answer = await ask()
            if spending.refused:
                raise Failed(f"plus de {queries} requêtes à la base de données en un appel")
            well = True
        finally:
            left = left_behind(spending)
            kept = await spending.settle(well=well)
            seconds = time.perf_counter() - started
            cost = self.costs.setdefault(place, Cost())
            cost.count(seconds, spending.queries, spending.seconds)
        if not kept:
            raise Failed("a laissé une requête en échec dans la transaction du site")
        if left:
            self.failed(place, Failed(f"a laissé {left} tâche(s) derrière elle"))
        self._look_after(place, spending, more_threads=threading.active_count() > threads)
        return answer

    def _look_after(self, place: str, spending: Spending, *, more_threads: bool) -> None:
        """Count against it what a call keeps beyond its end; what it gave is taken all the same."""
        if more_threads and lasting_threads(spending.folder) > MAX_THREADS:
            sentence = f"a laissé plus de {MAX_THREADS} fils d’exécution derrière elle"
            self.failed(place, Failed(sentence, at_once=True))
        self._grown = max(0, self._grown + spending.grown)
        if self._grown > memory.KEPT:
            sentence = f"garde {self._grown // memory.MIB} Mio de mémoire"
            self.failed(place, Failed(sentence, at_once=True))

    async def do_job(self, name: str, work: Coroutine[Any, Any, object], seconds: float) -> object:
        """Await an attempt at its job `name` for at most `seconds`; returns what the job does.

        Raises what the job raises, or Failed, counted and logged; PalabreError was said on purpose.
        """
        place = f"job {name}"
        try:
            # Without one of its few places: a job may last for hours, and its pages go on.
            attempt = partial(self._runner.in_task, work, seconds)
            return await self._on_account(place, JOB_QUERIES, attempt)
        except PalabreError:
            raise
        except Exception as error:
            self.failed(place, error)
            raise

    def mounted(self, page: Page) -> Page:
        """Return `page` at its whole address, its failures kept from the rest of the site."""
        url = self.loaded.manifest.url if self.loaded.manifest else ""
        return Page(
            path=url + page.path if page.path != "/" else url,
            endpoint=self._isolated(page),
            name=f"{self.name}:{page.name}",
            # the core's router lets everybody pass, and `admit` its own people alone
            permission=PUBLIC if page.permission == PRINCIPAL else page.permission,
            methods=page.methods,
            max_body=page.max_body,
        )

    def _isolated(self, page: Page) -> Callable[[Request], Any]:
        place = f"page {page.path}"

        async def endpoint(request: Request) -> Response:
            self._open_or_away()
            await answers.received(request)
            sent = await admit(request, self.name, page, self.principal, self._entrance)
            if sent is not None:
                return sent
            with self._excused(place):
                return await self._answer(page, place, request)

        return wraps(page.endpoint)(endpoint)

    async def _answer(self, page: Page, place: str, request: Request) -> Response:
        async def ask() -> object:
            return await self._runner.wait(answers.viewed(page, request), VIEW_SECONDS)

        answer = await self._on_account(place, VIEW_QUERIES, ask)
        return answers.checked(answer, partial(self._send, place))

    async def _send(self, place: str, sending: Coroutine[Any, Any, None]) -> None:
        """Let an answer send itself, like a call; it may take as long as a large file does."""

        async def ask() -> object:
            return await self._runner.in_task(sending, answers.SEND_SECONDS)

        with self._excused(place):
            await self._on_account(place, VIEW_QUERIES, ask)

    @contextmanager
    def _excused(self, place: str) -> Iterator[None]:
        """Turn what goes wrong in a page into the site's own error page."""
        try:
            yield
        except (PalabreError, HTTPException, ClientDisconnect):
            raise
        except Exception as error:
            # Whoever reads a page can make it fail, with an address that its author forgot: that
            # alone doesn't pause the plugin. What burdens the whole site (Failed) does.
            self.failed(place, error, breaks=isinstance(error, Failed | MemoryError))
            sentence = _("L’extension « {title} » a échoué. Le reste du site fonctionne.")
            raise HTTPException(500, sentence.format(title=self.title)) from error

    @property
    def _entrance(self) -> str:
        manifest = self.loaded.manifest
        return (manifest.url + manifest.entrance).rstrip("/") if manifest else "/"

    async def principal(self, key: str) -> Principal | None:
        """Return its own person `key` as it knows them now; None for nobody, and when it fails."""
        if "principal" not in self.loaded.hooks:
            return None
        try:
            given = await self.call("principal", {"key": key})
        except (HookFailed, PalabreError):
            return None
        # exactly the value that was promised: nothing that could pass for somebody else later
        fits = len(given) == 1 and type(given[0]) is Principal and given[0].key == key
        return given[0] if fits else None

    def _open_or_away(self) -> None:
        if self.standing in {Standing.PAUSED, Standing.REFUSED}:
            sentence = _("L’extension « {title} » est en pause. Le reste du site fonctionne.")
            raise HTTPException(503, sentence.format(title=self.title))
        if self.standing is Standing.DISABLED:
            raise NotFound(_("Cette page n’existe pas."))

    def refusal(self) -> Refused:
        """Return what to say when it should guard and can't."""
        return Refused(
            _(
                "L’extension « {title} », qui vérifie chaque événement avant son enregistrement, ne"
                " fonctionne pas en ce moment. Rien n’a été enregistré et rien n’est perdu : gardez"
                " cette page ouverte, réessayez dans quelques minutes, et prévenez l’administration"
                " du site si cela dure."
            ).format(title=self.title)
        )

    def failed(self, place: str, error: BaseException, *, breaks: bool = True) -> Trouble:
        """Count, note and log a failure; the last straw pauses the plugin, unless not `breaks`."""
        trouble = describe(place, error, self.loaded.folder)
        self.costs.setdefault(place, Cost()).failures += 1
        self._note(trouble)
        # Under "exception", so that the trace is shown as it is.
        log.error("plugin_failed", plugin=self.name, where=place, exception=trouble.trace)
        if breaks and self._is_last_straw(error):
            self.state = self.state.with_pause(trouble.summary)
            log.error("plugin_paused", plugin=self.name, reason=trouble.summary)
            self._on_pause(self)
        return trouble

    def _is_last_straw(self, error: BaseException) -> bool:
        now = time.monotonic()
        self._failures.append(now)
        often = len(self._failures) == FAILURES and now - self._failures[0] <= WINDOW
        at_once = isinstance(error, MemoryError) or getattr(error, "at_once", False)
        return self.standing is Standing.ACTIVE and (often or at_once)

    def _note(self, trouble: Trouble) -> None:
        now = datetime.now(UTC)
        seen = self._troubles.get(trouble.fingerprint)
        if seen is not None:
            seen.count, seen.last = seen.count + 1, now
        elif len(self._troubles) < ledger.ERRORS:
            self._troubles[trouble.fingerprint] = ledger.Seen(trouble, now, now)
        self._on_trouble()

    def news(self) -> tuple[dict[str, Cost], list[ledger.Seen]]:
        """Return what it cost and how it failed since the last time, to be written down."""
        now = {place: cost.copy() for place, cost in self.costs.items()}
        added = {place: cost.since(self._written.get(place, Cost())) for place, cost in now.items()}
        seen = list(self._troubles.values())
        self._written, self._troubles = now, {}
        return {p: cost for p, cost in added.items() if cost.calls or cost.failures}, seen
