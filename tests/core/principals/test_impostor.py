"""Whatever a plugin's hook says, nobody becomes a user or an administrator by it."""

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from palabre.people.permissions import ACTIONS, ANONYMOUS
from palabre.people.sessions import actor_from_token, open_session
from palabre.principals import domain
from tests.core.web.test_access import LINES

if TYPE_CHECKING:
    from palabre.testing import LogIn, Make, Visitor

INSIDE = "/imposteur/dedans"
SIGN_OUT = "/deconnexion"


@pytest.mark.parametrize(
    "trick",
    ["actor", "bare actor", "user", "disguised", "another", "several", "number", "true"],
)
async def test_a_hook_that_cheats_makes_nobody(
    client: "Visitor", make: "Make", imposteur: Any, trick: str
) -> None:
    administrator = await make.member("administrator")
    imposteur.said |= {"trick": trick, "user": administrator.id, "key": str(administrator.id)}
    if trick == "another":
        imposteur.said["key"] = "moi"
    assert (await client.get("/imposteur")).text == "entré"

    assert (await client.get(INSIDE)).headers["location"] == "/imposteur"
    for path in ("/administration", "/compte", "/mes-evenements"):
        assert (await client.get(path)).headers["location"].startswith("/connexion?next=")


async def test_an_administrator_s_id_as_key_is_only_a_key(
    client: "Visitor", make: "Make", imposteur: Any
) -> None:
    administrator = await make.member("administrator")
    imposteur.said |= {"trick": "honest", "key": str(administrator.id)}
    await client.get("/imposteur")

    assert (await client.get(INSIDE)).text == "Principal"
    assert (await client.get("/administration")).headers["location"].startswith("/connexion")


async def test_an_actor_made_up_in_a_view_is_gone_with_the_request(
    client: "Visitor", make: "Make", imposteur: Any
) -> None:
    imposteur.said |= {"trick": "state", "user": (await make.member("administrator")).id}
    await client.get("/imposteur")

    assert (await client.get(INSIDE)).status_code == 200
    assert (await client.get("/administration")).headers["location"].startswith("/connexion")


async def test_tokens_open_nothing_with_the_other_s_cookie(
    client: "Visitor", make: "Make", imposteur: Any
) -> None:
    imposteur.said |= {"trick": "cookie"}
    await client.get("/imposteur")
    assert client.cookies["palabre"] == client.cookies["palabre-principal"]
    assert (await client.get("/compte")).headers["location"].startswith("/connexion")

    account = await open_session(await make.member("administrator"))
    principal = await domain.begin("imposteur", "moi")
    assert await domain.session_of("imposteur", account) is None
    assert await domain.session_of("classe", principal) is None
    assert await actor_from_token(principal) == ANONYMOUS
    client.cookies.clear()
    client.cookies.set("palabre-principal", account)
    assert (await client.get(INSIDE)).headers["location"] == "/imposteur"


async def test_another_plugin_s_people_are_nobody_here(
    client: "Visitor", classe: Any, imposteur: Any
) -> None:
    imposteur.said |= {"trick": "honest", "key": "carte-7"}
    await client.get("/imposteur")

    assert (await client.get(INSIDE)).status_code == 200
    assert (await client.get("/classe/lettres")).headers["location"] == "/classe"


async def test_the_core_treats_a_principal_like_anybody(
    client: "Visitor", login: "LogIn", imposteur: Any
) -> None:
    """Every address of the route × role table, without its objects: the same as for nobody."""
    imposteur.said |= {"trick": "honest", "key": str(uuid4())}
    lines = [line for line in LINES if "{" not in line.address and line.address != SIGN_OUT]

    nobody = [await ask(client, line.method, line.address, line.form) for line in lines]
    await client.get("/imposteur")
    assert (await client.get(INSIDE)).status_code == 200
    principal = [await ask(client, line.method, line.address, line.form) for line in lines]

    assert len(lines) > 60
    assert principal == nobody
    assert (await client.get(INSIDE)).status_code == 200  # still in, all the while


async def test_no_action_of_the_core_knows_principals() -> None:
    from palabre.web.routing import PRINCIPAL, admits, known_permission

    assert PRINCIPAL not in ACTIONS
    assert not known_permission(PRINCIPAL)
    with pytest.raises(KeyError):
        admits(ANONYMOUS, PRINCIPAL)


async def ask(
    visitor: "Visitor", method: str, address: str, form: dict[str, str]
) -> tuple[str, str, int, str]:
    data = form if method == "POST" else None
    answer = await visitor.request(method, address, data=data)
    return method, address, answer.status_code, answer.headers.get("location", "")
