"""One's own second factors: added, removed and renewed, each time with a fresh proof and a letter."""

from typing import TYPE_CHECKING

import pytest

from palabre.database.connection import execute, fetch, fetchval
from palabre.people.models import Session
from palabre.people.sessions import open_session
from tests.core.people.factors.conftest import PASSWORD, Person
from tests.core.people.letters import waiting

if TYPE_CHECKING:
    from palabre.testing import LogIn, Make, Visitor

PAGE = "/compte/securite"
CONFIRM = "/compte/confirmer?next=/compte/securite"


async def stale() -> None:
    """Let an hour pass since anybody proved who they are."""
    await execute("UPDATE core_session SET proved_at = proved_at - interval '1 hour'")


async def test_adding_an_application_renews_this_session_and_ends_the_others(
    anna: Person,
) -> None:
    before = anna.token
    elsewhere = await open_session(anna.user)

    codes = await anna.add_application()

    assert len(codes) == 10
    assert anna.token not in {before, elsewhere}
    [session] = await Session.all()
    assert session.factors == ["password", "totp"]
    [letter] = await waiting(anna.user.email)
    assert letter.path == PAGE
    assert "application d’authentification vient d’être ajoutée" in letter.text
    page = await anna.browser.get(PAGE)
    assert page.headers["cache-control"] == "no-store"
    assert "Retirer l’application" in page.text


async def test_a_wrong_first_code_adds_nothing(anna: Person) -> None:
    begun = await anna.do(PAGE, do="begin")
    assert begun.headers["location"] == f"{PAGE}/application"
    answer = await anna.do(f"{PAGE}/application", code="000000")

    assert answer.status_code == 422
    assert "field-error" in answer.text
    assert (await anna.enter()).headers["location"] == "/mes-evenements"  # no second step yet


async def test_a_secret_waits_for_an_hour_and_is_replaced(anna: Person) -> None:
    await anna.do(PAGE, do="begin")
    first = (await anna.browser.get(f"{PAGE}/application")).text
    await anna.do(PAGE, do="begin")
    second = (await anna.browser.get(f"{PAGE}/application")).text
    assert first.split("otpauth")[1] != second.split("otpauth")[1]

    await execute("UPDATE core_totp SET created_at = now() - interval '61 minutes'")
    assert (await anna.browser.get(f"{PAGE}/application")).headers["location"] == PAGE


async def test_a_second_application_is_refused(anna: Person) -> None:
    await anna.add_application()

    answer = await anna.do(PAGE, do="begin")

    assert answer.status_code == 422
    assert "déjà une application" in answer.text
    assert (await anna.browser.get(f"{PAGE}/application")).headers["location"] == PAGE


async def test_removing_the_last_factor_takes_the_codes_and_tells(anna: Person) -> None:
    await anna.add_application()

    answer = await anna.do(PAGE, do="remove-application")

    assert answer.headers["location"] == f"{PAGE}?fait=retrait-application"
    assert await fetchval("SELECT count(*) FROM core_recovery_code") == 0
    assert "vient d’être retirée" in (await waiting(anna.user.email))[-1].text
    [session] = await Session.all()
    assert session.factors == ["password"]
    assert (await anna.enter()).headers["location"] == "/mes-evenements"


@pytest.mark.parametrize("do", ["begin", "remove-application", "codes", "passkey"])
async def test_nothing_changes_without_a_fresh_proof(anna: Person, do: str) -> None:
    if do != "begin":
        await anna.add_application()
    before = (
        await fetch("SELECT secret FROM core_totp"),
        await fetch("SELECT code_hash FROM core_recovery_code ORDER BY 1"),
    )
    await stale()

    answer = await anna.do(PAGE, do=do)

    assert answer.headers["location"] == CONFIRM
    assert before == (
        await fetch("SELECT secret FROM core_totp"),
        await fetch("SELECT code_hash FROM core_recovery_code ORDER BY 1"),
    )


async def test_a_password_is_proof_enough_without_a_second_factor(anna: Person) -> None:
    await stale()
    token = anna.token
    assert "Mot de passe" in (await anna.browser.get(CONFIRM)).text

    wrong = await anna.do("/compte/confirmer", next=PAGE, password="autre chose")
    assert wrong.status_code == 422
    right = await anna.do("/compte/confirmer", next=PAGE, password=PASSWORD)

    assert right.headers["location"] == PAGE
    assert anna.token != token
    assert (await anna.do(PAGE, do="begin")).headers["location"] == f"{PAGE}/application"


async def test_a_password_is_no_proof_beside_a_second_factor(anna: Person) -> None:
    await anna.add_application()
    await stale()

    by_password = await anna.do("/compte/confirmer", next=PAGE, password=PASSWORD)
    assert by_password.status_code == 422
    assert (await anna.do(PAGE, do="codes")).headers["location"] == CONFIRM

    by_code = await anna.do("/compte/confirmer", next=PAGE, code=anna.code())
    assert by_code.headers["location"] == PAGE
    assert (await anna.do(PAGE, do="codes")).status_code == 200


async def test_the_way_on_leads_nowhere_else(anna: Person) -> None:
    for trap in ("//evil.example", "https://evil.example", "/\\evil.example"):
        answer = await anna.do("/compte/confirmer", next=trap, password=PASSWORD)
        assert answer.headers["location"] == "/mes-evenements"


async def test_proving_oneself_again_is_limited(anna: Person) -> None:
    answers = [
        (await anna.do("/compte/confirmer", password=f"essai {n}")).status_code for n in range(6)
    ]

    assert answers == [422] * 5 + [429]


async def test_a_new_password_asks_for_the_second_factor_too(anna: Person) -> None:
    await anna.add_application()
    await stale()
    form = {"do": "password", "old": PASSWORD, "password": "neige carotte wagon bleu"}

    answer = await anna.do("/compte", **form)
    assert answer.headers["location"] == "/compte/confirmer?next=/compte"

    await anna.do("/compte/confirmer", next="/compte", code=anna.code())
    answer = await anna.do("/compte", **form)
    assert answer.headers["location"] == "/compte?fait=mot-de-passe"
    assert await anna.is_in()  # the second factor that was passed still counts


async def test_a_new_address_asks_for_the_second_factor_too(anna: Person) -> None:
    await anna.add_application()
    await stale()
    form = {"email": "anna@ailleurs.fr", "password": PASSWORD}

    answer = await anna.do("/compte/adresse", **form)

    assert answer.headers["location"] == "/compte/confirmer?next=/compte/adresse"
    assert await waiting("anna@ailleurs.fr") == []


async def test_an_account_without_a_password_enters_anew(login: "LogIn", make: "Make") -> None:
    member = await login(user=await make.user())
    await stale()

    page = await member.get(CONFIRM)

    assert "n’a pas de mot de passe" in page.text
    assert (await member.submit("/compte/confirmer", {"password": ""})).status_code == 422


async def test_other_people_cannot_touch_ones_passkeys(anna: Person, client: "Visitor") -> None:
    for handle in ("", "x", "00000000-0000-0000-0000-000000000000"):
        answer = await anna.do(PAGE, do="remove-passkey", handle=handle)
        assert answer.status_code in {303, 422}
