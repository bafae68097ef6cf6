"""Search forgives accents, plurals and unfinished words, and takes any input."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palabre.agenda.core_filters import CORE_FILTERS
from palabre.agenda.filters import parse
from palabre.agenda.queries import list_page
from palabre.agenda.search import MAX_INDEXED, MAX_WORD, search_text
from palabre.events.values import Content, Override, Place, Recurrence, Translation

from .making import WEDNESDAY, at, organisation, place, publish

WHEN = at(2026, 11, 20)


async def found(words: str) -> list[str]:
    selection = parse([("q", words)], CORE_FILTERS)
    page = await list_page(selection, WEDNESDAY)
    return [card.title for day in page.days for card in day.cards]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    "words",
    [
        "foret",
        "forêt",
        "FORÊTS",
        "forets tropicales",
        "tropicale foret",
        "la forêt",
        "l’arbre",
        "arbres",
        "for",
        "plantat",
        "planter plantation",
        '"forêts tropicales"',
        "« forêts tropicales »",
        "coeur",
        "cœurs",
        "cinema",
        "Saint Égrève",
        "saint-egreve",
        "salle polyvalente",
        "amis",
        "Kédougou 2026",
        "forest",
        "d'arbre",
    ],
)
async def test_people_find_what_they_mean(words: str) -> None:
    await publish(
        "Les forêts tropicales",
        WHEN,
        by=await organisation("Les Amis du Boundou"),
        description="Au cœur de Kédougou en 2026 : planter un arbre, une plantation d’arbres.",
        categories=("Cinéma",),
        venue_id=await place("Salle polyvalente", "Saint-Égrève"),
        translations={"en": Translation("Rain forests")},
    )

    assert await found(words) == ["Les forêts tropicales"]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    "words",
    ["désert", "forêt désert", '"tropicales forêts"', "!!!", "\0", '"', "orêt", "a:* & b |"],
)
async def test_what_is_not_there_is_not_found(words: str) -> None:
    await publish("Les forêts tropicales", WHEN, description="Film et débat")

    expected = [] if words.strip('\0"') else ["Les forêts tropicales"]
    assert await found(words) in ([], expected)


@pytest.mark.usefixtures("database")
async def test_other_alphabets_are_words_too() -> None:
    await publish("Երեկո Երևանում", WHEN)

    assert await found("երևան") == ["Երեկո Երևանում"]


@pytest.mark.usefixtures("database")
async def test_any_input_is_a_search() -> None:
    await publish("Les forêts tropicales", WHEN)

    for words in (
        "'",
        "\\",
        "%",
        "a" * 200,
        "x:*",
        "<->",
        "!x",
        "(",
        "é" * 199,
        "1 2 3 " * 30,
        "²³",
        "ﷺ",
    ):
        assert await found(words) == []


@given(st.text(max_size=400))
def test_words_are_kept_folded(text: str) -> None:
    kept = search_text(Content(text, WHEN, description=text), None, [text])

    for part in (kept.title, kept.names, kept.words):
        assert part == part.casefold()
        assert all(word.isalnum() or word.isidentifier() for word in part.split())


def test_all_that_names_an_event_is_kept() -> None:
    content = Content(
        "Titre",
        WHEN,
        description="Texte " * MAX_INDEXED,
        recurrence=Recurrence("FREQ=DAILY;COUNT=2"),
        overrides=(Override(WHEN.starts, title="Ouverture"),),
        categories=("Débat",),
        translations={"en": Translation("Title", "Words")},
    )

    kept = search_text(content, Place("Salle", "1 rue", "38000", "Grenoble"), ["Alpha"])

    assert kept.title == "titre title ouverture"
    assert kept.names == "debat salle grenoble 1 rue alpha"
    assert len(kept.words) <= MAX_INDEXED
    assert MAX_WORD < MAX_INDEXED
