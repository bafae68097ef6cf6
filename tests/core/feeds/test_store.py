"""What subscribers get after an edit: all of it, at once, and nothing they did not ask for."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from uuid import UUID

import httpx
import pytest

from palabre.agenda.sql import Moment
from palabre.database.connection import execute, fetchval, transaction
from palabre.database.ids import new_id
from palabre.events.domain import transitions
from palabre.events.values import Override, Publication, Recurrence
from palabre.feeds.domain import expire_tombstones, outdated, remove_fragments
from palabre.feeds.feed import Feed
from palabre.feeds.reading import Wish
from palabre.feeds.store import FeedStore
from palabre.people.permissions import SYSTEM

from .conftest import EVENING, SETTINGS, Save, another_process, content, eventually, summaries


async def test_a_published_event_reaches_every_process_within_a_second(
    client: httpx.AsyncClient, save: Save, database: str
) -> None:
    async with another_process(database) as other:
        await client.get("/agenda.ics")
        await other.get("/agenda.ics")

        await save("Bal folk")

        assert await eventually(client, "/agenda.ics", "SUMMARY:Bal folk") < 1
        assert await eventually(other, "/agenda.ics", "SUMMARY:Bal folk") < 1


async def test_the_first_reader_after_a_large_change_gets_it_however_long_it_takes(
    client: httpx.AsyncClient, save: Save, store: FeedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import is over, somebody reads the agenda once: the old bytes would be a broken promise."""
    await save("Bal folk")
    await client.get("/agenda.ics")
    renewed = store._renewed

    async def slowly(feed: Feed, wish: Wish) -> Feed:
        await asyncio.sleep(0.6)
        return await renewed(feed, wish)

    monkeypatch.setattr(store, "_renewed", slowly)
    await save("Concert")
    await store.settle()

    assert "SUMMARY:Concert" in (await client.get("/agenda.ics")).text


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
    await store.settle()
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


async def test_two_edits_within_a_second_are_two_dates(
    client: httpx.AsyncClient, save: Save, store: FeedStore
) -> None:
    """M02: a reader that keeps dates only must not be told that it has everything."""
    seen = []
    for title in ("Un", "Deux", "Trois", "Quatre"):
        await save(title)
        await store.settle()
        seen.append((await client.get("/agenda.ics")).headers["last-modified"])

    assert sorted(set(seen), key=parsedate_to_datetime) == seen


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

    await eventually(client, "/agenda.ics", "SUMMARY:Lecture")
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


async def test_a_feed_of_today_is_another_one_tomorrow_without_any_edit(
    client: httpx.AsyncClient, save: Save, store: FeedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await save("Veillée du 16")
    path = "/agenda.ics?quand=aujourdhui"
    found = []

    for hours in (-24, 0, 0, 24):
        moment = Moment(EVENING + timedelta(hours=hours), SETTINGS.zone)
        monkeypatch.setattr(store, "_moment", lambda moment=moment: moment)
        found.append(summaries(await client.get(path)))

    assert found == [[], ["Veillée du 16"], ["Veillée du 16"], []]


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


async def test_too_many_new_feeds_at_once_are_put_off_and_known_ones_are_not(
    client: httpx.AsyncClient, save: Save, store: FeedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await save("Bal folk")
    await store.settle()
    await client.get("/agenda.ics")
    monkeypatch.setattr("palabre.feeds.store._WAITING", 3)

    paths = [f"/agenda.ics?q=mot{number}" for number in range(9)]
    answers = await asyncio.gather(*(client.get(path) for path in (*paths, "/agenda.ics")))
    later = await client.get(paths[-1])

    assert [answer.status_code for answer in answers] == [200] * 3 + [503] * 6 + [200]
    assert later.status_code == 200


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


async def test_fragments_of_another_renderer_are_known(save: Save) -> None:
    saved = await save("Bal folk")
    await save("Concert")
    await execute("UPDATE core_fragment SET renderer = 0 WHERE event_id = $1", saved.event_id)

    async with transaction() as connection:
        assert await outdated(connection) == [saved.event_id]


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
