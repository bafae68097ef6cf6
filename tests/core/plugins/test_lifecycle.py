"""A plugin comes, changes, goes and comes back, on a database with data, at the command line."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.core.plugins.conftest import FIRST, Install
from tests.serving import PALABRE, serve

START = {"0001_start": FIRST}
COUNT = {**START, "0002_count": "ALTER TABLE gardens_garden ADD COLUMN trees int DEFAULT 0"}
HALF = {
    **START,
    "0002_half": """
    ALTER TABLE gardens_garden ADD COLUMN trees int;
    UPDATE gardens_garden SET name = 'abîmé';
    INSERT INTO nowhere VALUES (1);
    """,
}
SLOW = {
    **START,
    "0002_slow": "UPDATE gardens_garden SET name = 'abîmé'; SELECT pg_sleep(60)",
}
LEFT = """
SELECT relname::text AS name FROM pg_class UNION SELECT proname::text FROM pg_proc
UNION SELECT typname::text FROM pg_type UNION SELECT package FROM core_migration
UNION SELECT name FROM core_plugin WHERE purged_at IS NULL
"""


class Palabre:
    """The command line on the test's own database, with the plugin's folder on its path."""

    def __init__(self, url: str, folder: Path) -> None:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PALABRE_")}
        self.folder = folder
        self.environment = {
            **inherited,
            "PALABRE_DATABASE_URL": url,
            "PYTHONPATH": str(folder),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [PALABRE, *words],
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def __call__(self, *words: str) -> tuple[int, str]:
        process = self.start(*words)
        out, err = process.communicate(timeout=60)
        said = "\n".join(line for line in err.splitlines() if "[" not in line[:40])
        return process.returncode, f"{out}{said}"


@pytest.fixture
def palabre(database_url: str, install: Install) -> Palabre:
    return Palabre(database_url, install("1.0", START))


@pytest.fixture
async def raw(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def gardens(palabre: Palabre, raw: asyncpg.Connection) -> asyncpg.Connection:
    """Install the plugin and fill its tables with all that a type can hold."""
    assert palabre("migrate")[0] == 0
    await raw.execute(
        """
        INSERT INTO gardens_garden (name, kind) VALUES ('Mens', 'herbs'), ('', NULL);
        INSERT INTO gardens_plot (id, garden_id, area, tags, seen, notes, raw) VALUES
          ('00000000-0000-0000-0000-000000000001', 1, 2.50, '{"a b",NULL,""}',
           '2026-11-14 18:30+01', '{"é": [1, null]}', '\\x00ff');
        INSERT INTO gardens_plot (garden_id, parent_id, tags) VALUES
          (2, '00000000-0000-0000-0000-000000000001', '{}');
        UPDATE core_plugin SET settings = '{"plots": 7}', secrets = '{"key": "sesame"}',
          settings_version = 1 WHERE name = 'gardens';
        """
    )
    return raw


async def left(raw: asyncpg.Connection) -> list[str]:
    """Return the name of everything that is the plugin's in this database."""
    names = [row["name"].lstrip("_") for row in await raw.fetch(LEFT)]
    return sorted(name for name in names if name.startswith("gardens"))


async def contents(raw: asyncpg.Connection) -> list[Any]:
    gardens = await raw.fetch("SELECT * FROM gardens_garden ORDER BY id")
    return [
        dict(row) for row in [*gardens, *await raw.fetch("SELECT * FROM gardens_plot ORDER BY id")]
    ]


async def eventually(what: Callable[[], Any], seconds: float = 20) -> None:
    began = time.monotonic()
    while not await what():
        assert time.monotonic() - began < seconds, "still not"
        await asyncio.sleep(0.05)


def waiting_for(raw: asyncpg.Connection, query: str) -> Callable[[], Any]:
    """Return whether another session is busy with, or waits in, a statement like `query`."""

    async def look() -> bool:
        return bool(
            await raw.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND state = 'active' AND query LIKE $1",
                query,
            )
        )

    return look


