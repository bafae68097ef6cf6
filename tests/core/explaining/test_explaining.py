"""Why may this person do that? The page, the command, and the rules behind both."""

import os
import subprocess
import sys
from html import unescape
from itertools import product
from string import Formatter
from uuid import uuid4

import pytest

from palabre.events.models import Event, Venue
from palabre.events.values import Publication
from palabre.explaining import domain
from palabre.explaining.labels import ACTIONS as LABELS
from palabre.explaining.labels import ROLES
from palabre.people import reasons
from palabre.people.models import Organisation, Role, User
from palabre.people.permissions import ACTIONS, ANONYMOUS, SYSTEM, can, why
from palabre.people.reasons import Reason
from palabre.testing import LogIn, Make

PAGE = "/administration/droits"


def test_every_action_and_role_has_words() -> None:
    assert set(LABELS) == set(ACTIONS)
    assert set(ROLES) == set(Role)


def test_every_reason_can_be_said() -> None:
    known = [value for value in vars(reasons).values() if isinstance(value, Reason)]

    for reason in known:
        names = {name for _text, name, _format, _how in Formatter().parse(reason.words) if name}
        assert names <= {"person", "organisation", "role", "plugin"}
    assert len({reason.words for reason in known}) == len(known)


def test_a_general_question_is_not_answered_with_an_organisation() -> None:
    """Without an object there is no organisation to name, and a venue belongs to none."""
    for actor, action, thing in product((ANONYMOUS, SYSTEM), ACTIONS, (None, Venue(id=uuid4()))):
        assert "{organisation}" not in why(actor, action, thing).words


async def test_a_person_is_told_apart_by_role(login: LogIn, make: Make) -> None:
    organisation = await make.organisation("Les Colibris")
    draft = await make.event("Brouillon", organisation=organisation, publication=Publication.DRAFT)
    contributor = await make.member("contributor", organisation)
    administrator = await login("administrator")

    answer = await administrator.submit(
        PAGE,
        {
            "account": contributor.email,
            "action": "event.edit",
            "address": f"https://agenda.example.org/evenements/{draft.slug}?vue=1",
        },
    )
    text = unescape(answer.text).replace("\xa0", " ").replace("\u202f", " ")

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    sentence = (
        "Ana Martin contribue à « Les Colibris », mais quelqu’un d’autre a créé cet événement."
    )
    assert sentence in text


async def test_without_an_action_all_that_concern_the_page_are_answered(
    database: str, make: Make
) -> None:
    assert database
    organisation = await make.organisation()
    editor = await make.member("editor", organisation)
    event = await make.event(organisation=organisation)

    question = await domain.ask(editor.email.upper(), f"/evenements/{event.slug}/modifier")
    answers = {answer.action: answer for answer in await domain.answers(question)}

    assert set(answers) == {action for action in ACTIONS if action.startswith("event.")}
    for action, answer in answers.items():
        assert answer.allows == can(question.actor, action, event)
    assert "« éditrice ou éditeur »" in answers["event.publish"].sentence


async def test_a_closed_account_has_no_rights(database: str, make: Make) -> None:
    assert database
    user = await make.member("administrator")
    await User.filter(id=user.id).update(is_active=False)

    question = await domain.ask(user.email, "")

    assert not question.is_open
    assert not any(
        answer.allows
        for answer in await domain.answers(question)
        if answer.action in LABELS and answer.action != "event.view"
    )


async def test_plugins_permissions_are_explained_as_well(login: LogIn) -> None:
    administrator = await login("administrator")
    assert administrator.user is not None

    question = await domain.ask(administrator.user.email, "")

    asked = set(domain.actions()) - set(ACTIONS)
    for action in asked:
        assert (await domain.answers(question, action))[0].allows


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"account": "personne@example.org"}, "account"),
        ({"address": "/evenements/rien"}, "address"),
        ({"address": "n’importe quoi\0"}, "address"),
        ({"action": "event.explode"}, "action"),
    ],
)
async def test_what_is_unknown_is_said_beside_its_field(
    login: LogIn, given: dict[str, str], field: str
) -> None:
    administrator = await login("administrator")

    answer = await administrator.submit(PAGE, given)

    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text


async def test_the_command_answers_and_exits_accordingly(database: str, make: Make) -> None:
    organisation = await make.organisation("Les Colibris")
    owner = await make.member("owner", organisation)
    address = f"/organisations/{organisation.slug}"

    yes = _explain(database, owner.email, "organisation.edit", address)
    no = _explain(database, "-", "organisation.edit", address)

    assert (yes.returncode, no.returncode) == (0, 1)
    assert "Ana Martin est responsable de « Les Colibris »." in yes.stdout
    assert "Une personne sans compte n’est pas responsable" in no.stdout


def _explain(database: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "palabre", "permissions", "explain", *arguments],
        env=os.environ | {"PALABRE_DATABASE_URL": database},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


async def test_the_door_and_the_explanation_are_one(database: str, make: Make) -> None:
    assert database
    things = [None, await make.organisation(), await make.event(), await make.venue()]

    for action, thing in product(ACTIONS, things):
        assert isinstance(thing, Event | Organisation | Venue | None)
        assert can(ANONYMOUS, action, thing) is why(ANONYMOUS, action, thing).allows
