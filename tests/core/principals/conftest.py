"""A site with two plugins that have their own people: one does it well, one tries to cheat."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest

from palabre.plugins import Plugins
from palabre.plugins.loading import GROUP, load_all

FOLDER = Path(__file__).parent / "plugins"
NAMES = ("classe", "imposteur")


@pytest.fixture
def palabre_plugins(monkeypatch: pytest.MonkeyPatch) -> Plugins:
    monkeypatch.syspath_prepend(str(FOLDER))
    for name in NAMES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    return Plugins(load_all([EntryPoint(name, name, GROUP) for name in NAMES]))


@pytest.fixture
def classe(palabre_plugins: Plugins) -> ModuleType:
    return sys.modules["classe"]


@pytest.fixture
def imposteur(palabre_plugins: Plugins) -> ModuleType:
    return sys.modules["imposteur"]
