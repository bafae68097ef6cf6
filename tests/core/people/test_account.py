"""One's own account: name, password and devices, through the page."""

from typing import TYPE_CHECKING

import pytest

from palabre.database.connection import fetchval
from palabre.people import domain
from palabre.people.devices import words_of
from palabre.people.models import Session, User
from palabre.people.sessions import open_session

if TYPE_CHECKING:
    from palabre.testing import LogIn, Make, Visitor

OLD = "un-mot-de-passe-long"
NEW = "lune pain vélo orage"
FIREFOX = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"


async def anna() -> User:
    return await domain.create_user("anna@exemple.fr", "Anna", OLD)


async def test_the_page_shows_who_one_is_and_where(login: "LogIn") -> None:
    member = await login(user=await anna())
    assert member.user is not None
    await open_session(member.user, words_of(FIREFOX))

    page = await member.get("/compte")

    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert "anna@exemple.fr" in page.text
    assert "Firefox, Android" in page.text
    assert page.text.count("cet appareil") == 1
    for [token] in await Session.all().values_list("token_hash"):
        assert token.hex() not in page.text


async def test_name_and_language_are_changed_and_nothing_else(login: "LogIn") -> None:
    member = await login("contributor")
    assert member.user is not None
    given = {
        "display_name": "  Anna \u202eB\n",
        "language": "en",
        "do": "profile",
        "site_roles": "administrator",
        "email": "autre@exemple.fr",
        "is_active": "",
        "password_hash": "x",
        "id": "x",
    }

    answer = await member.submit("/compte", given)

    after = await User.get(id=member.user.id)
    assert answer.headers["location"] == "/compte?fait=nom"
    assert (after.display_name, after.language) == ("Anna B", "en")
    assert (after.email, after.site_roles, after.is_active) == (member.user.email, [], True)


@pytest.mark.parametrize(
    "given",
    [
        {"display_name": "", "language": "fr"},
        {"display_name": "a" * 121, "language": "fr"},
        {"display_name": "Anna", "language": "xx"},
    ],
)
async def test_what_cannot_be_used_is_said_beside_its_field(
    login: "LogIn", given: dict[str, str]
) -> None:
    member = await login("contributor")

    answer = await member.submit("/compte", {"do": "profile", **given})

    assert answer.status_code == 422
    assert "field-error" in answer.text


async def test_a_new_password_ends_all_other_sessions_and_renews_this_one(
    login: "LogIn", client: "Visitor"
) -> None:
    user = await anna()
    here, there = await login(user=user), await login(user=user)
    before = set(await Session.all().values_list("token_hash", flat=True))

    answer = await here.submit("/compte", {"do": "password", "old": OLD, "password": NEW})

    after = set(await Session.all().values_list("token_hash", flat=True))
    assert answer.headers["location"] == "/compte?fait=mot-de-passe"
    assert len(after) == 1
    assert not after & before
    assert (await here.get("/compte")).status_code == 200
    assert (await there.get("/compte")).status_code == 303
    old = await client.post("/connexion", data={"email": user.email, "password": OLD})
    new = await client.post("/connexion", data={"email": user.email, "password": NEW})
    assert (old.status_code, new.status_code) == (422, 303)
    assert await fetchval("SELECT count(*) FROM core_audit WHERE action = 'password.changed'") == 1


async def test_the_old_password_is_asked_and_not_often(login: "LogIn") -> None:
    user = await anna()
    member, other = await login(user=user), await login(user=user)
    guess = {"do": "password", "old": "faux", "password": NEW}

    answers = [await member.submit("/compte", guess) for _ in range(11)]

    assert [answer.status_code for answer in answers] == [422] * 10 + [429]
    assert "mot de passe actuel" in answers[0].text
    assert (await User.get(id=user.id)).password_hash == user.password_hash
    assert (await other.get("/compte")).status_code == 200


async def test_a_device_is_ended_by_its_owner_only(login: "LogIn", make: "Make") -> None:
    user = await anna()
    here, there = await login(user=user), await login(user=user)
    stranger = await login(user=await make.user("Autre"))
    assert there.user is not None
    page = (await here.get("/compte")).text
    [handle] = [
        str(session.handle)
        for session in await Session.filter(user_id=user.id)
        if str(session.handle) in page
    ]

    await stranger.submit("/compte", {"do": "device", "handle": handle})
    assert (await there.get("/compte")).status_code == 200
    await here.submit("/compte", {"do": "device", "handle": handle})

    assert (await there.get("/compte")).status_code == 303
    assert (await here.get("/compte")).status_code == 200
    assert (await stranger.get("/compte")).status_code == 200


async def test_all_others_are_ended_at_once(login: "LogIn", make: "Make") -> None:
    user = await anna()
    here, *others = [await login(user=user) for _ in range(3)]
    stranger = await login(user=await make.user("Autre"))

    await here.submit("/compte", {"do": "others"})

    assert [(await other.get("/compte")).status_code for other in others] == [303, 303]
    assert (await here.get("/compte")).status_code == 200
    assert (await stranger.get("/compte")).status_code == 200


@pytest.mark.parametrize("form", [{"do": "device", "handle": "x"}, {"do": "explode"}, {}])
async def test_what_is_no_form_of_ours_changes_nothing(
    login: "LogIn", form: dict[str, str]
) -> None:
    member = await login("contributor")

    assert (await member.submit("/compte", form)).status_code == 422
    assert (await member.get("/compte")).status_code == 200


async def test_changes_need_the_token_of_the_form(login: "LogIn") -> None:
    member = await login(user=await anna())

    for form in ({"do": "others"}, {"do": "password", "old": OLD, "password": NEW}):
        assert (await member.post("/compte", data=form)).status_code == 403


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox, Android"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18 like Mac OS X) Version/18 Safari",
            "Safari, iPhone",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X) Chrome/140.0 Safari", "Chrome, Mac"),
        ("curl/8.0", ""),
        ("<script>alert(1)</script>" * 500, ""),
    ],
)
def test_a_device_is_named_in_two_words(agent: str, words: str) -> None:
    assert words_of(agent) == words
