"""All plugins of a process: asks them, guards with them, hands out what they brought."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, TypeVar

import asyncpg
import structlog
from markupsafe import Markup, escape

from palabre.database.migrations import Applied
from palabre.errors import PalabreError, Refused
from palabre.hookspecs import PROMISES
from palabre.hookvalues import (
    Check,
    DashboardCard,
    Demo,
    EventChange,
    EventView,
    Fault,
    OrganisationView,
)
from palabre.i18n import gettext as _
from palabre.people.granted import Action
from palabre.people.permissions import Actor
from palabre.plugin_settings import PluginSettings
from palabre.plugins import list_filters, outbox
from palabre.plugins.brought import Brought
from palabre.plugins.extension import Extension, HookFailed, Standing
from palabre.plugins.following import Follower
from palabre.plugins.list_filters import Remembered
from palabre.plugins.loading import Loaded, installed, load_all
from palabre.plugins.offspring import Divided
from palabre.plugins.pieces import contained
from palabre.plugins.scope import Scope
from palabre.plugins.state import Executes, State
from palabre.plugins.upgrading import upgrade
from palabre.settings import Settings

Options = TypeVar("Options", bound=PluginSettings)
log = structlog.get_logger("palabre.plugins")


@dataclass(frozen=True, slots=True)
class Line:
    """A plugin as administrators see it in a list."""

    name: str
    title: str
    version: str
    url: str
    standing: Standing
    reason: str
    hooks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """What all plugins gave for a hook, by their names, and the names of those that couldn't."""

    given: Mapping[str, tuple[Any, ...]]
    silent: tuple[str, ...]


