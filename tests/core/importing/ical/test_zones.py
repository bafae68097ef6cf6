from datetime import UTC, datetime

import pytest

from palabre.events.values import Timed
from palabre.importing.ical.zones import described, iana
from tests.core.importing.writing import PARIS, event, messages, read, read_one


@pytest.mark.parametrize(
    ("tzid", "name"),
    [
        ("Europe/Paris", "Europe/Paris"),
        ("europe/paris", "Europe/Paris"),
        ('"Europe/Paris"', "Europe/Paris"),
        ("/Europe/Paris", "Europe/Paris"),
        ("/mozilla.org/20050126_1/Europe/Paris", "Europe/Paris"),
        ("/freeassociation.sourceforge.net/Tzfile/Europe/Paris", "Europe/Paris"),
        (
            "/softwarestudio.org/Olson_20011030_5/America/Argentina/Buenos_Aires",
            "America/Argentina/Buenos_Aires",
        ),
        ("America/New York", "America/New_York"),
        ("Romance Standard Time", "Europe/Paris"),
        ("romance standard time", "Europe/Paris"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Caucasus Standard Time", "Asia/Yerevan"),
        ("Greenwich Standard Time", "Atlantic/Reykjavik"),
        ("Romance (heure standard)", "Europe/Paris"),
        ("Europe de l’Ouest (heure standard)", "Europe/Berlin"),
        ("Mitteleuropäische Zeit", "Europe/Berlin"),
        ("tzone://Microsoft/Utc", "UTC"),
        ("GMT", "GMT"),
        ("Z", "UTC"),
        ("Customized Time Zone", None),
        ("../../etc/passwd", None),
        ("", None),
    ],
)
def test_names_of_zones(tzid: str, name: str | None) -> None:
    assert iana(tzid) == name


@pytest.mark.parametrize(
    ("tzid", "name"),
    [
        ("(UTC+01:00) Bruxelles, Copenhague, Madrid, Paris", "Europe/Brussels"),
        ("(UTC+01:00) Brussels, Copenhagen, Madrid, Paris", "Europe/Brussels"),
        ("(GMT+01.00) Paris", "Europe/Paris"),
        ("(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(UTC+00:00) Monrovia, Reykjavik", "Africa/Monrovia"),
        ("(UTC+04:00) Erevan", "Asia/Yerevan"),
        ("GMT+0100", "Etc/GMT-1"),
        ("UTC-3", "Etc/GMT+3"),
        ("+02:00", "Etc/GMT-2"),
        ("UTC+00:00", "UTC"),
        ("UTC+05:30", "Asia/Calcutta"),
        ("GMT+99", None),
        ("Terre du Milieu", None),
    ],
)
def test_names_that_describe_a_zone(tzid: str, name: str | None) -> None:
    assert described(tzid) == name


def test_a_display_name_with_a_colon_and_no_quotes_is_read() -> None:
    item = read_one("DTSTART;TZID=(UTC+01:00) Bruxelles\\, Madrid\\, Paris:20261114T183000")

    assert item.content.when.zone == "Europe/Brussels"
    assert item.content.when.starts == datetime(2026, 11, 14, 17, 30, tzinfo=UTC)


def custom(tzid: str, *, winter: str = "+0100", summer: str = "+0200") -> str:
    return (
        PARIS.replace("TZID:Europe/Paris", f"TZID:{tzid}")
        .replace("+0200", "SUMMER")
        .replace("+0100", winter)
        .replace("SUMMER", summer)
    )


def test_a_custom_name_takes_the_zone_that_follows_the_same_rules() -> None:
    reading = read(custom("Maison"), event("DTSTART;TZID=Maison:20260714T183000"))

    assert reading.events[0].content.when == Timed(
        datetime(2026, 7, 14, 16, 30, tzinfo=UTC), None, "Europe/Paris"
    )
    assert messages(reading) == ["Fuseau « Maison » : mêmes règles que Europe/Paris."]


def test_rules_that_no_zone_follows_place_the_event() -> None:
    item = read_one(
        "DTSTART;TZID=Ailleurs:20260714T183000",
        before=custom("Ailleurs", winter="+0110", summer="+0210"),
    )

    assert item.content.when == Timed(
        datetime(2026, 7, 14, 16, 20, tzinfo=UTC), None, "Europe/Paris"
    )


def test_iana_wins_over_a_wrong_vtimezone_and_says_so() -> None:
    reading = read(
        custom("Europe/Paris", winter="+0000", summer="+0100"),
        event("DTSTART;TZID=Europe/Paris:20261114T183000"),
    )

    when = reading.events[0].content.when
    assert isinstance(when, Timed)
    assert when.starts == datetime(2026, 11, 14, 17, 30, tzinfo=UTC)
    assert messages(reading) == [
        "Le fichier place Europe/Paris à +00:00 d’UTC, la base IANA à +01:00 : IANA suivie."
    ]


def test_a_right_vtimezone_and_one_for_other_years_say_nothing() -> None:
    later = PARIS.replace("19961027", "20271031").replace("19810329", "20270328")

    assert messages(read(PARIS, event("DTSTART;TZID=Europe/Paris:20261114T183000"))) == []
    assert messages(read(later, event("DTSTART;TZID=Europe/Paris:20261114T183000"))) == []


def test_an_unknown_name_without_rules_takes_the_calendars_zone() -> None:
    reading = read(
        event("DTSTART;TZID=Mordor:20261114T183000"), head=("X-WR-TIMEZONE:Africa/Dakar",)
    )

    when = reading.events[0].content.when
    assert isinstance(when, Timed)
    assert when.zone == "Africa/Dakar"
    assert messages(reading) == ["Fuseau « Mordor » inconnu : Africa/Dakar supposé."]


@pytest.mark.parametrize(
    "rule",
    [
        "RRULE:FREQ=SECONDLY",
        "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "RRULE:FREQ=YEARLY;BYDAY=99SU",
        "RRULE:nonsense",
        "RRULE:FREQ=YEARLY;UNTIL=19700101T000000Z;BYMONTH=3;BYDAY=-1SU",
    ],
)
def test_odd_rules_of_a_zone_stay_bounded(rule: str) -> None:
    odd = custom("Maison").replace("RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", rule)

    when = read_one("DTSTART;TZID=Maison:20261114T183000", before=odd).content.when

    assert isinstance(when, Timed)
    assert when.starts.astimezone(UTC).date() == datetime(2026, 11, 14, tzinfo=UTC).date()


def test_a_zone_given_as_dates_and_one_without_parts() -> None:
    listed = (
        "BEGIN:VTIMEZONE\nTZID:Liste\nBEGIN:STANDARD\nDTSTART:20251026T030000\nTZOFFSETFROM:+0200\n"
        "TZOFFSETTO:+0100\nRDATE:20261025T030000,20271031T030000\nEND:STANDARD\nBEGIN:DAYLIGHT\n"
        "DTSTART:20260329T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0230\nEND:DAYLIGHT\nEND:VTIMEZONE"
    )
    summer = read_one("DTSTART;TZID=Liste:20260714T183000", before=listed).content.when
    winter = read_one("DTSTART;TZID=Liste:20261114T183000", before=listed).content.when
    empty = read_one(
        "DTSTART;TZID=X:20261114T183000", before="BEGIN:VTIMEZONE\nTZID:X\nEND:VTIMEZONE"
    )

    assert [when.starts for when in (summer, winter, empty.content.when)] == [
        datetime(2026, 7, 14, 16, 0, tzinfo=UTC),
        datetime(2026, 11, 14, 17, 30, tzinfo=UTC),
        datetime(2026, 11, 14, 17, 30, tzinfo=UTC),
    ]
