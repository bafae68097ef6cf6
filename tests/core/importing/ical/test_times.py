from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from palabre.events.values import AllDay, Timed
from palabre.importing.ical.times import Unreadable, duration
from tests.core.importing.writing import EVENING, event, messages, read, read_one

PARIS = ZoneInfo("Europe/Paris")


def timed(*lines: str, head: tuple[str, ...] = ()) -> Timed:
    when = read_one(*lines, head=head).content.when
    assert isinstance(when, Timed)
    return when


def paris(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=PARIS)


@pytest.mark.parametrize(
    ("lines", "starts", "ends"),
    [
        (("DTSTART:20261114",), (14,), (15,)),
        (("DTSTART;VALUE=DATE:20261114",), (14,), (15,)),
        (("DTSTART;VALUE=DATE:20261114", "DTEND;VALUE=DATE:20261114"), (14,), (15,)),
        (("DTSTART;VALUE=DATE:20261114", "DTEND;VALUE=DATE:20261117"), (14,), (17,)),
        (("DTSTART;VALUE=DATE:20261114", "DURATION:P2D"), (14,), (16,)),
        (("DTSTART;VALUE=DATE:20261114", "DURATION:PT24H"), (14,), (15,)),
        (("DTSTART;VALUE=DATE:20261114", "DTEND;VALUE=DATE:20261110"), (14,), (15,)),
        (("DTSTART;VALUE=DATE:20261114", "DTEND:20261115T120000"), (14,), (16,)),
        (("DTSTART;VALUE=DATE:20261114T000000", "DTEND;VALUE=DATE:20261116T000000"), (14,), (16,)),
        (
            (
                "DTSTART;TZID=Europe/Paris:20261114T000000",
                "DTEND;TZID=Europe/Paris:20261115T000000",
                "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE",
            ),
            (14,),
            (15,),
        ),
        (
            (
                "DTSTART:20261113T230000Z",
                "DTEND:20261114T230000Z",
                "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE",
            ),
            (14,),
            (15,),
        ),
    ],
)
def test_whole_days_in_all_their_forms(
    lines: tuple[str, ...], starts: tuple[int], ends: tuple[int]
) -> None:
    when = read_one(*lines).content.when

    assert when == AllDay(date(2026, 11, *starts), date(2026, 11, *ends), "Europe/Paris")


def test_midnight_to_midnight_without_outlooks_mark_stays_timed() -> None:
    when = timed(
        "DTSTART;TZID=Europe/Paris:20261114T000000", "DTEND;TZID=Europe/Paris:20261115T000000"
    )

    assert (when.starts, when.ends) == (paris(2026, 11, 14), paris(2026, 11, 15))


def test_a_zoned_start_keeps_its_zone_and_its_end_joins_it() -> None:
    when = timed(
        "DTSTART;TZID=Africa/Dakar:20261114T183000", "DTEND;TZID=Europe/Paris:20261114T203000"
    )

    assert when.zone == "Africa/Dakar"
    assert when.starts == datetime(2026, 11, 14, 18, 30, tzinfo=ZoneInfo("Africa/Dakar"))
    assert when.ends is not None
    assert when.ends - when.starts == timedelta(hours=1)


def test_a_single_instant_in_utc_is_shown_in_the_calendars_zone() -> None:
    ours = timed("DTSTART:20261114T173000Z")
    theirs = timed("DTSTART:20261114T173000Z", head=("X-WR-TIMEZONE:Asia/Yerevan",))

    assert (ours.starts, ours.zone, ours.floating) == (
        paris(2026, 11, 14, 18, 30),
        "Europe/Paris",
        False,
    )
    assert (theirs.starts, theirs.zone) == (ours.starts, "Asia/Yerevan")


def test_a_series_in_utc_stays_in_utc() -> None:
    assert timed("DTSTART:20261114T173000Z", "RRULE:FREQ=WEEKLY").zone == "UTC"


