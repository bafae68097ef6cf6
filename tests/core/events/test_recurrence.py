"""The dates of a repeated event: right, in order, and never without end."""

import datetime as dt
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import islice, takewhile
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import dateutil.rrule
import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from palabre.errors import Refused
from palabre.events.recurrence import check, expand, moved
from palabre.events.rules import WEEKDAYS, parse_rule, walk
from palabre.events.values import AllDay, Content, Override, Recurrence, Status, Timed, When

PARIS = ZoneInfo("Europe/Paris")
TODAY = date(2026, 11, 23)
EARLIEST = datetime.fromisoformat("1990-01-01")
LATEST = datetime.fromisoformat("2030-01-01")


def timed(*clock: int, hours: float = 2, zone: str = "Europe/Paris") -> Timed:
    starts = datetime(*clock, tzinfo=ZoneInfo(zone))  # type: ignore[misc,arg-type]  # numbers in the constructor's order
    return Timed(starts, starts + timedelta(hours=hours), zone)


def series(when: When, rule: str = "", **more: Any) -> Content:
    overrides = more.pop("overrides", ())
    return Content("Veillée", when, recurrence=Recurrence(rule, **more), overrides=overrides)


def starts(content: Content, **options: Any) -> list:
    return [single.when.starts for single in expand(content, today=TODAY, **options)]


def local(content: Content, **options: Any) -> list[str]:
    return [f"{start:%Y-%m-%d %H:%M}" for start in starts(content, **options)]


def test_an_event_without_repetition_has_one_date() -> None:
    when = timed(2026, 11, 14, 14)

    (single,) = expand(Content("Conte", when))

    assert (single.original, single.when, single.override, single.cancelled) == (
        None,
        when,
        None,
        False,
    )


def test_every_tuesday_keeps_its_hour_over_the_change_of_clocks() -> None:
    content = series(timed(2026, 10, 20, 20), "FREQ=WEEKLY;BYDAY=TU;COUNT=3")

    dates = expand(content, today=TODAY)

    assert local(content) == ["2026-10-20 20:00", "2026-10-27 20:00", "2026-11-03 20:00"]
    assert [single.when.starts.utcoffset() for single in dates] == [
        timedelta(hours=2),
        timedelta(hours=1),
        timedelta(hours=1),
    ]
    assert [single.when.ends - single.when.starts for single in dates] == [timedelta(hours=2)] * 3


def test_an_hour_that_the_spring_skips_is_read_before_the_gap() -> None:
    content = series(timed(2027, 3, 27, 2, 30), "FREQ=DAILY;COUNT=3")

    assert local(content) == ["2027-03-27 02:30", "2027-03-28 03:30", "2027-03-29 02:30"]


def test_an_hour_that_the_autumn_repeats_is_the_first_of_the_two() -> None:
    content = series(timed(2026, 10, 24, 2, 30), "FREQ=DAILY;COUNT=2")

    assert [start.astimezone(UTC).hour for start in starts(content)] == [0, 0]


def test_until_is_an_instant_and_included() -> None:
    content = series(timed(2026, 11, 17, 20), "FREQ=WEEKLY;UNTIL=20261201T190000Z")

    assert local(content) == ["2026-11-17 20:00", "2026-11-24 20:00", "2026-12-01 20:00"]


@pytest.mark.parametrize("until", ["20261201", "20261201T200000"])
def test_until_without_a_zone_is_read_on_the_event_s_clock(until: str) -> None:
    content = series(timed(2026, 11, 17, 20), f"FREQ=WEEKLY;UNTIL={until}")

    assert local(content)[-1] == "2026-12-01 20:00"


def test_all_day_series_end_with_their_date() -> None:
    when = AllDay(date(2026, 11, 14), date(2026, 11, 16), "Europe/Paris")

    dates = expand(series(when, "FREQ=WEEKLY;UNTIL=20261128"), today=TODAY)

    assert [(single.when.starts, single.when.ends) for single in dates] == [
        (date(2026, 11, 14), date(2026, 11, 16)),
        (date(2026, 11, 21), date(2026, 11, 23)),
        (date(2026, 11, 28), date(2026, 11, 30)),
    ]


def test_dates_are_added_and_removed() -> None:
    content = series(
        timed(2026, 11, 17, 20),
        "FREQ=WEEKLY;COUNT=3",
        rdates=(datetime(2026, 11, 19, 18, tzinfo=PARIS), date(2026, 12, 5)),
        exdates=(datetime(2026, 11, 24, 19, tzinfo=UTC),),
    )

    assert local(content) == [
        "2026-11-17 20:00",
        "2026-11-19 18:00",
        "2026-12-01 20:00",
        "2026-12-05 20:00",
    ]


