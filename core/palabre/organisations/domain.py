"""What is done with organisations: made, corrected, verified, put below another.

Owners say what their organisation is; administrators say what it is to the site: its kind, whether
somebody has checked that it exists, and which other one it depends on.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from uuid import UUID

from palabre.audit import domain as audit
from palabre.database.connection import Connection, transaction
from palabre.errors import Denied, NotFound, Refused
from palabre.events.domain.derived import touch_events
from palabre.events.texts import block, line, link
from palabre.feeds.domain import announce
from palabre.i18n import gettext as _
from palabre.people.domain import MAX_NAME, create_organisation
from palabre.people.models import Organisation, OrganisationKind
from palabre.people.permissions import Actor, can

MAX_COMMUNE = 100
MAX_DESCRIPTION = 8_000  # bytes of UTF-8
BATCH = 200  # events told at a time

_NAMED = """
SELECT id FROM core_event WHERE organisation_id = $1
UNION SELECT event_id FROM core_co_organiser WHERE organisation_id = $1
ORDER BY 1
"""
# UNION drops what was found before, so that even a circle would end.
_ABOVE = """
WITH RECURSIVE above AS (
    SELECT id, parent_id FROM core_organisation WHERE id = $1
    UNION
    SELECT o.id, o.parent_id FROM core_organisation o JOIN above ON above.parent_id = o.id
)
SELECT id FROM above
"""


@dataclass(frozen=True, slots=True)
class Details:
    """What an organisation says of itself; its owners may change it."""

    name: str
    commune: str = ""
    url: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What an organisation is to the site; administrators decide. `parent` is a slug or ""."""

    kind: OrganisationKind
    verified: bool = False
    parent: str = ""


async def by_slug(slug: str) -> Organisation:
    """Return the organisation with its parent; raises NotFound."""
    found = await Organisation.get_or_none(
        slug=slug.replace("\0", ""), merged_into_id=None
    ).select_related("parent")
    if found is None:
        raise NotFound(_("Cette organisation n’existe pas, ou a été réunie à une autre."))
    return found


async def edit(
    actor: Actor, slug: str, details: Details, standing: Standing | None = None
) -> Organisation:
    """Change what an organisation says of itself and, for administrators, what it is to the site.

    Its address stays. When its events show what changed, their subscribers are told. Raises
    NotFound, Denied, or Refused with the field that can't be taken.
    """
    cleaned = _clean(details)
    async with transaction() as connection:
        await connection.one_at_a_time("organisations")
        found = await by_slug(slug)
        if not can(actor, "organisation.edit", found):
            raise Denied(
                _("Seules les personnes responsables peuvent modifier cette organisation.")
            )
        columns: dict[str, object] = asdict(cleaned)
        if standing is not None:
            columns |= await _standing(connection, actor, found, standing)
        changed = {name for name, value in columns.items() if getattr(found, name) != value}
        await Organisation.filter(id=found.id).update(**columns)
        if changed & {"name", "url"}:
            await _tell(connection, found.id)
        if changed:
            await announce(connection)
            await _record(actor, "organisation.edited", found.id, changed)
    return found


async def create(actor: Actor, details: Details, standing: Standing) -> Organisation:
    """Make an organisation; its address is made of its name. Raises Denied or Refused."""
    if not can(actor, "site.administer"):
        raise Denied(_("Seule l’administration du site crée des organisations."))
    cleaned = _clean(details)
    async with transaction() as connection:
        await announce(connection)
        made = await create_organisation(cleaned.name, kind=standing.kind, actor=actor)
        return await edit(actor, made.slug, cleaned, standing)


async def possible_parents(organisation: Organisation | None) -> Sequence[Organisation]:
    """Return the organisations below which this one could be put: all but itself, by name."""
    others = Organisation.filter(merged_into_id=None).order_by("name")
    return await (others.exclude(id=organisation.id) if organisation else others)


async def _standing(
    connection: Connection, actor: Actor, found: Organisation, standing: Standing
) -> dict[str, object]:
    if not can(actor, "site.administer"):
        raise Denied(_("Seule l’administration du site peut décider cela."))
    verified = found.verified_at or datetime.now(UTC)
    return {
        "kind": standing.kind,
        "verified_at": verified if standing.verified else None,
        "parent_id": await _parent(connection, found, standing.parent),
    }


async def _parent(connection: Connection, found: Organisation, slug: str) -> UUID | None:
    """Return the parent's id; raises Refused where it isn't there or itself depends on `found`."""
    if not slug:
        return None
    parent = await Organisation.get_or_none(slug=slug.replace("\0", ""), merged_into_id=None)
    if parent is None:
        raise Refused(_("Cette organisation n’existe pas, ou plus."), "parent")
    above = {row["id"] for row in await connection.fetch(_ABOVE, parent.id)}
    if found.id in above:
        message = _("« {name} » dépend déjà de cette organisation : cela ferait un cercle.")
        raise Refused(message.format(name=parent.name), "parent")
    return parent.id


async def _tell(connection: Connection, organisation_id: UUID) -> None:
    """Tell the subscribers of all events that show the organisation's name and site."""
    ids = [row["id"] for row in await connection.fetch(_NAMED, organisation_id)]
    for start in range(0, len(ids), BATCH):
        await touch_events(connection, ids[start : start + BATCH])


async def _record(actor: Actor, action: str, organisation_id: UUID, changed: set[str]) -> None:
    fields = ",".join(sorted(changed))
    await audit.record(actor, action, kind="organisation", object_id=organisation_id, fields=fields)


def _clean(details: Details) -> Details:
    name = line(details.name, "name", MAX_NAME)
    if not name:
        raise Refused(_("Indiquez un nom, de 120 caractères au plus."), "name")
    return Details(
        name=name,
        commune=line(details.commune, "commune", MAX_COMMUNE),
        url=link(details.url, "url"),
        description=block(details.description, "description", MAX_DESCRIPTION),
    )
