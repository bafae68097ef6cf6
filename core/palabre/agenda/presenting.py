"""From a selection to what its page shows around the list: links, chips, the filter form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from palabre.agenda.core_filters import CORE_FILTERS
from palabre.agenda.facets import MAX_OPTIONS, Facets, Option
from palabre.agenda.filters import Filter, Selection
from palabre.i18n import gettext as _
from palabre.web.text import day

BOXES = frozenset({"accessibilite"})  # every box narrows; all others choose
DATES = frozenset({"du", "au"})
APART = frozenset({"q", "lieu"})  # the search field has its own place; venues have their pages


@dataclass(frozen=True, slots=True)
class Chip:
    """An active filter in words; `away` is the address of the list without it."""

    label: str
    text: str
    away: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the filter form: `kind` is select, boxes, date or text."""

    name: str
    label: str
    kind: str
    options: tuple[tuple[str, str], ...]
    values: tuple[str, ...]

    @property
    def value(self) -> str:
        """The value that a single field shows."""
        return self.values[0] if self.values else ""


def href(path: str, selection: Selection, **more: object) -> str:
    """Return the address of a list: its path, its filters and what else is given."""
    parts = [selection.query, urlencode({name: str(value) for name, value in more.items()})]
    query = "&".join(part for part in parts if part)
    return f"{path}?{query}" if query else path


def chips(path: str, selection: Selection, found: Facets) -> list[Chip]:
    """Return every active filter with the way to take it off."""
    return [
        Chip(
            _(f.label),
            value_in_words(f, value, found),
            href(path, selection.without(f.name, value)),
        )
        for f, values in selection.parts
        for value in values
    ]


def value_in_words(f: Filter, value: str, found: Facets) -> str:
    """Return a canonical value as people say it: "Grenoble" for grenoble."""
    if f.name in DATES:
        return day(date.fromisoformat(value))
    if value in f.choices:
        return _(f.choices[value])
    option = found.get(f.name, {}).get(value)
    return option.name if option else value


def unknown(selection: Selection, found: Facets) -> list[str]:
    """Return a sentence for each value that no event ever bore: better than a silent empty list."""
    return [
        _("Aucun événement, passé ou à venir, pour « {value} » ({label}).").format(
            value=value, label=_(f.label)
        )
        for f, values in selection.parts
        if f.name in found
        for value in values
        if value not in found[f.name]
    ]


def fields(
    filters: Sequence[Filter], selection: Selection, found: Facets, typed: Mapping[str, str]
) -> list[Field]:
    """Return the filter form's fields; `typed` holds what could not be used, to be mended."""
    return [
        Field(f.name, _(f.label), _kind(f, found), _options(f, selection, found), values)
        for f in filters
        if f.name not in APART and not f.is_closed
        for values in [(typed[f.name],) if f.name in typed else selection.values(f.name)]
    ]


def _kind(f: Filter, found: Facets) -> str:
    if f.name in DATES:
        return "date"
    if f.name in BOXES:
        return "boxes"
    return "select" if f.choices or f.name in found else "text"


def _options(f: Filter, selection: Selection, found: Facets) -> tuple[tuple[str, str], ...]:
    if f.choices:
        listed = [(value, _(name)) for value, name in f.choices.items()]
    else:
        facet = found.get(f.name, {})
        kept = selection.values(f.name)
        coming = [o for o in facet.values() if o.coming != 0 or o.slug in kept]
        listed = [(o.slug, _counted(o)) for o in coming[:MAX_OPTIONS]]
    return tuple(listed) if f.name in BOXES else (("", _("Indifférent")), *listed)


def _counted(option: Option) -> str:
    return option.name if option.coming is None else f"{option.name} ({option.coming})"


def without_dates(selection: Selection) -> Selection:
    """Return the selection without its dates: a month or a week brings its own."""
    for name in ("quand", *DATES):
        selection = selection.without(name)
    return selection


def on_day(selection: Selection, day: date) -> Selection:
    """Return the selection on one day only."""
    plain = without_dates(selection)
    known = {f.name: f for f in CORE_FILTERS}
    return plain.with_value(known["du"], f"{day}").with_value(known["au"], f"{day}")
