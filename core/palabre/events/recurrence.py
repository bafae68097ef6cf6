"""The single dates of an event: its repetition walked, its exceptions taken in, always bounded.

content ──rule──► starts ──+RDATE −EXDATE──► originals ──overrides──► SingleDate, in order
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

from palabre.errors import Refused
from palabre.events.rules import Rule, parse_rule, walk
from palabre.events.values import AllDay, Content, Override, Recurrence, Start, Status, Timed, When
from palabre.events.zones import at_wall_clock, zone_of
from palabre.i18n import gettext as _

# What a series may hold before it is refused; a daily one of ten years still passes.
MAX_COUNT = 3_660
MAX_LISTED_DATES = 1_000
MAX_OVERRIDES = 500
# When a series is longer than the limit, this part of the limit is for coming dates.
_COMING_SHARE = 0.8
# How far back a long series is looked through for its recent dates.
_PAST_YEARS = 2
_LAST_YEAR = 9_990


@dataclass(frozen=True, slots=True)
class SingleDate:
    """One date of an event as it takes place.

    `original` is the start that the series gave it, None for an event that isn't repeated;
    `override` is what was changed for this date alone.
    """

    original: Start | None
    when: When
    override: Override | None = None
    cancelled: bool = False


def expand(
    content: Content, *, limit: int = 500, years: int = 3, today: date | None = None
) -> tuple[SingleDate, ...]:
    """Return the dates of `content`, at most `limit`, by start.

    A series is followed until `years` years after today, or after its start when that is later.
    One with more dates than `limit` keeps its coming dates first, then its recent ones, then its
    beginning; the first date is always among them. `today` is the current day in UTC by default.
    Raises Refused for a rule that can't be read or that is quicker than daily.
    """
    if content.recurrence is None:
        return (SingleDate(None, content.when),)
    today = today or datetime.now(UTC).date()
    series = _Series(content.when, content.recurrence, today, years)
    changes = {_key(override.original): override for override in content.overrides}
    dates = [
        _single(series, original, changes.pop(key, None))
        for key, original in series.originals(limit).items()
    ]
    # A change to a date that the series doesn't have (or no longer) is a date of its own.
    dates += [
        _single(series, override.original, override)
        for override in changes.values()
        if override.when is not None and not override.cancelled
    ]
    dates.sort(key=lambda single: _key(single.when.starts))
    return tuple(dates)


def check(content: Content) -> None:
    """Raise Refused (field "recurrence") when the repetition can't be read or asks for too much."""
    recurrence = content.recurrence
    if recurrence is None:
        return
    if recurrence.rule and (parse_rule(recurrence.rule).count or 0) > MAX_COUNT:
        raise _refused(_("Une répétition compte au plus {} dates."), MAX_COUNT)
    if max(len(recurrence.rdates), len(recurrence.exdates)) > MAX_LISTED_DATES:
        raise _refused(
            _("Un événement compte au plus {} dates ajoutées ou retirées."), MAX_LISTED_DATES
        )
    if len(content.overrides) > MAX_OVERRIDES:
        raise _refused(_("Un événement compte au plus {} dates modifiées."), MAX_OVERRIDES)
    if not expand(content, limit=1):
        raise _refused(_("Cette répétition ne laisse aucune date : toutes sont retirées."))


def moved(when: When, start: Start) -> When:
    """Return `when` begun at `start` instead, as long as before (RFC 5545 section 3.8.5.3)."""
    if isinstance(when, AllDay):
        day = _as_date(start)
        return AllDay(day, day + (when.ends - when.starts), when.zone)
    zone = zone_of(when.zone)
    begins = _as_datetime(start, when).astimezone(zone)
    if when.ends is None:
        return Timed(begins, None, when.zone, when.floating)
    length = when.ends.astimezone(UTC) - when.starts.astimezone(UTC)
    ends = (begins.astimezone(UTC) + length).astimezone(zone)
    return Timed(begins, ends, when.zone, when.floating)


