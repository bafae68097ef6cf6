"""The venue of a form: suggested while typing, found by its words, chosen among look-alikes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from palabre.database.connection import fetch
from palabre.database.slugs import slugify
from palabre.events.domain.venues import find_or_create
from palabre.events.typed import Reading, Typed
from palabre.i18n import gettext as _

SUGGESTED = 150
LOOK_ALIKES = 8
_MAX_TYPED = 300

_USUAL = """
SELECT v.name, v.commune FROM core_venue v LEFT JOIN core_event e ON e.venue_id = v.id
WHERE v.merged_into_id IS NULL GROUP BY v.id ORDER BY count(e.id) DESC, v.name LIMIT $1
"""
_SEARCH = """
SELECT id, name, commune, address FROM core_venue
WHERE merged_into_id IS NULL AND match_key LIKE ALL ($1) ORDER BY name, id LIMIT $2
"""
_BY_IDS = "SELECT id, name, commune FROM core_venue WHERE id = ANY($1)"


@dataclass(slots=True)
class Found:
    """The venue of a form (None for none), or the look-alikes to choose from: (id, words)."""

    venue_id: UUID | None = None
    look_alikes: list[tuple[str, str]] = field(default_factory=list)


async def suggestions() -> list[str]:
    """Return the labels of the most used venues."""
    rows = await fetch(_USUAL, SUGGESTED)
    return list(dict.fromkeys(_label(row["name"], row["commune"]) for row in rows))


async def labels(venue_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Return what the venues are called, by id."""
    if not venue_ids:
        return {}
    rows = await fetch(_BY_IDS, list(venue_ids))
    return {row["id"]: _label(row["name"], row["commune"]) for row in rows}


async def find(typed: Typed, reading: Reading) -> Found:
    """Return the venue that the form means; what can't be told goes into the faults of `reading`.

    A chosen look-alike wins, then a described new venue (see `make`), then the typed words.
    """
    chosen = _as_id(typed.one("venue_choice"))
    if chosen and await labels([chosen]):
        return Found(chosen)
    text = typed.one("venue").strip()[:_MAX_TYPED]
    if reading.place is not None or not text:
        return Found()
    kept = _as_id(typed.one("venue_id"))
    if kept and (await labels([kept])).get(kept) == text:
        return Found(kept)
    return await _search(text, reading)


async def make(reading: Reading, found: Found) -> UUID | None:
    """Return the venue to save: the found one, or the one described in the form, made if new."""
    if found.venue_id is None and reading.place is not None:
        return (await find_or_create([reading.place]))[0]
    return found.venue_id


async def _search(text: str, reading: Reading) -> Found:
    words = [f"%{word}%" for word in slugify(text, _MAX_TYPED).split("-") if word]
    rows = await fetch(_SEARCH, words, LOOK_ALIKES + 1) if words else []
    exact = [row for row in rows if slugify(_label(row["name"], row["commune"])) == slugify(text)]
    best = exact or rows
    if len(best) == 1:
        return Found(best[0]["id"])
    if not best:
        reading.faults["venue"] = _(
            "Aucun lieu connu ne porte ce nom. Corrigez-le, ou décrivez un nouveau lieu ci-dessous."
        )
        return Found()
    reading.faults["venue"] = _("Plusieurs lieux portent ce nom : choisissez le bon.")
    described = [
        (str(row["id"]), _label(row["name"], row["address"], row["commune"]))
        for row in best[:LOOK_ALIKES]
    ]
    return Found(look_alikes=described)


def _label(*parts: str) -> str:
    """Write "MJC, Fontaine", and "Fontaine" once where the name is the commune's."""
    return ", ".join(dict.fromkeys(part for part in parts if part))


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
