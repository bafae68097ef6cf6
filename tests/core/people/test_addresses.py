"""Another address for one's own account: confirmed at the new one, told to the old one."""

import asyncio
from typing import TYPE_CHECKING

import pytest

from palabre.database.connection import execute, fetch, fetchval
from palabre.people import domain
from palabre.people.models import Session, User
from palabre.people.sessions import open_session
from tests.core.people.letters import waiting

if TYPE_CHECKING:
    from palabre.testing import LogIn, Visitor

OLD, NEW = "anna@exemple.fr", "anna@ailleurs.fr"
PASSWORD = "lune pain vélo orage"
GIVEN = {"email": NEW, "password": PASSWORD}


@pytest.fixture
async def anna(login: "LogIn") -> "Visitor":
    return await login(user=await domain.create_user(OLD, "Anna", PASSWORD))


async def link(anna: "Visitor", **given: str) -> str:
    answer = await anna.submit("/compte/adresse", GIVEN | given)
    assert answer.status_code == 200, answer.text
    return (await waiting(NEW))[-1].path


async def test_the_new_address_is_confirmed_there_and_told_to_the_old_one(anna: "Visitor") -> None:
    assert anna.user is not None
    elsewhere = await open_session(anna.user)
    path = await link(anna)
    assert (await User.get()).email == OLD
    assert NEW in (await anna.get(path)).text

    answer = await anna.submit(path)

    assert answer.headers["location"] == "/compte?fait=adresse"
    assert (await User.get()).email == NEW
    assert await Session.all().count() == 1, elsewhere
    assert [letter.subject for letter in await waiting(OLD)] == [
        "Changement d’adresse demandé",
        "Votre adresse a changé",
    ]
    assert not any(NEW in letter.text + letter.html for letter in await waiting(OLD))
    journal = str(await fetch("SELECT * FROM core_audit"))
    assert "address.changed" in journal
    assert NEW not in journal
    assert OLD not in journal


async def test_it_takes_the_password(anna: "Visitor") -> None:
    answers = [
        await anna.submit("/compte/adresse", GIVEN | {"password": wrong})
        for wrong in ("", "autre chose tout à fait")
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert await waiting() == []


async def test_nobody_learns_who_has_an_account(anna: "Visitor") -> None:
    await domain.create_user("boris@exemple.fr", "Boris", PASSWORD)
    closed = await domain.create_user("ferme@exemple.fr", "Fermé", PASSWORD)
    await User.filter(id=closed.id).update(is_active=False)

    texts = {
        (await anna.submit("/compte/adresse", GIVEN | {"email": email})).text.replace(email, "X")
        for email in (NEW, "boris@exemple.fr", "ferme@exemple.fr")
    }

    assert len(texts) == 1
    assert len(await waiting("boris@exemple.fr")) == 1
    assert await waiting("ferme@exemple.fr") == []
    assert (await waiting("boris@exemple.fr"))[0].path == "/connexion"
    assert await fetchval("SELECT count(*) FROM core_way_in WHERE email IS NULL") == 2


async def test_a_link_is_good_once_for_its_account_and_its_purpose(
    anna: "Visitor", login: "LogIn", client: "Visitor"
) -> None:
    path = await link(anna)
    token = path.rpartition("/")[2]
    other = await login("editor")

    assert (await client.get(path)).headers["location"].startswith("/connexion?next=")
    for visitor, wrong in (
        (other, path),
        (anna, f"/mot-de-passe/{token}"),
        (anna, f"/connexion/lien/{token}"),
        (anna, f"/inscription/{token}"),
    ):
        assert (await visitor.get(wrong)).status_code == 404
        assert (await visitor.submit(wrong)).status_code == 404
    answers = await asyncio.gather(*(anna.submit(path) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [303, 404, 404, 404]
    assert (await User.get(email=NEW)).display_name == "Anna"


async def test_a_new_password_cancels_what_somebody_asked(anna: "Visitor") -> None:
    path = await link(anna)
    await anna.post("/mot-de-passe-oublie", data={"email": OLD, "csrf": anna.actor.csrf_token})  # type: ignore[union-attr]  # signed in
    reset = (await waiting(OLD))[-1].path
    await anna.submit(reset, {"password": "neige carotte wagon bleu"})
    user = await User.get()
    token = await open_session(user)
    anna.cookies.set("palabre", token)

    assert (await anna.get(path)).status_code == 404


async def test_links_sent_to_the_old_address_end(anna: "Visitor", client: "Visitor") -> None:
    await client.post("/mot-de-passe-oublie", data={"email": OLD})
    reset = (await waiting(OLD))[-1].path

    await anna.submit(await link(anna))

    assert (await client.get(reset)).status_code == 404


async def test_an_address_that_got_an_account_meanwhile_is_refused(anna: "Visitor") -> None:
    path = await link(anna)
    await domain.create_user(NEW, "Quelqu’un", PASSWORD)

    answer = await anna.submit(path)

    assert answer.status_code == 422
    assert await User.filter(email=OLD).exists()


@pytest.mark.parametrize("email", ["", "anna", f"{NEW}\r\nBcc: x@y.fr", OLD, OLD.upper()])
async def test_what_cannot_be_the_new_address_is_said_so(anna: "Visitor", email: str) -> None:
    answer = await anna.submit("/compte/adresse", GIVEN | {"email": email})

    assert answer.status_code == 422
    assert "field-error" in answer.text
    assert await waiting() == []


async def test_asking_is_limited(anna: "Visitor") -> None:
    codes = [
        (await anna.submit("/compte/adresse", GIVEN | {"email": f"a{n}@exemple.fr"})).status_code
        for n in range(11)
    ]

    assert codes == [200] * 10 + [429]


async def test_the_link_ends_after_a_day(anna: "Visitor") -> None:
    path = await link(anna)

    await execute("UPDATE core_way_in SET expires_at = expires_at - interval '1 day'")

    assert (await anna.submit(path)).status_code == 404
