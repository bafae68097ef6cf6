"""Filters are read from any query string: canonical when usable, a sentence when not."""

from datetime import UTC, date, datetime
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palabre.agenda.core_filters import CORE_FILTERS, MAX_TEXT
from palabre.agenda.filters import EVERYTHING, BadFilters, Selection, first_day, parse
from palabre.agenda.sql import Arguments, Moment

PARIS = ZoneInfo("Europe/Paris")
WEDNESDAY = Moment(datetime(2026, 11, 18, 9, tzinfo=UTC), PARIS)


def read(query: str) -> Selection:
    return parse(parse_qsl(query, keep_blank_values=True), CORE_FILTERS)


def refusal(query: str) -> dict[str, str]:
    with pytest.raises(BadFilters) as caught:
        read(query)
    return dict(caught.value.errors)


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("", ""),
        ("q=&commune=&du=", ""),
        ("utm_source=lettre&page=3", ""),
        ("q=++for%C3%AAt%0A%00tropicale+", "q=for%C3%AAt+tropicale"),
        ("du=14/11/2026&au=2026-11-30", "au=2026-11-30&du=2026-11-14"),
        ("du=1.2.2026", "du=2026-02-01"),
        ("commune=Saint-%C3%89gr%C3%A8ve", "commune=saint-egreve"),
        ("commune=voiron&commune=Grenoble&commune=voiron", "commune=grenoble&commune=voiron"),
        ("accessibilite=vi&accessibilite=hi", "accessibilite=hi&accessibilite=vi"),
        ("prix=GRATUIT&public=familles", "prix=gratuit&public=familles"),
        ("en_ligne=on", "en_ligne=oui"),
        ("en_ligne=0", "en_ligne=non"),
        ("quand=week-end", "quand=week-end"),
        ("quand=semaine&du=2026-11-14", "du=2026-11-14"),
    ],
)
def test_equal_wishes_have_one_address(given: str, canonical: str) -> None:
    selection = read(given)

    assert selection.query == canonical
    assert read(selection.query) == selection
    assert hash(read(selection.query)) == hash(selection)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("du=2026-02-30", "du"),
        ("du=demain", "du"),
        ("du=0001-01-01", "du"),
        ("au=99999-01-01", "au"),
        ("du=2026-11-30&au=2026-11-14", "au"),
        ("du=2026-11-14&du=2026-11-15", "du"),
        ("quand=jamais", "quand"),
        ("public=chats", "public"),
        ("prix=cher", "prix"),
        ("accessibilite=xx", "accessibilite"),
        ("en_ligne=peut-etre", "en_ligne"),
        ("commune=%21%21", "commune"),
        (f"q={'a' * (MAX_TEXT + 1)}", "q"),
        ("&".join(f"commune=c{n}" for n in range(30)), "commune"),
    ],
)
def test_what_cannot_be_meant_is_said_beside_its_field(query: str, field: str) -> None:
    errors = refusal(query)

    assert list(errors) == [field]
    assert errors[field].endswith(".")


def test_a_bad_filter_leaves_the_others_usable() -> None:
    with pytest.raises(BadFilters) as caught:
        read("du=hier&commune=grenoble")

    assert caught.value.usable.query == "commune=grenoble"


def test_only_periods_roll_with_the_day() -> None:
    assert read("quand=semaine").rolls
    assert not read("du=2026-11-14").rolls


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", None),
        ("au=2026-12-01", None),
        ("du=2026-11-14", date(2026, 11, 14)),
        ("quand=aujourdhui", date(2026, 11, 18)),
        ("quand=demain", date(2026, 11, 19)),
        ("quand=semaine", date(2026, 11, 18)),
        ("quand=week-end", date(2026, 11, 21)),
    ],
)
def test_a_list_opens_where_its_selection_begins(query: str, expected: date | None) -> None:
    assert first_day(read(query), WEDNESDAY) == expected


def test_a_chip_takes_one_value_away() -> None:
    selection = read("commune=voiron&commune=grenoble&prix=gratuit")

    assert selection.without("commune", "voiron").query == "commune=grenoble&prix=gratuit"
    assert selection.without("commune").query == "prix=gratuit"
    assert EVERYTHING.without("commune") == EVERYTHING


def test_the_site_decides_what_today_is() -> None:
    late = datetime(2026, 7, 14, 22, 30, tzinfo=UTC)

    assert Moment(late, PARIS).today == date(2026, 7, 15)
    assert Moment(late, ZoneInfo("Africa/Dakar")).today == date(2026, 7, 14)


names = st.sampled_from([f.name for f in CORE_FILTERS] + ["autre"])
raws = st.one_of(
    st.text(max_size=300),
    st.dates().map(str),
    st.sampled_from(["gratuit", "hi", "oui", "week-end", "tous", "Grenoble", "«", "\0", "é" * 250]),
)


@given(st.lists(st.tuples(names, raws), max_size=30))
def test_any_query_is_read_or_refused(pairs: list[tuple[str, str]]) -> None:
    try:
        selection = parse(pairs, CORE_FILTERS)
    except BadFilters as refused:
        selection = refused.usable

    again = parse(parse_qsl(selection.query), CORE_FILTERS)
    arguments = Arguments()
    sql = selection.where_event(arguments, WEDNESDAY) + again.where_date(arguments, WEDNESDAY)
    assert again == selection
    assert all(f"${n}" in sql for n in range(1, len(arguments.values) + 1))
