"""What an event may say: hostile text made plain, impossible dates refused with their field."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palabre.errors import Refused
from palabre.events.domain.validation import clean
from palabre.events.recurrence import expand
from palabre.events.texts import block, line, link
from palabre.events.values import (
    Accessibility,
    AllDay,
    Content,
    Image,
    Override,
    Recurrence,
    Timed,
    Translation,
)

PARIS = ZoneInfo("Europe/Paris")
EVENING = Timed(
    datetime(2026, 11, 17, 20, tzinfo=PARIS),
    datetime(2026, 11, 17, 22, tzinfo=PARIS),
    "Europe/Paris",
)
DAYS = AllDay(date(2026, 11, 14), date(2026, 11, 16), "Europe/Paris")


def said(**more: Any) -> Content:
    return Content(**({"title": "Veillée de contes", "when": EVENING} | more))


def refused(content: Content) -> str | None:
    with pytest.raises(Refused) as refusal:
        clean(content)
    assert refusal.value.message[0].isupper()
    return refusal.value.field


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Conte\t et\r\nthé ", "Conte et thé"),
        ("e\u0301te\u0301", "été"),
        ("nul\x00le \x1b[31mpart", "nulle [31mpart"),
        ("\u202egnihton\u202c", "gnihton"),
        ("\u2067ערב\u2069 musical", "\u2067ערב\u2069 musical"),
        ("\u2067sans fin", "\u2067sans fin\u2069"),
        ("trop\u2069 fermé", "trop fermé"),
        ("\ufeffBOM \ud800", "BOM"),
        ("a" + "\u0301" * 50, "á" + "\u0301" * 7),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_a_line_is_made_readable(typed: str, kept: str) -> None:
    assert line(typed, "title", 200).count("\u0301") <= 8
    assert line(typed, "title", 200).replace("\u0301", "") == kept.replace("\u0301", "")


@pytest.mark.parametrize("typed", ["\u200b", " \u00a0\u200d\u2060 ", "\u3164", "\u202e\u00ad"])
def test_a_line_of_which_nothing_shows_is_empty(typed: str) -> None:
    assert line(typed, "title", 200) == ""


def test_paragraphs_stay() -> None:
    typed = "  Un.  \r\nDeux.\r\n\r\n\r\n\r\nTrois.\u2028Quatre.\n\n"

    assert block(typed, "description", 100) == "Un.\nDeux.\n\nTrois.\nQuatre."


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("exemple.org/agenda?x=1", "https://exemple.org/agenda?x=1"),
        ("http://exemple.org:8080/é", "http://exemple.org:8080/%C3%A9"),
        ("https://forêt.example/", "https://xn--fort-ipa.example/"),
    ],
)
def test_addresses_are_made_absolute_and_ascii(typed: str, kept: str) -> None:
    assert link(typed, "url") == kept


@pytest.mark.parametrize(
    "typed",
    [
        "javascript:alert(1)",
        "JaVaScRiPt://exemple.org/%0aalert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://exemple.org",
        "//exemple.org",
        "/uploads/x.jpg",
        "https://",
        "https://exemple.org:99999/",
        "https://[::1",
        "https://a b.example",
        'https://exemple.org/"onclick=',
        "https://" + "a" * 3000,
        "bonjour",
        "https://\u00a0.example",
    ],
)
def test_other_addresses_are_refused(typed: str) -> None:
    with pytest.raises(Refused) as refusal:
        link(typed, "url")
    assert refusal.value.field == "url"


def test_an_image_may_lie_on_this_site() -> None:
    assert link("/uploads/a/b.jpg", "image_url", own=True) == "/uploads/a/b.jpg"
    with pytest.raises(Refused):
        link("/uploads/../../etc/passwd", "image_url", own=True)


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (said(title=" \u202e\x00 "), "title"),
        (said(title="a" * 201), "title"),
        (said(title="a" * 1_048_577), "title"),
        (said(description="é" * 10_001), "description"),
        (said(url="javascript:alert(1)"), "url"),
        (said(online_url="nulle part"), "online_url"),
        (said(image=Image("data:image/png;base64,x")), "image_url"),
        (said(price_text="a" * 201), "price_text"),
        (said(language="../fr"), "language"),
        (said(categories=("a" * 61,)), "categories"),
        (said(categories=tuple(f"c{number}" for number in range(21))), "categories"),
        (said(translations={"en": Translation("", "Words")}), "title_en"),
        (said(translations={"en": Translation("a" * 201)}), "title_en"),
        (said(when=replace(EVENING, zone="Europe/Grenoble")), "zone"),
        (said(when=replace(EVENING, zone="../../etc/localtime")), "zone"),
        (said(when=replace(EVENING, zone="Europe")), "zone"),
        (said(when=replace(EVENING, zone="")), "zone"),
        (said(when=replace(EVENING, zone="a" * 5000)), "zone"),
        (said(when=replace(EVENING, ends=EVENING.starts - timedelta(minutes=1))), "ends"),
        (said(when=replace(DAYS, ends=DAYS.starts)), "ends"),
        (said(when=replace(EVENING, starts=datetime(1599, 1, 1, tzinfo=UTC), ends=None)), "starts"),
        (said(when=replace(EVENING, ends=datetime(9999, 12, 31, 23, tzinfo=UTC))), "ends"),
        (said(when=replace(DAYS, starts=date(1, 1, 1))), "starts"),
        (said(when=Timed(datetime(2026, 1, 1), None, "Europe/Paris")), "starts"),  # noqa: DTZ001  that is the point
        (said(recurrence=Recurrence("FREQ=SECONDLY")), "recurrence"),
        (said(recurrence=Recurrence("FREQ=DAILY;UNTIL=00010101")), "recurrence"),
        (said(recurrence=Recurrence("FREQ=DAILY", rdates=(date(9999, 1, 1),))), "starts"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_field(content: Content, field: str) -> None:
    assert refused(content) == field


def test_dates_are_written_on_the_event_s_clock() -> None:
    when = Timed(
        datetime(2026, 11, 17, 19, 0, 0, 7, tzinfo=UTC), None, "Europe/Paris", floating=True
    )

    cleaned = clean(said(when=when)).when

    assert isinstance(cleaned, Timed)
    assert cleaned.starts.isoformat() == "2026-11-17T20:00:00+01:00"
    assert cleaned.floating


def test_a_repetition_is_written_in_one_way() -> None:
    later = datetime(2026, 12, 5, 9, tzinfo=UTC)
    recurrence = Recurrence(
        " freq=weekly;byday=TU;wkst=MO;until=20261215 ",
        rdates=(later, date(2026, 11, 20), later),
        exdates=(date(2026, 11, 24),),
    )

    cleaned = clean(said(recurrence=recurrence)).recurrence

    assert cleaned is not None
    assert cleaned.rule == "FREQ=WEEKLY;BYDAY=TU;UNTIL=20261215T225959Z"
    assert [f"{start:%d/%m %H:%M}" for start in cleaned.rdates] == ["20/11 20:00", "05/12 10:00"]
    assert [f"{start:%d/%m %H:%M}" for start in cleaned.exdates] == ["24/11 20:00"]


@pytest.mark.parametrize(
    ("until", "kept"),
    [
        ("20261128", "20261128"),
        ("20261128T000000Z", "20261128"),
        ("20261127T230000Z", "20261128"),
        ("20261128T120000", "20261128"),
    ],
)
def test_days_repeat_until_a_day(until: str, kept: str) -> None:
    content = said(when=DAYS, recurrence=Recurrence(f"FREQ=WEEKLY;UNTIL={until}"))

    cleaned = clean(content).recurrence

    assert cleaned == Recurrence(f"FREQ=WEEKLY;UNTIL={kept}")


@pytest.mark.parametrize("until", ["99991231", "99991231T235959", "99991231T235959Z"])
def test_for_ever_is_said_without_a_date(until: str) -> None:
    content = said(recurrence=Recurrence(f"FREQ=WEEKLY;UNTIL={until}"))

    assert clean(content).recurrence == Recurrence("FREQ=WEEKLY")


def test_changes_to_single_dates_need_a_repetition_and_a_date_each() -> None:
    second = EVENING.starts + timedelta(7)
    overrides = (
        Override(second.astimezone(UTC), title=" Clôture\x00 "),
        Override(EVENING.starts, cancelled=True),
        Override(second, cancelled=True),
    )

    series = clean(said(recurrence=Recurrence("FREQ=WEEKLY;COUNT=3"), overrides=overrides))
    single = clean(said(overrides=overrides))

    assert series.overrides == (
        Override(EVENING.starts, cancelled=True),
        Override(second, cancelled=True),
    )
    assert single.overrides == ()


def test_lists_lose_doubles_and_separators() -> None:
    cleaned = clean(
        said(
            categories=("Forêt", "foret", "Art;Musique", "★", " "),
            accessibility=(Accessibility.MOTOR, Accessibility.HEARING, Accessibility.MOTOR),
            recurrence=Recurrence(),
            image=Image("  "),
            translations={
                "fr": Translation("x"),
                "hy": Translation(""),
                "en": Translation("Tales"),
            },
        )
    )

    assert cleaned.categories == ("Forêt", "Art Musique")
    assert cleaned.accessibility == (Accessibility.HEARING, Accessibility.MOTOR)
    assert cleaned.recurrence is None
    assert cleaned.image is None
    assert cleaned.translations == {"en": Translation("Tales")}


contents = st.builds(
    Content,
    title=st.text(max_size=210),
    when=st.builds(
        Timed,
        starts=st.datetimes(timezones=st.just(UTC)),
        ends=st.none() | st.datetimes(timezones=st.just(UTC)),
        zone=st.sampled_from(["Europe/Paris", "Asia/Yerevan", "Pacific/Apia"])
        | st.text(max_size=20),
    )
    | st.builds(
        AllDay,
        starts=st.dates(),
        ends=st.dates(),
        zone=st.just("America/Cayenne") | st.text(max_size=20),
    ),
    description=st.text(),
    recurrence=st.none()
    | st.builds(
        Recurrence,
        rule=st.sampled_from(["", "FREQ=DAILY;UNTIL=99991231", "FREQ=WEEKLY;COUNT=4", "FREQ=X"]),
        rdates=st.lists(st.dates() | st.datetimes(timezones=st.just(UTC)), max_size=3).map(tuple),
        exdates=st.lists(st.dates() | st.datetimes(timezones=st.just(UTC)), max_size=3).map(tuple),
    ),
    url=st.text(max_size=50) | st.text(max_size=20).map("https://x.{}".format),
    categories=st.lists(st.text(max_size=30), max_size=5).map(tuple),
    translations=st.dictionaries(
        st.sampled_from(["fr", "en", "hy", "XX"]), st.builds(Translation, st.text())
    ),
)


@given(contents)
def test_anything_is_cleaned_once_or_refused(content: Content) -> None:
    try:
        cleaned = clean(content)
    except Refused as refusal:
        if not refusal.field:
            raise AssertionError from refusal
        return

    assert clean(cleaned) == cleaned
    cleaned.title.encode()
    assert len(expand(cleaned)) >= 1
