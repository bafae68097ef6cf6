"""The second step: after every first factor, once, within its time, and for nobody else."""

import asyncio
from typing import TYPE_CHECKING

import pytest

from palabre.audit.domain import entries
from palabre.database.connection import execute, fetch, fetchval
from palabre.people import domain, recovery
from palabre.people.models import Role, Session
from palabre.people.ways_in import Purpose
from tests.core.people.factors.conftest import PASSWORD, Person, codes_of
from tests.core.people.letters import waiting

if TYPE_CHECKING:
    from palabre.settings import Settings
    from palabre.testing import Make

STEP = "/connexion/etape"


async def test_a_password_alone_no_longer_opens_anything(anna: Person) -> None:
    await anna.add_application()
    assert await anna.is_in()

    answer = await anna.enter("/evenements/nouveau")

    assert answer.headers["location"] == STEP
    assert not await anna.is_in()
    assert (await anna.browser.get(STEP)).status_code == 200
    assert await Session.all().count() == 1  # the one before, in another browser

    wrong = await anna.step(code="000000")
    assert wrong.status_code == 422
    assert not await anna.is_in()

    right = await anna.step(code=anna.code())
    assert right.headers["location"] == "/evenements/nouveau"
    assert await anna.is_in()
    session = await Session.all().order_by("-created_at").first()
    assert session is not None
    assert session.factors == ["password", "totp"]


async def test_a_code_serves_once(anna: Person) -> None:
    await anna.add_application()
    code = anna.code()
    await anna.enter()
    assert (await anna.step(code=code)).status_code == 303

    await anna.enter()
    again = await anna.step(code=code)

    assert again.status_code == 422
    assert "déjà servi" in again.text
    assert (await anna.step(code=anna.code(-30))).status_code == 422  # older than the last one
    assert (await anna.step(code=anna.code(30))).status_code == 303


async def test_a_code_serves_once_even_in_a_race(anna: Person) -> None:
    await anna.add_application()
    code = anna.code()
    tokens = []
    for _time in range(6):
        await anna.enter()
        tokens.append(anna.token)

    answers = await asyncio.gather(
        *(
            anna.browser.post(STEP, data={"code": code}, headers={"cookie": f"palabre={token}"})
            for token in tokens[:5]
        )
    )

    assert sorted(answer.status_code for answer in answers) == [303, 422, 422, 422, 422]


@pytest.mark.parametrize(("off", "status"), [(-90, 422), (-30, 303), (30, 303), (90, 422)])
async def test_a_phone_may_be_half_a_minute_off(anna: Person, off: int, status: int) -> None:
    await anna.add_application()
    await execute("UPDATE core_totp SET last_step = 0")  # the first code was an early one
    await anna.enter()

    assert (await anna.step(code=anna.code(off))).status_code == status


async def test_guessing_ends_soon(anna: Person) -> None:
    await anna.add_application()
    await anna.enter()

    answers = [(await anna.step(code=f"{n:06}")).status_code for n in range(6)]
    assert answers == [422] * 5 + [429]

    # neither a new password login nor the right code opens it meanwhile
    await anna.enter()
    assert (await anna.step(code=anna.code())).status_code == 429
    assert not await anna.is_in()


async def test_the_step_lasts_ten_minutes_and_once(anna: Person) -> None:
    await anna.add_application()
    await anna.enter()
    token = anna.token
    assert (await anna.step(code=anna.code())).status_code == 303

    anna.leave(token)
    assert (await anna.browser.get(STEP)).headers["location"] == "/connexion?fait=etape"

    await anna.enter()
    await execute("UPDATE core_second_step SET expires_at = now() - interval '1 second'")
    late = await anna.step(code=anna.code(30))
    assert late.headers["location"] == "/connexion?fait=etape"
    assert not await anna.is_in()


async def test_a_session_is_no_second_step_and_a_second_step_no_session(anna: Person) -> None:
    session = anna.token
    assert (await anna.browser.get(STEP)).status_code == 303  # signed in, but not at the step
    await anna.add_application()
    anna.leave(session)
    assert not await anna.is_in()  # adding a factor renewed the session

    await anna.enter()
    stored = await fetch("SELECT token_hash FROM core_second_step")
    token = anna.token
    assert token.encode() not in bytes(stored[0]["token_hash"])
    for path in ("/mes-evenements", "/compte", "/compte/securite", "/compte/confirmer"):
        answer = await anna.browser.get(path)
        assert answer.headers["location"].startswith("/connexion?next=")


