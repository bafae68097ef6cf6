"""Accounts that people open by themselves, where the site lets them."""

import asyncio

import pytest

from palabre.database.connection import execute, fetchval
from palabre.errors import Refused
from palabre.people import domain
from palabre.people.models import Membership, Session, User
from palabre.settings import Settings, from_environment
from palabre.testing import Visitor
from tests.core.people.letters import waiting

EMAIL = "anna@exemple.fr"
PASSWORD = "lune pain vélo orage"
GIVEN = {"display_name": "Anna", "password": PASSWORD}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"open_registration": True})


async def link(client: Visitor) -> str:
    await client.post("/inscription", data={"email": EMAIL})
    return (await waiting(EMAIL))[-1].path


async def test_an_account_is_opened_by_mail_and_has_no_role(client: Visitor) -> None:
    page = await client.get("/connexion")
    path = await link(client)
    shown = await client.get(path)

    answer = await client.post(
        path,
        data={
            **GIVEN,
            "email": "autre@exemple.fr",
            "site_roles": "administrator",
            "is_active": "",
            "organisation": "x",
            "role": "owner",
        },
    )

    assert 'href="/inscription"' in page.text
    assert (shown.headers["cache-control"], shown.headers["referrer-policy"]) == (
        "no-store",
        "no-referrer",
    )
    assert answer.headers["location"] == "/compte?fait=inscription"
    user = await User.get()
    assert (user.email, user.site_roles, user.is_active) == (EMAIL, [], True)
    assert not await Membership.exists()
    account = await client.get(answer.headers["location"])
    assert "demandez une invitation" in account.text
    assert (await client.get("/mes-evenements")).status_code == 200
    assert (await client.get("/administration")).status_code == 403


async def test_nothing_is_opened_before_the_form_and_only_once(client: Visitor) -> None:
    path = await link(client)
    assert not await User.exists()

    answers = await asyncio.gather(*(client.post(path, data=GIVEN) for _ in range(3)))

    assert sorted(answer.status_code for answer in answers) == [303, 404, 404]
    assert await User.all().count() == 1
    assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"display_name": ""}, "f-display_name"),
        ({"password": "court"}, "f-password"),
        ({"password": "motdepasse1234"}, "f-password"),
        ({"password": "exemple de phrase longue"}, "f-password"),
    ],
)
async def test_what_cannot_be_used_leaves_the_link(
    client: Visitor, given: dict[str, str], field: str
) -> None:
    path = await link(client)

    refused = await client.post(path, data={**GIVEN, **given})

    assert refused.status_code == 422
    assert f'href="#{field}"' in refused.text
    assert PASSWORD not in refused.text
    assert not await User.exists()
    assert (await client.post(path, data=GIVEN)).status_code == 303


async def test_strangers_do_not_learn_who_has_an_account(client: Visitor) -> None:
    await domain.create_user(EMAIL, "Anna", PASSWORD)
    closed = await domain.create_user("ferme@exemple.fr", "Fermé", None)
    await User.filter(id=closed.id).update(is_active=False)

    answers = {
        email: await client.post("/inscription", data={"email": email})
        for email in (EMAIL, "inconnue@exemple.fr", closed.email)
    }

    assert len({answer.text.replace(email, "X") for email, answer in answers.items()}) == 1
    assert {answer.status_code for answer in answers.values()} == {200}
    known, unknown = await waiting()
    assert (known.path, known.subject) == ("/connexion", unknown.subject)
    assert unknown.path.startswith("/inscription/")
    assert await fetchval("SELECT count(*) FROM core_way_in") == 3


async def test_an_address_that_got_an_account_meanwhile_is_not_taken_over(
    client: Visitor,
) -> None:
    path = await link(client)
    user = await domain.create_user(EMAIL, "Anna", "une phrase à moi seule")

    answer = await client.post(path, data=GIVEN)

    assert answer.status_code == 422
    assert (await User.get(id=user.id)).password_hash == user.password_hash
    assert not await Session.exists()


async def test_a_link_is_good_for_a_day_and_asked_for_rarely(client: Visitor) -> None:
    path = await link(client)
    await execute("UPDATE core_way_in SET expires_at = expires_at - interval '1 day'")

    assert (await client.post(path, data=GIVEN)).status_code == 404
    codes = [
        (await client.post("/inscription", data={"email": EMAIL})).status_code for _ in range(5)
    ]
    assert codes == [200] * 4 + [429]


async def test_another_site_cannot_ask_or_confirm(client: Visitor) -> None:
    path = await link(client)
    headers = {"sec-fetch-site": "cross-site"}

    asked = await client.post("/inscription", data={"email": "b@exemple.fr"}, headers=headers)
    confirmed = await client.post(path, data=GIVEN, headers=headers)

    assert (asked.status_code, confirmed.status_code) == (403, 403)
    assert len(await waiting()) == 1


def test_open_registration_needs_mail() -> None:
    with pytest.raises(Refused) as refused:
        from_environment({"PALABRE_OPEN_REGISTRATION": "1"})

    assert "PALABRE_SMTP_URL" in refused.value.message
