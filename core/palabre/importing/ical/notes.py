"""The notebook that a reader carries along: what it had to assume, line by line."""

from dataclasses import dataclass, field

from palabre.importing.ical.model import Note


@dataclass(slots=True)
class Notebook:
    """Collects notes about one event; the same words about the same event are written once."""

    uid: str = ""
    line: int = 0
    notes: list[Note] = field(default_factory=list)

    def add(self, message: str, line: int | None = None) -> None:
        """Write `message` beside `line` (the event's first line when not given)."""
        if all(note.message != message for note in self.notes):
            self.notes.append(Note(self.line if line is None else line, self.uid, message))
