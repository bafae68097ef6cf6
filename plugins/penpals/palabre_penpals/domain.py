"""What the exchange knows: the pairs of schools, and what may not be said of pupils."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from palabre.api import Content, Fault, slugify
from palabre.api import gettext as _

CATEGORY = "Correspondance scolaire"
CURRENT_EDITION = "6"
PAIRS = Path(__file__).parent / "data" / "pairs.csv"

# Anything that leads to a person. Bounded repetitions: the text is a stranger's.
MAIL_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.\w")
# Eight digits or more in a row of groups, as telephone numbers are written. Dates with their year
# have eight, too: slashes don't join groups, and the other ways to write them are taken out first.
TELEPHONE = re.compile(r"(?<![\d/])\+?\d(?:[ .\-\u00a0\u202f()]{0,2}\d){7,14}(?![\d/])")
DATES = re.compile(
    r"\b20\d{2}-\d{2}-\d{2}\b"  # 2026-11-14
    r"|\b\d{1,2}[ .-]\d{1,2}[ .-]20\d{2}\b"  # 14.11.2026
    r"|\b20\d{2} ?[-–] ?20\d{2}\b"  # 2025-2028
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A school of Isère and the locality of its partner school in Senegal."""

    school: str
    place: str
    partner: str


@cache
def pairs(*, current: bool) -> tuple[Pair, ...]:
    """Return the pairs of the edition under way, or those of earlier ones."""
    with PAIRS.open(encoding="utf-8", newline="") as lines:
        return tuple(
            Pair(row["school"], row["place"], row["partner"])
            for row in csv.DictReader(lines)
            if (row["edition"] == CURRENT_EDITION) is current
        )


def concerns(content: Content) -> bool:
    """Whether an event is about the exchange: its organiser chose the category."""
    return slugify(CATEGORY) in map(slugify, content.categories)


def faults(content: Content) -> Sequence[Fault]:
    """Return what must not stand in an event about pupils: ways to reach somebody in person."""
    if not concerns(content):
        return []
    return [fault for field, text in _said(content) if (fault := _fault(field, text)) is not None]


def _said(content: Content) -> list[tuple[str, str]]:
    said = [("title", content.title), ("description", content.description)]
    for words in content.translations.values():
        said += [("translations", words.title), ("translations", words.description)]
    for override in content.overrides:
        said += [("overrides", override.title or ""), ("overrides", override.description or "")]
    return said


def _fault(field: str, text: str) -> Fault | None:
    if MAIL_ADDRESS.search(text):
        what = _("une adresse électronique")
    elif TELEPHONE.search(DATES.sub(" ", text)):
        what = _("un numéro de téléphone")
    else:
        return None
    sentence = _(
        "Un événement de correspondance scolaire ne donne pas de coordonnées : le texte contient"
        " {what}. Retirez ces coordonnées et nommez plutôt l’établissement."
    )
    return Fault(sentence.format(what=what), field)
