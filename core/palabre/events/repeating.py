"""Repetitions as a form offers them, and the rules that they stand for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from palabre.errors import Refused
from palabre.events.rules import WEEKDAYS, Frequency, Rule
from palabre.i18n import gettext as _
from palabre.i18n import marked
from palabre.web.text import day, weekday

ONCE = ""
CUSTOM = "custom"
CHOICES: Mapping[str, str] = {
    ONCE: marked("Non, une seule fois"),
    "daily": marked("Chaque jour"),
    "weekly": marked("Chaque semaine"),
    "fortnightly": marked("Toutes les deux semaines"),
    "monthly_date": marked("Chaque mois, à la même date"),
    "monthly_weekday": marked("Chaque mois, le même jour de la semaine"),
    "monthly_last": marked("Chaque mois, le dernier de ces jours"),
    "yearly": marked("Chaque année"),
}
_WEEK = timedelta(days=7)


def rule_of(choice: str, weekdays: Sequence[str], first: date) -> Rule:
    """Return the rule that `choice` means for an event first on `first`, without an end.

    `weekdays` are MO … SU, used by weeks only; none means the weekday of `first`. Raises Refused
    (fields "repeat", "weekdays") when the first date isn't one of the rule's own.
    """
    own = first.weekday()
    match choice:
        case "daily":
            return Rule(Frequency.DAILY)
        case "weekly" | "fortnightly":
            days = _weekdays(weekdays, first)
            return Rule(Frequency.WEEKLY, 1 if choice == "weekly" else 2, by_day=days)
        case "monthly_date":
            return Rule(Frequency.MONTHLY, by_month_day=(first.day,))
        case "monthly_weekday":
            fifth = first.day > 28
            return Rule(
                Frequency.MONTHLY, by_day=((-1 if fifth else (first.day - 1) // 7 + 1, own),)
            )
        case "monthly_last":
            if (first + _WEEK).month == first.month:
                raise Refused(
                    _("Le {day} n’est pas le dernier {weekday} de son mois.").format(
                        day=day(first), weekday=weekday(first)
                    ),
                    "repeat",
                )
            return Rule(Frequency.MONTHLY, by_day=((-1, own),))
        case "yearly":
            return Rule(Frequency.YEARLY)
    raise Refused(_("Choisissez une répétition de la liste."), "repeat")


def choice_of(rule: Rule, first: date) -> tuple[str, tuple[str, ...]]:
    """Return the choice and weekdays that stand for `rule`; CUSTOM where the form has no words."""
    endless = _usual(replace(rule, count=None, until=None), first)
    weekdays = tuple(WEEKDAYS[number] for _ordinal, number in endless.by_day)
    for choice in CHOICES:
        try:
            if choice and rule_of(choice, weekdays, first) == endless:
                return choice, weekdays if endless.frequency is Frequency.WEEKLY else ()
        except Refused:
            continue
    return CUSTOM, ()


def _weekdays(chosen: Sequence[str], first: date) -> tuple[tuple[int, int], ...]:
    numbers = sorted({WEEKDAYS.index(name) for name in chosen if name in WEEKDAYS})
    if not numbers:
        return ((0, first.weekday()),)
    if first.weekday() not in numbers:
        nearest = next(
            first + timedelta(ahead)
            for ahead in range(1, 8)
            if (first + timedelta(ahead)).weekday() in numbers
        )
        raise Refused(
            _(
                "La première date est le {day}. Cochez aussi ce jour de la semaine,"
                " ou commencez le {nearest}."
            ).format(day=day(first), nearest=day(nearest)),
            "weekdays",
        )
    return tuple((0, number) for number in numbers)


def _usual(rule: Rule, first: date) -> Rule:
    """Write down what a rule leaves to its start, and drop what changes nothing."""
    single_week = rule.interval == 1 or len(rule.by_day) < 2
    if rule.frequency is not Frequency.WEEKLY or single_week:
        rule = replace(rule, week_start=0)
    plain = rule == Rule(rule.frequency, rule.interval)
    if rule.frequency is Frequency.WEEKLY and plain:
        return replace(rule, by_day=((0, first.weekday()),))
    if rule.frequency is Frequency.MONTHLY and plain:
        return replace(rule, by_month_day=(first.day,))
    if _is_nth_of_month(rule):
        return replace(rule, by_day=((rule.by_position[0], rule.by_day[0][1]),), by_position=())
    own_day = rule.by_month == (first.month,) and rule.by_month_day in {(), (first.day,)}
    if rule.frequency is Frequency.YEARLY and own_day:
        return replace(rule, by_month=(), by_month_day=())
    return rule


def _is_nth_of_month(rule: Rule) -> bool:
    """Tell whether BYDAY=SA;BYSETPOS=1 stands where BYDAY=1SA says the same."""
    monthly = rule.frequency is Frequency.MONTHLY and not rule.by_month_day
    return monthly and len(rule.by_position) == len(rule.by_day) == 1 and not rule.by_day[0][0]
