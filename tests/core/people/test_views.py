"""Coming in and leaving, through the pages."""

from typing import TYPE_CHECKING

import pytest

from palabre.people import domain
from palabre.people.entering import safe_path
from palabre.people.models import Membership, Role, Session

if TYPE_CHECKING:
    from palabre.testing import LogIn, Make, Visitor

PASSWORD = "un-mot-de-passe-long"
EMAIL = "anna@exemple.fr"


async def test_the_right_password_opens_a_session_and_leads_on(client: "Visitor") -> None:
    user = await domain.create_user(EMAIL, "Anna", PASSWORD)

    answer = await client.post(
        "/connexion", data={"email": EMAIL, "password": PASSWORD, "next": "/agenda"}
    )

    assert (answer.status_code, answer.headers["location"]) == (303, "/agenda")
    assert (await Session.get(user_id=user.id)).csrf_token
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Anna" in (await client.get("/agenda")).text


async def test_a_wrong_password_keeps_the_address_typed_and_opens_nothing(
    client: "Visitor",
) -> None:
    await domain.create_user(EMAIL, "Anna", PASSWORD)

    answer = await client.post("/connexion", data={"email": EMAIL, "password": "faux"})

    assert answer.status_code == 422
    assert "Adresse ou mot de passe incorrect" in answer.text
    assert f'value="{EMAIL}"' in answer.text
    assert "faux" not in answer.text
    assert "set-cookie" not in answer.headers


async def test_logging_in_again_ends_the_session_of_before(client: "Visitor") -> None:
    await domain.create_user(EMAIL, "Anna", PASSWORD)

    for _ in range(2):
        await client.post("/connexion", data={"email": EMAIL, "password": PASSWORD})

    assert await Session.all().count() == 1


async def test_a_session_chosen_by_somebody_else_is_not_taken_over(client: "Visitor") -> None:
    await domain.create_user(EMAIL, "Anna", PASSWORD)
    client.cookies.set("palabre", "chosen-by-an-attacker")

    answer = await client.post("/connexion", data={"email": EMAIL, "password": PASSWORD})

    assert "chosen-by-an-attacker" not in answer.headers["set-cookie"]
    assert await Session.all().count() == 1


async def test_logging_out_needs_the_token_of_the_form(login: "LogIn") -> None:
    member = await login("editor")

    forged = await member.post("/deconnexion", data={})
    kept = await Session.all().count()
    real = await member.submit("/deconnexion")

    assert (forged.status_code, kept) == (403, 1)
    assert (real.status_code, await Session.all().count()) == (303, 0)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://mechant.example"},
        {"origin": "null"},
    ],
)
async def test_a_post_that_another_site_asked_for_is_refused(
    client: "Visitor", headers: dict[str, str]
) -> None:
    await domain.create_user(EMAIL, "Anna", PASSWORD)

    answer = await client.post(
        "/connexion", data={"email": EMAIL, "password": PASSWORD}, headers=headers
    )

    assert answer.status_code in {303, 403}
    assert "set-cookie" not in answer.headers
    assert await Session.all().count() == 0


async def test_whoever_needs_an_account_is_led_to_the_login_and_back(client: "Visitor") -> None:
    answer = await client.get("/mes-evenements")

    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/connexion?next=/mes-evenements",
    )


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("/agenda?q=eau", "/agenda?q=eau"),
        ("", "/mes-evenements"),
        ("https://mechant.example/", "/mes-evenements"),
        ("//mechant.example/", "/mes-evenements"),
        ("/\\mechant.example/", "/mes-evenements"),
        ("/a\\b", "/mes-evenements"),
        ("/a\r\nset-cookie: x=y", "/mes-evenements"),
        ("javascript:alert(1)", "/mes-evenements"),
    ],
)
def test_the_way_on_never_leaves_the_site(given: str, kept: str) -> None:
    assert safe_path(given) == kept


async def test_an_invitation_makes_an_account_and_signs_in(client: "Visitor", make: "Make") -> None:
    organisation = await make.organisation("Les Voisins")
    token = await domain.invite(EMAIL, organisation=organisation, role=Role.EDITOR)

    page = await client.get(f"/invitation/{token}")
    answer = await client.post(
        f"/invitation/{token}", data={"display_name": "Anna", "password": PASSWORD}
    )

    assert "Les Voisins" in page.text
    assert answer.headers["location"] == "/mes-evenements"
    assert await Membership.filter(organisation_id=organisation.id, role=Role.EDITOR).exists()
    assert (await client.get("/mes-evenements")).status_code == 200


async def test_an_invitation_form_says_what_is_wrong_and_keeps_the_name(
    client: "Visitor", make: "Make"
) -> None:
    organisation = await make.organisation("Les Voisins")
    token = await domain.invite(EMAIL, organisation=organisation, role=Role.EDITOR)

    answer = await client.post(
        f"/invitation/{token}", data={"display_name": "Anna", "password": "court"}
    )

    assert answer.status_code == 422
    assert 'value="Anna"' in answer.text
    assert "12" in answer.text
    assert await Membership.all().count() == 0


async def test_an_unknown_invitation_is_a_page_that_says_so(client: "Visitor") -> None:
    answer = await client.get("/invitation/inconnue")

    assert answer.status_code == 404
    assert "Demandez-en une nouvelle" in answer.text
