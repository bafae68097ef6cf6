"""What leaves a trace in the journal, and what never enters it."""

from typing import TYPE_CHECKING

from palabre.audit.domain import entries, verify
from palabre.events.domain import transitions, venues
from palabre.events.values import Place, Publication
from palabre.people import domain as people
from palabre.people.models import Role, SiteRole
from palabre.people.permissions import SYSTEM

if TYPE_CHECKING:
    from palabre.testing import Make, Visitor

PASSWORD = "un-mot-de-passe-tres-secret"


async def test_every_act_is_noted_and_nothing_personal_is(client: "Visitor", make: "Make") -> None:
    organisation = await people.create_organisation("Canari des Voisins")
    user = await people.create_user("canari@exemple.fr", "Canari Nom", PASSWORD)
    await people.add_member(user, organisation, Role.OWNER)
    token = await people.invite("canari2@exemple.fr", site_roles=frozenset({SiteRole.MODERATOR}))
    await people.accept_invitation(token, "Canari Deux", PASSWORD)
    await client.post("/connexion", data={"email": "canari@exemple.fr", "password": "faux"})
    await client.post("/connexion", data={"email": "canari@exemple.fr", "password": PASSWORD})
    draft = await make.event(
        "Canari titre", organisation=organisation, publication=Publication.DRAFT
    )
    await transitions.publish(SYSTEM, draft.id)
    await transitions.cancel(SYSTEM, draft.id)
    await transitions.withdraw(SYSTEM, draft.id)
    other = await make.event("Canari", organisation=organisation, publication=Publication.DRAFT)
    await transitions.delete(SYSTEM, other.id)
    await venues.find_or_create([Place("Canari", commune="Mens"), Place("Serin", commune="Mens")])
    await venues.edit(SYSTEM, "canari-mens", Place("Canari bleu", commune="Mens"))
    await venues.merge(SYSTEM, "canari-mens", "serin-mens")

    found = [entry async for entry in entries()]

    assert [entry.action for entry in found] == [
        "organisation.created",
        "account.created",
        "member.added",
        "invitation.made",
        "account.created",
        "invitation.accepted",
        "login.failed",
        "session.opened",
        "event.edited",
        "event.published",
        "event.cancelled",
        "event.withdrawn",
        "event.edited",
        "event.deleted",
        "venue.edited",
        "venue.merged",
    ]
    assert not any("anari" in str(entry) or PASSWORD in str(entry) for entry in found)
    assert (await verify()).broken_at is None


async def test_a_bulk_of_saves_is_noted_as_one(make: "Make") -> None:
    from palabre.events.domain.saving import Change, save_many
    from palabre.events.values import Content
    from palabre.testing import tomorrow_evening

    organisation = await make.organisation()
    content = Content("Réunion", tomorrow_evening())

    await save_many(SYSTEM, [Change(content, organisation.id) for _ in range(40)])

    found = [entry async for entry in entries() if entry.kind == "events"]
    assert [(entry.action, entry.facts) for entry in found] == [("events.saved", '{"count": 40}')]