def test_the_first_date_can_be_removed() -> None:
    when = timed(2026, 11, 17, 20)

    content = series(when, "FREQ=WEEKLY;COUNT=3", exdates=(when.starts,))

    assert local(content) == ["2026-11-24 20:00", "2026-12-01 20:00"]


def test_the_start_counts_even_where_the_rule_does_not_match_it() -> None:
    content = series(timed(2026, 11, 16, 20), "FREQ=WEEKLY;BYDAY=TU;COUNT=3")

    assert local(content) == ["2026-11-16 20:00", "2026-11-17 20:00", "2026-11-24 20:00"]


def test_single_dates_are_moved_cancelled_and_changed() -> None:
    when = timed(2026, 11, 17, 20)
    second, third, fourth = (
        datetime(2026, *day, 20, tzinfo=PARIS) for day in [(11, 24), (12, 1), (12, 8)]
    )
    new = timed(2026, 12, 20, 10)
    overrides = (
        Override(second, when=new),
        Override(third.astimezone(UTC), cancelled=True),
        Override(fourth, title="Clôture"),
    )

    dates = expand(series(when, "FREQ=WEEKLY;COUNT=4", overrides=overrides), today=TODAY)

    assert [(single.original, single.when.starts, single.cancelled) for single in dates] == [
        (when.starts, when.starts, False),
        (third, third, True),
        (fourth, fourth, False),
        (second, new.starts, False),
    ]
    assert dates[2].override == overrides[2]


def test_a_cancelled_status_cancels_its_date() -> None:
    when = timed(2026, 11, 17, 20)
    overrides = (Override(when.starts, status=Status.CANCELLED),)

    dates = expand(series(when, "FREQ=WEEKLY;COUNT=2", overrides=overrides), today=TODAY)

    assert [single.cancelled for single in dates] == [True, False]


def test_a_moved_date_that_the_series_no_longer_has_is_kept() -> None:
    orphan = Override(datetime(2026, 11, 18, 20, tzinfo=PARIS), when=timed(2026, 11, 18, 21))
    gone = Override(datetime(2026, 11, 19, 20, tzinfo=PARIS), cancelled=True)

    content = series(timed(2026, 11, 17, 20), "FREQ=WEEKLY;COUNT=2", overrides=(orphan, gone))

    assert local(content) == ["2026-11-17 20:00", "2026-11-18 21:00", "2026-11-24 20:00"]


def test_a_weekly_series_of_ten_years_shows_its_coming_dates() -> None:
    content = series(timed(2015, 1, 6, 20), "FREQ=WEEKLY")

    found = starts(content)

    coming = [start for start in found if start.date() >= TODAY]
    assert len(found) == 500
    assert found[0] == content.when.starts
    assert coming[0].date() == date(2026, 11, 24)
    assert coming[-1].date() == date(2029, 11, 20)
    assert len(coming) == 157


def test_a_daily_series_of_ten_years_keeps_room_for_the_past() -> None:
    content = series(timed(2015, 1, 6, 20), "FREQ=DAILY")

    found = starts(content)

    assert len(found) == 500
    assert sum(start.date() >= TODAY for start in found) == 399
    assert found[1].date() == TODAY - timedelta(100)


def test_an_ended_long_series_keeps_its_last_dates() -> None:
    content = series(timed(2015, 1, 6, 20), "FREQ=DAILY;UNTIL=20180101T000000Z")

    found = starts(content)

    assert len(found) == 500
    assert found[0] == content.when.starts


def test_a_series_far_ahead_starts_where_it_says() -> None:
    assert local(series(timed(2150, 1, 5, 20), "FREQ=MONTHLY;COUNT=2")) == [
        "2150-01-05 20:00",
        "2150-02-05 20:00",
    ]


