"""From typed values to an event and back: nothing lost, nothing raised, every fault in its place."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from palabre.errors import Refused
from palabre.events.domain.validation import clean
from palabre.events.form_dates import preview
from palabre.events.form_filling import empty, fill
from palabre.events.forms import LANGUAGES, read, read_dates
from palabre.events.inputs import read_date, read_time
from palabre.events.recurrence import expand
from palabre.events.repeating import CHOICES, choice_of, rule_of
from palabre.events.rules import WEEKDAYS, parse_rule
from palabre.events.typed import Reading, Typed
from palabre.events.values import (
    Accessibility,
    AllDay,
    Audience,
    Content,
    Image,
    Override,
    Place,
    Price,
    Recurrence,
    Status,
    Timed,
    Translation,
)
from tests.core.events.test_recurrence import rules

PARIS = ZoneInfo("Europe/Paris")
TUESDAY = {
    "title": "Veillée de contes",
    "zone": "Europe/Paris",
    "start_date": "2026-11-17",
    "start_time": "20:00",
    "end_time": "22:00",
}


def typed(*more: tuple[str, str], **values: str) -> Typed:
    return Typed([*(TUESDAY | values).items(), *more])


def content_of(*more: tuple[str, str], **values: str) -> Content:
    reading = read(typed(*more, **values))
    assert reading.faults == {}
    assert reading.content is not None
    return reading.content


def faults(*more: tuple[str, str], **values: str) -> dict[str, str]:
    reading = read(typed(*more, **values))
    assert reading.content is None
    return reading.faults


def at(day: int, hour: int = 20, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=PARIS)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-14",
        "14/11/2026",
        " 14/11/26",
        "14.11.2026",
        "14-11-2026",
        "14 novembre 2026",
        "samedi 14 nov. 2026",
        "１４/１１/２０２６",
    ],
)
def test_dates_are_read_as_people_write_them(text: str) -> None:
    assert read_date(text, "x") == date(2026, 11, 14)


@pytest.mark.parametrize("text", ["demain", "30/02/2026", "2026", "14/11", "0/0/0", "x" * 9999, ""])
def test_other_dates_are_refused(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        read_date(text, "start_date")
    assert refusal.value.field == "start_date"


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("14:30", time(14, 30)),
        ("14:30:00", time(14, 30)),
        ("14h30", time(14, 30)),
        ("14 h 30", time(14, 30)),
        ("14H", time(14)),
        ("9", time(9)),
        ("9 heures", time(9)),
        ("midi", time(12)),
        ("Minuit", time()),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, clock: time) -> None:
    assert read_time(text, "x") == clock


@pytest.mark.parametrize("text", ["24:00", "14h60", "soir", "-1", "1e3", "", "٣x"])
def test_other_hours_are_refused(text: str) -> None:
    with pytest.raises(Refused):
        read_time(text, "start_time")


def test_a_plain_evening() -> None:
    content = content_of()

    assert content.when == Timed(at(17), at(17, 22), "Europe/Paris")
    assert content.recurrence is None


def test_an_evening_ends_after_midnight_without_a_second_date() -> None:
    when = content_of(end_time="2h").when

    assert when == Timed(at(17), at(18, 2), "Europe/Paris")


def test_an_end_may_stay_open() -> None:
    assert content_of(end_time="").when == Timed(at(17), None, "Europe/Paris")


def test_days_end_on_the_day_that_is_typed() -> None:
    when = content_of(all_day="1", end_date="30/11/2026").when

    assert when == AllDay(date(2026, 11, 17), date(2026, 12, 1), "Europe/Paris")


def test_all_that_a_form_says_is_kept() -> None:
    content = content_of(
        ("categories", "Conte"),
        ("categories", "Veillée"),
        ("accessibility", "mi"),
        ("accessibility", "hi"),
        description="Un.\r\n\r\nDeux.",
        more_categories="Forêt, conte",
        audience="families",
        price="paid",
        price_text="5 €, réduit 3 €",
        status="full",
        online_url="visio.example.org/x",
        url="https://example.org/é",
        image_url="/uploads/x.jpg",
        image_alt="Un tilleul",
        image_credit="La MJC",
        language="fr",
        title_en="Tales",
        description_en="One.",
    )

    assert content == Content(
        title="Veillée de contes",
        when=Timed(at(17), at(17, 22), "Europe/Paris"),
        description="Un.\n\nDeux.",
        status=Status.FULL,
        online_url="https://visio.example.org/x",
        url="https://example.org/%C3%A9",
        categories=("Conte", "Veillée", "Forêt"),
        audience=Audience.FAMILIES,
        price=Price.PAID,
        price_text="5 €, réduit 3 €",
        accessibility=(Accessibility.HEARING, Accessibility.MOTOR),
        image=Image("/uploads/x.jpg", "Un tilleul", "La MJC"),
        translations={"en": Translation("Tales", "One.")},
    )


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"title": ""}, {"title"}),
        ({"title": "\u202e \x00"}, {"title"}),
        ({"title": "a" * 1_048_576}, {"title"}),
        ({"description": "é" * 10_001}, {"description"}),
        ({"start_date": ""}, {"start_date"}),
        ({"start_date": "31/02/2026", "start_time": "25h"}, {"start_date", "start_time"}),
        ({"start_date": "0001-01-01"}, {"start_date"}),
        ({"start_date": "9999-12-31"}, {"start_date"}),
        ({"start_date": "9999-12-31", "all_day": "1"}, {"start_date"}),
        ({"end_date": "9999-12-31", "all_day": "1"}, {"end_date"}),
        ({"end_date": "9999-12-31"}, {"end_date"}),
        ({"start_time": ""}, {"start_time"}),
        ({"end_date": "2026-11-16"}, {"end_date"}),
        ({"end_date": "2026-11-17", "end_time": "19:00"}, {"end_time"}),
        ({"end_date": "2026-11-18", "end_time": ""}, {"end_time"}),
        ({"zone": "Mars/Olympus"}, {"zone"}),
        ({"zone": ""}, {"zone"}),
        ({"repeat": "secondly"}, {"repeat"}),
        ({"repeat": "custom"}, {"repeat"}),
        ({"repeat": "monthly_last"}, {"repeat"}),
        ({"repeat": "weekly", "weekdays": "WE"}, {"weekdays"}),
        ({"repeat": "weekly", "until": "2026-11-16"}, {"until"}),
        ({"repeat": "weekly", "until": "jamais"}, {"until"}),
        ({"repeat": "weekly", "until": "2026-12-15", "count": "3"}, {"count"}),
        ({"repeat": "daily", "count": "1000000000"}, {"count"}),
        ({"repeat": "daily", "count": "²"}, {"count"}),
        ({"repeat": "daily", "count": "0"}, {"count"}),
        ({"repeat": "daily", "count": "9" * 5000}, {"count"}),
        ({"extra_date": "hier"}, {"extra_date"}),
        ({"extra_date": "2026-11-20", "extra_time": "tard"}, {"extra_date"}),
        ({"repeat": "weekly", "count": "2", "removed": "2026-11-17T20:00"}, set()),
        ({"audience": "lions"}, {"audience"}),
        ({"price": "0"}, {"price"}),
        ({"status": "published"}, {"status"}),
        ({"accessibility": "zz"}, {"accessibility"}),
        ({"language": "xx"}, {"language"}),
        ({"url": "javascript:alert(1)"}, {"url"}),
        ({"online_url": "//x"}, {"online_url"}),
        ({"image_url": "/uploads/x.jpg"}, {"image_alt"}),
        ({"description_en": "Words"}, {"title_en"}),
        ({"place_name": "MJC"}, {"place_commune"}),
        ({"place_commune": "Fontaine"}, {"place_name"}),
        ({"place_name": "MJC", "place_commune": "F", "place_country": "../"}, {"place_country"}),
        ({"title": "", "url": "x", "start_date": "x"}, {"title", "url", "start_date"}),
    ],
)
def test_faults_stand_beside_their_fields(values: dict[str, str], fields: set[str]) -> None:
    reading = read(typed(**values))

    assert set(reading.faults) == fields
    assert (reading.content is None) == bool(fields)
    assert all(len(message) < 250 for message in reading.faults.values())


def test_all_dates_removed_is_a_fault() -> None:
    gone = [("removed", "2026-11-17T20:00"), ("removed", "2026-11-24T20:00")]

    assert set(faults(*gone, repeat="weekly", count="2")) == {"repeat"}


def test_nobody_can_set_what_the_form_does_not_ask() -> None:
    content = content_of(
        publication="published",
        organisation_id="x",
        parent_id=str(UUID(int=1)),
        uid="x",
        created_by_id="x",
        venue_id=str(UUID(int=2)),
        floating="1",
        rrule="FREQ=SECONDLY",
    )

    assert content == content_of()


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"repeat": "daily", "count": "3"}, "FREQ=DAILY;COUNT=3"),
        ({"repeat": "weekly"}, "FREQ=WEEKLY;BYDAY=TU"),
        (
            {"repeat": "weekly", "until": "15/12/2026"},
            "FREQ=WEEKLY;BYDAY=TU;UNTIL=20261215T225959Z",
        ),
        ({"repeat": "fortnightly", "count": "4"}, "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;COUNT=4"),
        ({"repeat": "monthly_date", "count": "4"}, "FREQ=MONTHLY;BYMONTHDAY=17;COUNT=4"),
        ({"repeat": "monthly_weekday", "count": "4"}, "FREQ=MONTHLY;BYDAY=3TU;COUNT=4"),
        (
            {"repeat": "monthly_last", "start_date": "2026-11-24"},
            "FREQ=MONTHLY;BYDAY=-1TU",
        ),
        ({"repeat": "yearly"}, "FREQ=YEARLY"),
    ],
)
def test_repetitions_become_rules(values: dict[str, str], rule: str) -> None:
    assert content_of(**values).recurrence == Recurrence(rule)


def test_several_weekdays() -> None:
    content = content_of(("weekdays", "TH"), ("weekdays", "TU"), repeat="weekly", count="4")

    assert [single.when.starts.day for single in expand(content)] == [17, 19, 24, 26]


def test_dates_are_added_with_their_own_hour_or_that_of_the_first() -> None:
    content = content_of(
        ("extra_date", "2026-11-20"),
        ("extra_time", ""),
        ("extra_date", ""),
        ("extra_time", ""),
        ("extra_date", "21/11/2026"),
        ("extra_time", "18h30"),
    )

    assert content.recurrence == Recurrence(rdates=(at(20), at(21, 18, 30)))


def test_a_removed_date_is_gone_and_shown_as_removed() -> None:
    content = content_of(("removed", "2026-11-24T20:00"), repeat="weekly", count="3")

    assert content.recurrence == Recurrence("FREQ=WEEKLY;BYDAY=TU;COUNT=3", exdates=(at(24),))
    assert [(row.key, row.removed) for row in preview(content)] == [
        ("2026-11-17T20:00", False),
        ("2026-11-24T20:00", True),
        ("2026-12-01T20:00", False),
    ]


def test_a_preview_needs_no_title() -> None:
    reading = read_dates(typed(title="", repeat="weekly", count="2", url="x"))

    assert reading.faults == {}
    assert reading.content is not None
    assert len(preview(reading.content)) == 2


def series(**more: Any) -> Content:
    return clean(
        Content(
            "Veillée",
            Timed(at(17), at(17, 22), "Europe/Paris"),
            recurrence=Recurrence("FREQ=WEEKLY;BYDAY=TU;COUNT=4", exdates=(at(24),)),
            overrides=(
                Override(at(1, month=12), cancelled=True),
                Override(at(8, month=12), title="Fin"),
            ),
            **more,
        )
    )


def again(content: Content, **values: str) -> Reading:
    pairs = dict(fill(content).items()) | values
    return read(Typed(pairs.items()), content)


def test_changes_to_single_dates_follow_a_new_hour() -> None:
    reading = again(series(), start_time="19:00")

    assert reading.notices == []
    assert reading.content is not None
    originals = [override.original for override in reading.content.overrides]
    assert originals == [at(1, 19, month=12), at(8, 19, month=12)]
    assert reading.content.recurrence is not None
    assert reading.content.recurrence.exdates == (at(24, 19),)


def test_changes_to_dates_that_are_gone_are_said() -> None:
    reading = again(series(), repeat="", removed="")

    assert reading.content is not None
    assert reading.content.overrides == ()
    assert "(2)" in reading.notices[0]


def test_an_imported_rhythm_can_be_kept() -> None:
    content = replace(series(), recurrence=Recurrence("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-2,1"))

    form = fill(content)

    assert form.one("repeat") == "custom"
    assert again(content, title="Autre").content == clean(replace(content, title="Autre"))


def test_an_imported_picture_without_words_is_no_obstacle() -> None:
    content = clean(replace(series(), image=Image("https://example.org/a.jpg")))

    assert again(content).content == content
    assert set(again(content, image_url="https://example.org/b.jpg").faults) == {"image_alt"}


def test_an_imported_anniversary_keeps_its_century() -> None:
    when = AllDay(date(1753, 10, 28), date(1753, 10, 29), "Europe/Paris")
    content = clean(Content("Changement d’heure", when, recurrence=Recurrence("FREQ=YEARLY")))

    assert again(content).content == content
    assert set(again(content, start_date="1753-10-27").faults) == {"start_date"}


def test_a_new_venue_is_described() -> None:
    reading = read(typed(place_name="MJC", place_commune="Fontaine", place_postal_code="38600"))

    assert reading.place == Place("MJC", "", "38600", "Fontaine", "FR")


def test_an_empty_form_asks_for_what_is_missing() -> None:
    assert set(read(empty("Europe/Paris")).faults) == {"title", "start_date", "start_time"}


@pytest.mark.parametrize("choice", [choice for choice in CHOICES if choice])
def test_every_choice_is_recognised(choice: str) -> None:
    last_day = date(2026, 11, 24)
    weekdays = ["TU", "SA"] if choice in ("weekly", "fortnightly") else []

    found = choice_of(rule_of(choice, weekdays, last_day), last_day)

    assert found == (
        "monthly_last" if choice == "monthly_weekday" and last_day.day > 28 else choice,
        ("TU", "SA") if weekdays else (),
    )


@pytest.mark.parametrize(
    ("rule", "choice"),
    [
        ("FREQ=WEEKLY", "weekly"),
        ("FREQ=WEEKLY;WKST=SU;BYDAY=TU,TH", "weekly"),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU", "fortnightly"),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,SU", "custom"),
        ("FREQ=MONTHLY", "monthly_date"),
        ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=3", "monthly_weekday"),
        ("FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=17", "yearly"),
        ("FREQ=YEARLY;BYMONTH=11", "yearly"),
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=3TU", "custom"),
        ("FREQ=DAILY;INTERVAL=2", "custom"),
        ("FREQ=DAILY;BYHOUR=20", "custom"),
    ],
)
def test_rules_from_elsewhere_are_recognised(rule: str, choice: str) -> None:
    assert choice_of(parse_rule(rule), date(2026, 11, 17))[0] == choice


whole_minutes = st.datetimes(datetime(1990, 1, 1), datetime(2035, 1, 1)).map(  # noqa: DTZ001  the strategy adds the zone
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
whens = st.builds(
    lambda starts, hours, zone, floating: Timed(
        starts,
        None if hours is None else datetime.fromtimestamp(starts.timestamp() + hours * 3600, UTC),
        zone,
        floating,
    ),
    whole_minutes,
    st.none() | st.integers(0, 100),
    st.sampled_from(["Europe/Paris", "Africa/Dakar", "America/Cayenne", "Australia/Lord_Howe"]),
    st.booleans(),
) | st.builds(
    lambda day, length: AllDay(day, date.fromordinal(day.toordinal() + length), "Europe/Paris"),
    st.dates(date(1990, 1, 1), date(2035, 1, 1)),
    st.integers(1, 40),
)


@st.composite
def contents(draw: Any) -> Content:
    when = draw(whens)
    ending = draw(st.sampled_from(["", ";COUNT=5", ";UNTIL=20370101T120000Z"]))
    rule = draw(
        rules() | st.sampled_from(["FREQ=WEEKLY", "FREQ=MONTHLY", "FREQ=YEARLY", "FREQ=DAILY"])
    )
    plain = Content(
        draw(st.text("abc é", min_size=1).map(lambda text: f"x{text}")),
        when,
        draw(st.text("abc\n é")),
        audience=draw(st.sampled_from(Audience)),
        price=draw(st.sampled_from(Price)),
        status=draw(st.sampled_from(Status)),
        accessibility=tuple(draw(st.sets(st.sampled_from(Accessibility)))),
        translations=draw(
            st.dictionaries(
                st.sampled_from(["en", "hy", "wo"]), st.builds(Translation, st.text("abc"))
            )
        ),
        venue_id=draw(st.none() | st.just(UUID(int=7))),
        parent_id=draw(st.none() | st.just(UUID(int=8))),
    )
    if draw(st.booleans()):
        return clean(plain)
    series = replace(plain, recurrence=Recurrence(rule + ending))
    dates = [single.original for single in expand(series, limit=20) if single.original]
    if len(dates) > 3:
        chosen = draw(st.sets(st.sampled_from(dates[1:]), max_size=3))
        series = replace(series, recurrence=Recurrence(rule + ending, exdates=tuple(chosen)))
        series = replace(series, overrides=(Override(dates[0], cancelled=True),))
    return clean(series)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(contents())
def test_a_form_saved_untouched_changes_nothing(content: Content) -> None:
    reading = read(fill(content), content)

    assert reading.faults == {}
    assert reading.notices == []
    assert reading.content == content


names = st.sampled_from(
    [
        *TUESDAY,
        *[
            "all_day",
            "end_date",
            "repeat",
            "weekdays",
            "until",
            "count",
            "extra_date",
            "extra_time",
            "removed",
            "status",
        ],
        *[
            "categories",
            "more_categories",
            "audience",
            "price",
            "accessibility",
            "image_url",
            "image_alt",
        ],
        *["language", "url", "online_url", "place_name", "place_commune", "place_country"],
        *(f"title_{code}" for code in LANGUAGES),
        *(f"description_{code}" for code in LANGUAGES),
    ]
)
values = (
    st.text(max_size=40)
    | st.sampled_from(
        [*CHOICES, *WEEKDAYS, "1", "2", "custom", "2026-11-24", "14h30", "hi", "https://x.org"]
    )
    | st.dates().map(str)
    | st.times().map(str)
    | st.integers().map(str)
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(names, values), max_size=12), st.booleans())
def test_no_form_ever_raises(pairs: list[tuple[str, str]], usual: bool) -> None:
    form = Typed([*(TUESDAY.items() if usual else ()), *pairs])

    for reading in (read(form), read(form, series()), read_dates(form)):
        assert (reading.content is None) == bool(reading.faults)
        if reading.content is not None:
            assert 1 <= len(preview(reading.content)) <= 1500
