"""FEED.md, the parts Bytes, Calendar, Time zones and Events, by their letters."""

import json
import re
import unicodedata
from datetime import UTC, date, datetime

import icalendar
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from palabre.events.values import AllDay, Content
from palabre.feeds import lines
from palabre.feeds.vevent import render
from palabre.feeds.words import address, summary

from .examples import (
    HALL,
    RICH,
    calendar,
    contents,
    evening,
    feed_event,
)

Parsed = icalendar.Calendar


def parsed(*events: object) -> Parsed:
    return icalendar.Calendar.from_ical(calendar(*events))  # type: ignore[arg-type]  # feed events


def unfolded(raw: bytes) -> list[str]:
    return raw.replace(b"\r\n ", b"").decode().split("\r\n")


def check_bytes(raw: bytes) -> None:
    """T01 to T08, T10, T11."""
    assert raw.startswith(b"BEGIN:VCALENDAR\r\n")
    assert raw.endswith(b"END:VCALENDAR\r\n")
    assert raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n")
    physical = raw.removesuffix(b"\r\n").split(b"\r\n")
    assert max(len(line) for line in physical) <= 75
    assert [line for line in physical if not line.strip()] == []
    for line in physical:
        line.decode()  # a fold inside a character would break here (T05)
    open_components: list[str] = []
    for line in unfolded(raw)[:-1]:
        assert re.match(r"[A-Z0-9-]+(;[A-Z0-9-]+=(\"[^\"]*\"|[^\";:,]*))*:", line), line
        assert not re.search("[\x00-\x08\x0a-\x1f\x7f-\x9f]", line)
        assert unicodedata.is_normalized("NFC", line)
        if line.startswith("BEGIN:"):
            open_components.append(line[6:])
        elif line.startswith("END:"):
            assert open_components.pop() == line[4:]
    assert open_components == []
    assert raw.count(b"BEGIN:VCALENDAR") == 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(contents())
def test_any_content_is_written_in_valid_lines_that_icalendar_reads_back_equal(
    content: Content,
) -> None:
    event = feed_event(content)

    raw = calendar(event)
    found = icalendar.Calendar.from_ical(raw).walk("VEVENT")[0]

    check_bytes(raw)
    assert found.errors == []
    assert str(found["SUMMARY"]) == summary(content.title, content.status)
    description = lines.clean(content.description).strip()
    assert description in str(found["DESCRIPTION"])
    assert _moment(found["DTSTART"].dt) == _moment(content.when.starts)
    _check_end(found, content)
    expected = [lines.one_line(category) for category in content.categories]
    assert (list(found["CATEGORIES"].cats) if expected else []) == expected
    if content.venue_id:
        assert str(found.get("LOCATION", "")) in {address(HALL), "En ligne"}
    json.loads(render(event).json)


def _check_end(found: icalendar.Event, content: Content) -> None:
    ends = content.when.ends
    if ends is None or (
        isinstance(ends, datetime) and _moment(ends) <= _moment(content.when.starts)
    ):
        assert "DTEND" not in found
    else:
        assert _moment(found["DTEND"].dt) == _moment(ends)


def _moment(value: date) -> date:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


@settings(max_examples=300)
@given(st.text())
def test_t09_any_text_is_escaped_exactly(value: str) -> None:
    raw = lines.text("X-TEXT", value)

    line = raw.replace(b"\r\n ", b"").decode().removesuffix("\r\n")
    escaped = line.removeprefix("X-TEXT:")
    assert not re.search(r"(?<!\\)(?:\\\\)*(?:[;,]|\\[^\\;,n])", escaped)
    plain = re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], escaped)
    assert plain == lines.clean(value)


def test_t04_t05_folds_count_octets_and_spare_characters() -> None:
    raw = lines.text("SUMMARY", "é🌳" * 60)

    pieces = raw.split(b"\r\n ")
    assert [len(piece) for piece in pieces[:-1]][:2] == [74, 74]
    assert b"".join(pieces).decode() == "SUMMARY:" + "é🌳" * 60 + "\r\n"


def test_c01_to_c11_the_calendar_says_who_it_is_and_when_to_come_back() -> None:
    head = unfolded(calendar(feed_event(RICH)))
    head = head[: head.index("BEGIN:VTIMEZONE")]

    assert head == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Palabre//Palabre 0.1.0//FR",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "NAME:Agenda d’essai",
        "X-WR-CALNAME:Agenda d’essai",
        "X-WR-TIMEZONE:Europe/Paris",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
        "SOURCE;VALUE=URI:https://agenda.example.org/agenda.ics",
        "URL:https://agenda.example.org/agenda",
        "COLOR:seagreen",
        "X-APPLE-CALENDAR-COLOR:#2E8B57",
        "LAST-MODIFIED:20261002T073015Z",
    ]


def test_z01_to_z08_each_zone_once_before_the_events_and_none_unused() -> None:
    dakar = feed_event(
        Content("Lutte", evening(datetime(2026, 5, 1, 17, tzinfo=_zone("Africa/Dakar"))))
    )
    utc = feed_event(Content("Veille", evening(datetime(2026, 5, 1, 17, tzinfo=_zone("UTC")))))
    days = feed_event(Content("Expo", AllDay(date(2026, 5, 1), date(2026, 5, 3), "Asia/Yerevan")))

    text = calendar(feed_event(RICH), dakar, dakar, utc, days).decode()

    assert re.findall(r"\r\nTZID:(.*)\r\n", text) == ["Africa/Dakar", "Europe/Paris"]
    assert set(re.findall(r";TZID=([^:]*):", text)) == {"Africa/Dakar", "Europe/Paris"}
    assert text.rindex("END:VTIMEZONE") < text.index("BEGIN:VEVENT")
    assert "DTSTART:20260501T170000Z" in text


def _zone(name: str) -> object:
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)
