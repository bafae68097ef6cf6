"""An owner names another in their own place: at once for a member, by a link for anybody else."""

import asyncio
from datetime import UTC, datetime
from html import unescape

import pytest

from palabre.audit.domain import entries
from palabre.errors import Denied, Refused
from palabre.organisations import merging
from palabre.people import domain, handing_over, members
from palabre.people.models import Invitation, Membership, Organisation, Role, User
from palabre.people.permissions import SYSTEM
from palabre.people.sessions import actor_of_user
from palabre.settings import Settings, from_environment
from palabre.testing import LogIn, Make, Visitor
from tests.core.people.letters import waiting

EMAIL = "anna@exemple.fr"
PASSWORD = "un-mot-de-passe-long"


@pytest.fixture
async def ours(make: Make) -> Organisation:
    return await make.organisation("Les Voisins")


def page(organisation: Organisation) -> str:
    return f"/organisations/{organisation.slug}/transmettre"


async def roles(organisation: Organisation) -> dict[str, Role]:
    found = await Membership.filter(organisation_id=organisation.id).select_related("user")
    return {member.user.display_name: member.role for member in found}


async def member(make: Make, organisation: Organisation, name: str, role: Role) -> User:
    user = await make.user(name)
    await domain.add_member(user, organisation, role)
    return user


@pytest.mark.parametrize(
    ("keeps", "left"), [("editor", {"Olga": Role.EDITOR}), ("leave", {})], ids=["stays", "leaves"]
)
async def test_a_member_takes_over_at_once(
    login: LogIn, make: Make, ours: Organisation, keeps: str, left: dict[str, Role]
) -> None:
    olga = await login(user=await member(make, ours, "Olga", Role.OWNER))
    zoe = await member(make, ours, "Zoé", Role.CONTRIBUTOR)

    shown = unescape((await olga.get(page(ours))).text)
    answer = await olga.submit(page(ours), {"member": zoe.email, "keeps": keeps})

    assert "Zoé" in shown
    assert answer.headers["location"] == f"/organisations/{ours.slug}"
    assert await roles(ours) == {"Zoé": Role.OWNER, **left}
    last = [entry async for entry in entries()][-1]
    assert (last.action, last.object) == ("organisation.handed_over", str(ours.id))
    assert await waiting() == []


async def test_somebody_else_takes_over_by_the_link_and_not_before(
    login: LogIn, client: Visitor, make: Make, ours: Organisation
) -> None:
    olga = await login(user=await member(make, ours, "Olga", Role.OWNER))

    sent = await olga.submit(page(ours), {"email": EMAIL, "keeps": "contributor"})
    before = await roles(ours)
    [letter] = await waiting()
    told = unescape((await olga.get(sent.headers["location"])).text)
    seen = unescape((await client.get(letter.path)).text)
    come = await client.post(letter.path, data={"display_name": "Anna", "password": PASSWORD})

    assert before == {"Olga": Role.OWNER}
    assert (letter.to, letter.subject) == (EMAIL, "Olga vous transmet Les Voisins")
    assert "Vous restez responsable" in told
    assert "à la place de Olga" in told
    assert "Olga vous propose de prendre sa place" in seen
    assert come.status_code == 303
    assert await roles(ours) == {"Olga": Role.CONTRIBUTOR, "Anna": Role.OWNER}


async def test_what_an_owner_no_longer_has_is_not_given(
    login: LogIn, client: Visitor, make: Make, ours: Organisation
) -> None:
    user = await member(make, ours, "Olga", Role.OWNER)
    await member(make, ours, "Paul", Role.OWNER)
    olga = await login(user=user)
    await olga.submit(page(ours), {"email": EMAIL, "keeps": "editor"})
    [letter] = await waiting()
    await members.change_role(SYSTEM, ours, user.id, Role.EDITOR)

    come = await client.post(letter.path, data={"display_name": "Anna", "password": PASSWORD})

    assert come.status_code == 422
    assert "n’en est plus responsable" in unescape(come.text)
    assert await roles(ours) == {"Olga": Role.EDITOR, "Paul": Role.OWNER}
    assert not await User.exists(email=EMAIL)
    assert await Invitation.exists(email=EMAIL, used_at=None)


async def test_owners_who_hand_over_to_each_other_leave_an_owner(
    make: Make, ours: Organisation
) -> None:
    """Both leave for the other, at the same time: whoever comes second finds it was given away."""
    first = await member(make, ours, "Olga", Role.OWNER)
    second = await member(make, ours, "Paul", Role.OWNER)
    actors = [await actor_of_user(user) for user in (first, second)]
    settings = from_environment({})

    results = await asyncio.gather(
        handing_over.hand_over(actors[0], settings, ours, second.email, None),
        handing_over.hand_over(actors[1], settings, ours, first.email, None),
        return_exceptions=True,
    )

    assert all(isinstance(r, Refused) for r in results if isinstance(r, BaseException))
    assert Role.OWNER in (await roles(ours)).values()


