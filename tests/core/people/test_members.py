"""An organisation's members: its owners invite, change and remove, and one owner always stays."""

import asyncio
from uuid import UUID

import pytest

from palabre.database.connection import fetchval, own_connection
from palabre.errors import Denied, NotFound, Refused
from palabre.people import domain, members
from palabre.people.models import Invitation, Membership, Organisation, Role, Session, User
from palabre.people.permissions import SYSTEM, Actor
from palabre.testing import LogIn, Make, Visitor
from tests.core.people.letters import waiting

EMAIL = "anna@exemple.fr"
PASSWORD = "un-mot-de-passe-long"


@pytest.fixture
async def ours(make: Make) -> Organisation:
    return await make.organisation("Les Voisins")


async def owner(make: Make, organisation: Organisation, name: str = "Olga") -> User:
    user = await make.user(name)
    await domain.add_member(user, organisation, Role.OWNER)
    return user


async def owners(organisation: Organisation) -> int:
    return await Membership.filter(organisation_id=organisation.id, role=Role.OWNER).count()


def page(organisation: Organisation) -> str:
    return f"/organisations/{organisation.slug}/membres"


async def test_an_invitation_goes_out_is_accepted_and_gives_the_role(
    login: LogIn, client: Visitor, make: Make, ours: Organisation
) -> None:
    member = await login(user=await owner(make, ours))

    sent = await member.submit(
        page(ours), {"do": "invite", "email": " Anna@Exemple.fr", "role": "editor"}
    )
    listed = await member.get(page(ours))
    [letter] = await waiting()
    come = await client.post(letter.path, data={"display_name": "Anna", "password": PASSWORD})

    assert sent.headers["location"] == f"{page(ours)}?fait=invitation"
    assert EMAIL in listed.text
    assert letter.path.rpartition("/")[2] not in listed.text
    assert (letter.to, letter.subject) == (EMAIL, "Invitation à rejoindre Les Voisins")
    assert come.status_code == 303
    user = await User.get(email=EMAIL)
    assert (await Membership.get(user_id=user.id)).role is Role.EDITOR
    assert user.site_roles == []
    assert (await client.get(letter.path)).status_code == 404
    made = "SELECT actor FROM core_audit WHERE action = 'invitation.made'"
    assert member.user is not None
    assert await fetchval(made) == str(member.user.id)


async def test_who_is_signed_in_with_the_address_accepts_without_a_password(
    login: LogIn, make: Make, ours: Organisation
) -> None:
    member = await login(user=await owner(make, ours))
    invited = await login(user=await make.user("Anna", email=EMAIL))
    other = await login(user=await make.user("Autre"))
    await member.submit(page(ours), {"do": "invite", "email": EMAIL, "role": "editor"})
    [letter] = await waiting()

    stranger = await other.submit(letter.path)
    accepted = await invited.submit(letter.path)

    assert invited.user is not None
    assert (stranger.status_code, accepted.status_code) == (422, 303)
    assert (await Membership.get(user_id=invited.user.id)).role is Role.EDITOR
    assert await Session.filter(user_id=invited.user.id).count() == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"email": "anna", "role": "editor"}, "f-email"),
        ({"email": f"{EMAIL}\r\nBcc: x@y.fr", "role": "editor"}, "f-email"),
        ({"email": EMAIL, "role": "administrator"}, "f-role"),
        ({"email": EMAIL}, "f-role"),
    ],
)
async def test_what_cannot_be_invited_is_said_beside_the_field(
    login: LogIn, make: Make, ours: Organisation, given: dict[str, str], field: str
) -> None:
    member = await login(user=await owner(make, ours))

    answer = await member.submit(
        page(ours), {"do": "invite", "site_roles": "administrator", **given}
    )

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert await waiting() == []


async def test_whoever_has_an_account_elsewhere_is_invited_like_a_stranger(
    login: LogIn, make: Make, ours: Organisation
) -> None:
    await make.user("Anna", email=EMAIL)
    member = await login(user=await owner(make, ours))

    answers = [
        await member.submit(page(ours), {"do": "invite", "email": email, "role": "editor"})
        for email in (EMAIL, "inconnue@exemple.fr")
    ]
    again = await member.submit(
        page(ours),
        {"do": "invite", "email": member.user.email if member.user else "", "role": "editor"},
    )

    assert {(a.status_code, a.headers["location"]) for a in answers} == {
        (303, f"{page(ours)}?fait=invitation")
    }
    assert "déjà membre" in again.text


