"""The filters that plugins bring: compiled like the core's, closed when their plugin is away.

An open one is SQL over the plugin's tables, so that a plugin whose code fails and that is paused
goes on narrowing lists. One whose plugin is disabled, refused or not installed stays known: an
address that names it answers 503 (410 once the plugin was purged), never the whole agenda. Calendars
that subscribed then keep what they have (FEED.md H22).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

import asyncpg

from palabre import plugins
from palabre.agenda.core_filters import clean, one_of, read_slug
from palabre.agenda.filters import Compile, Filter, Selection
from palabre.agenda.sql import Arguments, Moment
from palabre.errors import Gone, Unavailable
from palabre.hookvalues import VALUES, ListFilter
from palabre.i18n import gettext as _
from palabre.plugins.list_filters import Remembered

if TYPE_CHECKING:
    from palabre.plugins import Plugins

OPTIONS = "SELECT slug, name FROM ({}) AS given (slug, name) LIMIT 1000"


def with_plugins(filters: tuple[Filter, ...]) -> tuple[Filter, ...]:
    """Return the core's `filters` and those of plugins, the closed ones included."""
    current = plugins.current()
    return filters + _brought(current, current.revision)


@contextmanager
def asking(selection: Selection) -> Iterator[None]:
    """Around a query with `selection`: when a plugin's part of it fails, that is the plugin's.

    Raises Unavailable instead of PostgreSQL's error.
    """
    try:
        yield
    except asyncpg.PostgresError as error:
        brought = [f for f, _values in selection.parts if f.plugin]
        if not brought:
            raise
        for f in brought:
            plugins.current().filter_failed(f.plugin, error)
        raise _away(brought[0].label) from error


@lru_cache(maxsize=2)
def _brought(current: "Plugins", _revision: int) -> tuple[Filter, ...]:
    """Compile anew only when a plugin comes or goes."""
    opened = [_opened(plugin, each) for plugin, each in current.filters]
    return (*opened, *map(_closed, current.closed_filters))


def _opened(plugin: str, each: ListFilter) -> Filter:
    read: Callable[[str], str] = clean
    if each.choices:
        read = one_of(each.choices)
    elif each.options:
        read = read_slug
    return Filter(
        each.name,
        each.label,
        read,
        _where(each.events),
        several=each.several,
        choices=each.choices,
        plugin=plugin,
        options=each.options,
    )


def _where(events: str) -> Compile:
    def where(values: Sequence[str], arguments: Arguments, moment: Moment) -> str:  # noqa: ARG001 (the shape of every filter)
        return f"e.id IN ({events.replace(VALUES, f'{arguments.add(list(values))}::text[]')})"

    return where


def _closed(known: Remembered) -> Filter:
    def read(raw: str) -> str:
        if not raw.strip():
            return ""
        if known.closed:
            raise Gone(
                _("Le filtre « {label} » n’existe plus : cette liste est fermée.").format(
                    label=_(known.label)
                )
            )
        raise _away(known.label)

    return Filter(known.name, known.label, read, _where("SELECT NULL::uuid"), is_closed=True)


def _away(label: str) -> Unavailable:
    return Unavailable(
        _(
            "Le filtre « {label} » ne fonctionne pas en ce moment. Les calendriers abonnés gardent"
            " ce qu’ils ont ; réessayez plus tard, ou retirez ce filtre."
        ).format(label=_(label))
    )
