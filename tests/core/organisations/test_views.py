"""Owners correct their organisation, administrators keep all of them; over HTTP."""

import asyncio
from html import unescape
from typing import TYPE_CHECKING

import pytest

from palabre.audit.domain import entries
from palabre.errors import Refused
from palabre.events.models import Event
from palabre.events.values import Publication
from palabre.organisations import domain
from palabre.organisations.domain import Details, Standing
from palabre.people.models import Organisation, OrganisationKind
from palabre.people.permissions import SYSTEM
from palabre.testing import LogIn, Make, Visitor

if TYPE_CHECKING:
    from palabre.web.site import Site

LIST = "/administration/organisations"
DETAILS = {
    "name": "Les Colibris de Mens",
    "commune": "Mens",
    "url": "colibris.example.org",
    "description": "On plante.",
}
STANDING = {"kind": "collective", "verified": "1", "parent": ""}


async def test_an_owner_says_what_the_organisation_is(login: LogIn, make: Make) -> None:
    organisation = await make.organisation("Colibris")
    owner = await login("owner", organisation)

    answer = await owner.submit("/organisations/colibris/modifier", DETAILS)
    page = unescape((await owner.get(answer.headers["location"])).text)

    assert answer.headers["location"] == "/organisations/colibris"
    assert "Les Colibris de Mens" in page
    assert "https://colibris.example.org" in page
    last = [entry async for entry in entries()][-1]
    assert (last.action, last.object) == ("organisation.edited", str(organisation.id))
    assert last.facts == '{"fields": "commune,description,name,url"}'


async def test_a_new_name_reaches_the_subscribers_of_all_its_events(
    login: LogIn, make: Make, site: "Site"
) -> None:
    organisation, other = await make.organisation("Colibris"), await make.organisation()
    own = await make.event(organisation=organisation)
    shared = await make.event(organisation=other, co_organiser_ids=(organisation.id,))
    unrelated = await make.event(organisation=other)
    owner = await login("owner", organisation)

    await owner.submit("/organisations/colibris/modifier", DETAILS)
    await site.feeds.settle()

    feed = (await owner.get("/organisations/colibris.ics")).text.replace("\r\n ", "")
    assert feed.count("Les Colibris de Mens") >= 2
    for event, told in ((own, 1), (shared, 1), (unrelated, 0)):
        assert (await Event.get(id=event.id)).sequence == event.sequence + told


async def test_a_new_description_wakes_no_subscriber(login: LogIn, make: Make) -> None:
    organisation = await make.organisation("Colibris")
    event = await make.event(organisation=organisation)
    owner = await login("owner", organisation)

    await owner.submit(
        "/organisations/colibris/modifier", {"name": "Colibris", "description": "On plante."}
    )

    assert (await Event.get(id=event.id)).sequence == event.sequence


async def test_an_owner_cannot_slip_in_what_only_administrators_decide(
    login: LogIn, make: Make
) -> None:
    organisation, above = await make.organisation("Colibris"), await make.organisation("Commune")
    owner = await login("owner", organisation)
    forged = {
        **DETAILS,
        **STANDING,
        "parent": above.slug,
        "parent_id": str(above.id),
        "slug": "accueil",
        "id": str(above.id),
        "verified_at": "2026-01-01",
        "is_demo": "1",
    }

    await owner.submit("/organisations/colibris/modifier", forged)

    after = await Organisation.get(id=organisation.id)
    assert after.name == DETAILS["name"]
    assert (after.slug, after.parent_id, after.verified_at) == ("colibris", None, None)
    assert (after.kind, after.is_demo) == (OrganisationKind.ASSOCIATION, False)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "Ok", "url": "javascript:alert(1)"}, "url"),
        ({"name": "Ok", "commune": "x" * 101}, "commune"),
        ({"name": "Ok", "description": "x" * 9_000}, "description"),
    ],
)
async def test_what_cannot_be_taken_is_said_beside_its_field(
    login: LogIn, make: Make, given: dict[str, str], field: str
) -> None:
    organisation = await make.organisation("Colibris")
    owner = await login("owner", organisation)

    answer = await owner.submit("/organisations/colibris/modifier", given)

    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text
    assert (await Organisation.get(id=organisation.id)).name == "Colibris"


