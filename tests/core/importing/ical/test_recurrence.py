from datetime import date
from zoneinfo import ZoneInfo

import pytest

from palabre.events.recurrence import expand
from palabre.events.values import Content, Recurrence
from tests.core.importing.writing import EVENING, event, messages, read, read_one

PARIS = ZoneInfo("Europe/Paris")
DAY = "DTSTART;VALUE=DATE:20261114"
LOST = "Répétition laissée de côté, la première date est gardée. "


def repeats(*lines: str) -> Recurrence | None:
    return read_one(*lines).content.recurrence


def starts(content: Content) -> list[str]:
    dates = expand(content, today=date(2026, 11, 1))
    return [f"{single.when.starts:%m%d}" for single in dates if not single.cancelled]


@pytest.mark.parametrize(
    ("lines", "rule"),
    [
        ((EVENING, "RRULE:FREQ=WEEKLY"), "FREQ=WEEKLY"),
        ((EVENING, "RRULE:freq=weekly;byday=sa ;count=3;"), "FREQ=WEEKLY;BYDAY=SA;COUNT=3"),
        ((EVENING, "RRULE:FREQ=WEEKLY;X-END=1;RSCALE=GREGORIAN"), "FREQ=WEEKLY"),
        ((EVENING, "RRULE:FREQ=DAILY;UNTIL=20261120T173000Z"), "FREQ=DAILY;UNTIL=20261120T173000Z"),
        ((EVENING, "RRULE:FREQ=DAILY;UNTIL=20261120T183000"), "FREQ=DAILY;UNTIL=20261120T173000Z"),
        ((EVENING, "RRULE:FREQ=DAILY;UNTIL=20261120"), "FREQ=DAILY;UNTIL=20261120T225959Z"),
        ((DAY, "RRULE:FREQ=DAILY;UNTIL=20261120"), "FREQ=DAILY;UNTIL=20261120"),
        ((DAY, "RRULE:FREQ=DAILY;UNTIL=20261119T230000Z"), "FREQ=DAILY;UNTIL=20261120"),
        ((DAY, "RRULE:FREQ=DAILY;UNTIL=20261120T120000"), "FREQ=DAILY;UNTIL=20261120"),
        ((EVENING, "RRULE:FREQ=DAILY;COUNT=3;UNTIL=20271120"), "FREQ=DAILY;COUNT=3"),
        (
            (EVENING, "RRULE:FREQ=DAILY;COUNT=30;UNTIL=20261116"),
            "FREQ=DAILY;UNTIL=20261116T225959Z",
        ),
        ((EVENING, "RRULE:FREQ=DAILY;COUNT=1000000"), "FREQ=DAILY;COUNT=3660"),
        ((EVENING, "RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"), "FREQ=DAILY"),
    ],
)
def test_rules_are_brought_to_one_form(lines: tuple[str, ...], rule: str) -> None:
    assert repeats(*lines) == Recurrence(rule)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=HOURLY;COUNT=3",
        "FREQ=DAILY;BYMINUTE=0,1,2,3,4,5,6,7,8,9;BYSECOND=0,1,2",
        "FREQ=FORTNIGHTLY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=-1",
        "FREQ=DAILY;UNTIL=demain",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=YEARLY;RSCALE=CHINESE;COUNT=3",
        "COUNT=3",
        "W1 MO #0",
        "",
    ],
)
def test_a_rule_that_cannot_be_taken_leaves_the_first_date_and_says_so(rule: str) -> None:
    reading = read(event(EVENING, f"RRULE:{rule}"))

    assert reading.events[0].content.recurrence is None
    assert [message.startswith(LOST) for message in messages(reading)] == [True]


def test_a_rule_that_never_matches_is_read_in_no_time() -> None:
    content = read_one(EVENING, "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30").content

    assert starts(content) == ["1114"]


def test_exceptions_of_another_kind_or_zone_are_brought_to_the_start() -> None:
    item = read_one(
        EVENING,
        "RRULE:FREQ=DAILY;COUNT=6",
        "EXDATE;VALUE=DATE:20261115",
        "EXDATE:20261116T173000Z",
        "EXDATE;TZID=Africa/Dakar:20261117T173000",
        "EXDATE:20261118T183000,,20269999T000000",
    )

    assert starts(item.content) == ["1114", "1119"]


def test_exceptions_of_whole_days() -> None:
    item = read_one(
        DAY, "RRULE:FREQ=DAILY;COUNT=4", "EXDATE:20261115T000000", "EXDATE:20261115T230000Z"
    )

    assert starts(item.content) == ["1114", "1117"]


def test_an_unreadable_exception_spoils_that_one() -> None:
    reading = read(event(EVENING, "RRULE:FREQ=DAILY;COUNT=2", "EXDATE:20261332", "RDATE:bientôt"))

    assert starts(reading.events[0].content) == ["1114", "1115"]
    assert messages(reading) == [
        "Date ajoutée illisible : « bientôt » n’est pas une date.",
        "Date retirée illisible : « 20261332 » n’existe pas au calendrier.",
    ]


def test_added_dates_and_periods() -> None:
    item = read_one(
        EVENING,
        "DTEND;TZID=Europe/Paris:20261114T200000",
        "RDATE;VALUE=DATE:20261116",
        "RDATE;VALUE=PERIOD:20261117T080000Z/PT3H,20261118T173000Z/20261118T190000Z",
    )

    dates = expand(item.content, today=date(2026, 11, 1))
    assert [f"{single.when.starts:%d %H%M}–{single.when.ends:%H%M}" for single in dates] == [
        "14 1830–2000",
        "16 1830–2000",
        "17 0900–1200",
        "18 1830–2000",
    ]


def test_an_exception_rule_is_honoured() -> None:
    reading = read(
        event(EVENING, "RRULE:FREQ=DAILY;COUNT=10", "EXRULE:FREQ=WEEKLY;BYDAY=SU,MO"),
    )

    assert starts(reading.events[0].content) == [
        "1114",
        *(f"11{day}" for day in (17, 18, 19, 20, 21)),
    ]
    assert messages(reading) == ["Règle d’exception : écrite en dates retirées."]


def test_a_series_with_no_date_left_is_kept_as_cancelled() -> None:
    reading = read(event(EVENING, "RRULE:FREQ=DAILY;COUNT=1", "EXDATE;VALUE=DATE:20261114"))

    content = reading.events[0].content
    assert (content.status.value, content.recurrence) == ("cancelled", None)
    assert messages(reading)[-1] == (
        "Toutes ses dates sont retirées : gardé comme annulé, à sa première date."
    )


def test_thousands_of_dates_are_bounded() -> None:
    many = ",".join(f"{year}1114T{hour}3000" for year in range(1700, 2300) for hour in (18, 19))
    reading = read(event(EVENING, f"RDATE;TZID=Europe/Paris:{many}"))

    recurrence = reading.events[0].content.recurrence
    assert recurrence is not None
    assert len(recurrence.rdates) == 1000
    assert messages(reading) == [
        "Plus de 1000 dates ajoutées ou retirées : les premières sont gardées."
    ]
