"""What feeds do when connections, notifications or the whole database are lost."""

from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import pytest

from palabre.database.connection import fetchval
from palabre.feeds import listening
from palabre.feeds.store import FeedStore

from .conftest import Save, another_process, eventually, summaries


async def test_the_same_events_give_the_same_bytes_after_a_restart(
    client: httpx.AsyncClient, save: Save, store: FeedStore, database: str
) -> None:
    events = [await save(f"Soirée {number}") for number in range(12)]
    await client.get("/agenda.ics")
    for saved in events[::3]:
        await save(f"Nouvelle {saved.slug}", saved.event_id)
        await store.settle()
        await client.get("/agenda.ics")

    async with another_process(database) as other:
        fresh = await other.get("/agenda.ics", headers={"accept-encoding": "gzip"})
    kept = await client.get("/agenda.ics", headers={"accept-encoding": "gzip"})

    assert (fresh.content, fresh.headers["etag"]) == (kept.content, kept.headers["etag"])


async def _renamed(url: str, old: str, new: str) -> None:
    """Rename a test's database, everyone in it thrown out, from another one."""
    parts = urlsplit(url)
    admin = await asyncpg.connect(urlunsplit(parts._replace(path="/postgres")))
    try:
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", old
        )
        await admin.execute(f'ALTER DATABASE "{old}" RENAME TO "{new}"')
    finally:
        await admin.close()


async def test_without_a_database_feeds_are_served_from_memory_and_recover_by_themselves(
    client: httpx.AsyncClient, save: Save, store: FeedStore, database: str
) -> None:
    await save("Bal folk")
    before = await client.get("/agenda.ics")
    name = urlsplit(database).path.lstrip("/")

    await _renamed(database, name, f"{name}_away")
    try:
        during = await client.get("/agenda.ics")
        unknown = await client.get("/organisations/mjc.ics")
    finally:
        await _renamed(database, f"{name}_away", name)
    await save("Concert")
    waited = await eventually(client, "/agenda.ics", "SUMMARY:Concert")

    assert (during.status_code, during.content) == (200, before.content)
    assert (unknown.status_code, unknown.headers["retry-after"]) == (503, "120")
    assert unknown.headers["content-type"] == "text/plain; charset=utf-8"
    assert waited < listening.SILENCE


async def test_what_was_committed_while_the_listener_was_cut_off_is_caught_up(
    client: httpx.AsyncClient, save: Save, store: FeedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection dies, and with it the notification of an edit made at that moment."""
    monkeypatch.setattr(listening, "_FIRST_PAUSE", 0.3)
    await save("Bal folk")
    await client.get("/agenda.ics")

    cut = await fetchval(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await save("Concert")

    assert cut > 0
    assert await eventually(client, "/agenda.ics", "SUMMARY:Concert") < 2


async def test_a_notification_that_never_comes_is_made_up_for_by_looking(
    client: httpx.AsyncClient, save: Save, store: FeedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection can be half open: nothing is heard, nothing seems wrong."""
    monkeypatch.setattr(listening, "SILENCE", 0.2)
    await save("Bal folk")
    await client.get("/agenda.ics")
    monkeypatch.setattr(store._listener, "_hear", lambda *_: None)
    await store._listener.stop()
    store._listener.start()
    monkeypatch.setattr("palabre.feeds.domain.CHANNEL", "palabre_nowhere")

    await save("Concert")

    assert await eventually(client, "/agenda.ics", "SUMMARY:Concert") < 2


async def test_a_feed_too_far_behind_is_built_anew(
    client: httpx.AsyncClient, save: Save, store: FeedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("palabre.feeds.changes.MAX_REMEMBERED", 1)
    await save("Bal folk")
    await client.get("/agenda.ics")

    await save("Concert")
    await store.settle()
    await save("Lecture")
    await store.settle()

    assert store.changes.since(0) is None
    assert summaries(await client.get("/agenda.ics")) == ["Bal folk", "Concert", "Lecture"]
