"""Runs the site with the plugin of this folder beside the bundled ones."""

import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest

from palabre.database.scratch import Databases
from palabre.plugins import Plugins
from palabre.plugins.loading import GROUP, installed, load_all

POINT = EntryPoint("jardin", "jardin", GROUP)


@pytest.fixture(scope="session")
def jardin() -> Iterator[ModuleType]:
    """Give the plugin's package, importable by its name."""
    sys.path.insert(0, str(Path(__file__).parent))
    yield import_module("jardin")
    sys.path.remove(str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def forget(jardin: ModuleType) -> None:
    """Begin with a plugin that has heard nothing."""
    jardin.heard.drafts.clear()
    jardin.heard.changes.clear()


@pytest.fixture
def palabre_plugins(jardin: ModuleType) -> Plugins:
    assert jardin
    return Plugins(load_all(sorted([*installed(), POINT], key=lambda point: point.name)))


@pytest.fixture
def database_url(database_url: str, palabre_databases: Databases, palabre_plugins: Plugins) -> str:
    palabre_databases.run(palabre_plugins.migrate(database_url))
    return database_url
