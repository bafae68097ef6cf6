"""Programs that are not ours, reading our bytes: what each of them sees, in one form."""

import json
import subprocess
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import icalendar
import recurring_ical_events
import vobject

from tests.programs import lacking, node

FOLDER = Path(__file__).parent
FIRST_DAY, LAST_DAY = date(2026, 1, 1), date(2028, 1, 1)


@dataclass(frozen=True)
class Seen:
    """A VEVENT as a reader sees it; moments are UTC in ISO 8601, days plain dates."""

    uid: str
    original: str | None
    summary: str
    description: str
    location: str | None
    url: str
    status: str
    categories: tuple[str, ...]
    geo: tuple[float, float] | None
    starts: str
    ends: str | None
    sequence: int
    changed: str


@dataclass(frozen=True)
class Reading:
    """All VEVENTs, and all dates in the window as (uid, start, end, title)."""

    events: frozenset[Seen]
    occurrences: frozenset[tuple[str, str, str, str]]


def moment(value: date) -> str:
    """Write an instant in UTC, and a day as it is."""
    if isinstance(value, datetime):
        assert value.tzinfo is not None, "a reader took a time as floating"
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat()


def in_window(starts: date) -> bool:
    """Whether a date belongs to the window of the tests."""
    return FIRST_DAY <= starts_day(starts) < LAST_DAY


def starts_day(starts: date) -> date:
    return starts.astimezone(UTC).date() if isinstance(starts, datetime) else starts


def read_with_icalendar(raw: bytes) -> Reading:
    """icalendar and recurring-ical-events (Home Assistant, Frappe, Open Web Calendar)."""
    calendar = icalendar.Calendar.from_ical(raw)
    dates = recurring_ical_events.of(calendar).between(FIRST_DAY, LAST_DAY)
    return Reading(
        frozenset(_from_icalendar(event) for event in calendar.walk("VEVENT")),
        frozenset(
            (str(d["UID"]), moment(d.start), moment(d.end), str(d["SUMMARY"]))
            for d in dates
            if in_window(d.start)
        ),
    )


def _from_icalendar(event: icalendar.Event) -> Seen:
    geo = event.get("GEO")
    original = event.get("RECURRENCE-ID")
    return Seen(
        uid=str(event["UID"]),
        original=moment(original.dt) if original else None,
        summary=str(event["SUMMARY"]),
        description=str(event["DESCRIPTION"]),
        location=str(event["LOCATION"]) if "LOCATION" in event else None,
        url=str(event["URL"]),
        status=str(event["STATUS"]),
        categories=tuple(map(str, event["CATEGORIES"].cats)) if "CATEGORIES" in event else (),
        geo=(geo.latitude, geo.longitude) if geo else None,
        starts=moment(event["DTSTART"].dt),
        ends=moment(event["DTEND"].dt) if "DTEND" in event else None,
        sequence=int(event["SEQUENCE"]),
        changed=moment(event["LAST-MODIFIED"].dt),
    )


def read_with_vobject(raw: bytes) -> Reading:
    """vobject (Radicale, vdirsyncer's family, Debian's tools)."""
    calendar = vobject.readOne(raw.decode())
    seen = {id(event): _from_vobject(event) for event in calendar.vevent_list}
    changed: dict[str, dict[str, Any]] = defaultdict(dict)
    for event in calendar.vevent_list:
        if "recurrence-id" in event.contents:
            changed[event.uid.value][moment(event.recurrence_id.value)] = event
    dates = [
        date_of
        for event in calendar.vevent_list
        if "recurrence-id" not in event.contents
        for date_of in _vobject_dates(event, changed[event.uid.value])
    ]
    return Reading(frozenset(seen.values()), frozenset(dates))


def _from_vobject(event: Any) -> Seen:
    def text(name: str) -> str | None:
        return event.contents[name][0].value if name in event.contents else None

    geo = text("geo")
    return Seen(
        uid=event.uid.value,
        original=moment(event.recurrence_id.value) if "recurrence-id" in event.contents else None,
        summary=event.summary.value,
        description=event.description.value,
        location=text("location"),
        url=event.url.value,
        status=event.status.value,
        categories=tuple(event.categories.value) if "categories" in event.contents else (),
        geo=tuple(map(float, geo.split(";"))) if geo else None,  # type: ignore[arg-type]  # two numbers
        starts=moment(event.dtstart.value),
        ends=moment(event.dtend.value) if "dtend" in event.contents else None,
        sequence=int(event.sequence.value),
        changed=moment(event.last_modified.value),
    )


def _vobject_dates(event: Any, changed: dict[str, Any]) -> Iterable[tuple[str, str, str, str]]:
    for starts in _vobject_starts(event):
        shown = changed.get(moment(starts), event)
        begins = shown.dtstart.value if shown is not event else starts
        lasts = timedelta()
        if "dtend" in shown.contents:
            lasts = _instant(shown.dtend.value) - _instant(shown.dtstart.value)
        if in_window(begins):
            ends = _later(begins, lasts)
            yield event.uid.value, moment(begins), moment(ends), shown.summary.value


def _vobject_starts(event: Any) -> list[date]:
    first = event.dtstart.value
    if not {"rrule", "rdate"} & set(event.contents):
        return [first]
    dates = event.getrruleset(addRDate=True)
    end = datetime.combine(LAST_DAY, time(), getattr(first, "tzinfo", None))
    found = list(dates.xafter(end - timedelta(20000), inc=True))
    whole_days = not isinstance(first, datetime)
    return [start.date() if whole_days else start for start in found if start < end]


def _instant(value: date) -> datetime:
    return (
        value.astimezone(UTC)
        if isinstance(value, datetime)
        else datetime.combine(value, time(), UTC)
    )


def _later(starts: date, lasts: timedelta) -> date:
    if isinstance(starts, datetime):
        return starts.astimezone(UTC) + lasts
    return starts + lasts


def read_with_ical_js(raw: bytes) -> Reading:
    """ical.js (Thunderbird, Nextcloud), in the Node that playwright carries, or any other."""
    program = node()
    if program is None:
        lacking("no Node that runs here: sudo apt-get install libatomic1")
    command = [program, str(FOLDER / "read.mjs"), FIRST_DAY.isoformat(), LAST_DAY.isoformat()]
    said = subprocess.run(command, input=raw, capture_output=True, check=True, timeout=120).stdout
    told = json.loads(said)
    return Reading(
        frozenset(_from_json(event) for event in told["events"]),
        frozenset((uid, _js(a), _js(b), title) for uid, a, b, title in told["occurrences"]),
    )


def _from_json(event: dict[str, Any]) -> Seen:
    moments = {name: _js(event[name]) for name in ("original", "starts", "ends", "changed")}
    lists = {
        name: tuple(event[name]) if event[name] is not None else None
        for name in ("categories", "geo")
    }
    return Seen(**{**event, **moments, **lists})


def _js(text: str | None) -> Any:
    return text.replace(".000Z", "Z") if text else text


READERS = {
    "icalendar": read_with_icalendar,
    "vobject": read_with_vobject,
    "ical.js": read_with_ical_js,
}