class _Series:
    """A repeated event's own starts, before changes to single dates."""

    def __init__(self, when: When, recurrence: Recurrence, today: date, years: int) -> None:
        self.when = when
        self.recurrence = recurrence
        self.rule = parse_rule(recurrence.rule) if recurrence.rule else None
        self.today = today
        self.first = _as_date(when.starts) if isinstance(when, AllDay) else _local(when)
        self.last = _years_later(max(today, _as_date(self.first)), years)

    def originals(self, limit: int) -> dict[Start, Start]:
        """Return at most `limit` starts by their comparable key, in order."""
        removed = {_key(self._same_kind(start)) for start in self.recurrence.exdates}
        extra = (self._same_kind(start) for start in self.recurrence.rdates)
        kept = {
            _key(start): start
            for starts in (self._rule_starts(limit + len(removed)), extra)
            for start in starts
            if _key(start) not in removed
        }
        keys = _nearest(sorted(kept), limit, self.today)
        return {key: kept[key] for key in keys}

    def _rule_starts(self, enough: int) -> Iterable[Start]:
        if self.rule is None:
            return [self.when.starts]
        found = list(islice(self._walk(self.rule, None), enough + 1))
        if len(found) <= enough:
            return found
        coming = 0
        for start in self._walk(self.rule, _years_later(self.today, -_PAST_YEARS)):
            found.append(start)
            coming += _as_date(start) >= self.today
            if coming > enough:
                break
        return found

    def _walk(self, rule: Rule, skip_to: date | None) -> Iterator[Start]:
        """Yield the event's start, then those of the rule; the start counts (section 3.3.10)."""
        # Counting needs every date, so nothing is skipped; an absurd count is as good as none.
        count = rule.count if rule.count and rule.count <= MAX_COUNT else None
        skip_to = None if count else skip_to
        yield self.when.starts
        start = (
            self.first if isinstance(self.first, datetime) else datetime.combine(self.first, time())
        )
        emitted = 1
        for moment in walk(rule, start, self.last, skip_to):
            if moment == start:
                continue
            begins = self._place(moment)
            emitted += 1
            if (count and emitted > count) or self._is_over(rule, begins, moment):
                return
            yield begins

    def _place(self, moment: datetime) -> Start:
        if isinstance(self.when, AllDay):
            return moment.date()
        return at_wall_clock(moment, zone_of(self.when.zone))

    @staticmethod
    def _is_over(rule: Rule, begins: Start, moment: datetime) -> bool:
        until = rule.until
        if until is None:
            return False
        if not isinstance(until, datetime):
            return moment.date() > until
        if not isinstance(begins, datetime):
            return begins > until.date()
        return begins > until if until.tzinfo else moment > until

    def _same_kind(self, start: Start) -> Start:
        if isinstance(self.when, AllDay):
            return _as_date(start)
        return _as_datetime(start, self.when)


def _single(series: _Series, original: Start, override: Override | None) -> SingleDate:
    when = override.when if override and override.when else moved(series.when, original)
    cancelled = override is not None and (override.cancelled or override.status is Status.CANCELLED)
    return SingleDate(original, when, override, cancelled)


def _nearest(keys: list[Start], limit: int, today: date) -> list[Start]:
    """Choose `limit` of the sorted `keys`: the first, then coming, recent and early ones."""
    if len(keys) <= limit:
        return keys
    first, rest = keys[:1], keys[1:]
    coming = [key for key in rest if _as_date(key) >= today]
    past = [key for key in rest if _as_date(key) < today]
    room = limit - 1
    coming = coming[: max(round(room * _COMING_SHARE), room - len(past))]
    past = past[-(room - len(coming)) :] if room > len(coming) else []
    return first + past + coming


def _key(start: Start) -> Start:
    """Return what can be compared and hashed: UTC for instants (see PEP 495 on folds)."""
    return start.astimezone(UTC) if isinstance(start, datetime) else start


def _local(when: Timed) -> datetime:
    return when.starts.astimezone(zone_of(when.zone)).replace(tzinfo=None, fold=0)


def _as_date(start: Start) -> date:
    return start.date() if isinstance(start, datetime) else start


def _as_datetime(start: Start, when: Timed) -> datetime:
    if isinstance(start, datetime):
        return start
    return at_wall_clock(datetime.combine(start, _local(when).time()), zone_of(when.zone))


def _years_later(day: date, years: int) -> date:
    year = min(max(day.year + years, 1), _LAST_YEAR)
    return (date(year, day.month, 1) + timedelta(day.day - 1)) if year else day


def _refused(sentence: str, number: int | None = None) -> Refused:
    return Refused(sentence.format(number), field="recurrence")