async def test_an_owner_who_hands_over_and_is_removed_at_once(
    make: Make, ours: Organisation
) -> None:
    olga = await member(make, ours, "Olga", Role.OWNER)
    paul = await member(make, ours, "Paul", Role.OWNER)
    zoe = await member(make, ours, "Zoé", Role.EDITOR)
    actor = await actor_of_user(olga)

    results = await asyncio.gather(
        handing_over.hand_over(actor, from_environment({}), ours, zoe.email, None),
        members.remove(SYSTEM, ours, olga.id),
        members.remove(SYSTEM, ours, paul.id),
        return_exceptions=True,
    )

    assert not [r for r in results if isinstance(r, BaseException) and not _foreseen(r)]
    assert Role.OWNER in (await roles(ours)).values()


def _foreseen(error: BaseException) -> bool:
    return type(error).__name__ in {"Refused", "NotFound"}


async def test_a_second_link_ends_the_first(login: LogIn, make: Make, ours: Organisation) -> None:
    olga = await login(user=await member(make, ours, "Olga", Role.OWNER))
    for address in (EMAIL, "zoe@exemple.fr"):
        await olga.submit(page(ours), {"email": address, "keeps": "editor"})

    left = await Invitation.filter(organisation_id=ours.id)
    assert [each.email for each in left] == ["zoe@exemple.fr"]


async def test_the_link_ends_with_the_account_that_sent_it(
    login: LogIn, make: Make, ours: Organisation
) -> None:
    user = await member(make, ours, "Olga", Role.OWNER)
    olga = await login(user=user)
    await olga.submit(page(ours), {"email": EMAIL, "keeps": "editor"})

    await user.delete()

    assert not await Invitation.exists(organisation_id=ours.id)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"email": "rien", "keeps": "editor"}, "email"),
        ({"email": "olga@exemple.fr", "keeps": "editor"}, "email"),
        ({"email": "ferme@exemple.fr", "keeps": "editor"}, "email"),
        ({"email": EMAIL, "keeps": "owner"}, "keeps"),
        ({"email": EMAIL}, "keeps"),
    ],
)
async def test_what_cannot_be_is_said_beside_its_field(
    login: LogIn, make: Make, ours: Organisation, said: dict[str, str], field: str
) -> None:
    user = await make.user("Olga", email="olga@exemple.fr")
    await domain.add_member(user, ours, Role.OWNER)
    closed = await make.user("Fermée", email="ferme@exemple.fr")
    await domain.add_member(closed, ours, Role.EDITOR)
    await User.filter(id=closed.id).update(is_active=False)
    olga = await login(user=user)

    answer = await olga.submit(page(ours), said)

    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text
    assert (await roles(ours))["Olga"] is Role.OWNER


async def test_only_an_owner_hands_over(
    login: LogIn, make: Make, ours: Organisation, settings: Settings
) -> None:
    for role in ("editor", "administrator"):
        visitor = await login(role, ours) if role == "editor" else await login(role)
        assert (await visitor.get(page(ours))).status_code == 403
        assert visitor.actor is not None
        with pytest.raises(Denied):
            await handing_over.hand_over(visitor.actor, settings, ours, EMAIL, None)


async def test_an_invitation_follows_a_merge_that_comes_first(
    client: Visitor, login: LogIn, make: Make, ours: Organisation
) -> None:
    kept = await make.organisation("Voisins et voisines")
    olga = await login(user=await member(make, ours, "Olga", Role.OWNER))
    await olga.submit(page(ours), {"email": EMAIL, "keeps": "editor"})
    [letter] = await waiting()
    mark = (await merging.effects(ours, kept)).mark

    results = await asyncio.gather(
        client.post(letter.path, data={"display_name": "Anna", "password": PASSWORD}),
        merging.merge(SYSTEM, ours.slug, kept.slug, mark),
        return_exceptions=True,
    )
    if isinstance(results[1], Refused):  # the acceptance came first and changed the counts
        mark = (await merging.effects(ours, kept)).mark
        await merging.merge(SYSTEM, ours.slug, kept.slug, mark)

    assert await roles(kept) == {"Olga": Role.EDITOR, "Anna": Role.OWNER}
    assert await roles(ours) == {}
    assert await Invitation.filter(used_at__lte=datetime.now(UTC)).exists()
