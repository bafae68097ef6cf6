"""Loads the badly behaved plugins of this folder as if they were installed."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from pathlib import Path
from uuid import uuid4

import pytest

from palabre import hookspecs
from palabre.events.values import Content, Publication, Timed
from palabre.hookvalues import EventDraft, EventView
from palabre.plugins import Plugins, watchdog
from palabre.plugins.loading import GROUP, load_all

FOLDER = Path(__file__).parent / "plugins"
Load = Callable[..., Plugins]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    """Return a function that loads the named plugins of tests/hostile/plugins."""
    monkeypatch.syspath_prepend(str(FOLDER))
    names = {folder.name for folder in FOLDER.iterdir()}
    for module in [module for module in sys.modules if module.split(".")[0] in names]:
        monkeypatch.delitem(sys.modules, module)  # as in a process that just started

    def load_named(*names: str) -> Plugins:
        return Plugins(load_all([EntryPoint(name, name, GROUP) for name in sorted(names)]))

    return load_named


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make the waiting short: budgets of half a second."""
    for name, promise in hookspecs.PROMISES.items():
        monkeypatch.setitem(hookspecs.PROMISES, name, replace(promise, seconds=0.5))
    monkeypatch.setattr(watchdog, "LOOP_LIMIT", 0.8)
    monkeypatch.setattr("palabre.plugins.loading.IMPORT_SECONDS", 1.0)
    return iter(())


@pytest.fixture
def content() -> Content:
    return Content("Veillée", Timed(datetime(2026, 11, 20, 18, tzinfo=UTC), None, "UTC"))


@pytest.fixture
def view(content: Content) -> EventView:
    return EventView(uuid4(), "veillee", content, uuid4())


@pytest.fixture
def draft(content: Content) -> EventDraft:
    return EventDraft(content, uuid4(), None, Publication.PUBLISHED)
