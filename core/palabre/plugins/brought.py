"""What the plugins of a process brought: folders, pages, links, fields, filters."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from palabre.database.migrations import Package
from palabre.hookvalues import EventSection, ListFilter, NavigationItem
from palabre.plugins.extension import Extension, Standing
from palabre.plugins.list_filters import Remembered
from palabre.web.routing import Page

OUT = frozenset({Standing.DISABLED, Standing.REFUSED})  # by a decision, or unfit


class Brought:
    """The plugins found, in the order of their names, and what they declared.

    `remembered` are all filters that plugins ever had. `navigation` and `sections` are made anew by
    `_gather`, when a plugin comes or goes.
    """

    def __init__(self, extensions: list[Extension]) -> None:
        self.extensions = extensions
        self.remembered: tuple[Remembered, ...] = ()
        self._pages = tuple(e.mounted(page) for e in extensions for page in e.loaded.pages)
        self._gather()

    def _gather(self) -> None:
        self.navigation = self._menu()
        self.sections = self._sections()

    def active_for(self, name: str, organisation_id: UUID) -> bool:
        """Whether the plugin `name` takes part, and is on for this organisation."""
        return any(
            e.name == name and e.standing is Standing.ACTIVE and e.is_on_for(organisation_id)
            for e in self.extensions
        )

    def is_on_for(self, name: str, organisation_id: UUID) -> bool:
        """Whether the plugin `name`, paused or not, is on for this organisation."""
        return any(e.name == name and e.is_on_for(organisation_id) for e in self.extensions)

    def sections_for(
        self, organisation_ids: Collection[UUID]
    ) -> tuple[tuple[str, EventSection], ...]:
        """Return what plugins add to events of these organisations, of any of them."""
        on = {e.name for e in self.extensions if any(map(e.is_on_for, organisation_ids))}
        return tuple((name, section) for name, section in self.sections if name in on)

    @property
    def pages(self) -> tuple[Page, ...]:
        """Their pages at whole addresses, for the router; paused or disabled, each says so."""
        return self._pages

    def packages(self) -> list[Package]:
        """Return the migrations of each plugin that owns tables."""
        folders = self._folders("migrations")
        return [Package(name, folder, f"{name}_") for name, folder in folders.items()]

    def models(self) -> dict[str, list[str]]:
        """Return the names of the model modules by Tortoise app, which is the plugin's name."""
        return {e.name: [e.loaded.models] for e in self.extensions if e.loaded.models}

    def templates(self) -> dict[str, Path]:
        """Return the `templates` folders by plugin."""
        return self._folders("templates")

    def statics(self) -> dict[str, Path]:
        """Return the `static` folders by plugin."""
        return self._folders("static")

    def locales(self) -> dict[str, Path]:
        """Return the `locale` folders by plugin."""
        return self._folders("locale")

    def _folders(self, name: str) -> dict[str, Path]:
        folders = {
            e.name: e.loaded.folder / name
            for e in self.extensions
            if e.loaded.folder and not e.loaded.fault
        }
        return {plugin: folder for plugin, folder in folders.items() if folder.is_dir()}

    @property
    def filters(self) -> list[tuple[str, ListFilter]]:
        """What plugins narrow lists by, by plugin; data and SQL, so a paused plugin's go on."""
        return [
            (e.name, each)
            for e in self.extensions
            if e.standing not in OUT
            for each in e.loaded.filters
        ]

    @property
    def closed_filters(self) -> list[Remembered]:
        """The filters that addresses may still name, of plugins that are away."""
        known = {each.name for _plugin, each in self.filters}
        return [each for each in self.remembered if each.name not in known]

    def _sections(self) -> tuple[tuple[str, EventSection], ...]:
        """Return what plugins add to the event form, by plugin.

        They are data, so those of a paused plugin stay: only a decision takes them away.
        """
        return tuple(
            (e.name, section)
            for e in self.extensions
            if e.standing not in OUT
            for section in e.loaded.sections
        )

    def _menu(self) -> tuple[NavigationItem, ...]:
        """Return the active plugins’ links; made anew only when one comes or goes."""
        return tuple(
            replace(
                item,
                path=(e.loaded.manifest.url + item.path).rstrip("/"),
            )
            for e in self.extensions
            if e.loaded.manifest and e.standing is Standing.ACTIVE
            for item in e.loaded.navigation
        )
