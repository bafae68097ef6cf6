"""Coming in by a real identity provider: who is let in, and how an account gets another way in."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from palabre.database.connection import execute, fetch, fetchval
from palabre.oidc.domain import forget_old
from palabre.people import domain
from palabre.people.models import Membership, Role, Session, SiteRole, User
from tests.core.oidc.travelling import COOKIE, SITE, address_of, come, depart, say
from tests.core.people.letters import waiting

if TYPE_CHECKING:
    from palabre.testing import LogIn, Make, Visitor

EMAIL = "anna@exemple.fr"
PASSWORD = "lune pain vélo orage"
NOBODY = "aucun compte de ce site"


async def anna(password: str | None = PASSWORD) -> User:
    return await domain.create_user(EMAIL, "Anna", password)


async def test_a_checked_address_opens_its_account_and_says_so_by_mail(client: "Visitor") -> None:
    user = await anna()

    answer = await come(client, next="/organisations")

    assert (answer.status_code, answer.headers["location"]) == (303, "/organisations")
    assert (await Session.get(user_id=user.id)).factors == ["oidc:atelier"]
    assert [letter.subject for letter in await waiting(EMAIL)] == [
        "Un nouveau chemin vers votre compte"
    ]
    assert COOKIE not in client.cookies


async def test_the_identity_opens_the_account_again_whatever_address_it_has_by_then(
    client: "Visitor",
) -> None:
    user = await anna()
    await come(client)
    await User.filter(id=user.id).update(email="anna@ailleurs.fr")

    client.cookies.clear()
    await come(client)

    assert await Session.filter(user_id=user.id).count() == 2
    assert len(await waiting()) == 1


@pytest.mark.parametrize("known", [True, False])
async def test_an_address_that_nobody_checked_opens_nothing(client: "Visitor", known: bool) -> None:
    if known:
        await anna()

    answer = await come(client, login=f"{EMAIL} unchecked")

    assert answer.status_code == 403
    assert "ne garantit pas" in answer.text
    assert await Session.all().count() == 0
    assert await fetchval("SELECT count(*) FROM core_identity") == 0
    assert await User.all().count() == known


async def test_nobody_gets_an_account_uninvited(client: "Visitor") -> None:
    answer = await come(client)

    assert answer.status_code == 403
    assert NOBODY in answer.text
    assert 'href="/connexion"' in answer.text
    assert await User.all().count() == 0


async def test_a_closed_account_stays_closed_and_looks_like_none(client: "Visitor") -> None:
    user = await anna()
    await come(client)
    await User.filter(id=user.id).update(is_active=False)
    client.cookies.clear()
    await Session.all().delete()

    answer = await come(client)

    assert answer.status_code == 403
    assert NOBODY in answer.text
    assert await Session.all().count() == 0


async def test_who_has_got_the_address_of_somebody_else_does_not_get_the_account(
    client: "Visitor",
) -> None:
    await anna()
    await come(client)
    await execute("UPDATE core_identity SET subject = 'who had the address before'")
    client.cookies.clear()

    answer = await come(client)

    assert answer.status_code == 403
    assert await Session.all().count() == 1


async def test_an_invited_address_gets_its_account_and_roles(
    client: "Visitor", make: "Make"
) -> None:
    organisation = await make.organisation("Les Voisins")
    await domain.invite(EMAIL, organisation=organisation, role=Role.EDITOR)

    answer = await come(client)

    assert answer.status_code == 303
    user = await User.get(email=EMAIL)
    assert user.display_name == "Anna Dupont"
    assert not user.password_hash
    assert (await Membership.get(user_id=user.id)).role is Role.EDITOR
    assert await waiting() == []


async def test_the_invitation_s_letter_is_enough_with_another_address(
    client: "Visitor", make: "Make"
) -> None:
    organisation = await make.organisation("Les Voisins")
    token = await domain.invite("asso@exemple.fr", organisation=organisation, role=Role.OWNER)
    page = await client.get(f"/invitation/{token}")

    answer = await come(client, invitation=token)

    assert "Continuer avec L’Atelier" in page.text
    assert answer.status_code == 303
    assert await Membership.filter(user__email="asso@exemple.fr", role=Role.OWNER).count() == 1
    assert (await client.get(f"/invitation/{token}")).status_code == 404


async def test_a_letter_and_another_identity_do_not_open_an_account_that_exists(
    client: "Visitor", make: "Make"
) -> None:
    await domain.create_user("asso@exemple.fr", "Association", PASSWORD)
    organisation = await make.organisation("Les Voisins")
    token = await domain.invite("asso@exemple.fr", organisation=organisation, role=Role.OWNER)

    answer = await come(client, invitation=token)

    assert answer.status_code == 403
    assert await Membership.all().count() == await Session.all().count() == 0
    assert (await client.get(f"/invitation/{token}")).status_code == 200


@pytest.mark.parametrize("more", [{"PALABRE_OPEN_REGISTRATION": "1"}])
async def test_an_open_site_opens_an_account_without_roles(client: "Visitor") -> None:
    answer = await come(client)
    client.cookies.clear()
    unchecked = await come(client, login="boris@exemple.fr unchecked")

    assert (answer.status_code, unchecked.status_code) == (303, 403)
    user = await User.get()
    assert (user.email, list(user.site_roles)) == (EMAIL, [])
    assert await Membership.all().count() == 0


async def test_a_signed_in_person_adds_an_identity_whatever_its_address(login: "LogIn") -> None:
    member = await login("editor")
    assert member.user is not None
    start = await member.submit("/compte/avec/atelier", {"do": "add"})

    answer = await member.get(await say(address_of(start), "x@ailleurs.fr unchecked"))

    assert answer.headers["location"] == "/compte?fait=fournisseur"
    assert "Retirer L’Atelier" in (await member.get("/compte")).text
    assert len(await waiting(member.user.email)) <= 1
    member.cookies.clear()
    assert (await come(member, login="x@ailleurs.fr unchecked")).status_code == 303
    assert await Session.filter(user_id=member.user.id).count() == 2


async def test_an_identity_opens_one_account_only(login: "LogIn") -> None:
    first, second = await login("editor"), await login("editor")
    for member in (first, second):
        start = await member.submit("/compte/avec/atelier", {"do": "add"})
        answer = await member.get(await say(address_of(start)))

    assert answer.status_code == 403
    assert "déjà un autre compte" in answer.text
    assert await fetchval("SELECT user_id FROM core_identity") == first.user.id  # type: ignore[union-attr]  # signed in


async def test_an_identity_is_not_added_to_whoever_is_signed_in_by_then(login: "LogIn") -> None:
    victim, attacker = await login("editor"), await login("editor")
    start = await attacker.submit("/compte/avec/atelier", {"do": "add"})
    back = await say(address_of(start), "attacker@exemple.fr")

    theirs = await victim.get(back)  # a link sent to them
    victim.cookies.set(COOKIE, attacker.cookies[COOKIE])
    forced = await victim.get(back)

    assert (theirs.status_code, forced.status_code) == (400, 403)
    assert await fetchval("SELECT count(*) FROM core_identity") == 0


async def test_adding_asks_for_the_token_of_the_form(login: "LogIn") -> None:
    member = await login("editor")

    forged = await member.post("/compte/avec/atelier", data={"do": "add"})

    assert forged.status_code == 403
    assert await fetchval("SELECT count(*) FROM core_oidc_journey") == 0


async def test_adding_asks_for_a_fresh_proof(login: "LogIn") -> None:
    member = await login("editor")
    await Session.all().update(proved_at=datetime.now(UTC) - timedelta(hours=1))

    for what in ("add", "remove"):
        answer = await member.submit("/compte/avec/atelier", {"do": what})

        assert answer.headers["location"] == "/compte/confirmer?next=/compte"
    assert await fetchval("SELECT count(*) FROM core_oidc_journey") == 0


async def test_the_way_that_is_left_cannot_be_removed(
    client: "Visitor", login: "LogIn", make: "Make"
) -> None:
    user = await make.user(email=EMAIL)
    member = await login(user=user)
    await come(client)

    removed = await member.submit("/compte/avec/atelier", {"do": "remove"})

    assert (
        removed.headers["location"] == "/compte?fait=fournisseur-retire"
    )  # a letter still opens it
    assert await fetchval("SELECT count(*) FROM core_identity") == 0


async def test_proconnect_signs_what_it_says_and_is_believed(client: "Visitor") -> None:
    user = await anna()

    address = await depart(client, "proconnect")
    asked = parse_qs(urlsplit(address).query)
    answer = await client.get(await say(address))

    assert asked["acr_values"] == ["eidas1 eidas2"]
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["state"][0]) >= 32 <= len(asked["nonce"][0])
    assert answer.status_code == 303
    assert (await Session.get(user_id=user.id)).factors == ["oidc:proconnect"]


@pytest.mark.parametrize("more", [{"PALABRE_OIDC_PROCONNECT_ACR": "eidas2"}])
async def test_a_level_of_assurance_that_was_asked_for_is_required(client: "Visitor") -> None:
    await anna()

    answer = await come(client, "proconnect")  # the provider says eidas1

    assert answer.status_code == 502
    assert await Session.all().count() == 0


async def test_signing_out_leads_through_the_provider_and_back(client: "Visitor") -> None:
    await anna()
    await come(client, "proconnect")
    token = (await Session.get()).csrf_token

    answer = await client.post("/deconnexion", data={"csrf": token})

    address = address_of(answer)
    asked = parse_qs(urlsplit(address).query)
    assert asked["post_logout_redirect_uri"] == [f"{SITE}/deconnexion"]
    assert len(asked["state"][0]) >= 32
    assert await Session.all().count() == 0
    assert "Anna" not in answer.text
    async with httpx.AsyncClient() as browser:
        assert (await browser.get(address)).status_code == 200  # it takes our proof
        assert (await browser.get(address.replace("id_token_hint=", "&id_token_hint=x"))).is_error
    assert await fetchval("SELECT id_token FROM core_identity") == ""
    assert "déconnecté" in (await client.get("/deconnexion?state=x")).text


async def test_a_session_by_password_signs_out_here_only(client: "Visitor") -> None:
    await anna()
    await come(client)
    client.cookies.clear()
    await client.post("/connexion", data={"email": EMAIL, "password": PASSWORD})
    token = (await Session.filter(factors=["password"]).get()).csrf_token

    answer = await client.post("/deconnexion", data={"csrf": token})

    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_the_language_of_the_page_is_that_of_the_way_back(client: "Visitor") -> None:
    await anna()

    answer = await client.submit("/en/connexion/avec/atelier", {"next": "/organisations"})
    back = await client.get(await say(address_of(answer)))

    assert back.headers["location"] == "/en/organisations"


@pytest.mark.parametrize("following", ["https://mechant.example", "//mechant.example", "/\\x.fr"])
async def test_the_way_on_stays_on_the_site(client: "Visitor", following: str) -> None:
    await anna()

    answer = await come(client, next=following)

    assert answer.headers["location"] == "/mes-evenements"


async def test_of_two_journeys_of_one_person_at_once_one_identity_is_left(
    client: "Visitor", login: "LogIn"
) -> None:
    await anna()
    other = await login("editor")
    other.cookies.clear()
    backs = [await say(await depart(visitor)) for visitor in (client, other)]

    answers = await asyncio.gather(client.get(backs[0]), other.get(backs[1]))

    assert [answer.status_code for answer in answers] == [303, 303]
    assert await fetchval("SELECT count(*) FROM core_identity") == 1


async def test_an_invited_administrator_comes_in_as_one(client: "Visitor") -> None:
    token = await domain.invite(EMAIL, site_roles=frozenset({SiteRole.ADMINISTRATOR}))

    await come(client, invitation=token)

    assert list((await User.get()).site_roles) == ["administrator"]


async def test_what_is_kept_opens_nothing_and_goes(client: "Visitor") -> None:
    await anna()
    address = await depart(client)
    asked = parse_qs(urlsplit(address).query)
    kept = str(await fetch("SELECT * FROM core_oidc_journey"))
    journal = str(await fetch("SELECT * FROM core_audit"))

    for secret in (client.cookies[COOKIE], *asked["state"], *asked["nonce"]):
        assert secret not in kept
    await client.get(await say(address))
    await Session.all().delete()
    assert await forget_old(datetime.now(UTC)) == 1
    assert EMAIL not in journal + str(await fetch("SELECT * FROM core_audit"))
