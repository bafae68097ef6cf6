"""What the festival knows: which events are its own, and its editions."""

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from palabre.api import Content, slugify

CATEGORY = "Festival des solidarités"
EDITIONS = Path(__file__).parent / "data" / "editions.csv"


@dataclass(frozen=True, slots=True)
class Edition:
    """A yearly edition; both days belong to it. `theme` is the national one, "" when not known."""

    year: int
    first_day: date
    last_day: date
    theme: str


def belongs(content: Content) -> bool:
    """Whether an event is part of the festival: its organiser chose the category."""
    return slugify(CATEGORY) in map(slugify, content.categories)


@cache
def editions() -> tuple[Edition, ...]:
    """Return the editions whose dates are known, latest first. Dates are data, never computed."""
    with EDITIONS.open(encoding="utf-8", newline="") as lines:
        found = [
            Edition(
                int(row["year"]),
                date.fromisoformat(row["first_day"]),
                date.fromisoformat(row["last_day"]),
                row["theme"],
            )
            for row in csv.DictReader(lines)
        ]
    return tuple(sorted(found, key=lambda edition: edition.first_day, reverse=True))


def edition_at(day: date) -> Edition | None:
    """Return the edition under way on `day`, else the next one, if its dates are known."""
    coming = [edition for edition in editions() if edition.last_day >= day]
    return coming[-1] if coming else None