ABSURD = [
    "FREQ=YEARLY;INTERVAL=100000",
    "FREQ=DAILY;INTERVAL=999999999",
    "FREQ=WEEKLY;INTERVAL=999999999",
    "FREQ=MONTHLY;INTERVAL=999999999",
    "FREQ=YEARLY;BYMONTHDAY=31;BYMONTH=2",
    "FREQ=DAILY;BYMONTHDAY=31;BYMONTH=2",
    "FREQ=WEEKLY;BYMONTHDAY=31;BYMONTH=2",
    "FREQ=MONTHLY;BYMONTHDAY=30;BYMONTH=2;COUNT=3",
    "FREQ=YEARLY;BYYEARDAY=-366;BYWEEKNO=20",
    "FREQ=YEARLY;BYSETPOS=366;BYDAY=SU",
    "FREQ=DAILY;COUNT=1000000000",
    "FREQ=DAILY;COUNT=3660;BYMONTHDAY=31;BYMONTH=2",
    "FREQ=YEARLY;BYDAY=53MO,53TU;COUNT=3000",
    "FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11;BYMINUTE=0,30",
    "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=0,1,2,3;BYMINUTE=0,10,20,30,40,50;BYSETPOS=366",
]


@pytest.mark.parametrize("rule", ABSURD)
@pytest.mark.parametrize("year", [1600, 1900, 2026, 2200, 2500])
def test_absurd_rules_come_back_quickly(rule: str, year: int) -> None:
    content = series(timed(year, 1, 31, 20), rule)
    before = time.process_time()

    dates = expand(content)

    assert time.process_time() - before < 1.5
    assert 1 <= len(dates) <= 500


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;INTERVAL=30",
        "FREQ=HOURLY;COUNT=2",
        "",
        "FREQ=",
        "FREQ=SOMETIMES",
        "BYDAY=TU",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=" + "9" * 5000,
        "FREQ=DAILY;COUNT=²",
        "FREQ=DAILY;COUNT=2;UNTIL=20270101",
        "FREQ=DAILY;UNTIL=20270230",
        "FREQ=DAILY;UNTIL=demain",
        "FREQ=MONTHLY;BYDAY=0MO",
        "FREQ=MONTHLY;BYDAY=54MO",
        "FREQ=WEEKLY;BYDAY=LU",
        "FREQ=WEEKLY;WKST=XX",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=YEARLY;RSCALE=CHINESE",
        "FREQ=DAILY;FREQ=DAILY",
        "FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=0,10,20,30,40",
        "FREQ=DAILY;COUNT",
        "FREQ=DAILY\r\nATTENDEE:x",
    ],
)
def test_rules_that_cannot_be_taken_are_refused_in_words(rule: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse_rule(rule)

    assert refusal.value.field == "recurrence"
    assert refusal.value.message.endswith((".", "»."))
    assert len(refusal.value.message) < 200


def test_check_refuses_what_is_too_much() -> None:
    when = timed(2026, 11, 17, 20)
    days = tuple(date(2027, 1, 1) + timedelta(number) for number in range(1001))

    for content in [
        series(when, "FREQ=DAILY;COUNT=3661"),
        series(when, "", rdates=days),
        series(when, "", exdates=(when.starts,)),
        series(when, "FREQ=DAILY", overrides=tuple(Override(day) for day in days[:501])),
    ]:
        with pytest.raises(Refused) as refusal:
            check(content)
        assert refusal.value.field == "recurrence"

    check(series(when, "FREQ=DAILY;COUNT=3660"))
    check(Content("Sans répétition", when))


def test_a_moved_date_lasts_exactly_as_long_as_the_first() -> None:
    # 22:00 to 6:00 over the night that has 25 hours: nine hours, as RFC 5545 section 3.8.5.3 says.
    when = timed(2026, 10, 24, 22, hours=8)

    later = moved(when, datetime(2026, 11, 24, 22, tzinfo=PARIS))

    assert later.ends == datetime(2026, 11, 25, 7, tzinfo=PARIS)


def test_week_numbers_follow_the_start_s_weekday() -> None:
    content = series(timed(2026, 5, 13, 20), "FREQ=YEARLY;BYWEEKNO=20;COUNT=3")

    assert local(content) == ["2026-05-13 20:00", "2027-05-19 20:00", "2028-05-17 20:00"]


@pytest.mark.parametrize("week", [1, 2, 51, 52, 53])
def test_weeks_are_those_of_iso_8601(week: int) -> None:
    first, last = datetime.fromisoformat("2000-01-01"), date(2030, 12, 31)
    days = [first + timedelta(number) for number in range((last - first.date()).days + 1)]

    ours = list(
        walk(parse_rule(f"FREQ=YEARLY;BYWEEKNO={week};BYDAY={','.join(WEEKDAYS)}"), first, last)
    )

    assert ours == [day for day in days if day.isocalendar().week == week]


def test_the_last_week_is_counted_from_the_end() -> None:
    first, last = datetime.fromisoformat("2000-01-01"), date(2030, 12, 31)

    ours = list(walk(parse_rule("FREQ=YEARLY;BYWEEKNO=-1;BYDAY=TH"), first, last))

    assert {(day + timedelta(7)).isocalendar().week for day in ours} == {1}
    assert len(ours) == 31


def numbers(low: int, high: int, *, signed: bool = False) -> st.SearchStrategy[list[int]]:
    allowed = st.integers(low, high)
    if signed:
        allowed |= st.integers(-high, -low)
    return st.lists(allowed, min_size=1, max_size=3, unique=True)


@st.composite
def rules(draw: Callable[..., Any]) -> str:
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={frequency}"]

    def maybe(name: str, values: st.SearchStrategy[Any]) -> None:
        if draw(st.booleans()) and draw(st.booleans()):
            parts.append(f"{name}={','.join(map(str, draw(values)))}")

    maybe("INTERVAL", st.lists(st.integers(1, 5), min_size=1, max_size=1))
    maybe("BYMONTH", numbers(1, 12))
    if frequency == "YEARLY":
        # The weeks around New Year fall into the wrong year with dateutil: see the test of them.
        maybe("BYWEEKNO", numbers(2, 51))
        maybe("BYYEARDAY", numbers(1, 366, signed=True))
        if any("BYWEEKNO" in part for part in parts):
            # Without BYDAY, dateutil takes the whole week where the RFC takes the start's weekday.
            parts.append("BYDAY=MO,SA")
    if frequency != "WEEKLY":
        maybe("BYMONTHDAY", numbers(1, 31, signed=True))
    if not any("BYDAY" in part for part in parts):
        # Numbered and plain days in one rule are read as both by the RFC, as either by dateutil.
        numbered = frequency in ("MONTHLY", "YEARLY") and draw(st.booleans())
        ordinal = ["1", "2", "-1", "5"] if numbered else [""]
        day = st.builds(lambda n, d: n + d, st.sampled_from(ordinal), st.sampled_from(WEEKDAYS))
        maybe("BYDAY", st.lists(day, min_size=1, max_size=3, unique=True))
    if draw(st.booleans()):
        parts.append(f"WKST={draw(st.sampled_from(WEEKDAYS))}")
    maybe("BYHOUR", numbers(0, 23))
    if frequency in ("MONTHLY", "YEARLY") and len(parts) > 2:
        maybe("BYSETPOS", numbers(1, 5, signed=True))
    return ";".join(parts)


@settings(max_examples=200, deadline=None)
@given(rules(), st.datetimes(EARLIEST, LATEST))
def test_dates_are_those_of_an_independent_engine(text: str, start: datetime) -> None:
    start = start.replace(microsecond=0)
    last = start.date().replace(day=1) + timedelta(365 * 6)
    theirs = takewhile(lambda moment: moment.date() <= last, rrulestr(text, dtstart=start))

    ours = list(walk(parse_rule(text), start, last))

    # Where nothing matches, the other engine goes on to the year 9999: its calendar ends sooner here.
    sooner = SimpleNamespace(**(vars(dt) | {"MAXYEAR": last.year}))
    with patch.object(dateutil.rrule, "datetime", sooner):
        assert ours == list(theirs)


@settings(max_examples=100, deadline=None)
@given(rules(), st.dates(date(1990, 1, 1), date(2030, 1, 1)), st.integers(0, 3000))
def test_skipping_ahead_changes_no_date(text: str, day: date, ahead: int) -> None:
    start, target = datetime.combine(day, datetime.min.time()), day + timedelta(ahead)
    last = target + timedelta(500)
    rule = parse_rule(text)

    skipped = [moment for moment in walk(rule, start, last, target) if moment.date() >= target]

    assert skipped == [moment for moment in walk(rule, start, last) if moment.date() >= target]


@given(rules())
def test_a_rule_written_back_is_the_same_rule(text: str) -> None:
    rule = parse_rule(text)

    assert parse_rule(str(rule)) == rule


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.text("FREQBYDAYWKLINTVUCOSP=;,-+0123456789TZ", max_size=60))
def test_any_text_is_a_rule_or_refused(text: str) -> None:
    try:
        rule = parse_rule(text)
    except Refused:
        return
    assert len(list(islice(walk(rule, EARLIEST, date(1991, 1, 1)), 10))) <= 10
