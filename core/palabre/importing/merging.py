"""What to keep when a source and a person both changed an event: three-way, field by field.

    base ── what the last import said        mine ── what the event says now
    theirs ── what this import says

A field that a person changed stays as it is; the others follow the source.
"""

from collections.abc import Mapping
from typing import Any

from palabre.i18n import gettext as _
from palabre.i18n import marked

Row = Mapping[str, Any]

# The columns of core_event that an import speaks of, by what people call them. What it never
# speaks of (audience, price, accessibility, translations, …) stays the organiser's.
FIELDS: Mapping[str, tuple[str, ...]] = {
    marked("titre"): ("title",),
    marked("date et heure"): (
        "time_zone",
        "floating",
        "starts_at",
        "ends_at",
        "starts_on",
        "ends_on",
    ),
    marked("répétition"): ("rrule", "rdates", "exdates"),
    marked("description"): ("description",),
    marked("état"): ("status",),
    marked("lieu"): ("venue_id",),
    marked("adresse en ligne"): ("online_url",),
    marked("page web"): ("url",),
    marked("catégories"): ("categories", "category_slugs"),
    marked("image"): ("image_url", "image_alt", "image_credit"),
    marked("langue"): ("language",),
}
SINGLE_DATES = marked("dates changées")


def merged(base: Row, mine: Row, theirs: Row) -> tuple[dict[str, Any], list[str]]:
    """Return the row to save, and the names of the fields where a person's words stay.

    Rows are as `events.domain.rows.content_json` gives them. A field counts as kept only where
    the source says something else.
    """
    result = dict(mine)
    kept = []
    for name, columns in FIELDS.items():
        if _part(mine, columns) == _part(base, columns):
            result.update({column: theirs[column] for column in columns})
        elif _part(mine, columns) != _part(theirs, columns):
            kept.append(_(name))
    result["overrides"], changed_here = _overrides(base, mine, theirs)
    if changed_here:
        kept.append(_(SINGLE_DATES))
    return result, kept


def _part(row: Row, columns: tuple[str, ...]) -> list[Any]:
    return [row.get(column) for column in columns]


def _overrides(base: Row, mine: Row, theirs: Row) -> tuple[list[Any], bool]:
    """Merge the changes to single dates, each date by itself."""
    before, here, there = (
        {override["original"]: override for override in row.get("overrides", ())}
        for row in (base, mine, theirs)
    )
    result, kept = [], False
    for original in sorted({*here, *there}):
        own, new = here.get(original), there.get(original)
        if own == before.get(original):
            own = new
        elif own != new:
            kept = True
        if own is not None:
            result.append(own)
    return result, kept
