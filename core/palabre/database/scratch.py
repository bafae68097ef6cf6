"""Scratch databases: a server for tests, and a fresh, migrated database from it in milliseconds.

`palabre.testing` turns this into pytest fixtures; benches use it as it is.
"""

import asyncio
import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import psutil

from palabre.database import embedded, locks
from palabre.database.migrations import CORE, Package, migrate_apart
from palabre.errors import Refused

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


@contextmanager
def databases(checkout: Path, packages: Sequence[Package]) -> Iterator["Databases"]:
    """Give databases with the migrations of the core and of `packages`, for a while.

    All processes that work on `checkout` share one server: the first starts it, the last stops it.
    """
    folder = _server_folder(checkout)
    with ExitStack() as stack:
        url = _start(stack, folder)
        loop = stack.enter_context(_loop())
        made = Databases(url, loop)
        try:
            with locks.alone(folder / "template.lock", timeout=120):
                made.run(made.prepare(packages))
            yield made
        finally:
            made.run(made.close())


def _server_folder(root: Path) -> Path:
    """One server per account and checkout; its files stay, so that the next run starts at once."""
    digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:8]
    folder = Path(tempfile.gettempdir()) / f"palabre-tests-{os.geteuid()}-{digest}"
    folder.mkdir(mode=0o711, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        raise Refused(f"{folder} belongs to somebody else; remove it")
    return folder


def _start(stack: ExitStack, folder: Path) -> str:
    """Join the folder's server; one that can't start, perhaps half swept out of /tmp, is remade."""
    with locks.alone(folder / "repair.lock", timeout=120):
        try:
            return stack.enter_context(embedded.joined(folder, CONFIGURATION))
        except Refused:
            shutil.rmtree(folder / "postgresql", ignore_errors=True)
            return stack.enter_context(embedded.joined(folder, CONFIGURATION))


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


class Databases:
    """Makes and drops the tests' databases over one connection to the server.

    A test's database is named after the process that made it, so that those of a killed run are
    recognised and dropped by the next one.
    """

    def __init__(self, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self._url = urlsplit(url)
        self._loop = loop
        self._connection: asyncpg.Connection = None
        self._template = ""
        self._made = 0
        self._leaving: set[Future[None]] = set()

    def run(self, work: Coroutine[None, None, T]) -> T:
        """Run a coroutine in the thread that has the connection, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=120)

    def discard(self, name: str) -> None:
        """Drop a database, in the background: nobody has to wait for it."""
        leaving = asyncio.run_coroutine_threadsafe(self._drop_alone(name), self._loop)
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)

    def address(self, name: str) -> str:
        """Return a database's address."""
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
        self._template = f"template_{_digest(packages)}"
        if self._template not in names:
            templates = [name for name in names if name.startswith("template_")]
            for name in templates[:-TEMPLATES_KEPT]:
                await self.drop(name)
            await self._make_template(packages)

    async def _make_template(self, packages: Sequence[Package]) -> None:
        unfinished = f"test_{os.getpid()}_template"
        await self._connection.execute(f"DROP DATABASE IF EXISTS {unfinished}")
        await self._connection.execute(f"CREATE DATABASE {unfinished} TEMPLATE template0")
        await migrate_apart(self.address(unfinished), packages)
        await self._connection.execute(f"ALTER DATABASE {unfinished} RENAME TO {self._template}")

    async def create(self, template: str = "") -> str:
        """Make a copy of `template`, by default the migrated one; returns its name."""
        self._made += 1
        name = f"test_{os.getpid()}_{self._made}"
        source = template or self._template
        # Copying files beats replaying them through the log when nothing is synced to disk.
        await self._connection.execute(
            f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY FILE_COPY"
        )
        return name

    async def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected to it."""
        await self._connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    async def _drop_alone(self, name: str) -> None:
        connection = await asyncpg.connect(self.address("postgres"))
        try:
            await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        finally:
            await connection.close()

    async def close(self) -> None:
        """Leave the server, when all discarded databases are gone."""
        await asyncio.gather(*map(asyncio.wrap_future, list(self._leaving)))
        if self._connection is not None:
            await self._connection.close()


def _digest(packages: Sequence[Package]) -> str:
    """Tell one set of migrations from another."""
    digest = hashlib.sha256()
    for package in (CORE, *packages):
        for file in sorted(package.folder.glob("*.sql")):
            digest.update(f"{package.name}/{file.name}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:16]