async def test_upgrading_keeps_the_data_and_going_back_is_refused(
    palabre: Palabre, gardens: asyncpg.Connection, install: Install
) -> None:
    before = await contents(gardens)

    install("1.1", COUNT)
    upgraded, _said = palabre("migrate")
    install("1.0", COUNT)
    downgraded, why = palabre("migrate")
    _code, listed = palabre("plugin", "list")
    install("1.1", COUNT)
    again, _said = palabre("migrate")

    assert (upgraded, downgraded, again) == (0, 2, 0)
    assert "La version 1.0 est installée, mais la base de données a déjà été préparée" in why
    assert "refusée" in listed
    after = await contents(gardens)
    assert [row.pop("trees", 0) for row in after] == [0] * 4
    assert after == before


async def test_files_that_are_missing_are_a_downgrade_too(
    palabre: Palabre, gardens: asyncpg.Connection, install: Install
) -> None:
    install("1.1", COUNT)
    palabre("migrate")

    install("1.1", START)
    code, why = palabre("migrate")

    assert code == 2
    assert "la migration gardens/0002_count, dont le fichier manque" in why


async def test_a_migration_that_fails_half_way_leaves_nothing(
    palabre: Palabre, gardens: asyncpg.Connection, install: Install
) -> None:
    before = await contents(gardens)

    install("1.1", HALF)
    code, why = palabre("migrate")

    assert code == 2
    assert "0002_half.sql:4 a échoué" in why
    assert await contents(gardens) == before
    assert await gardens.fetchval("SELECT version FROM core_plugin WHERE name = 'gardens'") == "1.0"
    install("1.1", COUNT)
    assert palabre("migrate")[0] == 0
    assert await gardens.fetchval("SELECT version FROM core_plugin WHERE name = 'gardens'") == "1.1"


async def test_kill_9_in_the_middle_of_an_upgrade_leaves_nothing(
    palabre: Palabre, gardens: asyncpg.Connection, install: Install
) -> None:
    before = await contents(gardens)
    install("1.1", SLOW)

    process = palabre.start("migrate")
    await eventually(waiting_for(gardens, "%pg_sleep(60)%"))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    install("1.1", COUNT)
    code, _said = palabre("migrate")

    assert code == 0
    assert [row | {"trees": 0} if "name" in row else row for row in before] == await contents(
        gardens
    )


async def test_kill_9_in_the_middle_of_a_purge_deletes_nothing_or_all(
    palabre: Palabre, gardens: asyncpg.Connection, database_url: str
) -> None:
    before = await contents(gardens)
    reader = await asyncpg.connect(database_url)
    transaction = reader.transaction()
    await transaction.start()
    await reader.fetch("SELECT * FROM gardens_garden")

    process = palabre.start("plugin", "purge", "gardens", "--yes")
    await eventually(waiting_for(gardens, "DROP TABLE%"))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    await transaction.rollback()
    await reader.close()

    assert await contents(gardens) == before
    assert not await gardens.fetchval("SELECT enabled FROM core_plugin WHERE name = 'gardens'")
    code, said = palabre("plugin", "purge", "gardens", "--yes")
    assert (code, await left(gardens)) == (0, []), said


async def test_two_administrators_purge_at_once(
    palabre: Palabre, gardens: asyncpg.Connection
) -> None:
    both = [palabre.start("plugin", "purge", "gardens", "--yes") for _each in range(2)]

    said = [process.communicate(timeout=60) for process in both]
    codes = sorted(process.returncode for process in both)

    assert codes in ([0, 0], [0, 2]), said
    assert codes == [0, 0] or any("n’a de données ici" in err for _out, err in said)
    assert await left(gardens) == []


