"""The administrator's list of organisations."""

from dataclasses import dataclass

from palabre.database.connection import Row, fetch
from palabre.database.slugs import slugify

PER_PAGE = 50

# By slug: the name without accents and capitals, which is also what is searched.
_LIST = """
SELECT o.slug, o.name, o.kind, o.commune, o.verified_at IS NOT NULL AS verified,
       p.name AS parent, p.slug AS parent_slug,
       (SELECT count(*) FROM core_membership m WHERE m.organisation_id = o.id) AS members,
       (SELECT count(*) FROM core_membership m
        WHERE m.organisation_id = o.id AND m.role = 'owner') AS owners,
       (SELECT count(*) FROM core_event e WHERE e.organisation_id = o.id) AS events
FROM core_organisation o LEFT JOIN core_organisation p ON p.id = o.parent_id
WHERE o.slug > $1 AND o.merged_into_id IS NULL AND ($2 = '' OR strpos(o.slug, $2) > 0 OR strpos(lower(o.name), $3) > 0)
  AND ($4 = '' OR o.kind = $4)
  AND ($5 = '' OR ($5 = 'oui') = (o.verified_at IS NOT NULL))
ORDER BY o.slug LIMIT $6
"""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What the list is narrowed to; "" is everything. `verified` is "oui" or "non"."""

    text: str = ""
    kind: str = ""
    verified: str = ""


async def organisations(asked: Narrowing, after: str) -> tuple[list[Row], str | None]:
    """Return a page of organisations, and the slug after which the next page begins."""
    rows = await fetch(
        _LIST,
        after,
        slugify(asked.text),
        asked.text.lower(),
        asked.kind,
        asked.verified,
        PER_PAGE + 1,
    )
    return rows[:PER_PAGE], rows[PER_PAGE - 1]["slug"] if len(rows) > PER_PAGE else None
