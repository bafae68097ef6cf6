"""Leaving an organisation by oneself."""

import asyncio
from typing import TYPE_CHECKING

import pytest

from palabre.database.connection import fetchval
from palabre.people.models import Membership, Role

if TYPE_CHECKING:
    from palabre.testing import LogIn, Make


@pytest.mark.parametrize("role", ["owner", "editor", "contributor"])
async def test_a_member_leaves_by_oneself(login: "LogIn", make: "Make", role: str) -> None:
    organisation = await make.organisation("Les Voisins")
    await make.member("owner", organisation)
    member = await login(role, organisation)
    address = f"/organisations/{organisation.slug}/quitter"

    asked = await member.get(address)
    kept = await Membership.all().count()
    answer = await member.submit(address)

    assert "Les Voisins" in asked.text
    assert kept == 2
    assert answer.headers["location"] == f"/organisations/{organisation.slug}"
    assert await Membership.all().count() == 1
    assert (await member.get(address)).status_code == 404
    assert await fetchval("SELECT actor FROM core_audit WHERE action = 'member.left'") == str(
        member.user.id if member.user else ""
    )


async def test_the_last_owner_stays_and_is_told_what_to_do(login: "LogIn", make: "Make") -> None:
    organisation = await make.organisation()
    owner = await login("owner", organisation)

    answer = await owner.submit(f"/organisations/{organisation.slug}/quitter")

    assert answer.status_code == 422
    assert "nommez-en d’abord une autre" in answer.text
    assert f"/organisations/{organisation.slug}/membres" in answer.text
    assert await Membership.all().count() == 1


async def test_of_two_owners_who_leave_at_once_one_stays(login: "LogIn", make: "Make") -> None:
    organisation = await make.organisation()
    owners = [await login("owner", organisation) for _ in range(3)]
    address = f"/organisations/{organisation.slug}/quitter"

    answers = await asyncio.gather(*(owner.submit(address) for owner in owners))

    assert sorted(answer.status_code for answer in answers) == [303, 303, 422]
    assert await Membership.filter(role=Role.OWNER).count() == 1


async def test_who_is_no_member_finds_nothing_to_leave(login: "LogIn", make: "Make") -> None:
    organisation = await make.organisation()
    for role in ("owner", "administrator"):
        stranger = await login(role)
        there = await stranger.submit(f"/organisations/{organisation.slug}/quitter")
        nothing = await stranger.submit("/organisations/inconnue/quitter")

        assert there.status_code == nothing.status_code == 404
        assert there.text.replace(organisation.slug, "inconnue") == nothing.text