async def test_a_second_invitation_takes_the_first_one_s_place(
    login: LogIn, client: Visitor, make: Make, ours: Organisation
) -> None:
    member = await login(user=await owner(make, ours))
    for role in ("owner", "contributor"):
        await member.submit(page(ours), {"do": "invite", "email": EMAIL, "role": role})

    first, second = await waiting()

    assert (await client.get(first.path)).status_code == 404
    assert (await client.get(second.path)).status_code == 200


async def test_a_withdrawn_invitation_opens_nothing(
    login: LogIn, client: Visitor, make: Make, ours: Organisation
) -> None:
    member = await login(user=await owner(make, ours))
    elsewhere = await make.organisation("Ailleurs")
    stranger = await login(user=await owner(make, elsewhere))
    await member.submit(page(ours), {"do": "invite", "email": EMAIL, "role": "editor"})
    handle = str((await Invitation.get(email=EMAIL)).handle)
    [letter] = await waiting()

    await stranger.submit(page(elsewhere), {"do": "withdraw", "handle": handle})
    assert (await client.get(letter.path)).status_code == 200
    await member.submit(page(ours), {"do": "withdraw", "handle": handle})

    assert (await client.get(letter.path)).status_code == 404
    answer = await client.post(letter.path, data={"display_name": "A", "password": PASSWORD})
    assert answer.status_code == 404
    assert not await User.exists(email=EMAIL)


async def test_invitations_are_not_for_flooding(
    login: LogIn, make: Make, ours: Organisation
) -> None:
    member = await login(user=await owner(make, ours))

    codes = [
        (
            await member.submit(page(ours), {"do": "invite", "email": EMAIL, "role": "editor"})
        ).status_code
        for _ in range(6)
    ]

    assert codes == [303] * 5 + [429]


@pytest.mark.parametrize("role", ["editor", "contributor", "moderator"])
async def test_the_page_is_for_owners_of_this_organisation(
    login: LogIn, make: Make, ours: Organisation, role: str
) -> None:
    olga = await owner(make, ours)
    elsewhere = await login(user=await owner(make, await make.organisation("Ailleurs")))
    other = await login(role, ours)

    for visitor in (elsewhere, other):
        forms: list[dict[str, str]] = [
            {"do": "invite", "email": EMAIL, "role": "owner"},
            {"do": "remove", "member": str(olga.id)},
            {"do": "role", "member": str(olga.id), "role": "contributor"},
        ]
        codes = [(await visitor.submit(page(ours), form)).status_code for form in forms]
        seen = await visitor.get(page(ours))
        assert codes == [403, 403, 403]
        assert seen.status_code == 403
        assert olga.email not in seen.text
    assert await waiting() == []
    assert await owners(ours) == 1
    with pytest.raises(Denied):
        await members.remove(Actor(user_id=olga.id), ours, olga.id)


async def test_a_member_of_another_organisation_is_out_of_reach(
    login: LogIn, make: Make, ours: Organisation
) -> None:
    theirs = await make.organisation("Ailleurs")
    victim = await owner(make, theirs)
    await owner(make, theirs, "Deux")
    member = await login(user=await owner(make, ours))

    for form in (
        {"do": "remove", "member": str(victim.id)},
        {"do": "role", "member": str(victim.id), "role": "editor"},
        {"do": "remove", "member": "x"},
    ):
        assert (await member.submit(page(ours), form)).status_code == 404
    assert await owners(theirs) == 2


async def test_a_new_role_counts_from_the_next_request(
    login: LogIn, make: Make, ours: Organisation
) -> None:
    member = await login(user=await owner(make, ours))
    other = await login("contributor", ours)
    assert other.user is not None
    form = {"do": "role", "member": str(other.user.id), "role": "owner"}

    assert (await other.get(page(ours))).status_code == 403
    await member.submit(page(ours), form)
    assert (await other.get(page(ours))).status_code == 200
    await member.submit(page(ours), {**form, "do": "remove"})

    assert (await other.get(page(ours))).status_code == 403


