"""A site with one plugin that extends events, its tables included."""

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from palabre.database.scratch import Databases
from palabre.events.domain import repairing
from palabre.plugins import Plugins
from palabre.plugins.loading import GROUP, load_all

FOLDER = Path(__file__).parent / "plugins"
sys.path.append(str(FOLDER))  # its models are bound to Tortoise once per process


@pytest.fixture
def palabre_plugins() -> Plugins:
    return Plugins(load_all([EntryPoint("couchage", "couchage", GROUP)]))


@pytest.fixture
def database_url(palabre_databases: Databases, palabre_plugins: Plugins) -> Iterator[str]:
    """Give a database with the plugin's tables."""
    name = palabre_databases.run(palabre_databases.create())
    url = palabre_databases.address(name)
    palabre_databases.run(palabre_plugins.migrate(url))
    try:
        yield url
    finally:
        palabre_databases.discard(name)


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tests say when what is due is repaired."""
    monkeypatch.setattr(repairing, "EVERY", 3600.0)