async def test_an_export_comes_back_as_it_was(
    palabre: Palabre, gardens: asyncpg.Connection, tmp_path: Path
) -> None:
    before, file = await contents(gardens), str(tmp_path / "jardins.zip")

    exported = palabre("plugin", "export", "gardens", file)
    twice = palabre("plugin", "export", "gardens", file)
    full = palabre("plugin", "restore", "gardens", file)
    purged = palabre("plugin", "purge", "gardens", "--yes")
    nothing = await left(gardens)
    enabled = palabre("plugin", "enable", "gardens")
    other = palabre("plugin", "restore", "festival", file)
    restored = palabre("plugin", "restore", "gardens", file)

    assert exported == (0, f"{file} : 4 lignes\n")
    assert "existe déjà" in twice[1]
    assert "contient déjà des données" in full[1]
    assert purged[1].startswith(
        "gardens_garden : 2 lignes\ngardens_plot : 2 lignes\nSes réglages, secrets compris\n"
    )
    assert nothing == []
    assert "l’export de « gardens », pas de « festival »" in other[1]
    assert (enabled[0], restored) == (0, (0, "4 lignes restaurées\n"))
    assert await contents(gardens) == before
    row = await gardens.fetchrow("SELECT settings, secrets FROM core_plugin WHERE name = 'gardens'")
    assert dict(row or {}) == {"settings": '{"plots": 7}', "secrets": "{}"}
    await gardens.execute("INSERT INTO gardens_garden (name) VALUES ('Lavars')")


async def test_a_damaged_file_changes_nothing(
    palabre: Palabre, gardens: asyncpg.Connection, tmp_path: Path
) -> None:
    before, file = await contents(gardens), tmp_path / "jardins.zip"
    file.write_bytes(b"PK\x03\x04 not an archive")

    code, why = palabre("plugin", "restore", "gardens", str(file))

    assert code == 2
    assert "ne peut pas être lu comme un export" in why
    assert await contents(gardens) == before


async def test_purged_without_its_code_and_new_when_it_comes_back(
    palabre: Palabre, gardens: asyncpg.Connection, install: Install
) -> None:
    palabre.environment["PYTHONPATH"] = ""

    _code, listed = palabre("plugin", "list")
    code, _said = palabre("plugin", "purge", "gardens", "--yes")
    after = await left(gardens)
    palabre("migrate")
    row = await gardens.fetchval("SELECT count(*) FROM core_plugin WHERE name = 'gardens'")
    palabre.environment["PYTHONPATH"] = str(install("0.9", START))
    back, _said = palabre("migrate")

    assert "gardens : n’est plus installée, ses données sont restées." in listed
    assert (code, after, row, back) == (0, [], 0, 0)
    assert await contents(gardens) == []


async def test_purged_and_still_installed_it_stays_away_until_it_is_enabled(
    palabre: Palabre, gardens: asyncpg.Connection
) -> None:
    palabre("plugin", "purge", "gardens", "--yes")

    palabre("migrate")
    kept_away = await left(gardens)
    code, _said = palabre("plugin", "enable", "gardens")

    assert kept_away == []
    assert code == 0
    assert await contents(gardens) == []


async def test_it_asks_before_it_purges(palabre: Palabre, gardens: asyncpg.Connection) -> None:
    before = await contents(gardens)

    process = palabre.start("plugin", "purge", "gardens")
    out, _err = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "Supprimer tout cela pour toujours ?" in out
    assert await contents(gardens) == before


async def test_a_command_says_that_running_processes_are_to_be_restarted(
    palabre: Palabre, gardens: asyncpg.Connection, install: Install, data_dir: Path
) -> None:
    database = palabre.environment["PALABRE_DATABASE_URL"]
    with serve(data_dir, PALABRE_DATABASE_URL=database, PYTHONPATH=str(palabre.folder)):
        listens = (
            "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'palabre plugins%'"
        )

        async def listening() -> bool:
            return bool(await gardens.fetchval(listens))

        await eventually(listening)
        same = palabre("plugin", "enable", "gardens")[1]
        install("1.1", COUNT)
        other = palabre("plugin", "enable", "gardens")[1]

    assert "redémarrez" not in same
    assert "Un processus tourne avec d’autres extensions ou d’autres versions" in other
