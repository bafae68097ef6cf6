"""Organisations and venues as their pages show them."""

from dataclasses import dataclass
from typing import Any

from palabre.agenda.filters import PUBLISHED
from palabre.agenda.sql import Moment
from palabre.database.connection import fetch
from palabre.errors import NotFound
from palabre.events.models import Venue
from palabre.i18n import gettext as _
from palabre.i18n import marked
from palabre.people.models import Organisation, OrganisationKind

PER_PAGE = 100

KIND_NAMES = {
    OrganisationKind.ASSOCIATION: marked("Association"),
    OrganisationKind.COLLECTIVE: marked("Collectif"),
    OrganisationKind.AUTHORITY: marked("Collectivité"),
    OrganisationKind.SCHOOL: marked("École, collège ou lycée"),
    OrganisationKind.VENUE: marked("Lieu d’accueil"),
    OrganisationKind.GROUP: marked("Groupe d’habitants"),
    OrganisationKind.COMPANY: marked("Entreprise ou coopérative"),
    OrganisationKind.OTHER: marked("Autre structure"),
}

_ORGANISATIONS = f"""
SELECT g.slug, g.name, g.kind, g.commune, count(DISTINCT e.id) AS coming
FROM core_organisation g
LEFT JOIN core_co_organiser c ON c.organisation_id = g.id
LEFT JOIN core_event e ON (e.organisation_id = g.id OR e.id = c.event_id)
     AND {PUBLISHED} AND e.last_at >= $1
WHERE g.slug > $2 AND g.merged_into_id IS NULL
GROUP BY g.id
ORDER BY g.slug
LIMIT $3
"""  # noqa: S608  a constant of ours


@dataclass(frozen=True, slots=True)
class Listed:
    """An organisation in the list of all, with the number of its events to come."""

    slug: str
    name: str
    kind: OrganisationKind
    commune: str
    coming: int


async def organisations(moment: Moment, after: str) -> tuple[list[Listed], str | None]:
    """Return a page of organisations, and the slug after which the next page begins.

    They come in the order of their slugs: their names without accents and capitals. `after` is
    such a slug, "" for the first page.
    """
    since = moment.midnight(moment.today)
    rows = await fetch(_ORGANISATIONS, since, after, PER_PAGE + 1)
    found = [
        Listed(
            row["slug"], row["name"], OrganisationKind(row["kind"]), row["commune"], row["coming"]
        )
        for row in rows[:PER_PAGE]
    ]
    return found, found[-1].slug if len(rows) > PER_PAGE else None


async def organisation_at(slug: str) -> Organisation:
    """Return the organisation at this address, or the one that it was merged into.

    The first comes with both its parent and `merged_into`. Raises NotFound.
    """
    found = await Organisation.get_or_none(slug=slug).select_related("parent", "merged_into")
    if found is None:
        raise NotFound(_("Cette organisation n’existe pas."))
    return found


async def venue_at(slug: str) -> Venue:
    """Return the venue at this address, or the one that it was merged into; raises NotFound."""
    found = await Venue.get_or_none(slug=slug).select_related("merged_into")
    if found is None:
        raise NotFound(_("Ce lieu n’existe pas."))
    return found


def map_link(venue: Any) -> str:  # noqa: ANN401 (a Venue or anything with the same coordinates)
    """Return a link to the venue on OpenStreetMap, "" when nobody placed it."""
    if venue.latitude is None or venue.longitude is None:
        return ""
    place = f"{venue.latitude:.6f}/{venue.longitude:.6f}"
    return (
        f"https://www.openstreetmap.org/?mlat={venue.latitude:.6f}&mlon={venue.longitude:.6f}"
        f"#map=17/{place}"
    )
