"""No change is missed, whatever order transactions commit in: with real connections and processes."""

import asyncio
import sys
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest

from palabre.database.connection import Connection
from palabre.feeds.changes import Changes

WRITE = """
INSERT INTO core_fragment AS f
    (event_id, ics, json, first_year, last_year, last_modified, sequence, renderer)
VALUES ($1, '', '', 2026, 2026, now(), 0, 1)
ON CONFLICT (event_id) DO UPDATE SET sequence = f.sequence + 1, xid = pg_current_xact_id()
"""
WRITER = f"""
import asyncio, random, sys
from uuid import UUID
import asyncpg

async def main(url, seed):
    chance = random.Random(seed)
    connection = await asyncpg.connect(url)
    for number in range(30):
        async with connection.transaction():
            await connection.execute({WRITE!r}, UUID(int=seed * 1000 + number))
            await asyncio.sleep(chance.random() / 50)
    await connection.close()

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


@pytest.fixture
async def connections(database_url: str) -> AsyncIterator[list[asyncpg.Connection]]:
    opened = [await asyncpg.connect(database_url) for _ in range(3)]
    yield opened
    for connection in opened:
        await connection.close()


def _event(number: int) -> UUID:
    return UUID(int=number)


async def test_a_transaction_that_began_first_and_commits_last_is_seen(
    connections: list[asyncpg.Connection],
) -> None:
    slow, quick, reader = connections
    changes, look = Changes(), Connection(reader)
    await changes.look(look)
    began = slow.transaction()
    await began.start()
    await slow.execute(WRITE, _event(1))
    await quick.execute(WRITE, _event(2))

    assert await changes.look(look)
    first = changes.step
    await began.commit()
    assert await changes.look(look)

    assert changes.since(0) == {_event(1), _event(2)}
    assert changes.since(first) == {_event(1)}


async def test_what_was_seen_is_not_news_again_while_an_older_transaction_is_open(
    connections: list[asyncpg.Connection],
) -> None:
    slow, quick, reader = connections
    changes, look = Changes(), Connection(reader)
    await changes.look(look)
    began = slow.transaction()
    await began.start()
    await slow.execute(WRITE, _event(1))

    await quick.execute(WRITE, _event(2))
    looks = [await changes.look(look) for _ in range(3)]
    await quick.execute(WRITE, _event(2))
    looks += [await changes.look(look) for _ in range(2)]
    await began.rollback()
    looks.append(await changes.look(look))

    assert looks == [True, False, False, True, False, False]


async def test_the_first_look_comes_before_what_it_must_not_miss(
    connections: list[asyncpg.Connection],
) -> None:
    slow, _quick, reader = connections
    changes, look = Changes(), Connection(reader)
    began = slow.transaction()
    await began.start()
    await slow.execute(WRITE, _event(1))

    assert not changes.oriented
    assert not await changes.look(look)
    await began.commit()
    await changes.look(look)

    assert changes.oriented
    assert changes.since(0) == {_event(1)}


async def test_transaction_numbers_that_go_back_make_every_feed_new(
    connections: list[asyncpg.Connection],
) -> None:
    changes, look = Changes(), Connection(connections[2])
    await changes.look(look)
    changes._horizon = 2**60  # as after moving to a server with a shorter history

    assert await changes.look(look)
    assert changes.since(0) is None
    await connections[0].execute(WRITE, _event(1))
    assert await changes.look(look)
    assert changes.since(1) == {_event(1)}


async def test_writers_in_other_processes_are_all_heard_and_each_write_counts(
    connections: list[asyncpg.Connection], database_url: str
) -> None:
    changes, look = Changes(), Connection(connections[2])
    await changes.look(look)

    writers = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", WRITER, database_url, str(seed))
        for seed in (1, 2, 3)
    ]
    finished = asyncio.gather(*(writer.wait() for writer in writers))
    while not finished.done():
        await changes.look(look)
        await asyncio.sleep(0.001)
    await changes.look(look)

    assert await finished == [0, 0, 0]
    expected = {_event(seed * 1000 + number) for seed in (1, 2, 3) for number in range(30)}
    assert changes.since(0) == expected
    assert changes.step > 10
