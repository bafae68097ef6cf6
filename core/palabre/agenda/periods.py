"""Stretches of the calendar: "this week", a month, a week, as first and last day."""

import calendar
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from palabre.i18n import marked

Span = tuple[date, date]


def this_day(today: date) -> Span:
    """Return today alone."""
    return today, today


def next_day(today: date) -> Span:
    """Return tomorrow alone."""
    return today + timedelta(days=1), today + timedelta(days=1)


def rest_of_week(today: date) -> Span:
    """Return today until Sunday (ISO 8601 weeks)."""
    return today, today + timedelta(days=6 - today.weekday())


def weekend(today: date) -> Span:
    """Return Saturday and Sunday of this week; on Sunday, what is left of them."""
    sunday = today + timedelta(days=6 - today.weekday())
    return max(today, sunday - timedelta(days=1)), sunday


def rest_of_month(today: date) -> Span:
    """Return today until the last day of the month."""
    return today, month_span(today)[1]


def month_span(day: date) -> Span:
    """Return the first and the last day of the month of `day`."""
    length = calendar.monthrange(day.year, day.month)[1]
    return day.replace(day=1), day.replace(day=length)


def week_span(day: date) -> Span:
    """Return Monday and Sunday of the week of `day`."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


PERIODS: Mapping[str, Callable[[date], Span]] = {
    "aujourdhui": this_day,
    "demain": next_day,
    "semaine": rest_of_week,
    "week-end": weekend,
    "mois": rest_of_month,
}
PERIOD_NAMES: Mapping[str, str] = {
    "aujourdhui": marked("Aujourd’hui"),
    "demain": marked("Demain"),
    "semaine": marked("Cette semaine"),
    "week-end": marked("Ce week-end"),
    "mois": marked("Ce mois-ci"),
}
