"""The organisations that an event names beside its own: found by their names, like venues."""

from collections.abc import Collection, Mapping
from uuid import UUID

from palabre.database.connection import fetch
from palabre.database.slugs import slugify
from palabre.errors import Refused
from palabre.events import places
from palabre.events.comparing import Names, venue_ids
from palabre.events.typed import Typed
from palabre.events.values import Content
from palabre.i18n import gettext as _

FIELD = "co_organisers"
MAX_PARTNERS = 12
SUGGESTED = 300
_MAX_TYPED = 300

_NAMES = "SELECT name FROM core_organisation WHERE merged_into_id IS NULL ORDER BY name LIMIT $1"
_SEARCH = (
    "SELECT id, name, slug FROM core_organisation WHERE slug LIKE ALL ($1)"
    " AND merged_into_id IS NULL ORDER BY name LIMIT 9"
)
_BY_NAME = (
    "SELECT id FROM core_organisation WHERE lower(name) = lower($1) AND merged_into_id IS NULL"
    " LIMIT 1"
)
_BY_IDS = "SELECT id, name FROM core_organisation WHERE id = ANY($1)"


async def suggestions() -> list[str]:
    """Return the names of organisations, for the field's list."""
    return [row["name"] for row in await fetch(_NAMES, SUGGESTED)]


async def names(organisation_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Return what the organisations are called, by id."""
    if not organisation_ids:
        return {}
    rows = await fetch(_BY_IDS, list(organisation_ids))
    return {row["id"]: row["name"] for row in rows}


async def names_in(*contents: Content) -> Names:
    """Return what the venues and organisations named in these versions are called."""
    partners = {partner for content in contents for partner in content.co_organiser_ids}
    return {**await places.labels(venue_ids(*contents)), **await names(partners)}


async def find(typed: Typed, own: UUID | None) -> tuple[UUID, ...]:
    """Return the organisations typed in the form, without `own`; raises Refused for an unknown."""
    written = [text.strip()[:_MAX_TYPED] for text in typed.many(FIELD) if text.strip()]
    if len(written) > MAX_PARTNERS:
        raise Refused(_("Nommez au plus {} organisations.").format(MAX_PARTNERS), FIELD)
    found = [await _find(text) for text in dict.fromkeys(written)]
    return tuple(partner for partner in dict.fromkeys(found) if partner != own)


async def _find(text: str) -> UUID:
    exact = await fetch(_BY_NAME, text.replace("\0", ""))
    words = [f"%{word}%" for word in slugify(text, _MAX_TYPED).split("-") if word]
    rows = exact or (await fetch(_SEARCH, words) if words else [])
    if len(rows) != 1:
        raise Refused(
            _("« {name} » n’est pas le nom d’une organisation d’ici.").format(name=text[:80]), FIELD
        )
    partner: UUID = rows[0]["id"]
    return partner
