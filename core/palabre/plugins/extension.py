"""One plugin at work: calls its hooks and pages, counts, and pauses it when it fails too often."""

import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial, wraps
from typing import Any
from uuid import UUID

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from tortoise.models import Model

from palabre.errors import NotFound, PalabreError
from palabre.hookspecs import PROMISES, Failing
from palabre.i18n import gettext as _
from palabre.people.granted import Action, Rule
from palabre.people.models import Role, SiteRole
from palabre.plugins.loading import Implementation, Loaded, check_items
from palabre.plugins.options import taken
from palabre.plugins.ruling import guarded
from palabre.plugins.running import Failed, Runner
from palabre.plugins.scope import Scope
from palabre.plugins.state import State
from palabre.web.routing import Page

FAILURES = 5  # within WINDOW: the plugin is paused
WINDOW = 600.0  # seconds
VIEW_SECONDS = 30.0
GUARDS = frozenset(name for name, p in PROMISES.items() if p.failing is Failing.CLOSED)
RULE = "permission_rules"  # where the failure of a rule is counted

log = structlog.get_logger("palabre.plugins")


class Standing(StrEnum):
    """Whether a plugin takes part."""

    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"
    REFUSED = "refused"


@dataclass(slots=True)
class Cost:
    """What a hook has cost since the process started; seconds of wall time."""

    calls: int = 0
    failures: int = 0
    seconds: float = 0.0
    slowest: float = 0.0


class HookFailed(Exception):
    """A hook or page failed; it is already counted and logged."""


class Extension:
    """A found plugin with its state; `on_pause` is told when it pauses itself."""

    def __init__(self, loaded: Loaded, on_pause: Callable[["Extension"], None]) -> None:
        self.name = loaded.name
        self.loaded = loaded
        self.state = State()
        self.settings, self.settings_faults = taken(loaded, self.state)
        self.scope = Scope()
        self.costs: dict[str, Cost] = {}
        self._on_pause = on_pause
        self._runner = Runner(loaded.name)
        self._failures: deque[float] = deque(maxlen=FAILURES)

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

    async def call(self, hook: str, arguments: dict[str, object]) -> tuple[Any, ...]:
        """Return what its implementation of `hook` gives, checked.

        Raises HookFailed, counted and logged; PalabreError passes, it was said on purpose.
        """
        implementation = self.loaded.hooks[hook]
        started = time.perf_counter()
        try:
            return check_items(hook, await self._run(implementation, arguments, hook))
        except PalabreError:
            raise
        except Exception as error:
            self.failed(hook, error)
            raise HookFailed(f"{self.name}: {hook}: {error}") from error
        finally:
            self._count(hook, time.perf_counter() - started)

    async def _run(
        self, implementation: Implementation, arguments: dict[str, object], hook: str
    ) -> object:
        taken = {name: arguments[name] for name in implementation.takes}
        return await self._runner.run(implementation.function, taken, PROMISES[hook].seconds)

    def mounted(self, page: Page) -> Page:
        """Return `page` at its whole address, its failures kept from the rest of the site."""
        url = self.loaded.manifest.url if self.loaded.manifest else ""
        return Page(
            path=url + page.path if page.path != "/" else url,
            endpoint=self._isolated(page),
            name=f"{self.name}:{page.name}",
            permission=page.permission,
            methods=page.methods,
            max_body=page.max_body,
        )

    def _isolated(self, page: Page) -> Callable[[Request], Any]:
        @wraps(page.endpoint)
        async def endpoint(request: Request) -> Response:
            self._open_or_away()
            try:
                return await self._answer(page, request)
            except (PalabreError, HTTPException):
                raise
            except Exception as error:
                self.failed(f"page {page.path}", error)
                sentence = _("L’extension « {title} » a échoué. Le reste du site fonctionne.")
                raise HTTPException(500, sentence.format(title=self.title)) from error

        return endpoint

    async def _answer(self, page: Page, request: Request) -> Response:
        answer = await self._runner.wait(_as_coroutine(page, request), VIEW_SECONDS)
        if not isinstance(answer, Response):
            raise Failed(f"a rendu {type(answer).__name__} au lieu d’une réponse")
        return answer

    def _open_or_away(self) -> None:
        if self.standing in {Standing.PAUSED, Standing.REFUSED}:
            sentence = _("L’extension « {title} » est en pause. Le reste du site fonctionne.")
            raise HTTPException(503, sentence.format(title=self.title))
        if self.standing is Standing.DISABLED:
            raise NotFound(_("Cette page n’existe pas."))

    def failed(self, what: str, error: BaseException) -> None:
        """Count and log a failure; the last straw pauses the plugin."""
        now = time.monotonic()
        self._failures.append(now)
        self.costs.setdefault(what, Cost()).failures += 1
        log.error("plugin_failed", plugin=self.name, where=what, exc_info=error)
        often = len(self._failures) == FAILURES and now - self._failures[0] <= WINDOW
        if self.standing is Standing.ACTIVE and (often or getattr(error, "at_once", False)):
            reason = f"{what} : {type(error).__name__}: {error}"
            self.state = self.state.with_pause(reason)
            log.error("plugin_paused", plugin=self.name, reason=reason)
            self._on_pause(self)

    def _count(self, hook: str, seconds: float) -> None:
        cost = self.costs.setdefault(hook, Cost())
        cost.calls += 1
        cost.seconds += seconds
        cost.slowest = max(cost.slowest, seconds)


async def _as_coroutine(page: Page, request: Request) -> Response:
    return await page.endpoint(request)
