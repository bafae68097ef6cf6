"""Pupils with a card and pictures: in on their plugin's pages, for hours, and nobody elsewhere."""

from typing import TYPE_CHECKING, Any

import pytest

from palabre.database.connection import execute, fetch, fetchval
from palabre.plugins import Plugins
from palabre.principals import domain

if TYPE_CHECKING:
    from palabre.testing import LogIn, Visitor

LETTERS = "/classe/lettres"
CARD = {"card": "carte-7", "pictures": "chat-lune-pomme"}


async def enter(visitor: "Visitor") -> str:
    """Come in with a card; returns the token that forms carry from then on."""
    answer = await visitor.post("/classe", data=CARD)
    assert (answer.status_code, answer.headers["location"]) == (303, LETTERS)
    return (await visitor.get(LETTERS)).text.split("\n")[1]


def test_the_plugin_is_well(palabre_plugins: Plugins) -> None:
    assert [extension.loaded.fault for extension in palabre_plugins.extensions] == ["", ""]


async def test_a_pupil_comes_in_and_leaves(client: "Visitor") -> None:
    assert (await client.get("/classe")).text == "Montre ta carte"
    assert (await client.get(LETTERS)).headers["location"] == "/classe"
    assert (await client.post(LETTERS)).status_code == 403

    token = await enter(client)

    assert (await client.get("/classe")).text == "Bonjour Zoé"
    left = await client.post("/classe/sortie", data={"csrf": token})
    assert left.headers["location"] == "/classe"
    assert (await client.get(LETTERS)).headers["location"] == "/classe"
    assert await fetchval("SELECT count(*) FROM core_principal_session") == 0


async def test_the_cookie_is_as_safe_as_the_accounts_and_holds_no_name(client: "Visitor") -> None:
    answer = await client.post("/classe", data=CARD)

    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("palabre-principal=")
    for word in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age=7200"):
        assert word in cookie
    [row] = await fetch("SELECT token_hash, key FROM core_principal_session")
    assert row["key"] == "carte-7"
    assert client.cookies["palabre-principal"].encode() not in bytes(row["token_hash"])
    assert "carte" not in cookie


async def test_a_form_needs_its_token_and_the_same_site(client: "Visitor") -> None:
    token = await enter(client)

    assert (await client.post(LETTERS)).status_code == 403
    assert (await client.post(LETTERS, data={"csrf": "x"})).status_code == 403
    elsewhere = {"sec-fetch-site": "cross-site"}
    posted = await client.post(LETTERS, data={"csrf": token}, headers=elsewhere)
    assert posted.status_code == 403
    assert (await client.post(LETTERS, data={"csrf": token})).status_code == 200


async def test_pictures_are_not_guessed_for_long(client: "Visitor") -> None:
    tries = [
        (await client.post("/classe", data=CARD | {"pictures": f"chat-{n}"})).status_code
        for n in range(6)
    ]

    assert tries == [422] * 5 + [429]


@pytest.mark.parametrize(
    "how",
    [
        "UPDATE core_principal_session SET expires_at = now()",
        "UPDATE core_principal_session SET seen_at = now() - interval '61 minutes'",
        "UPDATE core_principal_session SET plugin = 'imposteur'",
    ],
)
async def test_a_session_ends(client: "Visitor", how: str) -> None:
    await enter(client)
    await execute(how)

    assert (await client.get(LETTERS)).headers["location"] == "/classe"


async def test_a_card_is_taken_back(client: "Visitor", classe: Any) -> None:
    await enter(client)
    await classe.new_pictures("carte-8")
    assert (await client.get(LETTERS)).status_code == 200

    await classe.new_pictures("carte-7")
    assert (await client.get(LETTERS)).status_code == 303

    await enter(client)
    classe.gone.add("carte-7")  # the pupil has left: the plugin knows the key no longer
    assert (await client.get(LETTERS)).status_code == 303


async def test_a_hook_that_fails_lets_nobody_in(client: "Visitor", classe: Any) -> None:
    await enter(client)
    classe.failing.append("base de données absente")

    assert (await client.get(LETTERS)).headers["location"] == "/classe"
    assert (await client.get("/classe")).text == "Montre ta carte"


async def test_a_browser_is_one_person_s(client: "Visitor", login: "LogIn") -> None:
    teacher = await login("editor")
    assert (await teacher.get("/compte")).status_code == 200
    assert (await teacher.get(LETTERS)).headers["location"] == "/classe"

    answer = await teacher.submit("/classe", CARD)  # a pupil at the teacher's own screen
    assert "palabre-principal=" in answer.headers["set-cookie"]

    assert (await teacher.get("/compte")).headers["location"].startswith("/connexion")
    assert (await teacher.get(LETTERS)).status_code == 200


async def test_signing_in_to_an_account_ends_the_pupil_s_session(
    client: "Visitor", classe: Any
) -> None:
    from palabre.people.domain import create_user

    await create_user("anna@exemple.fr", "Anna", "lune pain vélo orage")
    await enter(client)

    form = {"email": "anna@exemple.fr", "password": "lune pain vélo orage"}
    assert (await client.post("/connexion", data=form)).status_code == 303

    assert await fetchval("SELECT count(*) FROM core_principal_session") == 0
    assert (await client.get(LETTERS)).headers["location"] == "/classe"


async def test_old_sessions_are_forgotten(client: "Visitor") -> None:
    from datetime import UTC, datetime, timedelta

    await enter(client)
    assert await domain.forget_old(datetime.now(UTC)) == 0
    assert await domain.forget_old(datetime.now(UTC) + timedelta(hours=3)) == 1


@pytest.mark.parametrize("key", ["", "x" * 101, "a\nb"])
async def test_a_key_is_short_and_printable(database: str, key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        await domain.begin("classe", key)
