"""What subscribers get after an edit: all of it, at once, and nothing they did not ask for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import asyncpg
import httpx
import pytest

from palabre.database.connection import execute, fetchval, transaction
from palabre.database.ids import new_id
from palabre.events.domain import transitions
from palabre.events.values import Override, Publication, Recurrence
from palabre.feeds import listening
from palabre.feeds.domain import expire_tombstones, outdated, remove_fragments
from palabre.feeds.http import FeedHttp
from palabre.feeds.store import FeedStore
from palabre.people.permissions import SYSTEM

from .conftest import EVENING, SETTINGS, Save, content, site_behind


def summaries(response: httpx.Response) -> list[str]:
    lines = response.text.split("\r\n")
    return sorted(line.removeprefix("SUMMARY:") for line in lines if line.startswith("SUMMARY:"))


async def _eventually(client: httpx.AsyncClient, path: str, text: str) -> float:
    """Wait, as a subscriber would, until `path` says `text`; returns the seconds it took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while text not in (await client.get(path)).text:
        assert loop.time() - began < 8, f"{text} did not reach {path}"
        await asyncio.sleep(0.005)
    return loop.time() - began


@asynccontextmanager
async def _another_process(url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Read as from another server: a store of its own, with nothing in memory."""
    other = FeedStore(SETTINGS, url)
    await other.start()
    transport = httpx.ASGITransport(FeedHttp(site_behind, other))  # type: ignore[arg-type]  # httpx's own narrower types
    async with httpx.AsyncClient(transport=transport, base_url="https://agenda.example.org") as one:
        yield one
    await other.stop()


async def test_a_published_event_reaches_every_process_within_a_second(
    client: httpx.AsyncClient, save: Save, database: str
) -> None:
    async with _another_process(database) as other:
        await client.get("/agenda.ics")
        await other.get("/agenda.ics")

        await save("Bal folk")

        assert await _eventually(client, "/agenda.ics", "SUMMARY:Bal folk") < 1
        assert await _eventually(other, "/agenda.ics", "SUMMARY:Bal folk") < 1


async def test_drafts_stay_out(client: httpx.AsyncClient, save: Save, store: FeedStore) -> None:
    await save("Bal folk")
    await save("Brouillon", publication=Publication.DRAFT)
    await save("Proposition", publication=Publication.SUBMITTED)
    await store.settle()

    assert summaries(await client.get("/agenda.ics")) == ["Bal folk"]


async def test_an_edit_changes_bytes_etag_and_date_of_its_feeds_only(
    client: httpx.AsyncClient, save: Save, store: FeedStore
) -> None:
    """M01 to M03, and M06 for the other events."""
    edited = await save(content("Bal folk", categories=("Danse",)))
    other = await save(content("Lecture", categories=("Livres",)))
    paths = ("/agenda.ics", "/agenda.ics?categorie=danse", "/agenda.ics?categorie=livres")
    before = [await client.get(path) for path in paths]

    await save(content("Bal renversé", categories=("Danse",)), edited.event_id)
    await store.settle()
    after = [await client.get(path) for path in paths]

    pairs = list(zip(before, after, strict=True))
    differ = [True, True, False]
    assert [old.content != new.content for old, new in pairs] == differ
    for header in ("etag", "last-modified"):
        assert [old.headers[header] != new.headers[header] for old, new in pairs] == differ
    old_etag = {"if-none-match": before[0].headers["etag"]}
    assert (await client.get("/agenda.ics", headers=old_etag)).status_code == 200
    assert _vevent(before[0], other.event_id) == _vevent(after[0], other.event_id)


def _vevent(response: httpx.Response, event_id: UUID) -> str:
    blocks = response.text.split("BEGIN:VEVENT")
    return next(block for block in blocks if "SUMMARY:Lecture" in block)


async def test_a_save_that_says_nothing_new_changes_nothing(
    client: httpx.AsyncClient, save: Save, store: FeedStore
) -> None:
    saved = await save("Bal folk")
    await store.settle()
    before = await client.get("/agenda.ics")

    await save("Bal folk", saved.event_id)
    await store.settle()

    assert (await client.get("/agenda.ics")).headers["etag"] == before.headers["etag"]


async def test_an_event_leaves_a_feed_whose_filter_it_no_longer_passes(
    client: httpx.AsyncClient, save: Save, store: FeedStore
) -> None:
    await save(content("Lecture", categories=("Danse",)))
    saved = await save(content("Bal folk", categories=("Danse",)))
    path = "/agenda.ics?categorie=danse"
    before = await client.get(path)

    await save(content("Bal folk", categories=("Musique",)), saved.event_id)
    await store.settle()
    after = await client.get(path)

    assert (summaries(before), summaries(after)) == (["Bal folk", "Lecture"], ["Lecture"])
    since = {"if-modified-since": before.headers["last-modified"]}
    assert (await client.get(path, headers=since)).status_code == 200


@pytest.mark.parametrize("way", ["withdraw", "delete", "cancel"])
async def test_what_leaves_the_agenda_stays_cancelled_in_the_feeds(
    way: str, client: httpx.AsyncClient, save: Save, store: FeedStore
) -> None:
    """E20 and M05: a subscriber hears that it is off, instead of seeing it vanish."""
    saved = await save(content("Bal folk", description="Chez Claude, 06 00 00 00 00"))
    await client.get("/agenda.ics")

    await getattr(transitions, way)(SYSTEM, saved.event_id)
    await store.settle()
    feed = await client.get("/agenda.ics")

    assert summaries(feed) == ["Annulé : Bal folk"]
    assert "STATUS:CANCELLED" in feed.text
    assert ("06 00 00 00 00" in feed.text) is (way == "cancel")
    one = await client.get(f"/evenements/{saved.slug}.ics")
    assert (one.status_code, summaries(one)) == (200, ["Annulé : Bal folk"])


async def test_a_tombstone_goes_when_its_event_is_over_and_it_was_there_for_60_days(
    client: httpx.AsyncClient, save: Save, store: FeedStore
) -> None:
    saved = await save("Bal folk")
    await transitions.delete(SYSTEM, saved.event_id)
    gone = "UPDATE core_event SET gone_at = now() - $1::interval, last_at = now() - $2::interval"

    removed = []
    for days_gone, days_over in ((61, -1), (59, 30), (61, 1)):
        await execute(gone, timedelta(days_gone), timedelta(days_over))
        async with transaction() as connection:
            removed.append(await expire_tombstones(connection))
    await store.settle()

    assert removed == [[], [], [saved.event_id]]
    assert summaries(await client.get("/agenda.ics")) == []
    assert (await client.get(f"/evenements/{saved.slug}.ics")).status_code == 410


async def test_an_event_deleted_behind_our_back_leaves_at_once(
    client: httpx.AsyncClient, save: Save, store: FeedStore
) -> None:
    await save("Lecture")
    saved = await save("Bal folk")
    await client.get("/agenda.ics")

    await execute("DELETE FROM core_event WHERE id = $1", saved.event_id)

    await _eventually(client, "/agenda.ics", "SUMMARY:Lecture")
    await store.settle()
    assert summaries(await client.get("/agenda.ics")) == ["Lecture"]


async def test_what_must_not_stay_readable_can_be_removed_without_a_trace(
    client: httpx.AsyncClient, save: Save, store: FeedStore
) -> None:
    saved = await save("Bal folk")
    before = await client.get("/agenda.ics")

    async with transaction() as connection:
        assert await remove_fragments(connection, [saved.event_id]) == [saved.event_id]
        assert await remove_fragments(connection, [saved.event_id]) == []
    await store.settle()
    after = await client.get("/agenda.ics")

    assert (summaries(before), summaries(after)) == (["Bal folk"], [])
    assert await fetchval("SELECT ics FROM core_fragment") == b""


async def test_a_transaction_rolled_back_leaves_the_feeds_as_they_were(
    client: httpx.AsyncClient, save: Save, store: FeedStore
) -> None:
    saved = await save("Bal folk")
    before = await client.get("/agenda.ics")

    async def regretted() -> None:
        async with transaction() as connection:
            await remove_fragments(connection, [saved.event_id])
            raise RuntimeError("second thoughts")

    with pytest.raises(RuntimeError, match="second thoughts"):
        await regretted()
    await store.settle()

    assert (await client.get("/agenda.ics")).content == before.content


async def test_the_same_events_give_the_same_bytes_after_a_restart(
    client: httpx.AsyncClient, save: Save, store: FeedStore, database: str
) -> None:
    events = [await save(f"Soirée {number}") for number in range(12)]
    await client.get("/agenda.ics")
    for saved in events[::3]:
        await save(f"Nouvelle {saved.slug}", saved.event_id)
        await store.settle()
        await client.get("/agenda.ics")

    async with _another_process(database) as other:
        fresh = await other.get("/agenda.ics", headers={"accept-encoding": "gzip"})
    kept = await client.get("/agenda.ics", headers={"accept-encoding": "gzip"})

    assert (fresh.content, fresh.headers["etag"]) == (kept.content, kept.headers["etag"])


async def test_concurrent_first_readers_share_one_build(
    client: httpx.AsyncClient, save: Save, store: FeedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await save("Bal folk")
    built = []
    read_all = FeedStore._read_all

    async def counted(*args: object) -> object:
        built.append(args)
        return await read_all(*args)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(FeedStore, "_read_all", counted)

    answers = await asyncio.gather(*(client.get("/agenda.ics") for _ in range(20)))

    assert {answer.status_code for answer in answers} == {200}
    assert len(built) == 1


async def test_memory_holds_so_many_feeds_and_the_least_asked_for_goes_first(
    client: httpx.AsyncClient, save: Save, store: FeedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await save(content("Bal folk", categories=("Danse",)))
    monkeypatch.setattr("palabre.feeds.store.MAX_FEEDS", 3)

    await client.get("/agenda.ics")
    for number in range(5):
        await client.get(f"/agenda.ics?categorie=c{number}")
        await client.get("/agenda.ics")

    assert {key[2] for key in store._feeds} == {"", "categorie=c3", "categorie=c4"}
    assert {query for _path, query in store.addresses} == {b"", b"categorie=c3", b"categorie=c4"}
    assert store._bytes == sum(len(feed.body.gzip) for feed in store._feeds.values())


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
    waited = await _eventually(client, "/agenda.ics", "SUMMARY:Concert")

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
    assert await _eventually(client, "/agenda.ics", "SUMMARY:Concert") < 2


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

    assert await _eventually(client, "/agenda.ics", "SUMMARY:Concert") < 2


async def test_fragments_of_another_renderer_are_known(save: Save) -> None:
    saved = await save("Bal folk")
    await save("Concert")
    await execute("UPDATE core_fragment SET renderer = 0 WHERE event_id = $1", saved.event_id)

    async with transaction() as connection:
        assert await outdated(connection) == [saved.event_id]


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


async def test_organisation_and_venue_feeds_hold_their_own_events(
    client: httpx.AsyncClient, save: Save, store: FeedStore, organisation: UUID
) -> None:
    other, venue = new_id(), new_id()
    await execute(
        "INSERT INTO core_organisation (id, slug, name) VALUES ($1, 'amis', 'Les Amis')", other
    )
    await execute(
        "INSERT INTO core_venue (id, slug, name, match_key) VALUES ($1, 'halle', 'La Halle', 'h')",
        venue,
    )
    shared = await save(content("Ensemble", venue_id=venue))
    await save("Ailleurs", of=other)
    await execute("INSERT INTO core_co_organiser VALUES ($1, $2)", shared.event_id, other)
    await store.settle()

    assert summaries(await client.get("/organisations/mjc.ics")) == ["Ensemble"]
    assert summaries(await client.get("/organisations/amis.ics")) == ["Ailleurs", "Ensemble"]
    assert summaries(await client.get("/lieux/halle.ics")) == ["Ensemble"]
    assert summaries(await client.get("/agenda.ics?organisation=amis&q=ensemble")) == ["Ensemble"]


async def test_a_merged_venue_points_to_the_one_that_was_kept(
    client: httpx.AsyncClient, database: str
) -> None:
    kept, merged = new_id(), new_id()
    for venue_id, slug, into in ((kept, "halle", None), (merged, "la-halle", kept)):
        await execute(
            "INSERT INTO core_venue (id, slug, name, match_key, merged_into_id)"
            " VALUES ($1, $2, 'La Halle', $2, $3)",
            venue_id,
            slug,
            into,
        )

    answer = await client.get("/lieux/la-halle.ics?q=bal")

    assert answer.status_code == 308
    assert answer.headers["location"] == "https://agenda.example.org/lieux/halle.ics?q=bal"


async def test_single_dates_moved_to_another_venue_are_in_its_feed(
    client: httpx.AsyncClient, save: Save, store: FeedStore
) -> None:
    venue = new_id()
    await execute(
        "INSERT INTO core_venue (id, slug, name, match_key) VALUES ($1, 'halle', 'La Halle', 'h')",
        venue,
    )
    weekly = replace(
        content("Atelier"),
        recurrence=Recurrence("FREQ=WEEKLY;COUNT=3"),
        overrides=(Override(EVENING + timedelta(7), venue_id=venue),),
    )
    await save(weekly)
    await store.settle()

    feed = await client.get("/lieux/halle.ics")

    assert summaries(feed) == ["Atelier", "Atelier"]
    assert feed.text.count("LOCATION:La Halle") == 1


async def test_the_store_refuses_to_work_before_it_is_started(database: str) -> None:
    with pytest.raises(RuntimeError, match="started"):
        await FeedStore(SETTINGS, database).settle()
