"""Organisations that were merged, as those see them who write for organisations.

Writers hold an organisation together, a merge holds it alone: nothing can be written for one that
is just being merged. Taken before any row is locked, so that nobody waits in a circle.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from palabre.database.connection import Connection
from palabre.errors import Refused
from palabre.events.values import Content
from palabre.i18n import gettext as _
from palabre.people.models import Organisation

_HOLD = "SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))"
_HOLD_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"


async def hold(connection: Connection, organisation_ids: Iterable[UUID]) -> None:
    """Let these organisations stay what they are until the transaction ends."""
    for organisation_id in sorted(set(organisation_ids)):
        await connection.execute(_HOLD, f"organisation {organisation_id}")


async def hold_alone(connection: Connection, organisation_ids: Iterable[UUID]) -> None:
    """Wait until nobody writes for these organisations, and keep others from it."""
    for organisation_id in sorted(set(organisation_ids)):
        await connection.execute(_HOLD_ALONE, f"organisation {organisation_id}")


async def named(
    organisation_ids: Iterable[UUID], contents: Sequence[Content]
) -> Mapping[UUID, Organisation]:
    """Return these and all that `contents` name, each with the one that it was merged into."""
    wanted = {partner for content in contents for partner in content.co_organiser_ids}
    wanted.update(organisation_ids)
    found = await Organisation.filter(id__in=list(wanted)).select_related("merged_into")
    return {organisation.id: organisation for organisation in found}


def present(content: Content, organisations: Mapping[UUID, Organisation]) -> Content:
    """Return `content` with the partners that are there now, as when an old version comes back."""
    partners = [
        organisations[partner].merged_into_id or partner
        for partner in content.co_organiser_ids
        if partner in organisations
    ]
    return replace(content, co_organiser_ids=tuple(dict.fromkeys(partners)))


def refuse_merged(organisation: Organisation) -> None:
    """Raise Refused when the organisation, read with its `merged_into`, is no more than a name."""
    if organisation.merged_into is not None:
        raise Refused(
            _("« {name} » a été réunie à « {kept} » : choisissez celle-ci.").format(
                name=organisation.name, kept=organisation.merged_into.name
            ),
            "organisation",
        )
