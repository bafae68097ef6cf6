from datetime import UTC, date, datetime

from palabre.events.domain.rows import content_json
from palabre.events.values import AllDay, Content, Override, Recurrence
from palabre.importing.merging import merged

WHEN = AllDay(date(2026, 11, 14), date(2026, 11, 15), "Europe/Paris")
DAILY = Recurrence("FREQ=DAILY;COUNT=5")


def row(
    title: str = "Bal", description: str = "", *, overrides: tuple[Override, ...] = ()
) -> dict[str, object]:
    return content_json(Content(title, WHEN, description, DAILY, overrides))


def change(day: int, title: str) -> Override:
    return Override(date(2026, 11, day), title=title)


def test_the_source_is_followed_where_nobody_changed_anything() -> None:
    result, kept = merged(row("Bal"), row("Bal"), row("Grand bal", "Venez"))

    assert (result["title"], result["description"], kept) == ("Grand bal", "Venez", [])


def test_a_persons_words_stay_and_are_told_where_the_source_says_otherwise() -> None:
    result, kept = merged(row("Bal"), row("Bal du village"), row("Grand bal", "Venez"))

    assert (result["title"], result["description"], kept) == ("Bal du village", "Venez", ["titre"])


def test_the_same_change_on_both_sides_is_no_news() -> None:
    result, kept = merged(row("Bal"), row("Grand bal"), row("Grand bal"))

    assert (result["title"], kept) == ("Grand bal", [])


def test_what_an_import_never_says_stays() -> None:
    mine = content_json(Content("Bal", WHEN, price_text="5 €"))

    assert merged(row(), mine, row())[0]["price_text"] == "5 €"


def test_single_dates_are_merged_one_by_one() -> None:
    base = row(overrides=(change(15, "a"), change(16, "b"), change(17, "c")))
    mine = row(overrides=(change(15, "mine"), change(16, "b"), change(18, "own")))
    theirs = row(overrides=(change(15, "theirs"), change(19, "new")))

    result, kept = merged(base, mine, theirs)

    titles = [(override["original"], override["title"]) for override in result["overrides"]]
    assert titles == [("20261115", "mine"), ("20261118", "own"), ("20261119", "new")]
    assert kept == ["dates changées"]


def test_instants_compare_whatever_their_zone() -> None:
    start = datetime(2026, 11, 14, 17, 30, tzinfo=UTC)

    assert content_json(Content("Bal", WHEN))["starts_at"] is None
    assert start.isoformat() == "2026-11-14T17:30:00+00:00"
