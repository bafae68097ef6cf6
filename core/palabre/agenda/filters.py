"""What a list can be narrowed by: registered once, true in pages, feeds and the API.

A filter reads the values of one query parameter and compiles to one SQL condition. A `Selection`
is a set of filters with values that can be used: canonical, so that the same wish always has the
same address, and frozen, so that a feed can be kept under it.

An event is selected when at least one of its dates is: the filters of dates and places speak of
single dates (aliases `o` for core_occurrence and `v` for its venue), all others of the whole event
(alias `e` for core_event). Lists show the dates, feeds the events; both come from here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlencode

from palabre.agenda.periods import PERIODS
from palabre.agenda.sql import Arguments, Moment
from palabre.errors import Refused
from palabre.i18n import gettext as _

MAX_VALUES = 20  # per filter: more is a mistake or an attack, and no form of ours sends it

Compile = Callable[[Sequence[str], Arguments, Moment], str]


@dataclass(frozen=True, slots=True)
class Filter:
    """One way to narrow a list.

    `name` is the query parameter, `label` its French name. `read` turns one raw value into its
    canonical form, "" when it says nothing, and raises Refused for what can't be meant. `where`
    compiles the canonical values. `several` allows more than one value, `of_dates` says that the
    condition speaks of single dates, `rolls` that its meaning changes with the day. `choices` are
    the values that a form may offer, with their French names.

    `plugin` is whose it is, "" for the core's, and `options` its SQL for values that a form may
    offer. `is_closed` says that it is known and can't be used: its plugin is away.
    """

    name: str
    label: str
    read: Callable[[str], str]
    where: Compile
    several: bool = False
    of_dates: bool = False
    rolls: bool = False
    choices: Mapping[str, str] = field(default_factory=dict, hash=False)
    plugin: str = ""
    options: str = ""
    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """Filters and their canonical values, sorted by name: equal wishes are equal values."""

    parts: tuple[tuple[Filter, tuple[str, ...]], ...] = ()

    @property
    def query(self) -> str:
        """The canonical query string, without `?`; "" for the whole agenda."""
        return urlencode([(f.name, value) for f, values in self.parts for value in values])

    @property
    def rolls(self) -> bool:
        """Whether the selection changes with the day even when no event does."""
        return any(f.rolls for f, _values in self.parts)

    @property
    def is_foreign(self) -> bool:
        """Whether a plugin has a part in it."""
        return any(f.plugin for f, _values in self.parts)

    def values(self, name: str) -> tuple[str, ...]:
        """Return the canonical values of the filter `name`, () when it is not in use."""
        return next((values for f, values in self.parts if f.name == name), ())

    def with_value(self, added: Filter, value: str) -> "Selection":
        """Return this selection narrowed to one canonical value of the filter `added`."""
        others = (part for part in self.parts if part[0].name != added.name)
        return Selection(tuple(sorted((*others, (added, (value,))), key=_by_name)))

    def without(self, name: str, value: str | None = None) -> "Selection":
        """Return this selection without the filter `name`, or without one of its values."""
        kept = (
            (f, tuple(v for v in values if f.name != name or (value is not None and v != value)))
            for f, values in self.parts
        )
        return Selection(tuple((f, values) for f, values in kept if values))

    def where_event(self, arguments: Arguments, moment: Moment) -> str:
        """Compile to a condition on core_event `e`: whole events, as feeds need them."""
        conditions = [self._compile(arguments, moment, of_dates=False)]
        if any(f.of_dates for f, _values in self.parts):
            dates = self._compile(arguments, moment, of_dates=True)
            conditions.append(
                "EXISTS (SELECT 1 FROM core_occurrence o LEFT JOIN core_venue v"  # noqa: S608 (our own text; values travel as arguments)
                f" ON v.id = COALESCE(o.venue_id, e.venue_id) WHERE o.event_id = e.id AND {dates})"
            )
        return " AND ".join(conditions)

    def where_date(self, arguments: Arguments, moment: Moment) -> str:
        """Compile to a condition on `e`, `o` and `v` joined: single dates, as lists need them."""
        return " AND ".join(
            self._compile(arguments, moment, of_dates=of_dates) for of_dates in (False, True)
        )

    def _compile(self, arguments: Arguments, moment: Moment, *, of_dates: bool) -> str:
        conditions = [
            f"({f.where(values, arguments, moment)})"
            for f, values in self.parts
            if f.of_dates is of_dates
        ]
        return " AND ".join(conditions) or "true"


EVERYTHING = Selection()
PUBLISHED = "(e.publication = 'published' AND e.gone_at IS NULL)"


class BadFilters(Refused):
    """Some filters can't be used; `errors` says why by parameter, `usable` is what can."""

    def __init__(self, errors: Mapping[str, str], usable: Selection) -> None:
        super().__init__(" ".join(errors.values()), next(iter(errors)))
        self.errors = errors
        self.usable = usable


def parse(parameters: Iterable[tuple[str, str]], filters: Sequence[Filter]) -> Selection:
    """Read a query string's pairs; unknown names and empty values say nothing.

    `filters` are all the filters that the site knows. Raises BadFilters with one French sentence
    per filter that can't be used.
    """
    known = {f.name: f for f in filters}
    given: dict[str, list[str]] = {}
    for name, raw in parameters:
        if name in known:
            given.setdefault(name, []).append(raw)
    parts: dict[str, tuple[str, ...]] = {}
    errors: dict[str, str] = {}
    for name, raws in given.items():
        try:
            values = _read(known[name], raws)
        except Refused as refused:
            errors[name] = refused.message
        else:
            if values:
                parts[name] = values
    _settle_dates(parts, errors)
    selection = Selection(tuple((known[name], parts[name]) for name in sorted(parts)))
    if errors:
        raise BadFilters(errors, selection)
    return selection


def first_day(selection: Selection, moment: Moment) -> date | None:
    """Return the day at which the selection begins, or None when it has no beginning."""
    if when := selection.values("quand"):
        return PERIODS[when[0]](moment.today)[0]
    since = selection.values("du")
    return date.fromisoformat(since[0]) if since else None


def _by_name(part: tuple[Filter, tuple[str, ...]]) -> str:
    return part[0].name


def _read(f: Filter, raws: Sequence[str]) -> tuple[str, ...]:
    values = sorted({value for raw in raws[: MAX_VALUES + 1] if (value := f.read(raw))})
    if len(raws) > MAX_VALUES:
        raise Refused(_("Trop de valeurs à la fois : choisissez-en moins."), f.name)
    if len(values) > 1 and not f.several:
        raise Refused(_("Une seule valeur est possible ici."), f.name)
    return tuple(values)


def _settle_dates(parts: dict[str, tuple[str, ...]], errors: dict[str, str]) -> None:
    """Explicit dates win over "this week"; an end before its beginning is said, not guessed."""
    since, until = parts.get("du"), parts.get("au")
    if since or until:
        parts.pop("quand", None)
    if since and until and until[0] < since[0]:
        errors["au"] = _("La période finit avant d’avoir commencé : vérifiez les deux dates.")
        del parts["au"]