async def test_every_other_way_in_leads_to_the_step_too(
    anna: Person, settings: "Settings", make: "Make"
) -> None:
    await anna.add_application()

    anna.leave()
    await recovery.ask(settings, Purpose.LINK, anna.user.email)
    link = (await waiting(anna.user.email))[-1].path
    assert (await anna.do(link)).headers["location"] == STEP
    assert not await anna.is_in()

    anna.leave()
    organisation = await make.organisation()
    token = await domain.invite(anna.user.email, organisation=organisation, role=Role.OWNER)
    answer = await anna.do(f"/invitation/{token}", password=PASSWORD)
    assert answer.headers["location"] == STEP
    assert not await anna.is_in()


async def test_a_recovery_code_opens_once(anna: Person) -> None:
    codes = await anna.add_application()
    assert len(codes) == 10
    stored = await fetch("SELECT code_hash FROM core_recovery_code")
    assert not any(codes[0].encode() in bytes(row["code_hash"]) for row in stored)

    await anna.enter()
    said = codes[3].lower().replace("-", " ").replace("1", "l").replace("0", "o")
    assert (await anna.step(recovery=said)).status_code == 303
    assert await anna.is_in()
    assert (await waiting(anna.user.email))[-1].text.count("code de secours") == 1

    await anna.enter()
    again = await anna.step(recovery=codes[3])
    assert again.status_code == 422
    assert not await anna.is_in()


async def test_a_recovery_code_opens_once_even_in_a_race(anna: Person) -> None:
    codes = await anna.add_application()
    tokens = []
    for _time in range(5):
        await anna.enter()
        tokens.append(anna.token)

    answers = await asyncio.gather(
        *(
            anna.browser.post(
                STEP, data={"recovery": codes[0]}, headers={"cookie": f"palabre={token}"}
            )
            for token in tokens
        )
    )

    assert sorted(answer.status_code for answer in answers) == [303, 422, 422, 422, 422]
    assert await fetchval("SELECT count(*) FROM core_recovery_code") == 9


async def test_another_persons_code_opens_nothing(anna: Person) -> None:
    codes = await anna.add_application()
    bob = Person(await domain.create_user("bob@exemple.fr", "Bob", PASSWORD), anna.browser)
    await bob.enter()
    await bob.add_application()
    await bob.enter()

    assert (await bob.step(code=anna.code())).status_code == 422
    assert (await bob.step(recovery=codes[0])).status_code == 422


async def test_who_is_locked_out_meanwhile_does_not_get_in(anna: Person) -> None:
    await anna.add_application()
    await anna.enter()
    await execute("UPDATE core_user SET is_active = false")

    assert (await anna.step(code=anna.code())).headers["location"] == "/connexion?fait=etape"


async def test_a_new_password_ends_second_steps(anna: Person, settings: "Settings") -> None:
    await anna.add_application()
    await anna.enter()
    await recovery.ask(settings, Purpose.RESET, anna.user.email)
    token = (await waiting(anna.user.email))[-1].path.rpartition("/")[2]
    await recovery.reset_password(settings, token, "neige carotte wagon bleu")

    assert (await anna.step(code=anna.code())).headers["location"] == "/connexion?fait=etape"


async def test_a_stolen_database_or_another_key_opens_nothing(
    anna: Person, settings: "Settings"
) -> None:
    codes = await anna.add_application()
    assert anna.application is not None
    row = await fetch("SELECT secret FROM core_totp")
    assert anna.application.byte_secret() not in bytes(row[0]["secret"])
    key = settings.data_dir / "secret.key"
    assert key.stat().st_mode & 0o777 == 0o600

    key.write_text("another key\n")
    await anna.enter()
    answer = await anna.step(code=anna.code())
    assert answer.status_code == 422
    assert "code de secours" in answer.text
    assert (await anna.step(recovery=codes[0])).status_code == 303  # these need no key


async def test_the_journal_tells_without_secrets(anna: Person) -> None:
    codes = await anna.add_application()
    await anna.enter()
    await anna.step(recovery=codes[0])
    await anna.do("/compte/securite", do="codes")
    await anna.do("/compte/securite", do="remove-application")

    said = [(entry.action, entry.facts) async for entry in entries()]
    actions = [action for action, _facts in said]
    for wanted in (
        "factor.added",
        "recovery_code.used",
        "recovery_codes.made",
        "factor.removed",
    ):
        assert wanted in actions
    assert not any(codes[0] in facts for _action, facts in said)


async def test_codes_are_shown_once_and_renewed(anna: Person) -> None:
    old = await anna.add_application()
    new = codes_of((await anna.do("/compte/securite", do="codes")).text)

    assert len(new) == 10
    assert not set(old) & set(new)
    page = await anna.browser.get("/compte/securite")
    assert not any(code in page.text for code in new)
    await anna.enter()
    assert (await anna.step(recovery=old[0])).status_code == 422
    assert (await anna.step(recovery=new[0])).status_code == 303
