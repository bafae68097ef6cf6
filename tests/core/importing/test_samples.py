"""Real calendars: each gives the right number of events, twice, and the dates that others find.

The folder is named by PALABRE_SAMPLES; without it, `shared/data/ics` beside the checkout's parent.
Its SOURCES.tsv says how many VEVENTs of each file can be read.
"""

import csv
import os
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events

from palabre.events.recurrence import expand
from palabre.events.rules import parse_rule, walk
from palabre.events.values import Content
from palabre.importing.apply import Order, import_calendar
from palabre.importing.ical.calendar import read_all
from palabre.people.domain import create_organisation
from palabre.people.permissions import SYSTEM

EARLIEST = date(1990, 1, 1)
HERE = Path(__file__).parents[4]
PLACES = [HERE.parent / "shared/data/ics", HERE.parent.parent / "shared/data/ics"]


def folder() -> Path | None:
    named = os.environ.get("PALABRE_SAMPLES")
    places = [Path(named)] if named else PLACES
    return next((place for place in places if (place / "SOURCES.tsv").is_file()), None)


def samples() -> list[tuple[str, int]]:
    place = folder()
    if place is None:
        return []
    with (place / "SOURCES.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [(row["file"], int(row["events"].removeprefix("events="))) for row in rows]


pytestmark = [
    pytest.mark.skipif(folder() is None, reason="no folder of real calendars: set PALABRE_SAMPLES"),
    pytest.mark.filterwarnings("ignore:Timezone '/"),
]
FILES = [name for name, _number in samples()]


def path(name: str) -> Path:
    place = folder()
    assert place is not None
    return place / name


async def test_each_gives_its_events_and_nothing_the_second_time(database: str) -> None:
    organisation = await create_organisation("Essai")
    first: dict[str, tuple[int, int, int]] = {}
    again: dict[str, tuple[int, int, int]] = {}
    for counts in (first, again):
        for name, _events in samples():
            order = Order(organisation.id, name, path(name).read_bytes())
            report = await import_calendar(SYSTEM, order)
            assert report.errors == []
            counts[name] = (report.created + report.updated, report.unchanged, report.cancelled)

    assert first == {name: (events, 0, 0) for name, events in samples()}
    assert again == {name: (0, events, 0) for name, events in samples()}


@pytest.mark.parametrize("name", FILES)
def test_dates_are_those_of_an_independent_engine(name: str) -> None:
    data = path(name).read_bytes()
    events = read_all(data).events
    first = max(min((_day(e.content.when.starts) for e in events), default=EARLIEST), EARLIEST)
    window = (first, first + timedelta(days=600))
    undefined = {e.entries[0].uid for e in events if not _starts_on_its_rule(e.content)}

    ours = sorted(
        _moment(single.when.starts)
        for item in events
        for single in expand(item.content, today=window[0], limit=3000)
        if not single.cancelled and item.content.status != "cancelled"
        if window[0] <= _day(single.when.starts) < window[1]
        if item.entries[0].uid not in undefined
    )

    assert ours == _theirs(data, window, undefined)


def _starts_on_its_rule(content: Content) -> bool:
    """Where it doesn't, the dates are undefined (RFC 5545 section 3.8.5.3) and engines differ."""
    if content.recurrence is None or not content.recurrence.rule:
        return content.status != "cancelled"
    start = content.when.starts
    naive = datetime.combine(start, start.time() if isinstance(start, datetime) else time())
    rule = parse_rule(content.recurrence.rule)
    return next(walk(rule, naive, _day(start)), None) == naive


def _theirs(data: bytes, window: tuple[date, date], undefined: set[str]) -> list[str]:
    calendar = icalendar.Calendar.from_ical(data)
    try:
        found = recurring_ical_events.of(calendar, skip_bad_series=True).between(*window)
    except Exception as error:  # noqa: BLE001  whatever a foreign engine raises on a broken file
        pytest.skip(f"recurring_ical_events can't read it: {error}")
    return sorted(
        _moment(each.start)
        for each in found
        if each.get("STATUS") != "CANCELLED" and each.get("UID") not in undefined
    )


def _day(start: date) -> date:
    return start.date() if isinstance(start, datetime) else start


def _moment(start: date) -> str:
    """Write a day, a local midnight (how icalendar reads a day with a TZID) or an instant."""
    if not isinstance(start, datetime):
        return start.isoformat()
    if start.time() == time():
        return start.date().isoformat()
    if start.tzinfo is None:
        start = start.replace(tzinfo=ZoneInfo("Europe/Paris"))
    return start.astimezone(UTC).isoformat()
