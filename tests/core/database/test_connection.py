"""Models and rows, one transaction for both, one exception when nobody answers."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from tortoise.exceptions import IntegrityError

from palabre.database import embedded
from palabre.database.connection import (
    acquired,
    connect,
    connected,
    core_models,
    execute,
    fetch,
    fetchrow,
    fetchval,
    own_connection,
    transaction,
)
from palabre.errors import DatabaseUnavailable, Refused
from palabre.people.models import Session, User


async def make_user(email: str = "ana@example.org") -> User:
    return await User.create(email=email, display_name="Ana", site_roles=["moderator"])


@pytest.mark.parametrize("number", range(2))
async def test_each_test_has_a_database_of_its_own(database: str, number: int) -> None:
    await make_user()

    assert await fetchval("SELECT count(*) FROM core_user") == 1


async def test_models_and_rows_share_a_transaction(database: str) -> None:
    async with transaction() as connection:
        await make_user()
        inside = await connection.fetchval("SELECT count(*) FROM core_user")
        joined = await fetchval("SELECT count(*) FROM core_user")

    assert (inside, joined) == (1, 1)


async def test_an_exception_undoes_models_and_rows(database: str) -> None:
    async def half() -> None:
        async with transaction() as connection:
            await make_user()
            await connection.execute("UPDATE core_user SET display_name = 'Zoé'")
            raise LookupError

    with pytest.raises(LookupError):
        await half()

    assert await User.all().count() == 0


async def test_an_inner_transaction_is_undone_alone(database: str) -> None:
    async def inner() -> None:
        async with transaction():
            await make_user("leo@example.org")
            raise LookupError

    async with transaction():
        await make_user()
        with pytest.raises(LookupError):
            await inner()

    assert await User.all().values_list("email", flat=True) == ["ana@example.org"]


async def test_others_see_nothing_before_the_commit(database: str) -> None:
    other = await own_connection()
    try:
        async with transaction():
            await make_user()
            before = await other.fetchval("SELECT count(*) FROM core_user")
        after = await other.fetchval("SELECT count(*) FROM core_user")
    finally:
        await other.close()

    assert (before, after) == (0, 1)


async def test_rows_come_as_python_values(database: str) -> None:
    await make_user()

    row = await fetchrow(
        """SELECT site_roles, created_at, '{"a": [1]}'::jsonb AS json, id FROM core_user"""
    )

    assert row is not None
    assert row["site_roles"] == ["moderator"]
    assert row["created_at"].tzinfo is UTC
    assert row["json"] == '{"a": [1]}'


async def test_many_rows_go_in_at_once(database: str) -> None:
    users = [(f"u{n}@example.org", "U", ["moderator"]) for n in range(3)]
    async with acquired() as connection:
        await connection.executemany(
            "INSERT INTO core_user (id, email, display_name, site_roles)"
            " VALUES (gen_random_uuid(), $1, $2, $3)",
            users,
        )
        await execute("CREATE TABLE note (number int, said text[])")
        await connection.copy("note", ["number", "said"], [(1, ["a", "b"]), (2, [])])

    assert [tuple(row) for row in await fetch("SELECT * FROM note")] == [(1, ["a", "b"]), (2, [])]
    assert await User.all().count() == 3


@pytest.mark.parametrize("way", ["rows", "models"])
async def test_a_naive_datetime_is_an_error(database: str, way: str) -> None:
    naive = datetime(2026, 11, 14, 18)  # noqa: DTZ001 - the very mistake

    async def ask() -> None:
        if way == "rows":
            await fetch("SELECT $1::timestamptz", naive)
        else:
            await Session.filter(expires_at__gt=naive)

    with pytest.raises((ValueError, RuntimeWarning), match="naive datetime"):
        await ask()


async def test_broken_constraints_keep_their_names(database: str) -> None:
    await make_user()

    with pytest.raises(IntegrityError, match="core_user_email_key"):
        await make_user()
    with pytest.raises(asyncpg.UniqueViolationError, match="core_user_email_key"):
        await execute(
            "INSERT INTO core_user (id, email, display_name) VALUES (gen_random_uuid(), $1, 'x')",
            "ana@example.org",
        )


async def test_connections_come_back_to_the_pool(database_url: str) -> None:
    async with connected(database_url, pool_size=1):
        for query in ("SELECT 1/0", "SELECT * FROM nowhere", "SELECT 1"):
            for _ in range(3):
                await asyncio.wait_for(ask_quietly(query), 5)
        async with transaction():
            assert await fetchval("SELECT 1") == 1
        assert await fetchval("SELECT 1") == 1


async def ask_quietly(query: str) -> None:
    try:
        async with transaction() as connection:
            await connection.fetchval(query)
    except asyncpg.PostgresError:
        pass


async def test_one_database_at_a_time(database: str) -> None:
    with pytest.raises(RuntimeError, match="already connected"):
        await connect(database)


async def test_every_models_module_is_found() -> None:
    assert {"palabre.people.models", "palabre.events.models"} <= set(core_models())


async def test_nobody_there_is_one_exception(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match=f"palabre@{tmp_path} ne répond pas"):
        await connect(f"postgresql://palabre:secret@/palabre?host={tmp_path}")

    with pytest.raises(RuntimeError):
        await fetch("SELECT 1")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("/test_", "/no_test_"), ("palabre@", "nobody@"), ("postgresql:", "mysql:")],
)
async def test_a_wrong_address_is_refused_and_named(
    database_url: str, right: str, wrong: str
) -> None:
    with pytest.raises(Refused, match=r"refuse la connexion .*PALABRE_DATABASE_URL"):
        await connect(database_url.replace(right, wrong))


@asynccontextmanager
async def own_server(data: Path) -> AsyncIterator[str]:
    """A server that this test may kill, outside the event loop."""
    server = embedded.joined(data)
    url = await asyncio.to_thread(server.__enter__)
    try:
        yield url
    finally:
        await asyncio.to_thread(server.__exit__, None, None, None)


async def test_gone_and_back(data_dir: Path) -> None:
    """A page fails with one exception while the database is away, and works when it is back."""
    async with own_server(data_dir) as url, connected(url):
        await execute("CREATE TABLE note (text text)")
        async with acquired():  # a second connection, which will break in the pool
            await execute("INSERT INTO note VALUES ('kept')")
        note = data_dir / "postgresql" / "postmaster.pid"

        os.kill(int(note.read_text().splitlines()[0]), signal.SIGKILL)
        for work in (attempt_rows, attempt_models, attempt_transaction):
            with pytest.raises(DatabaseUnavailable):
                await until_gone(work)

        async with own_server(data_dir):
            assert await fetch("SELECT text FROM note") == [("kept",)]
            async with transaction() as connection:
                await connection.execute("INSERT INTO note VALUES ('new')")
            assert await fetchval("SELECT count(*) FROM note") == 2


async def until_gone(work) -> None:  # noqa: ANN001 - one of the three below
    for _ in range(100):
        await work()
        await asyncio.sleep(0.05)


async def attempt_rows() -> None:
    await fetch("SELECT 1")


async def attempt_models() -> None:
    await User.raw("SELECT gen_random_uuid() AS id")


async def attempt_transaction() -> None:
    async with transaction() as connection:
        await connection.fetch("SELECT 1")


async def test_a_connection_lost_inside_a_transaction_is_one_exception(database: str) -> None:
    async def lose() -> None:
        async with transaction() as connection:
            await make_user()
            pid = await connection.fetchval("SELECT pg_backend_pid()")
            other = await own_connection()
            try:
                await other.execute("SELECT pg_terminate_backend($1)", pid)
            finally:
                await other.close()
            await connection.fetch("SELECT 1")

    with pytest.raises(DatabaseUnavailable):
        await lose()

    assert await User.all().count() == 0