async def test_the_last_owner_stays(login: LogIn, make: Make, ours: Organisation) -> None:
    olga = await owner(make, ours)
    gone = await owner(make, ours, "Partie")
    await User.filter(id=gone.id).update(is_active=False)
    member = await login(user=olga)

    answers = [
        await member.submit(page(ours), {"do": do, "member": str(olga.id), "role": "editor"})
        for do in ("remove", "role")
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert "nommez-en d’abord une autre" in answers[0].text
    assert await Membership.filter(user_id=olga.id, role=Role.OWNER).exists()


async def test_who_leaves_is_led_away(login: LogIn, make: Make, ours: Organisation) -> None:
    olga = await owner(make, ours)
    await owner(make, ours, "Deux")
    member = await login(user=olga)

    answer = await member.submit(page(ours), {"do": "remove", "member": str(olga.id)})

    assert answer.headers["location"] == f"/organisations/{ours.slug}"


@pytest.mark.parametrize("demote", [False, True])
async def test_two_owners_who_remove_each_other_leave_one(
    make: Make, ours: Organisation, *, demote: bool
) -> None:
    first, second = await owner(make, ours, "Un"), await owner(make, ours, "Deux")

    async def drop(user: UUID) -> None:
        if demote:
            await members.change_role(SYSTEM, ours, user, Role.EDITOR)
        else:
            await members.remove(SYSTEM, ours, user)

    results = await asyncio.gather(drop(first.id), drop(second.id), return_exceptions=True)

    assert sorted(type(result).__name__ for result in results) == ["NoneType", "Refused"]
    assert await owners(ours) == 1


async def test_a_removal_waits_for_another_transaction_and_sees_what_it_did(
    make: Make, ours: Organisation
) -> None:
    first, second = await owner(make, ours, "Un"), await owner(make, ours, "Deux")
    other = await own_connection()
    try:
        async with other.transaction():
            await other.execute(
                "SELECT FROM core_organisation WHERE id = $1 FOR NO KEY UPDATE", ours.id
            )
            await other.execute("DELETE FROM core_membership WHERE user_id = $1", first.id)
            removal = asyncio.create_task(members.remove(SYSTEM, ours, second.id))
            done, _ = await asyncio.wait({removal}, timeout=0.5)
            assert not done
        with pytest.raises(Refused):
            await removal
    finally:
        await other.close()

    assert await owners(ours) == 1


async def test_an_invitation_never_lowers_a_role(make: Make, ours: Organisation) -> None:
    user = await domain.create_user(EMAIL, "Anna", PASSWORD)
    token = await domain.invite(EMAIL, organisation=ours, role=Role.CONTRIBUTOR)
    await domain.add_member(user, ours, Role.OWNER)

    await domain.accept_invitation(token, "", PASSWORD)

    assert (await Membership.get(user_id=user.id)).role is Role.OWNER


async def test_guessing_a_password_through_an_invitation_is_limited(
    client: Visitor, ours: Organisation
) -> None:
    await domain.create_user(EMAIL, "Anna", PASSWORD)
    token = await domain.invite(EMAIL, organisation=ours, role=Role.EDITOR)

    codes = [
        (await client.post(f"/invitation/{token}", data={"password": "faux"})).status_code
        for _ in range(11)
    ]

    assert codes == [422] * 10 + [429]


async def test_an_invitation_withdrawn_while_it_is_accepted_makes_no_account(
    make: Make, ours: Organisation
) -> None:
    await owner(make, ours)
    token = await domain.invite(EMAIL, organisation=ours, role=Role.EDITOR)
    handle = (await Invitation.get(email=EMAIL)).handle

    accepted, _ = await asyncio.gather(
        domain.accept_invitation(token, "Anna", PASSWORD),
        members.withdraw(SYSTEM, ours, handle),
        return_exceptions=True,
    )

    member = await Membership.exists(organisation_id=ours.id, role=Role.EDITOR)
    assert isinstance(accepted, User | NotFound)
    assert member == isinstance(accepted, User)