class Plugins(Brought):
    """The plugins of this process, in the order of their names.

    `revision` rises whenever one is paused, enabled or disabled: whoever keeps pages in memory
    drops them then. `safe_mode` says that none was loaded on purpose, `safe` that all are paused for
    now and the theme is set aside (`palabre.recovery`).
    """

    def __init__(self, found: Sequence[Loaded] = (), *, safe_mode: bool = False) -> None:
        self.safe_mode = safe_mode
        self.safe = False
        self.revision = 0
        self._told: list[Callable[[], None]] = []
        super().__init__([Extension(each, self._paused, self._troubled) for each in found])
        self._users = {
            hook: [e for e in self.extensions if not e.loaded.fault and e.takes_part_in(hook)]
            for hook in PROMISES
        }
        self._follower: Follower | None = None

    @classmethod
    def load(cls, settings: Settings) -> "Plugins":
        """Load the installed plugins; none in safe mode."""
        return cls(safe_mode=True) if settings.safe_mode else cls(load_all(installed()))

    # Asking

    async def collect(self, hook: str, **arguments: object) -> list[Any]:
        """Return what all active plugins give for a hook that fails open, in order of names."""
        gathered: list[Any] = []
        for extension in self._users[hook]:
            if extension.standing is Standing.ACTIVE and extension.concerns(arguments):
                try:
                    gathered += await extension.call(hook, arguments)
                except (HookFailed, PalabreError):
                    continue
        return gathered

    def uses(self, hook: str) -> bool:
        """Whether any plugin, in whatever state, has `hook`."""
        return any(extension.takes_part_in(hook) for extension in self.extensions)

    def users(self, hook: str) -> list[str]:
        """Return the plugins that have `hook` and are active or paused."""
        kept = {Standing.ACTIVE, Standing.PAUSED}
        return [e.name for e in self._users[hook] if e.standing in kept]

    def remember(self, filters: tuple[Remembered, ...]) -> None:
        """Take over which filters there ever were."""
        if filters != self.remembered:
            self.remembered = filters
            self._changed()

    async def check_filters(self, connection: asyncpg.Connection) -> None:
        """Try the filters' SQL once; a plugin whose SQL isn't fit is refused until the next start."""
        for extension in self.extensions:
            filters = extension.loaded.filters
            if not filters or extension.loaded.fault:
                continue
            fault = await list_filters.fault_of(connection, extension.name, filters)
            if fault:
                log.error("plugin_filter_refused", plugin=extension.name, why=fault)
                self.refuse(extension.name, f"list_filters : {fault}")
            else:
                await list_filters.remember(connection, extension.name, filters)

    def filter_failed(self, plugin: str, error: BaseException) -> None:
        """Count a failure of a filter's SQL."""
        for extension in self.extensions:
            if extension.name == plugin:
                extension.failed("list_filters", error)

    @property
    def waiting(self) -> list[str]:
        """The plugins that may take part again one day: paused, or refused at the start."""
        out = {Standing.PAUSED, Standing.REFUSED}
        return [e.name for e in self.extensions if e.standing in out]

    async def take_part(
        self, plugin: str, hook: str, **arguments: object
    ) -> tuple[Any, ...] | None:
        """Return what `plugin` gives for `hook` within the present transaction.

        None when it failed, which undoes what it wrote (see spending.py), or is paused: ask again
        later. Raises what it refuses on purpose.
        """
        extension = next(e for e in self._users[hook] if e.name == plugin)
        if extension.standing is not Standing.ACTIVE:
            return None
        try:
            return await extension.call(hook, arguments)
        except HookFailed:
            return None

    async def guard(self, hook: str, **arguments: object) -> None:
        """Ask every plugin that guards with `hook`; returns when all agree.

        Raises Refused with what they object to. A guard that fails, is paused or couldn't be
        loaded objects too: only an administrator who disables its plugin opens the way.
        """
        for extension in self.extensions:
            if not extension.takes_part_in(hook) or extension.standing is Standing.DISABLED:
                continue
            if not extension.concerns(arguments, guarding=True):
                continue
            if extension.standing is not Standing.ACTIVE:
                raise extension.refusal()
            try:
                faults: Sequence[Fault] = await extension.call(hook, arguments)
            except HookFailed as error:
                raise extension.refusal() from error
            if faults:
                field = extension.field_in_form(faults[0].field)
                raise Refused(" ".join(fault.message for fault in faults), field)

    async def everyone(self, hook: str, **arguments: object) -> Answers:
        """Ask every plugin that has `hook`, disabled ones too: their data are still there.

        Never raises; a plugin that failed, is paused or couldn't be loaded is among the silent.
        """
        given: dict[str, tuple[Any, ...]] = {}
        silent = []
        for extension in self.extensions:
            lost = bool(extension.loaded.fault) and extension.takes_part_in("erase_person")
            if (hook not in extension.loaded.hooks and not lost) or extension.state.purged:
                continue
            if lost or extension.state.paused:
                silent.append(extension.name)
                continue
            try:
                given[extension.name] = await extension.call(hook, arguments)
            except (HookFailed, PalabreError):
                silent.append(extension.name)
        return Answers(given, tuple(silent))

    async def slot(
        self,
        slot: str,
        event: EventView | None = None,
        organisation: OrganisationView | None = None,
    ) -> list[Markup]:
        """Return the pieces of HTML for a place in a page; see the hook `page_slot`."""
        return await self.collect("page_slot", slot=slot, event=event, organisation=organisation)

    async def cards(self, actor: Actor) -> list[DashboardCard]:
        """Return what plugins show to `actor` on the page they work from, paths made whole."""
        cards: list[DashboardCard] = []
        for extension in self._users["dashboard_cards"]:
            if extension.standing is Standing.ACTIVE and extension.loaded.manifest:
                url = extension.loaded.manifest.url
                with suppress(HookFailed, PalabreError):
                    given = await extension.call("dashboard_cards", {"actor": actor})
                    cards += [
                        replace(
                            card,
                            body=contained(escape(card.body)),
                            path=(url + card.path).rstrip("/") if card.link else "",
                        )
                        for card in given
                    ]
        return cards

    async def add_to_demo(self, demo: Demo) -> None:
        """Let every plugin add to the demo; one that fails has none."""
        for plugin in self.users("demo_data"):
            try:
                await self.take_part(plugin, "demo_data", demo=demo)
            except PalabreError as refusal:
                log.warning("demo_refused", plugin=plugin, why=refusal.message)

    async def health(self) -> dict[str, list[Check]]:
        """Return what each active plugin that checks itself found; a failing check is a finding."""
        found: dict[str, list[Check]] = {}
        for extension in self._users["health"]:
            if extension.standing is Standing.ACTIVE:
                try:
                    found[extension.name] = list(await extension.call("health", {}))
                except (HookFailed, PalabreError) as error:
                    found[extension.name] = [Check(_("Contrôle"), well=False, cure=str(error))]
        return found

    async def try_settings(self, extension: Extension, settings: PluginSettings) -> list[Check]:
        """Return what `extension` finds when it tries `settings` out; a failure is a finding."""
        try:
            return list(await extension.call("try_settings", {"settings": settings}))
        except (HookFailed, PalabreError) as error:
            return [Check(_("Essai"), well=False, cure=str(error))]

    async def after_commit(self, connection: Executes, changes: Sequence[EventChange]) -> None:
        """Write down, inside the caller's transaction, whom `changes` are to be told.

        Delivered after the commit by a serving process, at least once; nothing is written when no
        plugin listens.
        """
        for extension in self._users["event_committed"]:
            told = [each for each in changes if extension.concerns({"change": each})]
            if told and extension.standing is not Standing.DISABLED:
                await outbox.write(connection, [extension.name], told)

    async def deliver(self, name: str, change: EventChange) -> bool:
        """Tell plugin `name` of `change`; returns whether it took it. Failures are counted."""
        extension = next((e for e in self._users["event_committed"] if e.name == name), None)
        if extension is None or extension.standing is not Standing.ACTIVE:
            return False
        if extension.concerns({"change": change}):  # switched off meanwhile: nothing to tell
            await extension.call("event_committed", {"change": change})
        return True

    @property
    def is_told(self) -> bool:
        """Whether any plugin here wants to be told of committed changes."""
        return bool(self._users["event_committed"])

    @property
    def listeners(self) -> list[str]:
        """The active plugins that are told of committed changes."""
        return [e.name for e in self._users["event_committed"] if e.standing is Standing.ACTIVE]

    def settings(self, model: type[Options]) -> Options:
        """Return the current settings of the plugin whose manifest names `model`, or its defaults."""
        for extension in self.extensions:
            if isinstance(extension.settings, model):
                return extension.settings
        return model()

    def action(self, name: str) -> Action | None:
        """Return the action that a plugin brought under this name, as it stands now."""
        plugin = name.partition(".")[0]
        found = next((e for e in self.extensions if e.name == plugin), None)
        return found.action(name) if found else None

    def report(self) -> list[Line]:
        """Return all found plugins as administrators see them."""
        return [_line(extension) for extension in self.extensions]

    async def migrate(self, database_url: str) -> list[Applied]:
        """Bring the core's tables up to date, then each plugin's; returns what ran.

        A plugin whose migration is refused is paused, with the tables that it had. Raises what
        `palabre.database.migrations.migrate` raises for the core's.
        """
        return await upgrade(self, database_url)

    def refuse(self, name: str, fault: str) -> None:
        """Take the plugin `name` out until the next start, because of `fault`."""
        for extension in self.extensions:
            if extension.name == name:
                extension.loaded.fault = fault
        self._changed()

    # Following what is decided elsewhere

    async def start(self, database_url: str, *, delivering: bool = True) -> None:
        """Read what was decided about the plugins, follow it, and deliver what they are owed."""
        asyncio.get_running_loop().set_default_executor(Divided())
        self._follower = Follower(self, database_url)
        await self._follower.start(delivering=delivering)

    async def stop(self) -> None:
        """Stop following; pauses that are not written yet are written first."""
        if self._follower is not None:
            await self._follower.stop()
            self._follower = None

    async def refresh(self) -> None:
        """Take over at once what was just decided; does nothing when they don't follow."""
        if self._follower is not None:
            await self._follower.catch_up()

    async def write_down(self) -> None:
        """Write down what they cost and how they failed here since the last time."""
        if self._follower is not None:
            await self._follower.write_down()

    def follow(
        self,
        states: Mapping[str, State],
        scopes: Mapping[str, Scope] = MappingProxyType({}),
        *,
        is_safe: bool = False,
    ) -> None:
        """Take over the states that the database has, and the scopes that have changed.

        In safe mode all are paused, whatever else was decided about them.
        """
        changes = [is_safe != self.safe]
        self.safe = is_safe
        for extension in self.extensions:
            known = states.get(extension.name, State())
            if is_safe and not known.paused:
                known = known.with_pause(_("Le site est en mode sans échec."))
            scope = scopes.get(extension.name) if extension.name in states else Scope()
            changes.append(extension.follow(known, scope))
        if any(changes):
            self._changed()

    def _paused(self, extension: Extension) -> None:
        self._changed()
        if self._follower is not None:
            self._follower.save_pause(extension.name, extension.state.pause_reason)

    def on_change(self, tell: Callable[[], None]) -> None:
        """Call `tell` whenever `revision` has risen."""
        self._told.append(tell)

    def _troubled(self) -> None:
        if self._follower is not None:
            self._follower.write_soon()

    def _changed(self) -> None:
        self.revision += 1
        self._gather()
        for tell in self._told:
            tell()


def _line(extension: Extension) -> Line:
    manifest = extension.loaded.manifest
    return Line(
        name=extension.name,
        title=extension.title,
        version=manifest.version if manifest else "",
        url=manifest.url if manifest else "",
        standing=extension.standing,
        reason=extension.reason,
        hooks=tuple(sorted(extension.loaded.hooks)),
    )
