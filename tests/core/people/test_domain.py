"""Accounts and invitations: the ways in, once each."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from palabre.errors import NotFound, Refused
from palabre.people import domain
from palabre.people.models import Invitation, Membership, Role, Session, SiteRole, User
from palabre.people.sessions import (
    ABSOLUTE,
    IDLE,
    actor_from_token,
    close_session,
    open_session,
)

PASSWORD = "un-mot-de-passe-long"

pytestmark = pytest.mark.usefixtures("database")


async def test_the_right_password_gives_the_user_whatever_the_case_of_the_address() -> None:
    made = await domain.create_user("Anna@Exemple.fr", "Anna", PASSWORD)

    found = await domain.authenticate(" anna@exemple.FR ", PASSWORD)

    assert found.id == made.id


@pytest.mark.parametrize(
    ("email", "password"), [("anna@exemple.fr", "faux"), ("inconnue@exemple.fr", PASSWORD)]
)
async def test_a_wrong_password_and_an_unknown_address_get_the_same_sentence(
    email: str, password: str
) -> None:
    await domain.create_user("anna@exemple.fr", "Anna", PASSWORD)

    with pytest.raises(Refused) as refused:
        await domain.authenticate(email, password)

    assert refused.value.message.startswith("Adresse ou mot de passe incorrect")


async def test_a_closed_account_cannot_sign_in_and_loses_its_sessions() -> None:
    user = await domain.create_user("anna@exemple.fr", "Anna", PASSWORD)
    token = await open_session(user)

    await User.filter(id=user.id).update(is_active=False)

    assert (await actor_from_token(token)).user_id is None
    with pytest.raises(Refused):
        await domain.authenticate("anna@exemple.fr", PASSWORD)


@pytest.mark.parametrize(
    "email", ["", "anna", "a@b", "a b@exemple.fr", "a@exemple.fr\nBcc: x@y.fr"]
)
async def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(Refused) as refused:
        await domain.create_user(email, "Anna", PASSWORD)

    assert refused.value.field == "email"


async def test_a_taken_address_and_a_short_password_are_refused_by_field() -> None:
    await domain.create_user("anna@exemple.fr", "Anna", PASSWORD)

    with pytest.raises(Refused) as taken:
        await domain.create_user("ANNA@exemple.fr", "Autre", PASSWORD)
    with pytest.raises(Refused) as short:
        await domain.create_user("b@exemple.fr", "B", "court")

    assert (taken.value.field, short.value.field) == ("email", "password")


async def test_an_invitation_gives_account_and_role_once() -> None:
    organisation = await domain.create_organisation("Les Voisins")
    token = await domain.invite("anna@exemple.fr", organisation=organisation, role=Role.EDITOR)

    user = await domain.accept_invitation(token, "Anna", PASSWORD)

    member = await Membership.get(user_id=user.id)
    assert (member.organisation_id, member.role) == (organisation.id, Role.EDITOR)
    with pytest.raises(NotFound):
        await domain.accept_invitation(token, "Anna", PASSWORD)


async def test_two_who_race_for_one_invitation_make_one_account() -> None:
    token = await domain.invite("anna@exemple.fr", site_roles=frozenset({SiteRole.MODERATOR}))

    results = await asyncio.gather(
        *(domain.accept_invitation(token, f"Anna {n}", PASSWORD) for n in range(4)),
        return_exceptions=True,
    )

    assert sum(isinstance(result, User) for result in results) == 1
    assert await User.all().count() == 1


async def test_an_invitation_that_failed_stays_open() -> None:
    token = await domain.invite("anna@exemple.fr", site_roles=frozenset({SiteRole.MODERATOR}))

    with pytest.raises(Refused):
        await domain.accept_invitation(token, "Anna", "court")
    user = await domain.accept_invitation(token, "Anna", PASSWORD)

    assert (await User.get(id=user.id)).site_roles == ["moderator"]


async def test_an_invited_address_with_an_account_must_prove_its_password() -> None:
    await domain.create_user("anna@exemple.fr", "Anna", PASSWORD)
    organisation = await domain.create_organisation("Les Voisins")
    token = await domain.invite("anna@exemple.fr", organisation=organisation, role=Role.OWNER)

    with pytest.raises(Refused):
        await domain.accept_invitation(token, "Intrus", "un-autre-mot-de-passe")
    user = await domain.accept_invitation(token, "", PASSWORD)

    assert user.display_name == "Anna"
    assert await Membership.filter(user_id=user.id, role=Role.OWNER).exists()


async def test_an_invitation_expires_after_seven_days() -> None:
    token = await domain.invite("anna@exemple.fr", site_roles=frozenset({SiteRole.MODERATOR}))

    invitation = await Invitation.get(email="anna@exemple.fr")
    await Invitation.all().update(expires_at=datetime.now(UTC) - timedelta(seconds=1))

    lasts = invitation.expires_at - datetime.now(UTC)
    assert timedelta(days=6, hours=23) < lasts <= timedelta(days=7)
    with pytest.raises(NotFound):
        await domain.pending_invitation(token)


async def test_the_database_keeps_no_token_that_opens_anything() -> None:
    user = await domain.create_user("anna@exemple.fr", "Anna", PASSWORD)
    token = await open_session(user)

    kept = await Session.all().values_list("token_hash", flat=True)

    assert token.encode() not in kept
    assert PASSWORD not in str(user.password_hash)


@pytest.mark.parametrize(
    "change",
    [
        {"expires_at": datetime.now(UTC) - timedelta(seconds=1)},
        {"seen_at": datetime.now(UTC) - IDLE - timedelta(seconds=1)},
    ],
    ids=["too old", "idle for too long"],
)
async def test_a_session_ends_by_age_and_by_idleness(change: dict[str, datetime]) -> None:
    user = await domain.create_user("anna@exemple.fr", "Anna", PASSWORD)
    token = await open_session(user)
    assert (await actor_from_token(token)).user_id == user.id

    await Session.all().update(**change)

    assert (await actor_from_token(token)).user_id is None


async def test_logging_out_ends_this_session_only() -> None:
    user = await domain.create_user("anna@exemple.fr", "Anna", PASSWORD)
    here, there = await open_session(user), await open_session(user)

    await close_session(here)

    assert (await actor_from_token(here)).user_id is None
    assert (await actor_from_token(there)).user_id == user.id
    session = await Session.get(user_id=user.id)
    assert session.expires_at - session.created_at == ABSOLUTE
