"""Coming in by mail: links that work once, for a short time, and tell strangers nothing."""

import asyncio
import time
from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING

import pytest

from palabre.database.connection import execute, fetch, fetchval
from palabre.people import domain
from palabre.people.models import Session, User
from palabre.people.sessions import open_session
from palabre.people.ways_in import forget_old
from tests.core.people.letters import waiting

if TYPE_CHECKING:
    from palabre.testing import LogIn, Visitor

EMAIL = "anna@exemple.fr"
OLD = "un-mot-de-passe-long"
NEW = "lune pain vélo orage"
ASKING = ["/mot-de-passe-oublie", "/connexion/lien"]
NO_LONGER = "Ce lien a déjà servi ou a expiré"


async def anna() -> User:
    return await domain.create_user(EMAIL, "Anna", OLD)


async def link(client: "Visitor", asking: str, email: str = EMAIL) -> str:
    answer = await client.post(asking, data={"email": email})
    assert answer.status_code == 200
    return (await waiting(email))[-1].path


async def signed_in(client: "Visitor") -> bool:
    return (await client.get("/compte")).status_code == 200


async def test_a_forgotten_password_is_replaced_by_mail(client: "Visitor") -> None:
    user = await anna()
    stolen = await open_session(user)
    path = await link(client, "/mot-de-passe-oublie")

    page = await client.get(path)
    answer = await client.post(path, data={"password": NEW})

    assert EMAIL in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert await Session.all().count() == 0, stolen
    assert (
        await client.post("/connexion", data={"email": EMAIL, "password": OLD})
    ).status_code == 422
    assert (
        await client.post("/connexion", data={"email": EMAIL, "password": NEW})
    ).status_code == 303
    assert [letter.subject for letter in await waiting()][-1] == "Votre mot de passe a changé"


async def test_a_link_signs_in_only_by_its_button(client: "Visitor") -> None:
    await anna()
    path = await link(client, "/connexion/lien")

    for _ in range(3):  # a mail scanner, or a preview
        assert (await client.get(path)).status_code == 200
        assert (await client.head(path)).status_code == 200
    assert await Session.all().count() == 0
    answer = await client.post(path)

    assert (answer.status_code, answer.headers["location"]) == (303, "/mes-evenements")
    assert await signed_in(client)


@pytest.mark.parametrize("asking", ASKING)
async def test_a_link_works_once(client: "Visitor", asking: str) -> None:
    await anna()
    path = await link(client, asking)

    await client.post(path, data={"password": NEW})
    client.cookies.clear()
    again = [await client.get(path), await client.post(path, data={"password": OLD})]

    assert [answer.status_code for answer in again] == [404, 404]
    assert NO_LONGER in again[0].text
    assert not await signed_in(client)


