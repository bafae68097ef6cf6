"""What an import did, for people and for programs."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from palabre.errors import PalabreError
from palabre.i18n import gettext as _
from palabre.i18n import ngettext
from palabre.importing.ical.model import Note
from palabre.importing.ical.text import clean

MAX_NOTES = 500  # warnings kept one by one; of the rest only the number
_LINES_SHOWN = 5


@dataclass(slots=True)
class Report:
    """The counts are VEVENTs of the source: a changed date of a series counts as one.

    `kept` counts events known from before that the source doesn't hold any more. A refused source
    has `errors` and changed nothing.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    cancelled: int = 0
    skipped: int = 0
    kept: int = 0
    dry_run: bool = False
    warnings: list[Note] = field(default_factory=list)
    errors: list[Note] = field(default_factory=list)
    more_warnings: int = 0

    def warn(self, notes: Iterable[Note]) -> None:
        """Add warnings; beyond the limit only their number is kept.

        They quote the file: what could harm a terminal or a page is taken out of them.
        """
        for note in notes:
            if len(self.warnings) < MAX_NOTES:
                self.warnings.append(Note(note.line, clean(note.uid), clean(note.message)))
            else:
                self.more_warnings += 1

    @property
    def taken(self) -> bool:
        """Whether the source was taken."""
        return not self.errors

    def to_json(self) -> str:
        """Return the report as JSON, on several lines."""
        data = asdict(self)
        if data.pop("more_warnings"):
            data["warnings"].append({"line": 0, "uid": "", "message": _more(self.more_warnings)})
        return json.dumps(data, ensure_ascii=False, indent=1)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Report":
        """Read what `asdict` gave, as kept in the database."""
        lists = {name: [Note(**note) for note in data[name]] for name in ("warnings", "errors")}
        return cls(**{**data, **lists})

    def counts(self) -> list[tuple[int, str]]:
        """Return the numbers that aren't 0, each with its words."""
        rows = (
            (self.created, ngettext("événement ajouté", "événements ajoutés", self.created)),
            (self.updated, ngettext("événement modifié", "événements modifiés", self.updated)),
            (self.cancelled, ngettext("événement annulé", "événements annulés", self.cancelled)),
            (
                self.unchanged,
                ngettext("événement inchangé", "événements inchangés", self.unchanged),
            ),
            (
                self.skipped,
                ngettext("élément laissé de côté", "éléments laissés de côté", self.skipped),
            ),
            (
                self.kept,
                ngettext(
                    "événement absent de la source, gardé ici",
                    "événements absents de la source, gardés ici",
                    self.kept,
                ),
            ),
        )
        return [(number, words) for number, words in rows if number]

    def remarks(self) -> list[tuple[str, int, list[int]]]:
        """Return the warnings by their words: (words, how often, first lines), the frequent first."""
        often = Counter(note.message for note in self.warnings)
        lines: dict[str, list[int]] = {}
        for note in self.warnings:
            if note.line and len(lines.setdefault(note.message, [])) < _LINES_SHOWN:
                lines[note.message].append(note.line)
        return [(words, number, lines.get(words, [])) for words, number in often.most_common()]

    def sentences(self) -> Iterator[str]:
        """Say the report in words that need no knowledge of calendars, a line at a time."""
        if self.errors:
            yield _("Rien n’a été importé.")
            yield from (note.message for note in self.errors)
            return
        yield _("Essai, rien n’est enregistré :") if self.dry_run else _("Import terminé :")
        yield from (f"  {number} {words}" for number, words in self.counts())
        if not self.counts():
            yield "  " + _("aucun événement dans cette source")
        if self.warnings:
            yield _("À vérifier :")
        for words, number, lines in self.remarks():
            yield f"  • {words}{_where(number, lines)}"
        if self.more_warnings:
            yield "  • " + _more(self.more_warnings)


def refused(refusal: PalabreError) -> Report:
    """Return the report of a source that was refused as a whole."""
    return Report(errors=[Note(0, "", refusal.message)])


def nothing_new(number: int) -> Report:
    """Return the report of an address that answers "not changed" for its `number` VEVENTs."""
    return Report(unchanged=number)


def _where(number: int, lines: list[int]) -> str:
    if not lines:
        return "" if number == 1 else _(" ({number} fois)").format(number=number)
    shown = ", ".join(map(str, lines)) + ("…" if number > len(lines) else "")
    if number == 1:
        return _(" (ligne {lines})").format(lines=shown)
    return _(" ({number} fois, lignes {lines})").format(number=number, lines=shown)


def _more(number: int) -> str:
    return ngettext("et {number} autre remarque", "et {number} autres remarques", number).format(
        number=number
    )
