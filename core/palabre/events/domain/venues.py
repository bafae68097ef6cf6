"""Places: found again by their words, made when new, merged when the same twice."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from uuid import UUID

from palabre.audit import domain as audit
from palabre.database.connection import fetch, transaction
from palabre.database.ids import new_id
from palabre.database.slugs import slugify
from palabre.errors import Denied, NotFound, Refused
from palabre.events.domain.derived import touch_events
from palabre.events.models import Venue
from palabre.events.texts import line, link
from palabre.events.values import Accessibility, Place
from palabre.i18n import gettext as _
from palabre.people.permissions import Actor, can

MAX_TEXT = 200
MAX_POSTAL_CODE = 20
MAX_NEIGHBOURS = 200


def match_key(place: Place) -> str:
    """Return what two writings of the same place share: its folded name, street and town."""
    return "|".join(slugify(part, 200) for part in (place.name, place.address, place.commune))


def place_of(venue: Venue) -> Place:
    """Return a venue's words and numbers."""
    return Place(
        name=venue.name,
        address=venue.address,
        postal_code=venue.postal_code,
        commune=venue.commune,
        country=venue.country,
        latitude=venue.latitude,
        longitude=venue.longitude,
    )


async def find_or_create(places: Sequence[Place], *, is_demo: bool = False) -> list[UUID]:
    """Return one venue id per place, in order; unknown places are made.

    A merged venue gives the one it was merged into. The same number of queries for any number of
    places.
    """
    if not places:
        return []
    async with transaction() as connection:
        await connection.one_at_a_time("name venues")
        return await _find_or_create(places, is_demo=is_demo)


async def _find_or_create(places: Sequence[Place], *, is_demo: bool) -> list[UUID]:
    keys = [match_key(place) for place in places]
    known = {
        venue.match_key: venue.merged_into_id or venue.id
        for venue in await Venue.filter(match_key__in=list(set(keys))).order_by("-created_at")
    }
    fresh: dict[str, Venue] = {}
    for key, place in zip(keys, places, strict=True):
        if key not in known and key not in fresh:
            fresh[key] = _new_venue(place, key, is_demo=is_demo)
    if fresh:
        await _give_free_slugs(list(fresh.values()))
        await Venue.bulk_create(list(fresh.values()), batch_size=500)
        known |= {key: venue.id for key, venue in fresh.items()}
    return [known[key] for key in keys]


async def by_slug(slug: str) -> Venue:
    """Return the venue at this address; raises NotFound, for a merged one too."""
    venue = await Venue.get_or_none(slug=slug, merged_into_id=None)
    if venue is None:
        raise NotFound(_("Ce lieu n’existe pas, ou a déjà été réuni à un autre."))
    return venue


async def neighbours(venue: Venue) -> list[Venue]:
    """Return the other venues of its commune, by name: where its double would be."""
    others = Venue.filter(commune_slug=venue.commune_slug, merged_into_id=None)
    return await others.exclude(id=venue.id).order_by("name").limit(MAX_NEIGHBOURS)


async def edit(
    actor: Actor,
    slug: str,
    place: Place,
    *,
    url: str = "",
    accessibility: Sequence[Accessibility] = (),
) -> None:
    """Correct a venue, for all events there; their subscribers are told.

    Raises Denied, NotFound, or Refused with the field that can't be taken.
    """
    if not can(actor, "venue.edit"):
        raise Denied(_("Seules les personnes qui publient peuvent corriger un lieu."))
    venue = await by_slug(slug)
    cleaned = clean_place(place)
    async with transaction() as connection:
        await Venue.filter(id=venue.id).update(
            **asdict(cleaned),
            url=link(url, "url"),
            accessibility=[code.value for code in accessibility],
            match_key=match_key(cleaned),
            commune_slug=slugify(cleaned.commune),
        )
        rows = await connection.fetch(_HELD, venue.id)
        await touch_events(connection, [row["id"] for row in rows])
        await audit.record(
            actor, "venue.edited", kind="venue", object_id=venue.id, events=len(rows)
        )


