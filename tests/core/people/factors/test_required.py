"""Roles that ask for a second factor, and help for people who lost theirs."""

from typing import TYPE_CHECKING

import pytest

from palabre.audit.domain import entries
from palabre.database.connection import execute, fetchval
from palabre.events.values import Publication
from palabre.people.domain import add_member
from palabre.people.factors import methods
from palabre.people.models import Role, SiteRole, User
from palabre.people.sessions import actor_from_token, open_session
from tests.core.people.factors.conftest import Person
from tests.core.people.letters import waiting

if TYPE_CHECKING:
    from palabre.settings import Settings
    from palabre.testing import LogIn, Make, Visitor

RULES = "/administration/connexion"


async def protected(user: User) -> User:
    """Give an account an application, as if it had been confirmed."""
    await execute(
        "INSERT INTO core_totp (user_id, secret, confirmed_at) VALUES ($1, '\\x00', now())", user.id
    )
    return user


async def passed(visitor: "Visitor") -> "Visitor":
    """Let a visitor's session have passed a second factor."""
    assert visitor.user is not None
    token = await open_session(visitor.user, "", {"password", "totp"})
    visitor.cookies.clear()
    visitor.cookies.set("palabre", token)
    visitor.actor = await actor_from_token(token)
    return visitor


async def test_a_role_sleeps_until_a_second_factor_is_there(
    anna: Person, login: "LogIn", make: "Make"
) -> None:
    organisation = await make.organisation()
    await add_member(anna.user, organisation, Role.OWNER)
    members = f"/organisations/{organisation.slug}/membres"
    assert (await anna.browser.get(members)).status_code == 200
    administrator = await passed(await login("administrator"))

    answer = await administrator.submit(RULES, {"do": "roles", "roles": ["owner", "moderator"]})
    assert answer.headers["location"] == f"{RULES}?fait=roles"

    # the session that is open loses what it could, at once, and is told how to have it back
    assert (await anna.browser.get(members)).headers["location"] == "/compte/securite"
    assert "deuxième étape" in (await anna.browser.get("/mes-evenements")).text
    assert (await anna.do(members, do="invite", email="x@exemple.fr")).status_code == 403
    draft = await make.event(organisation=organisation, publication=Publication.DRAFT)
    assert (await anna.browser.get(f"/evenements/{draft.slug}")).status_code == 404

    answer = await anna.enter(members)
    assert answer.headers["location"] == "/compte/securite"
    await anna.add_application()
    assert (await anna.browser.get(members)).status_code == 200
    assert (await anna.browser.get(f"/evenements/{draft.slug}")).status_code == 200

    await anna.do("/compte/securite", do="remove-application")
    assert (await anna.browser.get(members)).headers["location"] == "/compte/securite"


async def test_other_roles_stay_awake(login: "LogIn", make: "Make") -> None:
    organisation = await make.organisation()
    editor = await login("editor", organisation)
    administrator = await passed(await login("administrator"))
    await administrator.submit(RULES, {"do": "roles", "roles": ["owner", "administrator"]})

    draft = await make.event(organisation=organisation, publication=Publication.DRAFT)

    assert (await editor.get(f"/evenements/{draft.slug}")).status_code == 200


async def test_an_administrator_cannot_shut_themselves_out(login: "LogIn") -> None:
    administrator = await login("administrator")

    answer = await administrator.submit(RULES, {"do": "roles", "roles": ["administrator"]})

    assert answer.status_code == 422
    assert "ajoutez d’abord" in answer.text
    assert await fetchval("SELECT count(*) FROM core_setting WHERE name LIKE 'second%'") == 0
    assert (await administrator.get("/administration")).status_code == 200


@pytest.mark.parametrize("form", [{"do": "roles", "roles": "emperor"}, {"do": "x"}, {}])
async def test_junk_decides_nothing(login: "LogIn", form: dict[str, str]) -> None:
    administrator = await passed(await login("administrator"))
    await administrator.submit(RULES, {"do": "roles", "roles": ["owner"]})

    answer = await administrator.submit(RULES, form)

    assert answer.status_code == 422
    assert await fetchval("SELECT value FROM core_setting WHERE name LIKE 'second%'") == "owner"


async def test_the_page_counts_who_is_ready(login: "LogIn", make: "Make") -> None:
    administrator = await login("administrator")
    await protected(await make.member("editor"))
    await make.member("editor")

    page = (await administrator.get(RULES)).text

    assert "2 personnes ; avec une deuxième étape : 1" in page.replace("\u202f", " ").replace(
        "\u00a0", " "
    )


async def test_a_fresh_proof_is_asked_of_administrators_too(login: "LogIn") -> None:
    administrator = await passed(await login("administrator"))
    await execute("UPDATE core_session SET proved_at = now() - interval '1 hour'")

    answer = await administrator.submit(RULES, {"do": "roles", "roles": []})

    assert answer.headers["location"] == f"/compte/confirmer?next={RULES}"


async def test_an_administrator_helps_who_lost_theirs(anna: Person, login: "LogIn") -> None:
    await anna.add_application()
    administrator = await login("administrator")
    form = {"do": "reset", "email": anna.user.email}

    unchecked = await administrator.submit(RULES, form)
    assert unchecked.status_code == 422
    assert await methods.has_any(anna.user.id)

    answer = await administrator.submit(RULES, form | {"checked": "1"})
    assert answer.headers["location"] == f"{RULES}?fait=retrait"
    assert not await anna.is_in()
    assert await fetchval("SELECT count(*) FROM core_recovery_code") == 0
    assert "L’équipe a retiré" in (await waiting(anna.user.email))[-1].text
    last = [entry async for entry in entries()][-1]
    assert administrator.user is not None
    assert (last.action, last.actor, last.object) == (
        "factors.reset",
        str(administrator.user.id),
        str(anna.user.id),
    )
    assert (await anna.enter()).headers["location"] == "/mes-evenements"


async def test_unknown_accounts_and_accounts_without_factors_are_said(
    login: "LogIn", make: "Make"
) -> None:
    administrator = await login("administrator")
    for email in ("personne@exemple.fr", (await make.user()).email):
        answer = await administrator.submit(RULES, {"do": "reset", "email": email, "checked": "1"})
        assert answer.status_code == 422


async def test_nobody_resets_themselves(login: "LogIn") -> None:
    administrator = await login("administrator")
    assert administrator.user is not None
    await protected(administrator.user)

    form = {"do": "reset", "email": administrator.user.email, "checked": "1"}
    assert (await administrator.submit(RULES, form)).status_code == 403


async def test_an_owner_helps_those_whom_nobody_else_answers_for(
    login: "LogIn", make: "Make", settings: "Settings"
) -> None:
    organisation, elsewhere = await make.organisation(), await make.organisation()
    owner = await login("owner", organisation)
    own = await protected(await make.member("editor", organisation))
    shared = await protected(await make.member("owner", elsewhere))
    await add_member(shared, organisation, Role.CONTRIBUTOR)
    moderator = await protected(await make.user(site_role=SiteRole.MODERATOR))
    await add_member(moderator, organisation, Role.EDITOR)
    stranger = await protected(await make.user())
    page = f"/organisations/{organisation.slug}/membres"

    async def ask(user: User, checked: str = "1") -> int:
        form = {"do": "reset", "member": str(user.id), "checked": checked}
        return (await owner.submit(page, form)).status_code

    assert await ask(own, "") == 422
    assert await ask(own) == 303
    assert not await methods.has_any(own.id)
    for other, status in ((shared, 403), (moderator, 403), (stranger, 404)):
        assert await ask(other) == status
        assert await methods.has_any(other.id)
