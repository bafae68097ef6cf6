"""The runner: what runs, what is refused, and that a failure leaves nothing."""

import asyncio
import re
import sys
from pathlib import Path

import asyncpg
import pytest

from palabre.database.migrations import (
    MigrationRefused,
    migrate,
    migrate_apart,
)
from palabre.errors import DatabaseUnavailable
from tests.core.database.conftest import PackageMaker

GAMES = "CREATE TABLE games_board (id int PRIMARY KEY, organisation_id uuid REFERENCES core_organisation)"

# The session that runs the migration which is to be killed.
SLEEPER = """
SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()
"""


async def tables(connection: asyncpg.Connection) -> set[str]:
    rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {row["tablename"] for row in rows}


async def history(connection: asyncpg.Connection) -> list[str]:
    rows = await connection.fetch("SELECT package || '/' || name AS key FROM core_migration")
    return sorted(row["key"] for row in rows)


async def test_what_ran_does_not_run_again(raw: asyncpg.Connection, empty_url: str) -> None:
    first = await migrate(empty_url)

    second = await migrate(empty_url)

    assert [applied.key for applied in first] == await history(raw)
    assert second == []


async def test_a_dry_run_changes_nothing(raw: asyncpg.Connection, empty_url: str) -> None:
    announced = await migrate(empty_url, dry_run=True)

    assert announced[0].key == "core/0001_people"
    assert await tables(raw) == set()
    assert [a.key for a in await migrate(empty_url)] == [a.key for a in announced]


async def test_a_failure_half_way_leaves_nothing_of_its_file(
    raw: asyncpg.Connection, empty_url: str, package: PackageMaker
) -> None:
    games = package(
        "games",
        f0001_start=GAMES,
        f0002_wrong="CREATE TABLE games_piece (id int);\n\nINSERT INTO games_ghost VALUES (1);",
    )

    with pytest.raises(MigrationRefused, match=r"0002_wrong\.sql:3 a échoué.*games_ghost"):
        await migrate(empty_url, [games])

    assert "games_board" in await tables(raw)
    assert "games_piece" not in await tables(raw)
    assert "games/0002_wrong" not in await history(raw)


@pytest.mark.parametrize("escape", ["COMMIT", "ROLLBACK", "COMMIT AND CHAIN", "BEGIN"])
async def test_a_file_cannot_leave_its_transaction(
    raw: asyncpg.Connection, empty_url: str, package: PackageMaker, escape: str
) -> None:
    games = package(
        "games", f0001_start=f"CREATE TABLE games_board (id int); {escape}; SELECT 1/0;"
    )

    with pytest.raises(MigrationRefused):
        await migrate(empty_url, [games])

    assert "games_board" not in await tables(raw)


async def test_a_changed_file_is_refused(empty_url: str, package: PackageMaker) -> None:
    await migrate(empty_url, [package("games", f0001_start=GAMES)])
    changed = package("games", f0001_start=GAMES + "; -- better")

    with pytest.raises(MigrationRefused, match=r"0001_start\.sql a changé depuis"):
        await migrate(empty_url, [changed])


async def test_a_database_from_a_newer_version_is_refused(
    raw: asyncpg.Connection, empty_url: str, package: PackageMaker
) -> None:
    await migrate(empty_url)
    await raw.execute("INSERT INTO core_migration VALUES ('core', '9999_future', 'x', now())")

    with pytest.raises(MigrationRefused, match=r"core/9999_future.*plus récente"):
        await migrate(empty_url)


async def test_two_migrators_run_one_after_the_other(
    raw: asyncpg.Connection, empty_url: str, package: PackageMaker
) -> None:
    slow = package("games", f0001_start="SELECT pg_sleep(0.3);" + GAMES)

    results = await asyncio.gather(*(migrate(empty_url, [slow]) for _ in range(3)))

    ran = [[applied.key for applied in result] for result in results]
    assert sorted(ran, key=len) == [[], [], await history(raw)]


async def test_a_killed_migrator_leaves_nothing_half_done(
    raw: asyncpg.Connection, empty_url: str, package: PackageMaker
) -> None:
    games = package("games", f0001_start=GAMES + "; SELECT pg_sleep(60)")
    migration = asyncio.create_task(migrate(empty_url, [games]))
    while (pid := await raw.fetchval(SLEEPER)) is None:  # noqa: ASYNC110 - another session's doing
        await asyncio.sleep(0.02)

    await raw.execute("SELECT pg_terminate_backend($1)", pid)

    with pytest.raises(DatabaseUnavailable):
        await migration
    assert "games_board" not in await tables(raw)
    again = await migrate(empty_url, [package("games", f0001_start=GAMES)])
    assert [applied.key for applied in again] == ["games/0001_start"]


MIGRATE = """
import asyncio, pathlib, sys
from palabre.database.migrations import Package, migrate
asyncio.run(migrate(sys.argv[1], [Package("games", pathlib.Path(sys.argv[2]), "games_")]))
"""