def clean_place(place: Place) -> Place:
    """Return `place` as it will be stored; raises Refused with the field that can't be taken."""
    name = line(place.name, "name", MAX_TEXT)
    if not name:
        raise Refused(_("Donnez un nom au lieu."), "name")
    country = line(place.country, "country", MAX_TEXT).upper()
    if len(country) != 2 or not country.isalpha() or not country.isascii():
        raise Refused(_("Écrivez le pays en deux lettres, comme FR."), "country")
    _check_position(place.latitude, place.longitude)
    return replace(
        place,
        name=name,
        address=line(place.address, "address", MAX_TEXT),
        postal_code=line(place.postal_code, "postal_code", MAX_POSTAL_CODE),
        commune=line(place.commune, "commune", MAX_TEXT),
        country=country,
    )


def _check_position(latitude: float | None, longitude: float | None) -> None:
    if (latitude is None) != (longitude is None):
        missing = "latitude" if latitude is None else "longitude"
        raise Refused(_("Donnez la latitude et la longitude, ou aucune des deux."), missing)
    if latitude is None or longitude is None:
        return
    if not -90 <= latitude <= 90:  # also refuses NaN
        raise Refused(_("Une latitude va de -90 à 90 degrés."), "latitude")
    if not -180 <= longitude <= 180:
        raise Refused(_("Une longitude va de -180 à 180 degrés."), "longitude")


async def merge(actor: Actor, from_slug: str, into_slug: str) -> int:
    """Make `from` a pointer to `into` and move its events there; returns how many moved."""
    if not can(actor, "venue.merge"):
        raise Denied(_("Seule la modération peut réunir deux lieux."))
    if from_slug == into_slug:
        raise Refused(_("Choisissez deux lieux différents."), field="into")
    duplicate = await Venue.get_or_none(slug=from_slug)
    kept = await Venue.get_or_none(slug=into_slug, merged_into_id=None)
    if duplicate is None or kept is None:
        raise NotFound(_("Ce lieu n’existe pas, ou a déjà été réuni à un autre."))
    async with transaction() as connection:
        await Venue.filter(merged_into_id=duplicate.id).update(merged_into_id=kept.id)
        await Venue.filter(id=duplicate.id).update(merged_into_id=kept.id)
        rows = await connection.fetch(_MOVE, duplicate.id, kept.id)
        await touch_events(connection, [row["id"] for row in rows])
        await audit.record(
            actor,
            "venue.merged",
            kind="venue",
            object_id=duplicate.id,
            into=str(kept.id),
            events=len(rows),
        )
    return len(rows)


_HELD = """
SELECT id FROM core_event WHERE venue_id = $1::uuid
   OR overrides @> jsonb_build_array(jsonb_build_object('venue_id', $1::uuid::text))
"""
# Single dates name their venue inside the overrides' JSON; ids are unique words there.
_MOVE = """
UPDATE core_event
SET venue_id = CASE WHEN venue_id = $1::uuid THEN $2::uuid ELSE venue_id END,
    overrides = replace(overrides::text, $1::uuid::text, $2::uuid::text)::jsonb
WHERE venue_id = $1::uuid
   OR overrides @> jsonb_build_array(jsonb_build_object('venue_id', $1::uuid::text))
RETURNING id
"""


def _new_venue(place: Place, key: str, *, is_demo: bool) -> Venue:
    return Venue(
        id=new_id(),
        slug=slugify(f"{place.name} {place.commune}") or "lieu",
        name=place.name,
        address=place.address,
        postal_code=place.postal_code,
        commune=place.commune,
        commune_slug=slugify(place.commune),
        country=place.country,
        latitude=place.latitude,
        longitude=place.longitude,
        match_key=key,
        is_demo=is_demo,
    )


async def _give_free_slugs(venues: Sequence[Venue]) -> None:
    wanted = [venue.slug for venue in venues]
    rows = await fetch("SELECT slug FROM core_venue WHERE slug = ANY($1)", wanted)
    taken = {row["slug"] for row in rows}
    for venue in venues:
        if venue.slug in taken:
            venue.slug = f"{venue.slug}-{venue.id.hex[-8:]}"
        taken.add(venue.slug)
