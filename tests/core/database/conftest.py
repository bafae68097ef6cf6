"""What the tests of the database need: an empty one, packages of migrations, a connection."""

import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from palabre.database.migrations import Package
from palabre.database.scratch import Databases

PackageMaker = Callable[..., Package]


@pytest.fixture
def empty_url(palabre_databases: Databases) -> Iterator[str]:
    """The address of a database without a single table."""
    name = palabre_databases.run(palabre_databases.create(template="template0"))
    try:
        yield palabre_databases.address(name)
    finally:
        palabre_databases.discard(name)


@pytest.fixture
async def raw(empty_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A plain connection to the empty database."""
    connection = await asyncpg.connect(empty_url)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def shelf() -> Iterator[Path]:
    """A folder for servers' data that only its owner's tests touch.

    Not pytest's own: each pytest that starts on the machine closes that one to other accounts, and
    a server started by root runs as another account.
    """
    with tempfile.TemporaryDirectory(prefix="palabre-shelf-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def package(tmp_path: Path) -> PackageMaker:
    """Write a package of migrations: package("games", **{"0001_start": "CREATE TABLE …"})."""

    def make(name: str, **files: str) -> Package:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for file, sql in files.items():
            (folder / f"{file.removeprefix('f')}.sql").write_text(sql)
        return Package(name, folder, f"{name}_")

    return make
