"""What lists, months and weeks hold, on the real database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest

from palabre.agenda.core_filters import CORE_FILTERS
from palabre.agenda.cursors import Cursor
from palabre.agenda.filters import EVERYTHING, Selection, parse
from palabre.agenda.queries import ListPage, grid, list_page
from palabre.agenda.sql import Moment
from palabre.database import connection
from palabre.events.domain import transitions
from palabre.events.models import Event
from palabre.events.values import Content, Publication, Recurrence, Status
from palabre.people.permissions import SYSTEM

from .making import PARIS, WEDNESDAY, all_day, at, organisation, publish, publish_all

pytestmark = pytest.mark.usefixtures("database")


def select(query: str) -> Selection:
    return parse(parse_qsl(query), CORE_FILTERS)


def titles(page: ListPage) -> list[str]:
    return [card.title for day in page.days for card in day.cards]


async def listed(query: str, moment: Moment = WEDNESDAY) -> set[str]:
    """Return every title of a list, from its first page to its last."""
    return {title for page in await all_pages(select(query), moment) for title in page}


async def all_pages(selection: Selection, moment: Moment, size: int = 30) -> list[list[str]]:
    """Read a whole list as a person would: from its opening backwards, then forwards.

    What already runs when a list opens is met again on its way back, where there is one.
    """
    opening = await list_page(selection, moment, size=size)
    pages = [titles(opening)]
    if not opening.earlier:
        pages[0] += [card.title for card in opening.running]
    page = opening
    while page.earlier:
        page = await list_page(selection, moment, page.earlier, size)
        pages.insert(0, titles(page))
    page = opening
    while page.later:
        page = await list_page(selection, moment, page.later, size)
        pages.append(titles(page))
    return pages


async def test_a_list_opens_at_today_and_leads_both_ways() -> None:
    await publish("Hier", at(2026, 11, 17))
    await publish("Ce matin", at(2026, 11, 18, 8))
    await publish("Ce soir", at(2026, 11, 18, 20))
    await publish("Demain", at(2026, 11, 19))

    page = await list_page(EVERYTHING, WEDNESDAY)

    assert titles(page) == ["Ce matin", "Ce soir", "Demain"]
    assert [day.date for day in page.days] == [date(2026, 11, 18), date(2026, 11, 19)]
    assert page.later is None
    assert titles(await list_page(EVERYTHING, WEDNESDAY, page.earlier)) == ["Hier"]


async def test_only_published_events_are_listed() -> None:
    for publication in Publication:
        if publication is not Publication.WITHDRAWN:
            await publish(publication.value, at(2026, 11, 20), publication=publication)
    gone = await publish("withdrawn", at(2026, 11, 20))
    await transitions.withdraw(SYSTEM, gone.event_id)

    assert await listed("") == {"published"}


async def test_a_cancelled_event_stays_and_says_so() -> None:
    saved = await publish("Concert", at(2026, 11, 20))
    await transitions.cancel(SYSTEM, saved.event_id)

    (card,) = (await list_page(EVERYTHING, WEDNESDAY)).days[0].cards

    assert (card.title, card.cancelled, card.status) == ("Concert", True, Status.CANCELLED)


async def test_an_exhibition_that_runs_is_shown_once_and_first() -> None:
    await publish("Exposition", all_day(date(2026, 11, 14), days=17))
    await publish("Finie hier", all_day(date(2026, 11, 14), days=4))
    await publish("Nuit du conte", at(2026, 11, 17, 22, hours=4))
    await publish("Ce soir", at(2026, 11, 18, 20))

    page = await list_page(EVERYTHING, WEDNESDAY)

    assert [(card.title, card.until) for card in page.running] == [
        ("Exposition", date(2026, 11, 30))
    ]
    assert titles(page) == ["Ce soir"]


@pytest.mark.parametrize("size", [1, 2, 7, 30])
async def test_pages_hold_every_date_exactly_once(size: int) -> None:
    random = Random(size)  # noqa: S311  a repeatable shuffle, no secret
    by = await organisation()
    starts = [at(2026, 11, 18, 12)] * 8 + [
        at(2026, random.choice([10, 11, 12]), random.randint(1, 30), random.choice([9, 18]))
        for _ in range(40)
    ]
    names = [f"Événement {n}" for n in range(len(starts))]
    await publish_all([Content(name, when) for name, when in zip(names, starts, strict=True)], by)

    pages = await all_pages(EVERYTHING, WEDNESDAY, size)

    found = [title for page in pages for title in page]
    assert sorted(found) == sorted(names)
    assert all(len(page) <= size for page in pages)


async def test_every_date_of_a_series_is_listed_and_a_cancelled_one_says_so() -> None:
    weekly = Recurrence("FREQ=WEEKLY;COUNT=4")
    await publish("Atelier", at(2026, 11, 3), recurrence=weekly)

    page = await list_page(EVERYTHING, WEDNESDAY)

    assert [card.starts.date() for day in page.days for card in day.cards] == [date(2026, 11, 24)]
    assert sum(map(len, await all_pages(EVERYTHING, WEDNESDAY))) == 4


@pytest.mark.parametrize(
    ("now", "today"),
    [
        (datetime(2026, 1, 15, 22, 45, tzinfo=UTC), date(2026, 1, 15)),  # 23:45 in Paris, winter
        (datetime(2026, 1, 15, 23, 15, tzinfo=UTC), date(2026, 1, 16)),
        (datetime(2026, 7, 15, 21, 45, tzinfo=UTC), date(2026, 7, 15)),  # 23:45 in Paris, summer
        (datetime(2026, 7, 15, 22, 15, tzinfo=UTC), date(2026, 7, 16)),
    ],
)
async def test_today_is_the_sites_own(now: datetime, today: date) -> None:
    for shift in (-1, 0, 1):
        day = today + timedelta(days=shift)
        await publish(f"{shift}", at(day.year, day.month, day.day, 23, 30, hours=0.25))

    moment = Moment(now, ZoneInfo(PARIS))

    assert await listed("quand=aujourdhui", moment) == {"0"}
    assert await listed(f"du={today}&au={today}", moment) == {"0"}
    assert titles(await list_page(EVERYTHING, moment))[0] == "0"


async def test_hours_of_elsewhere_are_on_the_days_of_here() -> None:
    await publish("Appel vidéo", at(2026, 11, 18, 23, 30, zone="Africa/Dakar", hours=0.5))

    page = await list_page(select("du=2026-11-19&au=2026-11-19"), WEDNESDAY)

    (card,) = page.days[0].cards
    assert page.days[0].date == date(2026, 11, 19)
    assert (card.away, card.zone) == (True, "Africa/Dakar")
    assert card.starts == datetime(2026, 11, 18, 23, 30, tzinfo=ZoneInfo("Africa/Dakar"))


async def test_whole_days_stay_the_same_day_everywhere() -> None:
    for zone in (PARIS, "Africa/Dakar", "Asia/Yerevan"):
        await publish(zone, all_day(date(2026, 11, 18), zone=zone))

    opening = await list_page(EVERYTHING, WEDNESDAY)

    everywhere = {PARIS, "Africa/Dakar", "Asia/Yerevan"}
    assert await listed("du=2026-11-18&au=2026-11-18") == everywhere
    assert await listed("au=2026-11-17") == set()
    assert [day.date for day in opening.days] == [date(2026, 11, 18)]
    assert set(titles(opening)) == everywhere


@pytest.mark.parametrize("long", [3, 40])
async def test_a_selection_holds_what_began_before_it(long: int) -> None:
    by = await organisation()
    names = [f"Exposition {n}" for n in range(long)]
    await publish_all([Content(name, all_day(date(2026, 11, 2), 60)) for name in names], by)
    await publish("Nuit du conte", at(2026, 11, 19, 23, hours=3))
    await publish("Veille", at(2026, 11, 19, 20))
    await publish("Jour même", at(2026, 11, 20))

    opening = await list_page(select("du=2026-11-20"), WEDNESDAY)
    pages = await all_pages(select("du=2026-11-20"), WEDNESDAY)

    assert titles(opening) == ["Jour même"]
    assert "Nuit du conte" in [card.title for card in opening.running]
    found = [title for page in pages for title in page]
    assert sorted(found) == sorted([*names, "Nuit du conte", "Jour même"])


async def test_the_month_shows_what_begins_and_what_runs() -> None:
    await publish("Saison", all_day(date(2026, 10, 20), days=20))
    await publish("Premier", at(2026, 11, 1, 0, 0, hours=1))
    await publish("Dernier", at(2026, 11, 30, 23, 30, hours=2))
    await publish("Suivant", at(2026, 12, 1, 0, 0))

    found = await grid(EVERYTHING, WEDNESDAY, date(2026, 11, 1), date(2026, 11, 30))

    assert [card.title for card in found.running] == ["Saison"]
    assert {day: [c.title for c in shown.cards] for day, shown in found.days.items()} == {
        date(2026, 11, 1): ["Premier"],
        date(2026, 11, 30): ["Dernier"],
    }


async def test_a_full_day_shows_some_and_counts_all() -> None:
    by = await organisation()
    await publish_all([Content(f"{n}", at(2026, 11, 20, 10 + n)) for n in range(9)], by)

    found = await grid(EVERYTHING, WEDNESDAY, date(2026, 11, 16), date(2026, 11, 22), per_day=3)

    day = found.day(date(2026, 11, 20))
    assert ([card.title for card in day.cards], day.total) == (["0", "1", "2"], 9)


@pytest.mark.parametrize("sunday", [date(2026, 3, 29), date(2026, 10, 25)])
async def test_the_day_of_the_clock_change_keeps_all_its_hours(sunday: date) -> None:
    for hour in (0, 1, 4, 23):
        await publish(f"{hour} h", at(sunday.year, sunday.month, sunday.day, hour, hours=0.5))
    monday = sunday + timedelta(days=1)
    await publish("lundi", at(monday.year, monday.month, monday.day, 0, 0, hours=0.5))

    found = await grid(EVERYTHING, WEDNESDAY, sunday - timedelta(days=6), sunday)

    assert list(found.days) == [sunday]
    assert [card.title for card in found.days[sunday].cards] == ["0 h", "1 h", "4 h", "23 h"]
    assert len(await listed(f"du={sunday}&au={sunday}")) == 4


@asynccontextmanager
async def counted(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[str]]:
    asked: list[str] = []
    original = connection.Connection.fetch

    async def fetch(self: connection.Connection, query: str, *values: object) -> list[Any]:
        asked.append(query)
        return await original(self, query, *values)

    with monkeypatch.context() as patch:
        patch.setattr(connection.Connection, "fetch", fetch)
        yield asked


@pytest.mark.parametrize("events", [1, 60])
async def test_pages_ask_a_constant_number_of_questions(
    monkeypatch: pytest.MonkeyPatch, events: int
) -> None:
    by = await organisation()
    await publish_all([Content(f"{n}", at(2026, 11, 1 + n % 28)) for n in range(events)], by)

    async with counted(monkeypatch) as opening:
        page = await list_page(EVERYTHING, WEDNESDAY)
    async with counted(monkeypatch) as following:
        await list_page(EVERYTHING, WEDNESDAY, page.earlier or Cursor(WEDNESDAY.now, 0))
    async with counted(monkeypatch) as month:
        await grid(EVERYTHING, WEDNESDAY, date(2026, 11, 1), date(2026, 11, 30))

    assert (len(opening), len(following), len(month)) == (3, 1, 2)
    assert await Event.all().count() == events