async def test_kill_9_in_a_migration_leaves_nothing_and_no_lock(
    raw: asyncpg.Connection, empty_url: str, package: PackageMaker
) -> None:
    games = package("games", f0001_start=GAMES + "; SELECT pg_sleep(60)")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", MIGRATE, empty_url, games.folder
    )
    while await raw.fetchval(SLEEPER) is None:  # noqa: ASYNC110  another process's doing
        await asyncio.sleep(0.02)

    process.kill()
    await process.wait()

    again = await migrate(empty_url, [package("games", f0001_start=GAMES)])
    assert [applied.key for applied in again] == ["games/0001_start"]


FOREIGN = {
    "table": ("CREATE TABLE chess_board (id int)", "relation chess_board"),
    "column": ("ALTER TABLE core_user ADD COLUMN nickname text", "colonne core_user.nickname"),
    "type": (
        "ALTER TABLE core_user ALTER COLUMN language TYPE varchar",
        "colonne core_user.language",
    ),
    "default": ("ALTER TABLE core_user ALTER COLUMN language DROP DEFAULT", "core_user.language"),
    "drop": ("DROP TABLE core_invitation", "relation core_invitation"),
    "constraint": (
        "ALTER TABLE core_user DROP CONSTRAINT core_user_email_key",
        "contrainte core_user_email_key",
    ),
    "check": (
        "ALTER TABLE core_user ADD CONSTRAINT games_x CHECK (true)",
        "contrainte games_x de core_user",
    ),
    "index": ("CREATE INDEX games_x ON core_user (language)", "index games_x de core_user"),
    "trigger": (
        (
            "CREATE FUNCTION games_f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
            "CREATE TRIGGER games_t BEFORE INSERT ON core_user EXECUTE FUNCTION games_f()"
        ),
        "déclencheur games_t de core_user",
    ),
    "rule": ("CREATE RULE games_r AS ON DELETE TO core_user DO INSTEAD NOTHING", "règle games_r"),
    "policy": ("ALTER TABLE core_user ENABLE ROW LEVEL SECURITY", "relation core_user"),
    "function": (
        "CREATE FUNCTION lower(uuid) RETURNS text LANGUAGE sql AS 'SELECT null'",
        "fonction lower",
    ),
    "schema": ("CREATE SCHEMA chess", "schéma chess"),
    "rename": ("ALTER TABLE core_session RENAME TO games_session", "relation core_session"),
    "rows": ("UPDATE core_migration SET sha256 = 'x'", "lignes de core_migration"),
    "truncate": ("TRUNCATE core_session", "relation core_session"),
    "role": ("CREATE ROLE chess LOGIN SUPERUSER", "rôle chess"),
    "rights": ("GRANT ALL ON core_user TO PUBLIC", "relation core_user"),
}


@pytest.mark.parametrize("case", FOREIGN)
async def test_a_plugin_touches_only_its_own(
    raw: asyncpg.Connection, empty_url: str, package: PackageMaker, case: str
) -> None:
    sql, named = FOREIGN[case]
    games = package("games", f0001_start=GAMES, f0002_greedy=sql)

    with pytest.raises(MigrationRefused, match=f"0002_greedy.*{re.escape(named)}"):
        await migrate(empty_url, [games])

    assert "games/0002_greedy" not in await history(raw)


async def test_a_plugin_may_do_all_it_likes_with_its_own(
    raw: asyncpg.Connection, empty_url: str, package: PackageMaker
) -> None:
    games = package(
        "games",
        f0001_start=GAMES,
        f0002_more="""
            CREATE TYPE games_colour AS ENUM ('black', 'white');
            CREATE TABLE games_piece (
                id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                board_id int NOT NULL REFERENCES games_board ON DELETE CASCADE,
                event_id uuid REFERENCES core_event ON DELETE CASCADE,
                colour games_colour NOT NULL
            );
            CREATE INDEX games_piece_board ON games_piece (board_id);
            CREATE VIEW games_white AS SELECT * FROM games_piece WHERE colour = 'white';
            INSERT INTO games_board (id) VALUES (1);
        """,
    )

    await migrate(empty_url, [games])

    assert await raw.fetchval("SELECT count(*) FROM games_board") == 1


async def test_a_failing_plugin_does_not_keep_the_others_from_working(
    raw: asyncpg.Connection, empty_url: str, package: PackageMaker
) -> None:
    games = package("games", f0001_start="CREATE TABLE chess (id int)")
    ludo = package("ludo", f0001_start="CREATE TABLE ludo_board (id int)")
    needy = package("needy", f0001_start="-- depends: games/0001_start\nSELECT 1")

    applied, failures = await migrate_apart(empty_url, [games, ludo, needy])

    assert failures.keys() == {"games", "needy"}
    assert "relation chess" in failures["games"]
    assert [a.key for a in applied] == await history(raw)
    assert await tables(raw) >= {"core_user", "ludo_board"}


async def test_nobody_there_is_one_exception(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable):
        await migrate(f"postgresql://palabre@/palabre?host={tmp_path}")