async def test_administrators_make_find_verify_and_place_organisations(
    login: LogIn, make: Make, client: Visitor
) -> None:
    await make.organisation("Commune de Mens")
    administrator = await login("administrator")

    made = await administrator.submit(
        f"{LIST}/nouvelle", {**DETAILS, **STANDING, "parent": "commune-de-mens"}
    )
    assert made.status_code == 303
    found = await Organisation.get(slug="les-colibris-de-mens").select_related("parent")
    assert found.parent is not None
    assert (found.parent.slug, found.kind) == ("commune-de-mens", OrganisationKind.COLLECTIVE)
    assert found.verified_at is not None
    assert "vérifiée" in unescape((await client.get("/organisations/les-colibris-de-mens")).text)

    listed = {
        query: unescape((await administrator.get(f"{LIST}?{query}")).text)
        for query in ("q=colibris", "verifiee=non", "type=school", "verifiee=oui&type=collective")
    }
    shown = {query for query, text in listed.items() if "Les Colibris de Mens" in text}
    assert shown == {"q=colibris", "verifiee=oui&type=collective"}

    address = f"{LIST}/les-colibris-de-mens/modifier"
    await administrator.submit(address, {**DETAILS, "kind": "collective"})
    after = await Organisation.get(id=found.id)
    assert (after.verified_at, after.parent_id) == (None, None)
    assert [entry.actor for entry in [e async for e in entries()][-2:]] == [
        str(administrator.user.id if administrator.user else "")
    ] * 2


@pytest.mark.parametrize(
    ("given", "field"),
    [({"kind": "pirate"}, "kind"), ({"parent": "nulle-part"}, "parent"), ({"name": ""}, "name")],
)
async def test_nothing_is_made_of_a_wrong_form(
    login: LogIn, given: dict[str, str], field: str
) -> None:
    administrator = await login("administrator")

    answer = await administrator.submit(f"{LIST}/nouvelle", {**DETAILS, **STANDING, **given})

    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text
    assert not await Organisation.exists()


async def test_nobody_depends_on_themselves(login: LogIn, make: Make) -> None:
    for name in ("Un", "Deux", "Trois"):
        await make.organisation(name)
    administrator = await login("administrator")

    async def put(slug: str, parent: str) -> int:
        form = {"name": slug, "kind": "other", "parent": parent}
        return (await administrator.submit(f"{LIST}/{slug}/modifier", form)).status_code

    assert await put("deux", "un") == 303
    assert await put("trois", "deux") == 303
    for parent in ("un", "deux", "trois"):
        assert await put("un", parent) == 422
    assert (await Organisation.get(slug="un")).parent_id is None


@pytest.mark.usefixtures("database")
async def test_two_at_once_make_no_circle(make: Make) -> None:
    await make.organisation("Un")
    await make.organisation("Deux")

    async def put(slug: str, parent: str) -> object:
        standing = Standing(OrganisationKind.OTHER, parent=parent)
        return await domain.edit(SYSTEM, slug, Details(slug), standing)

    done = await asyncio.gather(put("un", "deux"), put("deux", "un"), return_exceptions=True)

    assert sum(isinstance(one, Refused) for one in done) == 1
    assert await Organisation.filter(parent_id=None).count() == 1


async def test_a_coordinator_reads_the_drafts_below_and_those_alone(
    login: LogIn, make: Make
) -> None:
    town, street, elsewhere = [await make.organisation(n) for n in ("Commune", "Rue", "Ailleurs")]
    await Organisation.filter(id=street.id).update(parent_id=town.id)
    coordinator = await login("editor", town)
    below, other = [
        await make.event(f"Fête {o.name}", organisation=o, publication=Publication.DRAFT)
        for o in (street, elsewhere)
    ]

    answers = [
        (await coordinator.get(f"/evenements/{event.slug}{page}")).status_code
        for event in (below, other)
        for page in ("", "/modifier")
    ]
    desk = unescape((await coordinator.get("/mes-evenements")).text)

    assert answers == [200, 403, 404, 404]
    assert "Fête Rue" in desk
    assert "Fête Ailleurs" not in desk
    assert (await coordinator.get("/organisations/rue/modifier")).status_code == 403
