"""Dates and repetitions as people say them, in French or another language.

    samedi 14 novembre 2026, de 14 h à 17 h 30
    chaque mardi jusqu’au 15 décembre 2026, sauf le 24 novembre

A rule that has no simple words is never approximated: "selon un rythme particulier (12 dates)".
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from babel.dates import get_day_names, get_month_names

from palabre import i18n
from palabre.events.recurrence import expand
from palabre.events.rules import Frequency, Rule, parse_rule, walk
from palabre.events.values import AllDay, Content, Recurrence, Start, Timed, When
from palabre.events.zones import zone_of
from palabre.i18n import gettext as _
from palabre.i18n import marked, ngettext
from palabre.web.text import FALLBACK_LOCALE, LOCALES, clock, day, day_month
from palabre.web.typography import french

# More dates than this are counted instead of named.
NAMED_DATES = 4
_NIGHT_ENDS = time(12)

_ORDINALS = {
    1: marked("premier"),
    2: marked("deuxième"),
    3: marked("troisième"),
    4: marked("quatrième"),
    5: marked("cinquième"),
    -1: marked("dernier"),
    -2: marked("avant-dernier"),
}


def when_in_words(when: When, language: str | None = None) -> str:
    """Say when in `language` (that of the request by default), on the clock of the event's zone."""
    with _speaking(language):
        return _days(when) if isinstance(when, AllDay) else _hours(when)


def recurrence_in_words(recurrence: Recurrence, when: When, language: str | None = None) -> str:
    """Say how an event that first takes place at `when` is repeated."""
    with _speaking(language):
        sentence = _listed(recurrence, when) if not recurrence.rule else _repeated(recurrence, when)
        return french(sentence) if i18n.language.get() == "fr" else sentence


@contextmanager
def _speaking(language: str | None) -> Iterator[None]:
    token = i18n.language.set(language or i18n.language.get())
    try:
        yield
    finally:
        i18n.language.reset(token)


def _days(when: AllDay) -> str:
    last = when.ends - timedelta(days=1)
    if last == when.starts:
        return _("{day}, toute la journée").format(day=day(last))
    return _("du {first} au {last}").format(first=_shorter(when.starts, last), last=_full(last))


def _hours(when: Timed) -> str:
    zone = zone_of(when.zone)
    starts = when.starts.astimezone(zone)
    ends = None if when.ends is None else when.ends.astimezone(zone)
    if ends is None or ends == starts:
        return _("{day} à {start}").format(day=day(starts), start=_clock(starts))
    words = {"day": day(starts), "start": _clock(starts), "end": _clock(ends)}
    nights = (ends.date() - starts.date()).days
    if nights == 0 or (nights == 1 and ends.time() == time()):
        return _("{day}, de {start} à {end}").format(**words)
    if nights == 1 and ends.time() <= _NIGHT_ENDS and ends.time() < starts.time():
        return _("{day}, de {start} à {end} le lendemain").format(**words)
    return _("du {day} à {start} au {last} à {end}").format(**words, last=day(ends))


def _clock(moment: datetime) -> str:
    if moment.time() == time():
        return _("minuit")
    return clock(moment)


def _repeated(recurrence: Recurrence, when: When) -> str:
    rule, first = parse_rule(recurrence.rule), _local(when)
    rhythm = _rhythm(rule, first)
    if rhythm is None:
        return _exotic(recurrence, when, rule)
    unmatched = next(walk(rule, first, first.date()), None) != first
    added = [*([when.starts] if unmatched else []), *recurrence.rdates]
    sentence = _ended(rhythm, rule, when)
    if added:
        sentence += _(", et aussi {dates}").format(dates=_named(added, when))
    if recurrence.exdates:
        sentence += _(", sauf {dates}").format(dates=_named(recurrence.exdates, when))
    return sentence


