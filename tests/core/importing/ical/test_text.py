import pytest

from palabre.importing.ical import text
from palabre.importing.ical.notes import Notebook
from tests.core.importing.writing import EVENING, event, messages, read, read_one


def test_text_is_unescaped_once() -> None:
    assert text.unescape(r"a\, b\; c\\n\nd\Ne\x") == "a, b; c\\n\nd\nex"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a\x00b\x07c\x7f\x85", "abc"),
        ("\u202eétrange\u202c \u2066x\u2069", "étrange x"),
        ("e\u0301te\u0301", "été"),
        ("a\u2028b\r\nc", "a\nb\nc"),
        ("\ufeffa\ufffe", "a"),
        ("שלום\u200f", "שלום\u200f"),
    ],
)
def test_unseen_characters_go(given: str, expected: str) -> None:
    assert text.clean(given) == expected


def test_html_becomes_text() -> None:
    markup = (
        "<p>Bonjour <b>à tous</b> &amp; bienvenue</p><ul><li>un</li><li>deux</li></ul>"
        '<script>alert(1)</script><a href="https://example.org/x">ici</a>'
        '<a href="javascript:alert(1)">là</a><br>fin'
    )

    assert text.from_html(markup) == (
        "Bonjour à tous & bienvenue\n\n- un\n\n- deux\n\nici (https://example.org/x)là\nfin"
    )


def test_words_with_angle_brackets_are_not_html() -> None:
    item = read_one(EVENING, "DESCRIPTION:moins de 5 < 6 > 2\\, <3")

    assert item.content.description == "moins de 5 < 6 > 2, <3"


def test_entities_alone_are_read() -> None:
    assert (
        read_one(EVENING, "DESCRIPTION:Fête &amp; bal &#233;t&eacute;").content.description
        == "Fête & bal été"
    )


def test_a_description_that_is_only_html_is_read_from_its_twin() -> None:
    item = read_one(EVENING, "X-ALT-DESC;FMTTYPE=text/html:<html><body><p>Un bal</p></body></html>")

    assert item.content.description == "Un bal"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        ("http://exemple.fr/a b", "http://exemple.fr/a%20b"),
        ("javascript:alert(1)", ""),
        ("JaVaScRiPt:alert(1)", ""),
        ("data:text/html,x", ""),
        ("ftp://example.org", ""),
        ("/relative", ""),
        ("https://", ""),
        ("https://a:b@example.org", ""),
        ("https://example.org:99999/", ""),
        ("https://[::1", ""),
        ('https://example.org/"onclick=x', ""),
        ("https://example.org/" + "a" * 3000, ""),
    ],
)
def test_only_web_addresses_become_links(given: str, expected: str) -> None:
    assert text.web_address(given) == expected


def test_titles_and_descriptions_are_cut_with_a_note() -> None:
    reading = read(event(EVENING, "DESCRIPTION:" + "b" * 100_000, title="a" * 1_000_000))

    content = reading.events[0].content
    assert (len(content.title), len(content.description.encode())) == (200, 20_000)
    assert messages(reading) == [
        "Titre de 1000000 caractères : coupé à 200.",
        "Description de 100 ko : coupé à 20 ko.",
    ]


@pytest.mark.parametrize(
    "sound", ["Fête d’été", "Œuvre à l’écran", "Thiès – Kédougou", "«\xa0Forêt\xa0»", "Ñandú"]
)
def test_double_encoding_is_told_and_can_be_repaired(sound: str) -> None:
    garbled = sound.encode().decode("cp1252", "replace")
    if "\ufffd" in garbled:
        garbled = sound.encode().decode("latin-1")

    assert text.looks_garbled(garbled)
    assert text.repaired(garbled) == sound
    assert not text.looks_garbled(sound)


@pytest.mark.parametrize(
    "text_given", ["<a " * 50_000, "<p" * 100_000, "<" * 200_000, "&" * 200_000, "<li " * 50_000]
)
def test_hostile_markup_is_read_in_no_time(text_given: str) -> None:
    assert text.description(text_given, Notebook(), 1) is not None
