"""Each VTIMEZONE is read back by a reader of its own (dateutil's rules) and compared with zoneinfo."""

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from palabre.feeds.timezones import is_utc, vtimezone

ZONES = sorted(available_timezones() - {"localtime"})


class Reader:
    """What a calendar program makes of a VTIMEZONE: onsets in UTC and the offset from each on."""

    def __init__(self, name: str, first_year: int, last_year: int) -> None:
        self.lines = vtimezone(name, first_year, last_year).decode("ascii").split("\r\n")
        onsets: dict[datetime, timedelta] = {}
        observance: dict[str, str] = {}
        for line in self.lines:
            key, _, value = line.partition(":")
            if line.startswith("BEGIN:"):
                observance = {}
            elif line in {"END:STANDARD", "END:DAYLIGHT"}:
                onsets.update(self._onsets(observance, last_year))
            observance[key] = value
        self.onsets = sorted(onsets)
        self.offsets = [onsets[onset] for onset in self.onsets]

    @staticmethod
    def _onsets(observance: dict[str, str], last_year: int) -> dict[datetime, timedelta]:
        before, after = (_offset(observance[f"TZOFFSET{end}"]) for end in ("FROM", "TO"))
        start = datetime.strptime(observance["DTSTART"], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        first = start - before
        if "RRULE" not in observance:
            return {first: after}
        # UNTIL is in UTC and the rule runs on the wall clock: walk on the wall clock, cut in UTC.
        rule, _, until = observance["RRULE"].partition(";UNTIL=")
        end = datetime(last_year + 2, 1, 1, tzinfo=UTC)
        if until:
            end = datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        local = rrulestr(rule, dtstart=start).between(
            start - timedelta(1), end + timedelta(2), inc=True
        )
        return {moment - before: after for moment in local if moment - before <= end}

    def offset(self, moment: datetime) -> timedelta:
        return self.offsets[bisect_right(self.onsets, moment) - 1]


def _offset(text: str) -> timedelta:
    sign = -1 if text[0] == "-" else 1
    hours, minutes, seconds = int(text[1:3]), int(text[3:5]), int(text[5:] or 0)
    return sign * timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _differences(name: str, first_year: int, last_year: int, step: timedelta) -> list[datetime]:
    reader, zone = Reader(name, first_year, last_year), ZoneInfo(name)
    moment = datetime(first_year, 1, 1, tzinfo=UTC) - timedelta(hours=14)
    end = datetime(last_year + 1, 1, 1, tzinfo=UTC) + timedelta(hours=14)
    moments = [
        onset + nudge for onset in reader.onsets for nudge in (-timedelta(0, 1), timedelta())
    ]
    moments = [m for m in moments if moment <= m < end]
    while moment < end:
        moments.append(moment)
        moment += step
    return [m for m in moments if reader.offset(m) != m.astimezone(zone).utcoffset()]


@pytest.mark.parametrize("initial", sorted({name[:4] for name in ZONES}))
def test_every_zone_equals_the_tz_database_over_the_years_of_our_events(initial: str) -> None:
    names = [name for name in ZONES if name.startswith(initial)]

    wrong = {name: _differences(name, 2024, 2031, timedelta(hours=18)) for name in names}

    assert {name: moments for name, moments in wrong.items() if moments} == {}


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(ZONES),
    first_year=st.integers(1971, 2060),
    years=st.integers(0, 25),
)
def test_any_zone_equals_the_tz_database_over_any_years(
    name: str, first_year: int, years: int
) -> None:
    assert _differences(name, first_year, first_year + years, timedelta(hours=13)) == []


@pytest.mark.parametrize(
    ("name", "years"),
    [
        ("Europe/Paris", (1900, 2030)),
        ("Asia/Yerevan", (1990, 2030)),
        ("Africa/Monrovia", (1960, 1975)),
        ("Africa/Casablanca", (2000, 2095)),
        ("Pacific/Apia", (2005, 2030)),
        ("America/Nuuk", (2000, 2040)),
        ("Europe/Paris", (9990, 9998)),
        ("Europe/Paris", (1, 3)),
    ],
)
def test_odd_zones_and_odd_years_equal_the_tz_database(name: str, years: tuple[int, int]) -> None:
    first, last = max(years[0], 2), min(years[1], 9997)

    assert _differences(name, first, last, timedelta(hours=11)) == []


def test_europe_paris_is_two_endless_yearly_rules() -> None:
    assert vtimezone("Europe/Paris", 2025, 2027).decode().split("\r\n") == [
        "BEGIN:VTIMEZONE",
        "TZID:Europe/Paris",
        "BEGIN:DAYLIGHT",
        "DTSTART:19810329T020000",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "TZNAME:CEST",
        "END:DAYLIGHT",
        "BEGIN:STANDARD",
        "DTSTART:19961027T030000",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
        "TZNAME:CET",
        "END:STANDARD",
        "END:VTIMEZONE",
        "",
    ]


@pytest.mark.parametrize("name", ["Africa/Dakar", "Asia/Yerevan"])
def test_a_zone_that_never_changes_is_one_standard_time(name: str) -> None:
    lines = vtimezone(name, 2020, 2030).decode().split("\r\n")

    assert [line for line in lines if line.startswith("BEGIN:")] == [
        "BEGIN:VTIMEZONE",
        "BEGIN:STANDARD",
    ]
    assert not [line for line in lines if line.startswith(("RRULE", "RDATE"))]


def test_no_zone_lists_dates() -> None:
    assert [name for name in ZONES if b"RDATE" in vtimezone(name, 2024, 2031)] == []


def test_only_the_names_of_utc_need_no_component() -> None:
    assert is_utc("UTC")
    assert not is_utc("Africa/Dakar")
