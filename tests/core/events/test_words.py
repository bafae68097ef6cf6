"""Dates and repetitions as a volunteer says them."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palabre.events.domain.validation import clean
from palabre.events.values import AllDay, Content, Recurrence, Timed, When
from palabre.events.words import recurrence_in_words, when_in_words
from palabre.i18n import language
from tests.core.events.test_recurrence import rules

PARIS = ZoneInfo("Europe/Paris")


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def at(*clock: int) -> datetime:
    return datetime(*clock, tzinfo=PARIS)  # type: ignore[misc,arg-type]  # numbers in the constructor's order


def timed(starts: datetime, ends: datetime | None = None) -> Timed:
    return Timed(starts, ends, "Europe/Paris")


def days(first: date, end: date) -> AllDay:
    return AllDay(first, end, "Europe/Paris")


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (
            timed(at(2026, 11, 14, 14), at(2026, 11, 14, 17, 30)),
            "samedi 14 novembre 2026, de 14 h à 17 h 30",
        ),
        (timed(at(2026, 11, 1, 9, 5)), "dimanche 1er novembre 2026 à 9 h 05"),
        (timed(at(2026, 11, 14, 20), at(2026, 11, 14, 20)), "samedi 14 novembre 2026 à 20 h"),
        (
            timed(at(2026, 11, 14, 20), at(2026, 11, 15)),
            "samedi 14 novembre 2026, de 20 h à minuit",
        ),
        (
            timed(at(2026, 11, 14, 20), at(2026, 11, 15, 2)),
            "samedi 14 novembre 2026, de 20 h à 2 h le lendemain",
        ),
        (
            timed(at(2026, 11, 14, 10), at(2026, 11, 15, 18)),
            "du samedi 14 novembre 2026 à 10 h au dimanche 15 novembre 2026 à 18 h",
        ),
        (
            timed(datetime(2026, 11, 14, 19, tzinfo=UTC)),
            "samedi 14 novembre 2026 à 20 h",
        ),
        (
            days(date(2026, 11, 14), date(2026, 11, 15)),
            "samedi 14 novembre 2026, toute la journée",
        ),
        (days(date(2026, 11, 14), date(2026, 12, 1)), "du 14 au 30 novembre 2026"),
        (days(date(2026, 11, 1), date(2026, 11, 4)), "du 1er au 3 novembre 2026"),
        (days(date(2023, 10, 30), date(2023, 12, 3)), "du 30 octobre au 2 décembre 2023"),
        (days(date(2026, 12, 30), date(2027, 1, 2)), "du 30 décembre 2026 au 1er janvier 2027"),
    ],
)
def test_when(when: When, words: str) -> None:
    assert plain(when_in_words(when)) == words


def test_hours_do_not_break_over_lines() -> None:
    assert "14\u202fh\u202f30" in when_in_words(timed(at(2026, 11, 14, 14, 30)))


TUESDAY = timed(at(2026, 11, 17, 20))
SATURDAY = days(date(2026, 11, 14), date(2026, 11, 15))


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=DAILY", "chaque jour"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", "chaque jour"),
        ("FREQ=DAILY;INTERVAL=2", "un jour sur deux"),
        ("FREQ=DAILY;INTERVAL=3;COUNT=4", "tous les 3 jours, 4 fois en tout"),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "du lundi au vendredi, chaque semaine"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "du lundi au vendredi, chaque semaine"),
        ("FREQ=WEEKLY", "chaque mardi"),
        (
            "FREQ=WEEKLY;BYDAY=TU;UNTIL=20261215T190000Z",
            "chaque mardi jusqu’au 15 décembre 2026",
        ),
        ("FREQ=WEEKLY;UNTIL=20261130T230000Z", "chaque mardi jusqu’au 1er décembre 2026"),
        ("FREQ=WEEKLY;BYDAY=TU,TH", "chaque mardi et chaque jeudi"),
        ("FREQ=WEEKLY;INTERVAL=2", "un mardi sur deux"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH", "une semaine sur deux, le mardi et le jeudi"),
        ("FREQ=WEEKLY;INTERVAL=4;BYDAY=TU", "toutes les 4 semaines, le mardi"),
        ("FREQ=WEEKLY;BYMONTH=10,11", "chaque mardi, en octobre et en novembre"),
        ("FREQ=MONTHLY", "le 17 de chaque mois"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,17", "le 1er et le 17 de chaque mois"),
        ("FREQ=MONTHLY;BYMONTHDAY=17,31", "le 17 et le 31 (s’il existe) de chaque mois"),
        ("FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=17", "un mois sur deux, le 17"),
        ("FREQ=MONTHLY;BYDAY=3TU", "le troisième mardi de chaque mois"),
        ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=3", "le troisième mardi de chaque mois"),
        ("FREQ=MONTHLY;INTERVAL=3;BYDAY=3TU", "tous les 3 mois, le troisième mardi"),
        ("FREQ=MONTHLY;BYDAY=1TU,3TU", "le premier mardi et le troisième mardi de chaque mois"),
        ("FREQ=MONTHLY;BYDAY=TU", "chaque mardi"),
        ("FREQ=MONTHLY;BYMONTH=11;BYDAY=3TU", "chaque année, le troisième mardi de novembre"),
        ("FREQ=DAILY;COUNT=1", "une seule fois"),
        ("FREQ=YEARLY", "chaque année, le 17 novembre"),
        ("FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYMONTHDAY=17", "tous les 4 ans, le 17 novembre"),
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=3TU", "chaque année, le troisième mardi de novembre"),
        ("FREQ=DAILY;BYHOUR=20", "chaque jour"),
        ("FREQ=DAILY;BYHOUR=10,20;COUNT=4", "selon un rythme particulier (4 dates)"),
        ("FREQ=YEARLY;BYYEARDAY=321", "selon un rythme particulier"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "selon un rythme particulier"),
        ("FREQ=MONTHLY;BYDAY=TU;BYMONTHDAY=17", "selon un rythme particulier"),
        ("FREQ=YEARLY;BYDAY=46TU", "selon un rythme particulier"),
        ("FREQ=YEARLY;BYMONTHDAY=17", "selon un rythme particulier"),
        ("FREQ=MONTHLY;BYMONTHDAY=-14", "selon un rythme particulier"),
    ],
)
def test_repetitions(rule: str, words: str) -> None:
    assert plain(recurrence_in_words(Recurrence(rule), TUESDAY)) == words


@pytest.mark.parametrize(
    ("recurrence", "when", "words"),
    [
        (
            Recurrence("FREQ=WEEKLY", exdates=(at(2026, 11, 24, 20), at(2026, 12, 1, 20))),
            TUESDAY,
            "chaque mardi, sauf le 24 novembre et le 1er décembre 2026",
        ),
        (
            Recurrence(
                "FREQ=WEEKLY;COUNT=9", exdates=tuple(at(2026, 12, n, 20) for n in range(1, 6))
            ),
            TUESDAY,
            "chaque mardi, 9 fois en tout, sauf 5 dates",
        ),
        (
            Recurrence("FREQ=WEEKLY", rdates=(at(2026, 11, 19, 20),)),
            TUESDAY,
            "chaque mardi, et aussi le 19 novembre 2026",
        ),
        (
            Recurrence("FREQ=WEEKLY;BYDAY=WE"),
            TUESDAY,
            "chaque mercredi, et aussi le 17 novembre 2026",
        ),
        (
            Recurrence(rdates=(date(2026, 11, 21), date(2026, 12, 5))),
            SATURDAY,
            "le 14 novembre, le 21 novembre et le 5 décembre 2026",
        ),
        (Recurrence(rdates=(date(2026, 11, 21),)), SATURDAY, "le 14 et le 21 novembre 2026"),
        (
            Recurrence(rdates=tuple(date(2026, 12, n) for n in range(1, 9))),
            SATURDAY,
            "9 dates, du 14 novembre au 8 décembre 2026",
        ),
        (
            Recurrence("FREQ=YEARLY;BYMONTH=8;BYDAY=1SU"),
            days(date(2026, 8, 2), date(2026, 8, 3)),
            "chaque année, le premier dimanche d’août",
        ),
        (
            Recurrence("FREQ=MONTHLY;BYMONTHDAY=-1"),
            days(date(2026, 11, 30), date(2026, 12, 1)),
            "le dernier jour de chaque mois",
        ),
    ],
)
def test_repetitions_with_exceptions(recurrence: Recurrence, when: When, words: str) -> None:
    assert plain(recurrence_in_words(recurrence, when)) == words


def test_the_language_can_be_named() -> None:
    before = language.get()

    words = when_in_words(timed(at(2026, 11, 14, 14), at(2026, 11, 14, 17, 30)), "en")

    assert "Saturday 14 November 2026" in words
    assert "17:30" in words
    assert language.get() == before


@settings(max_examples=300, deadline=None)
@given(rules(), st.dates(date(1990, 1, 1), date(2030, 1, 1)), st.booleans())
def test_every_rule_has_words(rule: str, day: date, all_day: Any) -> None:
    when = (
        days(day, day.replace(year=day.year + 1))
        if all_day and day.day < 28
        else timed(datetime.combine(day, datetime.min.time(), PARIS))
    )
    content = clean(Content("x", when, recurrence=Recurrence(rule)))

    assert content.recurrence
    words = recurrence_in_words(content.recurrence, content.when)

    assert len(words) > 5
    assert "{" not in words
