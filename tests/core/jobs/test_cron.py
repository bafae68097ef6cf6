"""Schedules: five fields, on the clocks of a zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from palabre.jobs.cron import parse

PARIS = ZoneInfo("Europe/Paris")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.mark.parametrize(
    ("fields", "since", "due"),
    [
        ("17 3 * * *", "2026-11-23 12:00", "2026-11-24 03:17"),
        ("17 3 * * *", "2026-11-23 03:17", "2026-11-24 03:17"),
        ("*/15 * * * *", "2026-11-23 12:01", "2026-11-23 12:15"),
        ("30 8 * * 1-5", "2026-11-20 09:00", "2026-11-23 08:30"),
        ("0 9 * * 0", "2026-11-23 12:00", "2026-11-29 09:00"),
        ("0 9 * * 7", "2026-11-23 12:00", "2026-11-29 09:00"),
        ("0 0 1,15 * *", "2026-11-23 12:00", "2026-12-01 00:00"),
        ("0 0 13 * 5", "2026-11-23 12:00", "2026-11-27 00:00"),  # the 13th or a Friday
        ("0 0 29 2 *", "2026-11-23 12:00", "2028-02-29 00:00"),
        ("5/20 8-10/2 * * *", "2026-11-23 08:46", "2026-11-23 10:05"),
        ("30 2 * * *", "2026-03-28 12:00", "2026-03-29 03:30"),  # 02:30 does not exist that day
        ("30 2 * * *", "2026-10-24 12:00", "2026-10-25 02:30"),  # comes twice that day
        ("30 2 * * *", "2026-10-25 02:30", "2026-10-26 02:30"),  # and is due once
    ],
)
def test_the_next_hour_after_an_instant(fields: str, since: str, due: str) -> None:
    cron = parse(fields)

    assert cron.after(local(since), PARIS).astimezone(UTC) == local(due).astimezone(UTC)
    assert cron.before(local(due), PARIS) == cron.after(local(since), PARIS)


def test_before_and_after_meet_on_every_minute_of_a_year() -> None:
    cron = parse("7 */6 * * 1,3")
    instant = datetime(2026, 1, 1, tzinfo=UTC)
    dues = []
    while (instant := cron.after(instant, PARIS)).year == 2026:
        assert cron.before(instant + timedelta(seconds=59), PARIS) == instant
        dues.append(instant)

    assert len(dues) == 52 * 2 * 4


@pytest.mark.parametrize(
    "fields",
    [
        "",
        "* * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "a * * * *",
        "0 0 30 2 *",
        "9-3 * * * *",
        "*/0 * * * *",
        "1- * * * *",
    ],
)
def test_what_is_no_schedule_is_refused(fields: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(fields)
