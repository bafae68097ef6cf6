"""The questions that the agenda's pages ask the database, each once and by name.

Rows come raw: models would cost more than all the rest of a page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from palabre.agenda.cards import COLUMNS, TABLES, Card, card_from
from palabre.agenda.cursors import Cursor
from palabre.agenda.filters import PUBLISHED, Selection, first_day
from palabre.agenda.sql import Arguments, Moment
from palabre.database.connection import fetch
from palabre.i18n import language

PAGE_SIZE = 30
RUNNING_SHOWN = 12  # what already runs comes first and must not bury what begins today
PER_DAY = 6  # in a month's cell; a link leads to the rest
LASTING = "o.ends_at - o.starts_at >= interval '20 hours'"  # as the partial index has it
MAX_SPAN = 100  # rows of what runs through a whole month or week


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a list or grid; `total` counts all its dates, also those not shown."""

    date: date
    cards: tuple[Card, ...]
    total: int


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of a list: what already runs, then day by day; and where it goes on."""

    running: tuple[Card, ...]
    days: tuple[Day, ...]
    earlier: Cursor | None
    later: Cursor | None

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is on this page."""
        return not self.running and not self.days


@dataclass(frozen=True, slots=True)
class Grid:
    """The days of a month or a week, and what runs through them from before."""

    first: date
    last: date
    running: tuple[Card, ...]
    days: Mapping[date, Day]

    def day(self, day: date) -> Day:
        """Return what is on `day`; nothing, if nothing is."""
        return self.days.get(day, Day(day, (), 0))


async def list_page(
    selection: Selection, moment: Moment, cursor: Cursor | None = None, size: int = PAGE_SIZE
) -> ListPage:
    """Return a page of a list.

    Without a cursor it opens at today, or where the selection itself begins. Following `later`
    and `earlier` from there meets every date of the selection. What began before the opening day
    and still runs is also shown on the opening page, under `running`.
    """
    if cursor is None:
        return await _opening(selection, moment, size)
    cards, more = await _cards_from(selection, moment, cursor, size)
    return ListPage((), _by_day(cards), _earlier(cards, cursor, more), _later(cards, cursor, more))


async def _opening(selection: Selection, moment: Moment, size: int) -> ListPage:
    begins = first_day(selection, moment)
    day = begins or moment.today
    start = Cursor(moment.midnight(day), 0)
    cards, more = await _cards_from(selection, moment, start, size)
    begun = await _begun(selection, moment, day, RUNNING_SHOWN + 1, nights=begins is not None)
    shown = begun[:RUNNING_SHOWN]
    if begins is None:
        has_earlier = await _has_past(selection, moment, start)
    else:
        has_earlier = len(begun) > RUNNING_SHOWN
    return ListPage(
        running=tuple(card for card in shown if card.day < day),
        days=_by_day([*cards, *(card for card in shown if card.day >= day)]),
        earlier=Cursor(start.at, 0, backwards=True) if has_earlier else None,
        later=_later(cards, start, more),
    )


def _earlier(cards: Sequence[Card], cursor: Cursor, more: bool) -> Cursor | None:  # noqa: FBT001  private
    """Where the list goes on towards the past: nowhere from its very beginning."""
    if cursor.backwards and not more:
        return None
    if not cards:
        return Cursor(cursor.at, cursor.id + 1, backwards=True)
    return Cursor(cards[0].instant, cards[0].id, backwards=True)


def _later(cards: Sequence[Card], cursor: Cursor, more: bool) -> Cursor | None:  # noqa: FBT001  private
    """Where the list goes on towards the future: nowhere from its very end."""
    if not cursor.backwards and not more:
        return None
    if not cards:
        return Cursor(cursor.at, max(cursor.id - 1, 0))
    return Cursor(cards[-1].instant, cards[-1].id)


async def _cards_from(
    selection: Selection, moment: Moment, cursor: Cursor, size: int
) -> tuple[list[Card], bool]:
    """Return up to `size` cards from the cursor on, in time's order, and whether there are more."""
    arguments = Arguments()
    sign, order = ("<", "DESC") if cursor.backwards else (">", "ASC")
    at, number = arguments.add(cursor.at), arguments.add(cursor.id)
    condition = f"(o.starts_at, o.id) {sign} ({at}::timestamptz, {number}::bigint)"
    cards = await _cards(
        selection, moment, arguments, condition, f"o.starts_at {order}, o.id {order}", size + 1
    )
    kept = cards[:size]
    return (kept[::-1] if cursor.backwards else kept), len(cards) > size


