"""What a plugin owns in the schema goes, and nothing else does."""

import asyncpg
import pytest

from palabre.database.migrations import migrate
from palabre.database.removal import drop, keep_schema, row_counts
from palabre.errors import Refused
from tests.core.database.conftest import PackageMaker
from tests.core.database.test_migrations import history, tables

GAMES = """
CREATE TYPE games_kind AS ENUM ('chess', 'go');
CREATE TABLE games_board (id int PRIMARY KEY, kind games_kind);
CREATE VIEW games_all AS TABLE games_board;
CREATE FUNCTION games_one(games_kind) RETURNS int LANGUAGE sql AS 'SELECT 1'
"""


async def purge(raw: asyncpg.Connection, name: str) -> None:
    async with raw.transaction():
        await keep_schema(raw)
        await drop(raw, name)


async def named(raw: asyncpg.Connection, prefix: str) -> list[str]:
    rows = await raw.fetch(
        "SELECT relname AS name FROM pg_class UNION SELECT typname FROM pg_type"
        " UNION SELECT proname FROM pg_proc"
    )
    return sorted(row["name"] for row in rows if row["name"].lstrip("_").startswith(prefix))


async def test_it_takes_only_what_is_the_plugins(
    raw: asyncpg.Connection, empty_url: str, package: PackageMaker
) -> None:
    games = package("games", f0001_start=GAMES)
    gamesters = package("gamesters", f0001_start="CREATE TABLE gamesters_x (id int)")
    await migrate(empty_url, [games, gamesters])
    await raw.execute("INSERT INTO games_board (id) VALUES (1), (2)")
    before = await tables(raw)

    assert await row_counts(raw, "games") == {"games_board": 2}
    await purge(raw, "games")

    assert await tables(raw) == before - {"games_board"}
    assert await named(raw, "games_") == []
    assert not [key for key in await history(raw) if key.startswith("games/")]
    assert [a.key for a in await migrate(empty_url, [games])] == ["games/0001_start"]


async def test_it_leaves_a_longer_name_alone(
    raw: asyncpg.Connection, empty_url: str, package: PackageMaker
) -> None:
    family = package("games_family", f0001_start="CREATE TABLE games_family_x (id int)")
    await migrate(empty_url, [family])
    await raw.execute("CREATE TABLE games_board (id int)")

    await purge(raw, "games")

    assert await named(raw, "games_") == ["_games_family_x", "games_family_x"]


async def test_it_stops_when_another_plugin_holds_on(
    raw: asyncpg.Connection, empty_url: str, package: PackageMaker
) -> None:
    games = package("games", f0001_start=GAMES)
    ludo = package(
        "ludo",
        f0001_start="-- depends: games/0001_start\nCREATE TABLE ludo_x (b int REFERENCES games_board)",
    )
    await migrate(empty_url, [games, ludo])
    before = await tables(raw)

    with pytest.raises(Refused, match=r"« games » ne peut pas.*ludo_x"):
        await purge(raw, "games")

    assert await tables(raw) == before


async def test_a_reader_who_does_not_let_go_makes_it_wait_then_give_up(
    raw: asyncpg.Connection,
    empty_url: str,
    package: PackageMaker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("palabre.database.removal.LOCK_SECONDS", 0.2)
    await migrate(empty_url, [package("games", f0001_start=GAMES)])
    reader = await asyncpg.connect(empty_url)
    try:
        async with reader.transaction():
            await reader.fetch("SELECT * FROM games_board")
            with pytest.raises(Refused, match="réessayez dans une minute"):
                await purge(raw, "games")
    finally:
        await reader.close()

    assert "games_board" in await tables(raw)
