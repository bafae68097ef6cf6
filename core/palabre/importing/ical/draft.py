"""One raw VEVENT, read: its properties, its time and its words, before it joins its series."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from palabre.events.values import Image, Place, Status, When
from palabre.i18n import gettext as _
from palabre.importing.ical import details, limits
from palabre.importing.ical.lines import Property, properties
from palabre.importing.ical.model import Entry, RawEvent
from palabre.importing.ical.notes import Notebook
from palabre.importing.ical.text import looks_garbled, plain, repaired
from palabre.importing.ical.times import Clock, Unreadable, stamp, when

_SHOWN = 60  # characters of a title in the report


@dataclass(frozen=True, slots=True)
class Draft:
    """What one VEVENT says; `title`, `description` and `place` are None where it says nothing."""

    entry: Entry
    said: Mapping[str, Property]
    found: Mapping[str, Sequence[Property]]
    when: When
    title: str | None
    description: str | None
    status: Status
    place: Place | None
    online_url: str
    url: str
    categories: tuple[str, ...]
    language: str
    image: Image | None
    private: bool


@dataclass(frozen=True, slots=True)
class Reader:
    """How the events of one calendar are read: its clock, and whether to mend double encoding."""

    clock: Clock
    repair: bool = False

    def draft(self, raw: RawEvent, notes: Notebook) -> Draft:
        """Read one raw event.

        Raises:
            Unreadable: it has no start, or a start or end that is no date.

        """
        found: dict[str, list[Property]] = {}
        for prop in properties(raw.octets, raw.line, notes):
            found.setdefault(prop.name, []).append(prop)
        said = {name: props[0] for name, props in found.items()}
        if raw.unclosed:
            notes.add(_("Fin d’événement oubliée : lu jusqu’à la partie suivante."))
        if not raw.uid:
            notes.add(_("Événement sans UID : reconnu à son début et à son titre."))
        recurs = "RRULE" in said or "RDATE" in said
        moment = when(said, self.clock, notes, recurs=recurs)
        title, status = details.headline(said, notes)
        text = details.long_text(said, notes)
        return Draft(
            entry=entry_of(raw, said),
            said=said,
            found=found,
            when=moment,
            title=self._words(title, notes) if "SUMMARY" in said else None,
            description=None if text is None else self._words(text, notes),
            status=status,
            place=details.place(said, notes),
            online_url=details.online_address(said),
            url=details.page_address(said, notes),
            categories=details.categories(found.get("CATEGORIES", ()), notes),
            language=details.language(said),
            image=details.picture(found),
            private=details.is_private(said),
        )

    def _words(self, text: str, notes: Notebook) -> str:
        if not looks_garbled(text):
            return text
        mended = repaired(text)
        if mended == text:
            return text
        if self.repair:
            notes.add(_("Accents deux fois encodés : réparés."))
            return mended
        notes.add(
            _("Accents deux fois encodés (« Ã© » pour « é ») : gardés tels quels, réparables.")
        )
        return text


def entry_of(raw: RawEvent, said: Mapping[str, Property]) -> Entry:
    """Return the identity of a raw event, with what orders its versions."""
    return Entry(
        key=raw.key,
        uid=raw.uid,
        recurrence_id=raw.recurrence_id,
        line=raw.line,
        fingerprint=raw.fingerprint,
        sequence=details.sequence(said),
        modified=stamp(said.get("LAST-MODIFIED")) or stamp(said.get("DTSTAMP")),
    )


def try_draft(reader: Reader, raw: RawEvent, notes: Notebook) -> Draft | None:
    """Read one raw event, or note why it is left out and return None."""
    try:
        return reader.draft(raw, notes)
    except Unreadable as error:
        reason = str(error)
    except (OverflowError, RecursionError):
        reason = _("Date hors de portée.")
    title = _title(raw)
    told = (
        _("« {title} » laissé de côté. {reason}")
        if title
        else _("Événement laissé de côté. {reason}")
    )
    notes.add(told.format(title=title, reason=reason))
    return None


def _title(raw: RawEvent) -> str:
    """Return the title of an event that can't be read further, for people to know which it is."""
    found = properties(raw.octets, raw.line, Notebook())
    title = next((prop.value for prop in found if prop.name == "SUMMARY"), "")
    words = plain(title[: limits.TITLE])
    return words if len(words) <= _SHOWN else words[: _SHOWN - 1] + "…"
