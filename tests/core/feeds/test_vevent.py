"""FEED.md, the part Events, by its letters: each VEVENT as subscribers get it."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest

from palabre.events.values import AllDay, Content, Override, Place, Recurrence, Status, Timed
from palabre.feeds import lines
from palabre.feeds.calendar import Format
from palabre.feeds.values import FeedEvent
from palabre.feeds.vevent import render
from palabre.feeds.words import address, summary

from .examples import (
    CHANGED,
    HALL,
    RICH,
    VENUE,
    calendar,
    evening,
    feed_event,
    paris,
)

Parsed = icalendar.Calendar


def parsed(*events: FeedEvent) -> icalendar.Calendar:
    return icalendar.Calendar.from_ical(calendar(*events))


def unfolded(raw: bytes) -> list[str]:
    return raw.replace(b"\r\n ", b"").decode().split("\r\n")


def test_e_a_rich_event_is_written_whole() -> None:
    master = unfolded(render(feed_event(RICH)).ics)
    master = master[: master.index("END:VEVENT") + 1]

    assert master == [
        "BEGIN:VEVENT",
        "UID:essai-1@example.org",
        "DTSTAMP:20261002T073015Z",
        "CREATED:20260901T120000Z",
        "LAST-MODIFIED:20261002T073015Z",
        "SEQUENCE:3",
        "DTSTART;TZID=Europe/Paris:20261117T200000",
        "DTEND;TZID=Europe/Paris:20261117T220000",
        "RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20270119T190000Z",
        "RDATE;TZID=Europe/Paris:20270122T180000",
        "EXDATE;TZID=Europe/Paris:20261222T200000",
        "EXDATE;TZID=Europe/Paris:20261229T200000",
        "SUMMARY:Soirée « Regards croisés » \\; échanges\\, thé",
        (
            "DESCRIPTION:Une soirée pour parler.\\n\\nOn lit : C:\\\\temp\\, \\\\n\\, « \\; » et “\\,”"
            " — bissap offert 🌳\\n\\nOrganisé par : MJC d’Uriage\\nTarif : prix libre – à partir"
            " de 2 €\\nPublic : familles\\nAccessibilité : handicap moteur\\, handicap auditif\\nEn"
            " ligne : https://visio.example.org/salle-é\\nInformations et réservation :"
            " https://mjc.example.org/r%C3%A9server?soir=1&n=2\\n\\n— English —\\nCrossed views"
            "\\nCome and talk.\\n\\nPage de l’événement : https://agenda.example.org/evenements/essai"
        ),
        "STATUS:CONFIRMED",
        "TRANSP:TRANSPARENT",
        "CATEGORIES:Rencontre,Correspondance scolaire",
        "LOCATION:Salle « des fêtes »\\, 1\\, rue du Puits\\, 38420 Domène",
        "GEO:45.202700;5.833300",
        (
            'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-ADDRESS="Salle « des fêtes », 1, rue du Puits,'
            ' 38420 Domène";X-APPLE-RADIUS=70;X-TITLE="Salle « des fêtes »":geo:45.202700,5.833300'
        ),
        "CONFERENCE;VALUE=URI:https://visio.example.org/salle-%C3%A9",
        "IMAGE;VALUE=URI:https://mjc.example.org/%C3%A9t%C3%A9.jpg",
        "URL:https://mjc.example.org/r%C3%A9server?soir=1&n=2",
        "END:VEVENT",
    ]


def test_a_series_postponed_is_so_on_the_dates_that_were_moved_before() -> None:
    postponed = replace(RICH, status=Status.POSTPONED)
    first, cancelled, moved, full = parsed(feed_event(postponed)).walk("VEVENT")

    assert [str(one["STATUS"]) for one in (first, cancelled, moved, full)] == [
        "TENTATIVE", "CANCELLED", "TENTATIVE", "TENTATIVE"
    ]  # fmt: skip
    assert str(moved["SUMMARY"]).startswith("Reporté :")


def test_e03_e12_single_dates_are_vevents_of_their_own() -> None:
    first, cancelled, moved, full = parsed(feed_event(RICH)).walk("VEVENT")

    assert {str(event["UID"]) for event in (first, cancelled, moved, full)} == {
        "essai-1@example.org"
    }
    assert [event["RECURRENCE-ID"].dt for event in (cancelled, moved, full)] == [
        paris(2026, 11, 24, 20), paris(2026, 12, 1, 20), paris(2026, 12, 8, 20)
    ]  # fmt: skip
    assert [(str(e["STATUS"]), str(e["SUMMARY"])[:8]) for e in (cancelled, moved, full)] == [
        ("CANCELLED", "Annulé :"), ("CONFIRMED", "Soirée s"), ("CONFIRMED", "Complet ")
    ]  # fmt: skip
    assert (moved["DTSTART"].dt, moved["DTEND"].dt) == (
        paris(2026, 12, 2, 19),
        paris(2026, 12, 2, 22),
    )
    assert str(moved["LOCATION"]) == 'Chez "Awa", Kédougou, Sénégal'
    assert "Avec des invitées." in str(moved["DESCRIPTION"])


@pytest.mark.parametrize(
    ("status", "words", "ics"),
    [
        (Status.SCHEDULED, "Bal", "CONFIRMED"),
        (Status.RESCHEDULED, "Nouvelle date : Bal", "CONFIRMED"),
        (Status.MOVED_ONLINE, "En ligne : Bal", "CONFIRMED"),
        (Status.POSTPONED, "Reporté : Bal", "TENTATIVE"),
        (Status.FULL, "Complet : Bal", "CONFIRMED"),
        (Status.CANCELLED, "Annulé : Bal", "CANCELLED"),
    ],
)
def test_e09_e20_what_became_of_an_event_is_said_in_words(
    status: Status, words: str, ics: str
) -> None:
    (event,) = parsed(feed_event(replace(RICH, title="Bal", status=status, recurrence=None))).walk(
        "VEVENT"
    )

    assert (str(event["SUMMARY"]), str(event["STATUS"])) == (words, ics)
    assert (str(event["LOCATION"]) == "En ligne") is (status is Status.MOVED_ONLINE)
    assert ("GEO" in event) is (status is not Status.MOVED_ONLINE)


def test_e20_nothing_is_said_twice() -> None:
    assert summary("ANNULÉ - Bal", Status.CANCELLED) == "ANNULÉ - Bal"
    assert summary("Complètement fou", Status.FULL) == "Complet : Complètement fou"


def test_e20_a_tombstone_says_when_and_what_and_no_more() -> None:
    gone = feed_event(RICH, gone=True)

    events = parsed(gone).walk("VEVENT")

    assert {str(event["STATUS"]) for event in events} == {"CANCELLED"}
    assert all(str(event["SUMMARY"]).startswith("Annulé : ") for event in events)
    assert set(events[0]) == {
        "UID", "DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE", "DTSTART", "DTEND", "RRULE",
        "RDATE", "EXDATE", "SUMMARY", "DESCRIPTION", "STATUS", "TRANSP", "URL",
    }  # fmt: skip
    record = json.loads(render(gone).json)
    assert (record["gone"], record["status"], "description" in record) == (True, "cancelled", False)


def test_e02_e25_a_clock_that_ran_ahead_does_not_put_creation_after_the_change() -> None:
    (event,) = parsed(
        feed_event(Content("Bal", evening(paris(2026, 5, 1))), created_at=CHANGED + timedelta(1))
    ).walk("VEVENT")

    assert event["CREATED"].dt == event["DTSTAMP"].dt == CHANGED.replace(microsecond=0)


def test_e05_e06_an_end_is_later_than_its_start_or_is_not_said() -> None:
    start = paris(2026, 5, 1, 20)
    pointless = Content("Bal", Timed(start, start, "Europe/Paris"))
    for content in (pointless, replace(pointless, when=Timed(start, None, "Europe/Paris"))):
        (event,) = parsed(feed_event(content)).walk("VEVENT")
        assert "DTEND" not in event


def test_e07_the_hour_that_autumn_repeats_is_told_from_the_one_before() -> None:
    second = paris(2026, 10, 25, 2, 30).replace(fold=1)
    (event,) = parsed(feed_event(Content("Nuit blanche", evening(second, 1)))).walk("VEVENT")

    assert event["DTSTART"].dt.astimezone(UTC) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert event["DTEND"].dt.astimezone(UTC) == datetime(2026, 10, 25, 2, 30, tzinfo=UTC)


def test_e08_e24_whole_days_are_dates_with_an_exclusive_end() -> None:
    days = Content(
        "Expo",
        AllDay(date(2026, 11, 14), date(2026, 11, 16), "Europe/Paris"),
        recurrence=Recurrence("FREQ=WEEKLY;COUNT=4", exdates=(date(2026, 11, 28),)),
        overrides=(Override(date(2026, 11, 21), cancelled=True),),
    )
    text = calendar(feed_event(days)).decode()

    assert "DTSTART;VALUE=DATE:20261114\r\nDTEND;VALUE=DATE:20261116\r\n" in text
    assert "\r\nEXDATE;VALUE=DATE:20261128\r\n" in text
    assert "\r\nRECURRENCE-ID;VALUE=DATE:20261121\r\n" in text
    assert "VTIMEZONE" not in text


@pytest.mark.parametrize(
    ("rule", "written"),
    [
        ("FREQ=WEEKLY", "FREQ=WEEKLY;UNTIL=20361231T225959Z"),
        ("FREQ=WEEKLY;COUNT=3", "FREQ=WEEKLY;COUNT=3"),
        ("FREQ=DAILY;UNTIL=20261120", "FREQ=DAILY;UNTIL=20261120T225959Z"),
        ("FREQ=DAILY;UNTIL=20261120T200000", "FREQ=DAILY;UNTIL=20261120T190000Z"),
        ("FREQ=DAILY;UNTIL=20261120T190000Z", "FREQ=DAILY;UNTIL=20261120T190000Z"),
    ],
)
def test_e13_every_rule_has_an_end_and_until_is_in_utc(rule: str, written: str) -> None:
    content = Content("Cours", evening(paris(2026, 11, 17, 20)), recurrence=Recurrence(rule))

    assert f"\r\nRRULE:{written}\r\n" in render(feed_event(content)).ics.decode()


def test_e13_whole_days_end_on_a_day() -> None:
    content = Content(
        "Expo",
        AllDay(date(2026, 11, 14), date(2026, 11, 15), "Europe/Paris"),
        recurrence=Recurrence("FREQ=WEEKLY;UNTIL=20261220T120000Z"),
    )

    assert b"\r\nRRULE:FREQ=WEEKLY;UNTIL=20261220\r\n" in render(feed_event(content)).ics


def test_e12_a_rule_that_does_not_give_the_start_becomes_its_dates() -> None:
    """DTSTART on a Tuesday, the rule on Thursdays: readers count differently, so they get dates."""
    content = Content(
        "Cours",
        evening(paris(2026, 11, 17, 20)),
        recurrence=Recurrence("FREQ=WEEKLY;BYDAY=TH;COUNT=3"),
        overrides=(
            Override(paris(2026, 11, 19, 20), title="Reprise"),
            Override(paris(2026, 1, 1), title="?"),
        ),
    )
    text = render(feed_event(content)).ics.decode()

    assert "\r\nRRULE:FREQ=DAILY;COUNT=1\r\n" in text
    assert re.findall(r"RDATE;TZID=Europe/Paris:(\d+T\d+)", text) == [
        "20261119T200000",
        "20261126T200000",
    ]
    assert re.findall(r"SUMMARY:(.*)\r", text) == ["Cours", "Reprise"]


def test_e12_a_change_finds_its_date_or_brings_it_or_goes() -> None:
    moved = evening(paris(2026, 12, 31, 18))
    content = Content(
        "Cours",
        evening(paris(2026, 11, 17, 20)),
        recurrence=Recurrence("FREQ=WEEKLY;COUNT=3", exdates=(paris(2026, 11, 24, 20),)),
        overrides=(
            Override(paris(2026, 11, 24, 20), when=moved),
            Override(paris(2026, 12, 30, 20), when=moved),
            Override(paris(2026, 12, 29, 20), cancelled=True),
            Override(paris(2026, 12, 28, 20), title="Nulle part"),
        ),
    )
    text = render(feed_event(content)).ics.decode()

    assert "EXDATE" not in text
    assert re.findall(r"RDATE\S*:(\S+)", text) == ["20261230T200000"]
    assert re.findall(r"RECURRENCE-ID\S*:(\S+)", text) == ["20261124T200000", "20261230T200000"]


def test_e14_coordinates_are_the_same_for_everyone() -> None:
    south = replace(HALL, latitude=-0.1234567, longitude=-179.9999999)
    text = (
        calendar(feed_event(replace(RICH, recurrence=None), place=south))
        .decode()
        .replace("\r\n ", "")
    )

    assert "\r\nGEO:-0.123457;-180.000000\r\n" in text
    assert ":geo:-0.123457,-180.000000\r\n" in text


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("https://exämple.org/é?q=ü#ß", "https://xn--exmple-cua.org/%C3%A9?q=%C3%BC#%C3%9F"),
        ("https://example.org:8443/a%20b", "https://example.org:8443/a%20b"),
        (" https://example.org/a\nb ", "https://example.org/ab"),
        ("http://[::1]/x", "http://[::1]/x"),
        ("javascript:alert(1)", None),
        ("https://user:secret@example.org/", None),
        ("https://" + "a" * 70 + ".org/", None),
        ("example.org", None),
        ("", None),
    ],
)
def test_e15_addresses_are_absolute_and_ascii(given: str, written: str | None) -> None:
    assert lines.uri(given) == written


def test_e16_to_e19_no_alarm_no_person_nothing_inline() -> None:
    text = calendar(feed_event(RICH)).decode()

    for name in ("VALARM", "ATTENDEE", "ORGANIZER", "BASE64", "VLOCATION", "PARTICIPANT"):
        assert name not in text


def test_e27_one_line_of_categories() -> None:
    assert calendar(feed_event(replace(RICH, recurrence=None))).count(b"CATEGORIES:") == 1


def test_places_are_written_as_on_an_envelope() -> None:
    assert (
        address(Place("Mairie de Vif", "Mairie de Vif", "38450", "Vif"))
        == "Mairie de Vif, 38450 Vif"
    )
    assert address(Place("", "", "", "")) == ""
    assert address(Place("Maison", country="AM")) == "Maison, Arménie"


def test_json_says_all_that_the_site_knows() -> None:
    whole = json.loads(calendar(feed_event(RICH, co_organisers=("CORENA",)), form=Format.JSON))

    (event,) = whole["events"]
    assert event["when"] == {
        "all_day": False,
        "starts": "2026-11-17T20:00:00+01:00",
        "ends": "2026-11-17T22:00:00+01:00",
        "time_zone": "Europe/Paris",
    }
    assert event["recurrence"]["removed"] == [
        "2026-12-22T20:00:00+01:00",
        "2026-12-29T20:00:00+01:00",
    ]
    assert [change["cancelled"] for change in event["changes"]] == [True, False, False]
    assert event["changes"][1]["place"]["commune"] == "Kédougou"
    assert event["place"]["latitude"] == 45.2027
    assert event["co_organisers"] == ["CORENA"]
    assert event["image"] == {
        "url": "https://mjc.example.org/été.jpg",
        "alt": "Un arbre",
        "credit": "MJC",
    }
    assert set(event) == {
        "uid", "slug", "url", "title", "status", "gone", "created", "changed", "sequence", "when",
        "recurrence", "description", "changes", "language", "translations", "organisation",
        "co_organisers", "place", "online_url", "link", "categories", "audience", "price",
        "price_text", "accessibility", "image",
    }  # fmt: skip


def test_the_words_do_not_follow_the_language_of_whoever_saves() -> None:
    from palabre import i18n

    french = render(feed_event(RICH))
    token = i18n.language.set("en")
    english = render(feed_event(RICH))
    i18n.language.reset(token)

    assert english == french


def test_years_reach_from_the_first_to_the_last_date() -> None:
    made = render(feed_event(RICH))
    forever = Content(
        "Cours", evening(paris(2026, 11, 17)), recurrence=Recurrence("FREQ=YEARLY;COUNT=30")
    )

    assert (made.first_year, made.last_year, made.zones) == (2026, 2027, ("Europe/Paris",))
    assert render(feed_event(forever)).last_year == 2055
    assert made.last_modified == CHANGED.replace(microsecond=0)
    assert VENUE in feed_event(RICH).places
