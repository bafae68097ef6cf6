"""What a list can be narrowed to: the communes, categories and organisations that have events.

They change only when an event does, so they are kept with the pages (`PageCache.remember`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from palabre.agenda.filters import PUBLISHED
from palabre.agenda.sql import Moment
from palabre.database.connection import fetch
from palabre.database.slugs import fold

MAX_OPTIONS = 500  # per facet: a longer <select> helps nobody on a phone

_COMMUNES = f"""
SELECT v.commune_slug AS slug, min(v.commune) AS name,
       count(DISTINCT e.id) FILTER (WHERE e.last_at >= $1) AS coming
FROM core_event e
JOIN (SELECT id AS event_id, venue_id FROM core_event WHERE venue_id IS NOT NULL
      UNION SELECT event_id, venue_id FROM core_occurrence WHERE venue_id IS NOT NULL) AS held
  ON held.event_id = e.id
JOIN core_venue v ON v.id = held.venue_id
WHERE {PUBLISHED} AND v.commune_slug <> ''
GROUP BY v.commune_slug
"""  # noqa: S608 (a constant of ours)
_CATEGORIES = f"""
SELECT named.slug, min(named.name) AS name,
       count(DISTINCT e.id) FILTER (WHERE e.last_at >= $1) AS coming
FROM core_event e, unnest(e.category_slugs, e.categories) AS named (slug, name)
WHERE {PUBLISHED} AND named.slug <> ''
GROUP BY named.slug
"""  # noqa: S608 (a constant of ours)
_ORGANISATIONS = f"""
SELECT g.slug, g.name, count(DISTINCT e.id) FILTER (WHERE e.last_at >= $1) AS coming
FROM core_event e
JOIN (SELECT id AS event_id, organisation_id FROM core_event
      UNION SELECT event_id, organisation_id FROM core_co_organiser) AS held
  ON held.event_id = e.id
JOIN core_organisation g ON g.id = held.organisation_id
WHERE {PUBLISHED}
GROUP BY g.slug, g.name
"""  # noqa: S608 (a constant of ours)
_QUERIES = {"commune": _COMMUNES, "categorie": _CATEGORIES, "organisation": _ORGANISATIONS}


@dataclass(frozen=True, slots=True)
class Option:
    """A value that a filter may take: its name and how many of its events are still to come."""

    slug: str
    name: str
    coming: int


Facets = Mapping[str, Mapping[str, Option]]


async def facets(moment: Moment) -> Facets:
    """Return the options of each facet by filter name and slug, in the order of their names."""
    found: dict[str, Mapping[str, Option]] = {}
    since = moment.midnight(moment.today)
    for name, sql in _QUERIES.items():
        rows = await fetch(sql, since)
        options = [Option(row["slug"], row["name"], row["coming"]) for row in rows]
        options.sort(key=lambda option: (fold(option.name), option.slug))
        found[name] = {option.slug: option for option in options}
    return found
