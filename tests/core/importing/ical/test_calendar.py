"""Whatever the bytes, reading them gives events or a refusal, never anything else."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palabre.errors import Refused
from palabre.events.recurrence import expand
from palabre.importing.ical import calendar as reader_calendar
from palabre.importing.ical import series
from palabre.importing.ical.calendar import read_all
from palabre.importing.ical.draft import Reader
from palabre.importing.ical.lines import KNOWN
from palabre.importing.ical.model import RawEvent, Reading
from tests.core.importing.writing import EVENING, calendar, event, read

SENSIBLE = [
    "20261114T183000", "20261114", "20261114T183000Z", "20260230", "PT1H", "-P1D", "FREQ=DAILY", "P1W",
    "FREQ=WEEKLY;COUNT=3;BYDAY=MO", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=SECONDLY", "TRUE",
    "VEVENT", "VCALENDAR", "VALARM", "VTIMEZONE", "STANDARD", "+0100", "-9999", "45;5", "CANCELLED",
    "20261114T183000Z/PT1H", "20261114/20261115", "99991231T235959Z", "00010101T000000", "É€\u202e",
]  # fmt: skip
NAMES = [
    *sorted(KNOWN),
    "X-MICROSOFT-CDO-ALLDAYEVENT",
    "EXRULE",
    "X-WR-TIMEZONE",
    "BEGIN",
    "END",
] * 2
PARAMS = [
    "",
    ";VALUE=DATE",
    ";TZID=Europe/Paris",
    ";TZID=X",
    ";RANGE=THISANDFUTURE",
    ';A="b:c',
    ";VALUE=PERIOD",
]
line = st.builds(
    "{}{}:{}".format,
    st.sampled_from(NAMES),
    st.sampled_from(PARAMS),
    st.sampled_from(SENSIBLE) | st.text(max_size=20),
)


def reads(data: bytes) -> None:
    with suppress(Refused):
        reading = read_all(data)
        assert not [note for note in reading.notes if "journal" in note.message]
        for item in reading.events:
            assert item.content.title
            expand(item.content)


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    reads(data)


@given(st.binary(max_size=200))
def test_any_bytes_inside_an_event(data: bytes) -> None:
    whole = calendar("BEGIN:VEVENT\nDTSTART:20261114T183000\nMARK\nEND:VEVENT")
    reads(whole.replace(b"MARK", data))


@settings(max_examples=300)
@given(st.lists(line, max_size=15))
def test_any_lines_inside_events(lines: list[str]) -> None:
    start = "BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Europe/Paris:20261114T183000"
    reads(calendar(start, *lines, "END:VEVENT", start, *lines[::-1], "END:VEVENT"))


@given(st.lists(line, max_size=25))
def test_any_lines(lines: list[str]) -> None:
    reads("\n".join(["BEGIN:VCALENDAR", *lines, "END:VCALENDAR"]).encode("utf-8", "replace"))


def test_a_mistake_of_ours_costs_one_event(monkeypatch: pytest.MonkeyPatch) -> None:
    really = series.read_series

    def mistaken(group: tuple[RawEvent, ...], *rest: Reader, cancels: bool) -> Reading:
        if group[0].uid == "bad":
            raise RuntimeError("not foreseen")
        return really(group, *rest, cancels=cancels)

    monkeypatch.setattr(reader_calendar, "read_series", mistaken)
    reading = read(event(EVENING, uid="bad"), event(EVENING, uid="good"))

    assert [item.uid for item in reading.events] == ["good"]
    assert [entry.uid for entry in reading.unreadable] == ["bad"]
    assert "n’a pas su le lire" in reading.notes[0].message
