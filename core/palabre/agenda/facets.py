"""What a list can be narrowed to: the communes, categories and organisations that have events.

They change only when an event does, so they are kept with the pages (`PageCache.remember`).
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from palabre.agenda.filters import EVERYTHING, PUBLISHED, Filter
from palabre.agenda.plugin_filters import OPTIONS, asking
from palabre.agenda.sql import Moment
from palabre.database.connection import fetch
from palabre.database.slugs import fold
from palabre.errors import Unavailable

MAX_OPTIONS = 500  # per facet: a longer <select> helps nobody on a phone

# An event counts once per commune, also when it tours several of its venues.
_COMMUNES = f"""
SELECT slug, min(name) AS name, count(*) FILTER (WHERE coming) AS coming
FROM (SELECT e.id, v.commune_slug AS slug, v.commune AS name, e.last_at >= $1 AS coming
      FROM core_event e JOIN core_venue v ON v.id = e.venue_id WHERE {PUBLISHED}
      UNION
      SELECT e.id, v.commune_slug, v.commune, e.last_at >= $1
      FROM core_occurrence o JOIN core_event e ON e.id = o.event_id
      JOIN core_venue v ON v.id = o.venue_id WHERE {PUBLISHED}) AS held
WHERE slug <> ''
GROUP BY slug
"""  # noqa: S608  a constant of ours
_CATEGORIES = f"""
SELECT named.slug, min(named.name) AS name, count(*) FILTER (WHERE e.last_at >= $1) AS coming
FROM core_event e, unnest(e.category_slugs, e.categories) AS named (slug, name)
WHERE {PUBLISHED} AND named.slug <> ''
GROUP BY named.slug
"""  # noqa: S608  a constant of ours
_ORGANISATIONS = f"""
SELECT g.slug, g.name, sum(held.coming)::bigint AS coming
FROM (SELECT e.organisation_id AS id, count(*) FILTER (WHERE e.last_at >= $1) AS coming
      FROM core_event e WHERE {PUBLISHED} GROUP BY e.organisation_id
      UNION ALL
      SELECT c.organisation_id, count(*) FILTER (WHERE e.last_at >= $1)
      FROM core_co_organiser c JOIN core_event e ON e.id = c.event_id
      WHERE {PUBLISHED} GROUP BY c.organisation_id) AS held
JOIN core_organisation g ON g.id = held.id
GROUP BY g.slug, g.name
"""  # noqa: S608  a constant of ours
_QUERIES = {"commune": _COMMUNES, "categorie": _CATEGORIES, "organisation": _ORGANISATIONS}


@dataclass(frozen=True, slots=True)
class Option:
    """A value that a filter may take: its name and how many of its events are still to come.

    `coming` is None where nobody counts: for the values of plugins' filters.
    """

    slug: str
    name: str
    coming: int | None


Facets = Mapping[str, Mapping[str, Option]]


async def facets(moment: Moment, filters: Sequence[Filter] = ()) -> Facets:
    """Return the options of each facet by filter name and slug, in the order of their names.

    `filters` may bring facets of their own, which keep the order they come in. One whose query
    fails has none: its field takes words then.
    """
    found: dict[str, Mapping[str, Option]] = {}
    since = moment.midnight(moment.today)
    for name, sql in _QUERIES.items():
        rows = await fetch(sql, since)
        options = [Option(row["slug"], row["name"], row["coming"]) for row in rows]
        options.sort(key=lambda option: (fold(option.name), option.slug))
        found[name] = {option.slug: option for option in options}
    for f in filters:
        if f.options:
            with suppress(Unavailable), asking(EVERYTHING.with_value(f, "")):
                rows = await fetch(OPTIONS.format(f.options))
                found[f.name] = {
                    row["slug"]: Option(row["slug"], row["name"], None) for row in rows
                }
    return found