def _ended(rhythm: str, rule: Rule, when: When) -> str:
    if rule.count == 1:
        return _("une seule fois")
    if rule.count:
        return _("{rhythm}, {number} fois en tout").format(rhythm=rhythm, number=rule.count)
    if rule.until:
        last = _full(_local_day(rule.until, when))
        return _("{rhythm} jusqu’au {day}").format(rhythm=rhythm, day=last)
    return rhythm


def _listed(recurrence: Recurrence, when: When) -> str:
    removed = {_local_day(start, when) for start in recurrence.exdates}
    days = sorted(
        {_local_day(start, when) for start in (when.starts, *recurrence.rdates)} - removed
    )
    if len(days) > NAMED_DATES:
        return _("{number} dates, du {first} au {last}").format(
            number=len(days), first=_shorter(days[0], days[-1]), last=_full(days[-1])
        )
    return _several(days)


def _exotic(recurrence: Recurrence, when: When, rule: Rule) -> str:
    sentence = _("selon un rythme particulier")
    if rule.count is None and rule.until is None:
        return sentence
    number = len(expand(Content("", when, recurrence=recurrence)))
    counted = ngettext("{number} date", "{number} dates", number).format(number=number)
    return f"{sentence} ({counted})"


def _rhythm(rule: Rule, first: datetime) -> str | None:
    """Say how often, or None where no simple words are right."""
    if rule.by_week or rule.by_year_day or _other_hours(rule, first):
        return None
    if rule.by_position and not (len(rule.by_position) == 1 and len(rule.by_day) == 1):
        return None
    if rule.frequency is Frequency.MONTHLY and rule.interval == len(rule.by_month) == 1:
        rule = replace(rule, frequency=Frequency.YEARLY)  # each April is each year
    say: dict[Frequency, Callable[[Rule, datetime], str | None]] = {
        Frequency.DAILY: _daily,
        Frequency.WEEKLY: _weekly,
        Frequency.MONTHLY: _monthly,
        Frequency.YEARLY: _yearly,
    }
    sentence = say[rule.frequency](rule, first)
    if sentence is None or not rule.by_month or rule.frequency is Frequency.YEARLY:
        return sentence
    months = _and(_("en {month}").format(month=_month(number)) for number in rule.by_month)
    return f"{sentence}, {months}"


def _other_hours(rule: Rule, first: datetime) -> bool:
    said = (
        (rule.by_hour, first.hour),
        (rule.by_minute, first.minute),
        (rule.by_second, first.second),
    )
    return any(numbers and numbers != (own,) for numbers, own in said)


def _daily(rule: Rule, _first: datetime) -> str | None:
    if rule.by_month_day or rule.by_position:
        return None
    if rule.by_day:
        return _each_weekday(rule.by_day) if rule.interval == 1 else None
    if rule.interval == 1:
        return _("chaque jour")
    if rule.interval == 2:
        return _("un jour sur deux")
    return _("tous les {number} jours").format(number=rule.interval)


def _weekly(rule: Rule, first: datetime) -> str | None:
    if rule.by_month_day or rule.by_position:
        return None
    days = rule.by_day or ((0, first.weekday()),)
    if rule.interval == 1:
        return _each_weekday(days)
    if rule.interval == 2 and len(days) == 1:
        return _("un {day} sur deux").format(day=_weekday(days[0][1]))
    named = _and(_the(_weekday(number)) for _ordinal, number in days)
    if rule.interval == 2:
        return _("une semaine sur deux, {days}").format(days=named)
    return _("toutes les {number} semaines, {days}").format(number=rule.interval, days=named)


def _each_weekday(days: Sequence[tuple[int, int]]) -> str:
    numbers = [number for _ordinal, number in days]
    if numbers == list(range(7)):
        return _("chaque jour")
    if numbers == list(range(5)):
        return _("du lundi au vendredi, chaque semaine")
    return _and(_("chaque {day}").format(day=_weekday(number)) for number in numbers)