async def _cards(
    selection: Selection,
    moment: Moment,
    arguments: Arguments,
    condition: str,
    order: str,
    limit: int,
) -> list[Card]:
    columns = COLUMNS.format(language=arguments.add(language.get()) + "::text")
    where = selection.where_date(arguments, moment)
    sql = (
        f"SELECT {columns} FROM {TABLES} WHERE {PUBLISHED} AND {condition} AND {where}"  # noqa: S608 (our own text; values travel as arguments)
        f" ORDER BY {order} LIMIT {limit}"
    )
    rows = await fetch(sql, *arguments.values)
    return [card_from(row, moment.zone) for row in rows]


async def _begun(
    selection: Selection, moment: Moment, day: date, limit: int, *, nights: bool
) -> list[Card]:
    """Return what began before `day` and lasts into it: soonest over first.

    With `nights` also what is no exhibition but an evening that goes on after midnight; then the
    selection itself must say until when dates count.
    """
    arguments = Arguments()
    midnight, last = arguments.add(moment.midnight(day)), arguments.add(day)
    # One day of margin for whole days elsewhere, so that the index of what lasts can be used.
    condition = (
        f"({LASTING} AND o.ends_at > {midnight}::timestamptz - interval '1 day'"
        f" AND CASE WHEN o.all_day THEN o.last_day >= {last} ELSE o.ends_at > {midnight} END)"
    )
    if nights:
        condition = f"({condition} OR o.starts_at > {midnight}::timestamptz - interval '20 hours')"
    condition += f" AND o.starts_at < {midnight}"
    return await _cards(selection, moment, arguments, condition, "o.ends_at, o.id", limit)


async def _has_past(selection: Selection, moment: Moment, cursor: Cursor) -> bool:
    """Whether the selection has any date before `cursor`."""
    arguments = Arguments()
    at = arguments.add(cursor.at)
    where = selection.where_date(arguments, moment)
    sql = f"SELECT 1 FROM {TABLES} WHERE {PUBLISHED} AND o.starts_at < {at} AND {where} LIMIT 1"  # noqa: S608  our own text; values travel as arguments
    return bool(await fetch(sql, *arguments.values))


def _by_day(cards: Sequence[Card]) -> tuple[Day, ...]:
    ordered = sorted(cards, key=lambda card: card.sort_key)
    grouped = groupby(ordered, key=lambda card: card.day)
    days = ((day, tuple(of_day)) for day, of_day in grouped)
    return tuple(Day(day, of_day, len(of_day)) for day, of_day in days)


async def grid(
    selection: Selection, moment: Moment, first: date, last: date, per_day: int = PER_DAY
) -> Grid:
    """Return the days from `first` to `last`, both included, each with up to `per_day` cards.

    What lasts for several days stands on its first day only; what began before `first` and still
    runs comes apart.
    """
    arguments = Arguments()
    zone = arguments.add(str(moment.zone))
    columns = COLUMNS.format(language=arguments.add(language.get()) + "::text")
    day = (
        "CASE WHEN o.all_day THEN o.first_day"
        f" ELSE (o.starts_at AT TIME ZONE {zone}::text)::date END"
    )
    # Two days of margin let the index work; the day itself decides.
    since = arguments.add(moment.midnight(first - timedelta(days=2)))
    until = arguments.add(moment.midnight(last + timedelta(days=3)))
    where = selection.where_date(arguments, moment)
    inner = (
        f"SELECT {columns}, {day} AS day FROM {TABLES} WHERE {PUBLISHED}"  # noqa: S608 (our own text; values travel as arguments)
        f" AND o.starts_at >= {since} AND o.starts_at < {until} AND {where}"
    )
    ranked = (
        "SELECT *, count(*) OVER (PARTITION BY day) AS total, row_number() OVER"  # noqa: S608 (the same)
        f" (PARTITION BY day ORDER BY all_day DESC, starts_at, id) AS place FROM ({inner}) AS dates"
        f" WHERE day BETWEEN {arguments.add(first)} AND {arguments.add(last)}"
    )
    rows = await fetch(
        f"SELECT * FROM ({ranked}) AS ranked WHERE place <= {arguments.add(per_day)}::bigint"  # noqa: S608 (the same)
        " ORDER BY day, place",
        *arguments.values,
    )
    totals = {row["day"]: row["total"] for row in rows}
    cards = _by_day([card_from(row, moment.zone) for row in rows])
    days = {found.date: Day(found.date, found.cards, totals[found.date]) for found in cards}
    running = await _begun(selection, moment, first, MAX_SPAN, nights=False)
    return Grid(first, last, tuple(c for c in running if c.day < first), days)
