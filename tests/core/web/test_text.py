from datetime import UTC, date, datetime

import pytest

from palabre.i18n import language
from palabre.web import text

NARROW = "\u202f"


@pytest.fixture
def english() -> object:
    token = language.set("en")
    yield
    language.reset(token)


def test_days_are_written_out_in_french() -> None:
    assert text.day(date(2026, 11, 14)) == "samedi 14 novembre 2026"
    assert text.day_short(date(2026, 11, 14)) == "sam. 14 nov."
    assert text.month(date(2026, 11, 14)) == "novembre 2026"


def test_the_first_of_a_month_is_an_ordinal() -> None:
    assert text.day(date(2026, 11, 1)) == "dimanche 1er novembre 2026"
    assert text.day_month(date(2026, 11, 1)) == "1er novembre"


def test_days_are_written_out_in_english(english: None) -> None:
    assert text.day(date(2026, 11, 1)) == "Sunday 1 November 2026"


def test_an_instant_is_shown_in_the_zone_of_its_event() -> None:
    evening = datetime(2026, 11, 14, 23, 30, tzinfo=UTC)

    assert text.clock(evening, "Africa/Dakar") == f"23{NARROW}h{NARROW}30"
    assert text.clock(evening, "Europe/Paris") == f"0{NARROW}h{NARROW}30"
    assert text.day(evening, "Europe/Paris") == "dimanche 15 novembre 2026"
    assert text.iso(evening, "Europe/Paris") == "2026-11-15T00:30+01:00"


def test_a_full_hour_has_no_minutes() -> None:
    assert text.clock(datetime(2026, 11, 14, 18, 0, tzinfo=UTC)) == f"18{NARROW}h"


def test_hours_in_english(english: None) -> None:
    assert text.clock(datetime(2026, 11, 14, 18, 0, tzinfo=UTC)) == "18:00"


def test_plain_text_becomes_paragraphs() -> None:
    written = "Un film,\nun débat.\r\n\r\n\n  Entrée libre.  "

    assert text.paragraphs(written) == "<p>Un film,<br>\nun débat.</p>\n<p>Entrée libre.</p>"


def test_nothing_in_plain_text_becomes_markup() -> None:
    written = '<script>alert("x")</script> & https://a.example/"><img src=x>'

    assert text.paragraphs(written) == (
        "<p>&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt; &amp; "
        '<a href="https://a.example/" rel="nofollow ugc noopener">https://a.example/</a>'
        "&#34;&gt;&lt;img src=x&gt;</p>"
    )


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("Voir https://a.example/b.", "https://a.example/b"),
        ("(https://a.example/b)", "https://a.example/b"),
        ("https://a.example/b_(c) !", "https://a.example/b_(c)"),
        ("« https://a.example »", "https://a.example"),
        ("HTTPS://A.example/?x=1&y=2,", "HTTPS://A.example/?x=1&amp;y=2"),
    ],
)
def test_addresses_are_linked_without_the_sentence_around_them(written: str, address: str) -> None:
    assert f'<a href="{address}" ' in text.paragraphs(written)


@pytest.mark.parametrize("written", ["javascript:alert(1)", "http://", "https://[bad", "ftp://a.b"])
def test_other_schemes_and_broken_addresses_stay_text(written: str) -> None:
    assert text.paragraphs(written) == f"<p>{written}</p>"


def test_host() -> None:
    assert text.host("https://www.tetraktys.example:8443/x") == "tetraktys.example"
    assert text.host("https://[bad") == ""


def test_numbers_have_french_separators() -> None:
    assert text.number(1234.5) == f"1{NARROW}234,5"