def _monthly(rule: Rule, first: datetime) -> str | None:
    days = _days_of_month(rule, first)
    if days is None:
        each = rule.interval == 1 and not rule.by_month_day and not rule.by_position
        plain = each and all(ordinal == 0 for ordinal, _number in rule.by_day)
        return _each_weekday(rule.by_day) if plain and rule.by_day else None
    if rule.interval == 1:
        return _("{days} de chaque mois").format(days=days)
    if rule.interval == 2:
        return _("un mois sur deux, {days}").format(days=days)
    return _("tous les {number} mois, {days}").format(number=rule.interval, days=days)


def _yearly(rule: Rule, first: datetime) -> str | None:
    if rule.by_day and not rule.by_month:
        return None
    if len(rule.by_month) > 1 or (rule.by_month_day and not rule.by_month):
        return None
    days = _days_of_month(rule, first)
    if days is None:
        return None
    month = _month(rule.by_month[0] if rule.by_month else first.month)
    within = _of_month(month) if rule.by_day else month
    if rule.interval == 1:
        return _("chaque année, {days} {month}").format(days=days, month=within)
    return _("tous les {number} ans, {days} {month}").format(
        number=rule.interval, days=days, month=within
    )


def _days_of_month(rule: Rule, first: datetime) -> str | None:
    """Say "le 1er et le 15" or "le premier samedi"; None for what is neither."""
    if rule.by_day:
        days = [(rule.by_position[0] if rule.by_position else n, d) for n, d in rule.by_day]
        if rule.by_month_day or any(ordinal not in _ORDINALS for ordinal, _number in days):
            return None
        if rule.by_position and rule.by_day[0][0]:
            return None
        return _and(
            _("le {ordinal} {day}").format(ordinal=_(_ORDINALS[n]), day=_weekday(d))
            for n, d in days
        )
    numbers = rule.by_month_day or (first.day,)
    if rule.by_position or any(number < -2 for number in numbers):
        return None
    named = _and(_day_number(number) for number in numbers)
    rare = rule.frequency is Frequency.MONTHLY and max(numbers) > 28
    return _("{days} (s’il existe)").format(days=named) if rare else named


def _day_number(number: int) -> str:
    if number < 0:
        return _("le {ordinal} jour").format(ordinal=_(_ORDINALS[number]))
    if number == 1:
        return _("le 1er")
    return _("le {number}").format(number=number)


def _named(starts: Sequence[Start], when: When) -> str:
    days = sorted({_local_day(start, when) for start in starts})
    if len(days) > NAMED_DATES:
        return _("{number} dates").format(number=len(days))
    return _several(days)


def _several(days: Sequence[date]) -> str:
    return _and([_the(_shorter(each, days[-1])) for each in days[:-1]] + [_the(_full(days[-1]))])


def _the(words: str) -> str:
    return _("le {day}").format(day=words)


def _and(words: Iterable[str]) -> str:
    *others, last = words
    return _("{others} et {last}").format(others=", ".join(others), last=last) if others else last


def _full(value: date) -> str:
    return f"{day_month(value)} {value.year}"


def _shorter(value: date, last: date) -> str:
    """Leave out what `last`, said right after, has in common with `value`."""
    if value.year != last.year:
        return _full(value)
    if value.month != last.month:
        return day_month(value)
    return "1er" if value.day == 1 and i18n.language.get() == "fr" else str(value.day)


def _weekday(number: int) -> str:
    return str(get_day_names("wide", locale=_locale())[number])


def _month(number: int) -> str:
    return str(get_month_names("wide", "format", locale=_locale())[number])


def _of_month(month: str) -> str:
    if i18n.language.get() == "fr" and month[0] in "ao":
        return _("d’{month}").format(month=month)
    return _("de {month}").format(month=month)


def _locale() -> str:
    return LOCALES.get(i18n.language.get(), FALLBACK_LOCALE)


def _local(when: When) -> datetime:
    if isinstance(when, AllDay):
        return datetime.combine(when.starts, time())
    return when.starts.astimezone(zone_of(when.zone)).replace(tzinfo=None, fold=0)


def _local_day(start: Start, when: When) -> date:
    if not isinstance(start, datetime):
        return start
    return (start.astimezone(zone_of(when.zone)) if start.tzinfo else start).date()