async def test_of_many_who_race_with_one_link_one_comes_in(client: "Visitor") -> None:
    await anna()
    path = await link(client, "/connexion/lien")

    answers = await asyncio.gather(*(client.post(path) for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [303] + [404] * 5


async def test_of_two_who_race_with_one_reset_one_wins(client: "Visitor") -> None:
    await anna()
    path = await link(client, "/mot-de-passe-oublie")

    answers = await asyncio.gather(
        *(client.post(path, data={"password": f"{NEW} {number}"}) for number in range(3))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 404, 404]


@pytest.mark.parametrize(
    ("asking", "lasts"), [("/mot-de-passe-oublie", "59 minutes"), ("/connexion/lien", "14 minutes")]
)
async def test_a_link_is_good_for_a_short_time(client: "Visitor", asking: str, lasts: str) -> None:
    await anna()
    path = await link(client, asking)
    earlier = "UPDATE core_way_in SET expires_at = expires_at - $1::text::interval"

    await execute(earlier, lasts)
    assert (await client.get(path)).status_code == 200
    await execute(earlier, "1 minute")

    assert (await client.get(path)).status_code == 404
    assert (await client.post(path, data={"password": NEW})).status_code == 404
    assert await forget_old(datetime.now(UTC)) == 1


async def test_a_refused_password_leaves_the_link(client: "Visitor") -> None:
    await anna()
    path = await link(client, "/mot-de-passe-oublie")

    refused = await client.post(path, data={"password": "motdepasse1234"})
    taken = await client.post(path, data={"password": NEW})

    assert refused.status_code == 422
    assert "field-error" in refused.text
    assert "motdepasse1234" not in refused.text
    assert taken.status_code == 200


async def test_a_link_for_one_thing_does_not_open_the_other(client: "Visitor") -> None:
    await anna()
    token = (await link(client, "/connexion/lien")).rpartition("/")[2]
    other = (await link(client, "/mot-de-passe-oublie")).rpartition("/")[2]

    assert (await client.post(f"/mot-de-passe/{token}", data={"password": NEW})).status_code == 404
    assert (await client.post(f"/connexion/lien/{other}")).status_code == 404
    assert (await client.get(f"/invitation/{token}")).status_code == 404


async def test_a_new_password_ends_all_links_asked_before(client: "Visitor") -> None:
    await anna()
    before = [await link(client, asking) for asking in (*ASKING, ASKING[0])]

    await client.post(before[0], data={"password": NEW})

    assert [(await client.get(path)).status_code for path in before] == [404, 404, 404]


@pytest.mark.parametrize("asking", ASKING)
async def test_strangers_do_not_learn_who_has_an_account(client: "Visitor", asking: str) -> None:
    await anna()
    closed = await domain.create_user("ferme@exemple.fr", "Fermé", None)
    await User.filter(id=closed.id).update(is_active=False)

    answers = {
        email: await client.post(asking, data={"email": email})
        for email in (EMAIL, "inconnue@exemple.fr", closed.email)
    }

    texts = {answer.text.replace(email, "X") for email, answer in answers.items()}
    heads = {
        (answer.status_code, tuple(sorted(answer.headers.keys()))) for answer in answers.values()
    }
    assert len(texts) == len(heads) == 1
    assert [letter.to for letter in await waiting()] == [EMAIL]
    assert await fetchval("SELECT count(*) FROM core_way_in") == 3


async def test_asking_takes_as_long_for_strangers(client: "Visitor") -> None:
    await anna()
    spent: dict[str, list[float]] = {EMAIL: [], "inconnue@exemple.fr": []}

    for _ in range(12):
        for email, seconds in spent.items():
            await execute("DELETE FROM core_rate_limit")
            started = time.perf_counter()
            await client.post("/mot-de-passe-oublie", data={"email": email})
            seconds.append(time.perf_counter() - started)

    known, unknown = (median(seconds) for seconds in spent.values())
    assert 0.5 < known / unknown < 2


async def test_the_limit_is_the_same_for_strangers(client: "Visitor") -> None:
    await anna()

    for email in (EMAIL, "inconnue@exemple.fr"):
        codes = [
            (await client.post("/connexion/lien", data={"email": f" {email.upper()}"})).status_code
            for _ in range(6)
        ]
        assert codes == [200] * 5 + [429]


async def test_the_link_of_somebody_who_left_is_closed(client: "Visitor") -> None:
    user = await anna()
    paths = [await link(client, asking) for asking in ASKING]

    await User.filter(id=user.id).update(is_active=False)

    for path in paths:
        assert (await client.post(path, data={"password": NEW})).status_code == 404


async def test_the_letter_s_link_leads_to_the_site_whatever_host_was_asked(
    client: "Visitor",
) -> None:
    await anna()

    for headers in ({"host": "mechant.example"}, {"x-forwarded-host": "mechant.example"}):
        await client.post("/mot-de-passe-oublie", data={"email": EMAIL}, headers=headers)

    [letter] = await waiting()  # the other one was refused
    assert "mechant" not in letter.text + letter.html
    assert letter.path.startswith("/mot-de-passe/")


@pytest.mark.parametrize(
    "email", ["", "anna", "anna@exemple.fr\r\nBcc: x@y.fr", "anna@exemple.fr, x@y.fr", "<a@b.fr>"]
)
async def test_what_is_no_address_is_said_so(client: "Visitor", email: str) -> None:
    answer = await client.post("/mot-de-passe-oublie", data={"email": email})

    assert answer.status_code == 422
    assert "field-error" in answer.text
    assert await waiting() == []


async def test_tokens_are_long_different_and_kept_as_hashes_only(client: "Visitor") -> None:
    await anna()
    tokens = [(await link(client, ASKING[0])).rpartition("/")[2] for _ in range(4)]
    kept = b"".join(row[0] for row in await fetch("SELECT token_hash FROM core_way_in"))

    assert len(set(tokens)) == 4
    assert {len(token) for token in tokens} == {43}  # 256 bits
    assert not any(token.encode() in kept for token in tokens)
    journal = str(await fetch("SELECT * FROM core_audit"))
    assert not any(token in journal for token in [*tokens, EMAIL])


async def test_a_link_takes_over_no_session_and_needs_our_own_form(client: "Visitor") -> None:
    await anna()
    path = await link(client, "/connexion/lien")
    client.cookies.set("palabre", "chosen-by-an-attacker")

    forged = await client.post(path, headers={"sec-fetch-site": "cross-site"})
    answer = await client.post(path)

    assert forged.status_code == 403
    assert "chosen-by-an-attacker" not in answer.headers["set-cookie"]
    assert await Session.all().count() == 1


async def test_a_link_signs_in_over_somebody_else_s_session(
    client: "Visitor", login: "LogIn"
) -> None:
    user = await anna()
    other = await login("editor")
    path = await link(client, "/connexion/lien")

    answer = await other.submit(path)

    assert answer.status_code == 303
    assert EMAIL in (await other.get("/compte")).text
    assert await Session.filter(user_id=user.id).count() == await Session.all().count() == 1


async def test_letters_are_in_the_language_of_their_reader(client: "Visitor") -> None:
    user = await anna()
    await User.filter(id=user.id).update(language="en")

    await client.post("/mot-de-passe-oublie", data={"email": EMAIL})

    [letter] = await waiting()
    assert 'lang="en"' in letter.html
