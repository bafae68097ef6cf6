"""The journal only grows, and tells when somebody touched it."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest

from palabre.audit.domain import entries, record, verify
from palabre.database.connection import execute, transaction
from palabre.people.permissions import ANONYMOUS, SYSTEM, Actor

pytestmark = pytest.mark.usefixtures("database")

PERSON = Actor(user_id=uuid4(), name="Anna")


async def test_entries_say_who_did_what_to_what_in_order() -> None:
    await record(PERSON, "event.published", kind="event", object_id="a", version=2)
    await record(SYSTEM, "import.done", kind="organisation", object_id="b", created=12)
    await record(ANONYMOUS, "login.failed", kind="account", object_id="c")

    found = [entry async for entry in entries()]

    assert [(e.id, e.actor, e.action, e.object, e.facts) for e in found] == [
        (1, str(PERSON.user_id), "event.published", "a", '{"version": 2}'),
        (2, "system", "import.done", "b", '{"created": 12}'),
        (3, "anonymous", "login.failed", "c", "{}"),
    ]
    assert (await verify()).broken_at is None


async def test_the_database_itself_refuses_changes() -> None:
    await record(SYSTEM, "test", kind="x", object_id="1")

    for statement in (
        "UPDATE core_audit SET actor = 'somebody'",
        "DELETE FROM core_audit",
        "TRUNCATE core_audit",
    ):
        with pytest.raises(asyncpg.RaiseError):
            await execute(statement)


@pytest.mark.parametrize(
    ("tampering", "broken_at"),
    [
        ("UPDATE core_audit SET facts = replace(facts, '2', '3') WHERE id = 2", 2),
        ("UPDATE core_audit SET at = at + interval '1 microsecond' WHERE id = 3", 3),
        ("DELETE FROM core_audit WHERE id = 2", 3),
        ("UPDATE core_audit SET id = id + 1 WHERE id = 4", 5),
    ],
)
async def test_whoever_gets_round_the_trigger_breaks_the_chain(
    tampering: str, broken_at: int
) -> None:
    for number in range(1, 5):
        await record(SYSTEM, "test", kind="x", object_id=number, number=number)

    await execute("ALTER TABLE core_audit DISABLE TRIGGER USER")
    await execute(tampering)

    assert (await verify()).broken_at == broken_at


async def test_writers_at_once_make_one_chain() -> None:
    await asyncio.gather(
        *(record(SYSTEM, "test", kind="x", object_id=number) for number in range(25))
    )

    verdict = await verify()

    assert (verdict.count, verdict.broken_at) == (25, None)


async def test_what_was_rolled_back_was_never_done() -> None:
    await record(SYSTEM, "test", kind="x", object_id="kept")

    async def fail() -> None:
        async with transaction():
            await record(SYSTEM, "test", kind="x", object_id="undone")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()

    assert [entry.object async for entry in entries()] == ["kept"]
    assert (await verify()).broken_at is None
