"""What breaks while it runs: the database goes and comes back, a process dies in the middle."""

import asyncio
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest

from bench import data, fill
from palabre.database.cluster import Cluster
from palabre.database.connection import connected
from palabre.database.migrations import CORE, migrate
from palabre.events.domain.reading import content_of_event
from palabre.events.domain.saving import Change, save_event
from palabre.events.models import Event
from palabre.people.permissions import SYSTEM
from tests.serving import Served, serve, stop_database

DAY = date(2026, 11, 23)
PATIENCE = 15.0  # seconds; a loaded machine is slow to notice
KILLS = 5

# What must hold whatever was cut off: an event has its dates, its history, its text in the feeds.
HALF_WRITTEN = """
SELECT 'event without dates' FROM core_event e
WHERE NOT EXISTS (SELECT FROM core_occurrence o WHERE o.event_id = e.id)
UNION ALL
SELECT 'version without its history' FROM core_event e
WHERE e.version <> (SELECT count(*) FROM core_event_revision r WHERE r.event_id = e.id)
UNION ALL
SELECT 'published event without a feed entry' FROM core_event e
WHERE e.publication = 'published'
  AND NOT EXISTS (SELECT FROM core_fragment f WHERE f.event_id = e.id AND f.in_feeds
                  AND f.sequence = e.sequence)
UNION ALL
SELECT 'feed entry without an event' FROM core_fragment f
WHERE f.in_feeds AND NOT EXISTS (SELECT FROM core_event e WHERE e.id = f.event_id)
"""

OPEN_TRANSACTIONS = """
SELECT count(*) FROM pg_stat_activity
WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""

# Saves twenty events at a time until somebody stops it.
SAVER = """
import asyncio, sys
from datetime import date
from bench import fill
from palabre.database.connection import connected

async def main():
    async with connected(sys.argv[1]):
        first = int(sys.argv[2])
        while True:
            await fill.fill(20, date(2026, 11, 23), first=first)
            first += 20
            print(first, flush=True)

asyncio.run(main())
"""


@pytest.fixture
def server(data_dir: Path) -> Iterator[Cluster]:
    """A PostgreSQL of its own, as an administrator's would be, that a test may stop and start."""
    data_dir.mkdir()
    cluster = Cluster(data_dir / "postgresql")
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.stop()


def page(served: Served, path: str) -> httpx.Response:
    return httpx.get(served.url + path, timeout=60)


def eventually(served: Served, path: str, words: str) -> httpx.Response:
    """Ask again until the answer is good and says `words`."""
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = page(served, path)
        if answer.status_code == 200 and words in answer.text.replace("\r\n ", ""):
            return answer
        assert time.monotonic() < deadline, f"{path}: {answer.status_code}, never said {words}"
        time.sleep(0.1)


async def rename(url: str, title: str) -> None:
    async with connected(url):
        event = await Event.filter(publication="published").order_by("slug").first()
        assert event is not None
        content = replace(content_of_event(event), title=title)
        await save_event(SYSTEM, Change(content, event.organisation_id, event.id))


async def prepare(url: str, count: int) -> None:
    await migrate(url, [CORE])
    async with connected(url):
        await fill.fill(count, DAY)


async def half_written(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        return [row[0] for row in await connection.fetch(HALF_WRITTEN)]
    finally:
        await connection.close()


async def ask(url: str, query: str) -> int:
    """Return the one number that `query` gives, asked over a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(query))
    finally:
        await connection.close()


def test_feeds_go_on_while_the_database_is_away_and_all_comes_back_by_itself(
    server: Cluster, data_dir: Path
) -> None:
    asyncio.run(prepare(server.url, 50))
    with serve(data_dir / "web", PALABRE_DATABASE_URL=server.url) as served:
        known = page(served, "/agenda.ics")
        unchanged = {"If-None-Match": known.headers["etag"]}
        assert known.text.count("BEGIN:VEVENT") == 50

        server.stop()

        assert page(served, "/agenda.ics").content == known.content
        again = httpx.get(f"{served.url}/agenda.ics", headers=unchanged, timeout=60)
        assert again.status_code == 304
        away = page(served, "/agenda?q=personne-n-a-cherche-cela")
        assert away.status_code == 503
        assert "base de données" in away.text
        assert int(away.headers["retry-after"]) > 0
        assert page(served, "/healthz").status_code == 200

        server.start()

        eventually(served, "/agenda?q=personne-n-a-cherche-cela", "<main")
        asyncio.run(rename(server.url, "Revenue de loin"))
        assert (
            eventually(served, "/agenda.ics", "Revenue de loin").headers["etag"]
            != known.headers["etag"]
        )
        eventually(served, "/agenda?q=revenue+loin", "Revenue de loin")
        assert "Traceback" not in served.said()
        assert served.stop() == 0


def test_it_stops_even_while_the_database_is_away(server: Cluster, data_dir: Path) -> None:
    asyncio.run(prepare(server.url, 5))
    with serve(data_dir / "web", PALABRE_DATABASE_URL=server.url) as served:
        page(served, "/agenda.ics")
        server.stop()
        time.sleep(1)

        assert served.stop() == 0


def test_kill_9_during_saves_leaves_nothing_half_written(server: Cluster) -> None:
    asyncio.run(prepare(server.url, 1))
    dice = random.Random(38)  # noqa: S311  moments to kill at, the same in each run
    confirmed = 1
    for _ in range(KILLS):
        command = [sys.executable, "-c", SAVER, server.url, str(confirmed)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as saver:
            assert saver.stdout is not None
            saver.stdout.readline()
            time.sleep(dice.uniform(0, 0.2))
            saver.kill()
        wait_until_nobody_writes(server.url)
        confirmed = asyncio.run(ask(server.url, "SELECT count(*) FROM core_event"))

        assert asyncio.run(half_written(server.url)) == []
        assert confirmed % 20 == 1  # whole transactions only


def wait_until_nobody_writes(url: str) -> None:
    """Wait until the database has ended the transactions of a program that was killed."""
    while asyncio.run(ask(url, OPEN_TRANSACTIONS)):
        time.sleep(0.05)


def test_kill_9_during_an_import_leaves_nothing_half_written(data_dir: Path) -> None:
    with serve(data_dir) as served:
        made = served.run("organisation", "create", "Import", "--slug", "import")
        assert made.returncode == 0
        file = data_dir / "season.ics"
        file.write_bytes(data.calendar(1500, DAY))
        command = [served.palabre, "import", file, "--organisation", "import", "--report", "json"]
        url = Cluster(data_dir / "postgresql").url
        for delay in (1.0, 1.5, 2.0, 2.5):
            with subprocess.Popen(
                command, env=served.settings, stdout=subprocess.DEVNULL
            ) as running:
                time.sleep(delay)
                helpers = psutil.Process(running.pid).children(recursive=True)
                running.kill()
            assert psutil.wait_procs(helpers, timeout=PATIENCE)[1] == []
            wait_until_nobody_writes(url)
            assert asyncio.run(half_written(url)) == []

        done = served.run("import", str(file), "--organisation", "import", "--report", "json")

        assert done.returncode == 0
        assert asyncio.run(ask(url, "SELECT count(*) FROM core_event")) == 1500
        assert asyncio.run(half_written(url)) == []
        feed = eventually(served, "/organisations/import.ics", "event-1499@bench.example")
        assert feed.text.count("BEGIN:VEVENT") == 1500
    stop_database(data_dir)