def test_a_floating_time_takes_the_calendars_zone_and_says_so() -> None:
    reading = read(event("DTSTART:20261114T183000"), head=("X-WR-TIMEZONE:Africa/Dakar",))
    elsewhere = read(event("DTSTART:20261114T183000"))

    when = reading.events[0].content.when
    assert isinstance(when, Timed)
    assert (when.zone, when.floating) == ("Africa/Dakar", True)
    assert messages(reading) == [
        "Heure sans fuseau : Africa/Dakar, le fuseau du calendrier, supposé."
    ]
    assert messages(elsewhere) == ["Heure sans fuseau : Europe/Paris supposé."]


def test_an_hour_that_spring_skips_and_one_that_autumn_repeats() -> None:
    skipped = timed("DTSTART;TZID=Europe/Paris:20260329T023000")
    repeated = timed("DTSTART;TZID=Europe/Paris:20261025T023000")

    assert skipped.starts.astimezone(UTC) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert skipped.starts.hour == 3
    assert repeated.starts.astimezone(UTC) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_no_end_is_a_point_in_time() -> None:
    assert timed(EVENING).ends is None


@pytest.mark.parametrize(
    ("line", "hours"),
    [
        ("DURATION:PT1H30M", 1.5),
        ("DURATION:P1DT2H", 26),
        ("DURATION:P1W", 168),
        ("DURATION:PT0S", 0),
        ("DTEND:20261114T193000Z", 2),
        ("DTEND;TZID=Europe/Paris:20261114T183000", 0),
    ],
)
def test_the_end_comes_from_dtend_or_duration(line: str, hours: float) -> None:
    when = timed(EVENING, line)

    assert when.ends == when.starts + timedelta(hours=hours)


def test_a_duration_counts_days_on_the_calendar_and_hours_on_the_clock() -> None:
    start = "DTSTART;TZID=Europe/Paris:20261024T120000"

    assert timed(start, "DURATION:P1D").ends == paris(2026, 10, 25, 12)
    assert timed(start, "DURATION:PT24H").ends == paris(2026, 10, 25, 11)


@pytest.mark.parametrize("line", ["DTEND;TZID=Europe/Paris:20261114T173000", "DURATION:-PT1H"])
def test_an_end_before_the_start_keeps_the_start(line: str) -> None:
    reading = read(event(EVENING, line))

    when = reading.events[0].content.when
    assert (when.starts, when.ends) == (paris(2026, 11, 14, 18, 30), None)
    assert messages(reading) == ["Fin avant le début : la fin est laissée de côté."]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ((), "Événement sans date de début."),
        (("DTSTART:20260230",), "« 20260230 » n’existe pas au calendrier."),
        (("DTSTART:20261114T240000",), "« 20261114T240000 » n’est pas une heure."),
        (("DTSTART:20261114T1830",), "« 20261114T1830 » n’est pas une date."),
        (("DTSTART:samedi",), "« samedi » n’est pas une date."),
        (("DTSTART:00010101",), "L’année 1 est hors de portée."),
        (("DTSTART:99991231T235959Z",), "L’année 9999 est hors de portée."),
        ((EVENING, "DTEND:20261131T120000"), "« 20261131 » n’existe pas au calendrier."),
        ((EVENING, "DURATION:1H"), "« 1H » n’est pas une durée."),
        ((EVENING, "DURATION:P"), "« P » n’est pas une durée."),
        ((EVENING, "DURATION:P99999W"), "Durée de plus d’un siècle : P99999W."),
    ],
)
def test_an_impossible_time_leaves_out_that_event_alone(
    lines: tuple[str, ...], reason: str
) -> None:
    reading = read(event(*lines, uid="bad"), event(EVENING, uid="good"))

    assert [item.uid for item in reading.events] == ["good"]
    assert [entry.uid for entry in reading.unreadable] == ["bad"]
    assert messages(reading) == [f"« Veillée » laissé de côté. {reason}"]


def test_a_leap_second_is_the_last_second_of_its_minute() -> None:
    assert timed("DTSTART:20161231T235960Z").starts == datetime(
        2016, 12, 31, 23, 59, 59, tzinfo=UTC
    )


@pytest.mark.parametrize("text", ["", "P1", "PT", "1D", "P1H", "P١D"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        duration(text)
