"""The woody species of the zone: what is known of each, and from where.

The list is data/species.csv, its sources data/species-sources.csv. Layers are provisional and the
certainty says how well a species is documented for the zone; both come from the list.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from palabre.api import Check, marked
from palabre.api import gettext as _

DATA = Path(__file__).parent / "data"
SPECIES = DATA / "species.csv"
SOURCES = DATA / "species-sources.csv"

LAYERS = {
    "canopy": marked("Canopée"),
    "tree": marked("Arbre"),
    "subtree": marked("Petit arbre"),
    "shrub": marked("Arbuste"),
    "climber": marked("Liane"),
}
CERTAINTIES = {
    "documented": marked("documentée"),
    "likely": marked("probable"),
    "unsure": marked("incertaine"),
}
# What a class must know before it plants; the list says it in its notes, in English.
WARNINGS = {
    "Erythrophleum africanum / suaveolens": marked("écorce toxique : pas dans une cour d’école"),
    "Pterocarpus erinaceus": marked("espèce menacée : vérifier la CITES avant tout transport"),
    "Senegalia macrostachya": marked("épineux : en haie"),
    "Senegalia senegal": marked("épineux : en haie"),
    "Vachellia nilotica": marked("épineux"),
    "Vachellia sieberiana": marked("épineux"),
    "Ziziphus mauritiana": marked("épineux"),
    "Mitragyna inermis": marked("demande un sol humide"),
}


@dataclass(frozen=True, slots=True)
class Species:
    """One species; names may be empty, `sources` are codes of `sources()`."""

    scientific_name: str
    family: str
    french_name: str
    wolof_name: str
    layer: str
    certainty: str
    sources: tuple[str, ...]

    @property
    def warning(self) -> str:
        """What a class must know before it plants it, in French; "" for most."""
        return WARNINGS.get(self.scientific_name, "")


@cache
def species() -> tuple[Species, ...]:
    """Return all species, by scientific name."""
    found = [_species(row) for row in _rows(SPECIES)]
    return tuple(sorted(found, key=lambda one: one.scientific_name))


@cache
def sources() -> Mapping[str, str]:
    """Return the documents behind the list, by their code."""
    return {row["code"]: row["source"] for row in _rows(SOURCES)}


def check_sources() -> Check:
    """Say whether every species names documents that are listed."""
    lost = sorted({code for one in species() for code in one.sources} - sources().keys())
    title = _("{count} espèces, chacune avec ses sources").format(count=len(species()))
    cure = _("Codes sans source dans {file} : {codes}").format(
        file=SOURCES.name, codes=", ".join(lost)
    )
    return Check(title, well=not lost, cure=cure if lost else "")


def _species(row: Mapping[str, str]) -> Species:
    return Species(
        scientific_name=row["scientific_name"],
        family=row["family"],
        french_name=row["name_fr"],
        wolof_name=row["name_wolof"],
        layer=LAYERS[row["layer_provisional"]],
        certainty=CERTAINTIES[row["certainty_for_zone"]],
        sources=tuple(row["source_codes"].split()),
    )


def _rows(path: Path) -> Sequence[Mapping[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
