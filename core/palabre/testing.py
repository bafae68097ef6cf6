"""A pytest plugin for our tests and for those of plugins written elsewhere.

It is there as soon as `palabre` is installed. Everything is real and nothing is mocked: the
embedded PostgreSQL, started once for all xdist workers and stopped by the last one; the migrated
schema, made once and copied for each test, so that every test has a database of its own.

| fixture | what it gives |
| --- | --- |
| `database_url` | the address of a fresh, migrated database |
| `database` | the same, with Tortoise connected to it (async) |
"""

import asyncio
import hashlib
import os
import tempfile
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import psutil
import pytest

from palabre.database import connection, embedded, locks
from palabre.database.migration_files import ordered
from palabre.database.migrations import CORE, Package, migrate

T = TypeVar("T")

# Tests need speed, not durability: nothing in their server has to outlive a power cut.
CONFIGURATION = """\
fsync = off
full_page_writes = off
synchronous_commit = off
max_connections = 200
autovacuum = off
log_min_messages = fatal
"""
TEMPLATES_KEPT = 5


@pytest.fixture(scope="session")
def palabre_packages() -> Sequence[Package]:
    """Return the migrations that the test database carries; override to add a plugin's own."""
    return [CORE]


@pytest.fixture(scope="session")
def _databases(
    pytestconfig: pytest.Config, palabre_packages: Sequence[Package]
) -> Iterator["_Databases"]:
    folder = _server_folder(pytestconfig.rootpath)
    with embedded.joined(folder, CONFIGURATION) as url, _loop() as loop:
        databases = _Databases(url, loop)
        try:
            with locks.alone(folder / "template.lock", timeout=120):
                databases.run(databases.prepare(palabre_packages))
            yield databases
        finally:
            databases.run(databases.close())


@pytest.fixture
def database_url(_databases: "_Databases") -> Iterator[str]:
    """Give the address of a database made for this test alone: migrated, empty."""
    name = _databases.run(_databases.create())
    try:
        yield _databases.address(name)
    finally:
        _databases.run(_databases.drop(name))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[str]:
    """Tortoise, connected to this test's database; gives its address."""
    async with connection.connected(database_url):
        yield database_url


def _server_folder(root: Path) -> Path:
    """One server per account and checkout; its files stay, so that the next run starts at once."""
    digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:8]
    folder = Path(tempfile.gettempdir()) / f"palabre-tests-{os.geteuid()}-{digest}"
    folder.mkdir(mode=0o711, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        pytest.exit(f"{folder} belongs to somebody else; remove it", returncode=3)
    return folder


@contextmanager
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Run an event loop in a thread: it makes databases while the tests' own loops come and go."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class _Databases:
    """Makes and drops the tests' databases over one connection to the server.

    A test's database is named after the process that made it, so that those of a killed run are
    recognised and dropped by the next one.
    """

    def __init__(self, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self._url = urlsplit(url)
        self._loop = loop
        self._connection: Any = None
        self._template = ""
        self._made = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=120)

    def address(self, name: str) -> str:
        return urlunsplit(self._url._replace(path=f"/{name}"))

    async def prepare(self, packages: Sequence[Package]) -> None:
        """Connect, clean up after killed runs and make the template unless it is there."""
        self._connection = await asyncpg.connect(self.address("postgres"))
        names = [
            row["datname"]
            for row in await self._connection.fetch("SELECT datname FROM pg_database")
        ]
        for name in names:
            if name.startswith("test_") and not psutil.pid_exists(int(name.split("_")[1])):
                await self.drop(name)
        digest = hashlib.sha256("".join(m.key + m.sha256 for m in ordered(packages)).encode())
        self._template = f"template_{digest.hexdigest()[:16]}"
        if self._template not in names:
            templates = [name for name in names if name.startswith("template_")]
            for name in templates[:-TEMPLATES_KEPT]:
                await self.drop(name)
            await self._make_template(packages)

    async def _make_template(self, packages: Sequence[Package]) -> None:
        unfinished = f"test_{os.getpid()}_template"
        await self._connection.execute(f"DROP DATABASE IF EXISTS {unfinished}")
        await self._connection.execute(f"CREATE DATABASE {unfinished} TEMPLATE template0")
        await migrate(self.address(unfinished), packages)
        await self._connection.execute(f"ALTER DATABASE {unfinished} RENAME TO {self._template}")

    async def create(self, template: str = "") -> str:
        self._made += 1
        name = f"test_{os.getpid()}_{self._made}"
        source = template or self._template
        # Copying files beats replaying them through the log when nothing is synced to disk.
        await self._connection.execute(
            f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY FILE_COPY"
        )
        return name

    async def drop(self, name: str) -> None:
        await self._connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
