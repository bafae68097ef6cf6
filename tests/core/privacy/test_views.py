"""One's own data by the page: a copy, an erasure, a change of mind; and what administrators see."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from palabre.database.connection import execute, fetch
from palabre.legal.publisher import Publisher
from palabre.people.domain import add_member
from palabre.people.models import Role, User
from palabre.people.permissions import SYSTEM
from palabre.privacy.erasure import Unfinished, erase, erase_due, wish_of
from palabre.privacy.inventory import HOLDINGS
from palabre.privacy.register import ACTIVITIES, Line, as_csv
from palabre.privacy.retention import PERIODS
from palabre.privacy.traces import find
from palabre.settings import Settings
from tests.core.privacy.conftest import EMAIL, NAME, PHONE, Life

if TYPE_CHECKING:
    from palabre.plugins import Plugins
    from palabre.testing import LogIn, Make, Visitor

PAGE = "/compte/donnees"


@pytest.fixture
async def me(tables: None, login: "LogIn", life: Life) -> "Visitor":
    return await login(user=life.user)


async def test_the_page_says_what_is_held(me: "Visitor") -> None:
    page = await me.get(PAGE)

    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert "Vos rôles dans des organisations" in page.text
    assert PAGE in (await me.get("/compte")).text


async def test_the_copy_holds_everything(me: "Visitor") -> None:
    given = await me.submit(PAGE, {"do": "copy"})

    assert given.headers["content-type"] == "application/zip"
    assert given.headers["cache-control"] == "no-store"
    assert int(given.headers["content-length"]) == len(given.content)
    assert EMAIL not in given.headers["content-disposition"]
    with ZipFile(io.BytesIO(given.content)) as folder:
        said = json.loads(folder.read("donnees.json"))
    assert said["complete"]
    assert said["data"]["core_user"][0]["display_name"] == NAME


async def test_copies_in_a_row_are_slowed_down(me: "Visitor") -> None:
    answers = [await me.submit(PAGE, {"do": "copy"}) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [429]


@pytest.mark.parametrize("form", [{"do": "copy"}, {"do": "erase", "sure": "1"}])
async def test_a_browser_left_open_is_not_enough(
    me: "Visitor", life: Life, form: dict[str, str]
) -> None:
    await execute("UPDATE core_session SET proved_at = now() - interval '16 minutes'")

    page = await me.get(PAGE)
    answer = await me.submit(PAGE, form)

    assert 'href="/compte/confirmer?next=/compte/donnees"' in page.text
    assert "Recevoir ma copie" not in page.text
    assert answer.headers["location"] == "/compte/confirmer?next=/compte/donnees"
    assert await wish_of(life.user.id) is None


async def test_one_asks_to_be_erased_and_is_a_week_later(
    me: "Visitor", life: Life, settings: Settings
) -> None:
    unsure = await me.submit(PAGE, {"do": "erase"})
    asked = await me.submit(PAGE, {"do": "erase", "sure": "1"})

    assert unsure.status_code == 422
    assert asked.headers["location"] == f"{PAGE}?fait=effacement"
    [letter] = await fetch(
        "SELECT text_body FROM core_mail WHERE recipient = $1 AND subject LIKE '%effacé%'", EMAIL
    )
    assert f"http://agenda.exemple.fr{PAGE}" in letter["text_body"]
    assert "Annuler l’effacement" in (await me.get(PAGE)).text
    assert "sera effacé" in (await me.get("/compte")).text

    assert await erase_due(datetime.now(UTC) + timedelta(days=6, hours=23)) == 0
    assert await erase_due(datetime.now(UTC) + timedelta(days=7, minutes=1)) == 1
    assert await find(EMAIL, NAME, PHONE) == []
    assert (await me.get(PAGE)).status_code == 303


async def test_one_changes_ones_mind(me: "Visitor", life: Life) -> None:
    await me.submit(PAGE, {"do": "erase", "sure": "1"})

    kept = await me.submit(PAGE, {"do": "keep"})

    assert kept.headers["location"] == f"{PAGE}?fait=annule"
    assert await wish_of(life.user.id) is None
    assert await User.exists(id=life.user.id)


async def test_the_only_owner_is_told_whom_to_ask(me: "Visitor", life: Life, make: "Make") -> None:
    own = await make.organisation("La Remise")
    await add_member(life.user, own, Role.OWNER)

    page = await me.get(PAGE)
    asked = await me.submit(PAGE, {"do": "erase", "sure": "1"})

    assert f"/organisations/{own.slug}/membres" in page.text
    assert "Effacer mon compte</button>" not in page.text
    assert asked.status_code == 422
    assert await wish_of(life.user.id) is None


async def test_events_that_name_the_person_are_listed(
    me: "Visitor", life: Life, make: "Make"
) -> None:
    await make.event(
        "Repas partagé", organisation=life.organisation, description=f"Contact : {EMAIL.upper()}"
    )
    await make.event("Ailleurs", description=f"Contact : {EMAIL}")

    page = await me.get(PAGE)

    assert "Repas partagé" in page.text
    assert "Ailleurs" not in page.text


async def test_an_administrator_sees_what_is_in_the_way_and_tries_again(
    tables: None, login: "LogIn", life: Life, carnet: ModuleType
) -> None:
    administrator = await login("administrator")
    carnet.failing.add("erase_person")
    with pytest.raises(Unfinished):
        await erase(SYSTEM, life.user)

    page = await administrator.get("/administration/donnees")
    again = await administrator.submit("/administration/donnees", {"account": str(life.user.id)})
    carnet.failing.clear()
    done = await administrator.submit("/administration/donnees", {"account": str(life.user.id)})

    assert "« carnet »" in page.text.replace("\u202f", " ").replace("\xa0", " ")
    assert again.status_code == 422
    assert done.status_code == 303
    assert await find(EMAIL, NAME, PHONE) == []


async def test_an_administrator_cannot_erase_who_is_not_waiting(
    tables: None, login: "LogIn", life: Life
) -> None:
    administrator = await login("administrator")

    answer = await administrator.submit("/administration/donnees", {"account": str(life.user.id)})

    assert answer.status_code == 422
    assert await User.exists(id=life.user.id)


async def test_the_register_is_made_from_the_core_and_the_manifests(
    tables: None, login: "LogIn"
) -> None:
    administrator = await login("administrator")

    page = await administrator.get("/administration/registre")
    given = await administrator.get("/administration/registre.csv")

    rows = list(csv.DictReader(io.StringIO(given.content.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == len(ACTIVITIES) + 1
    [plugin] = [row for row in rows if row["Extension"]]
    assert plugin == {
        "Traitement": "Carnet d’adresses : Adresse postale et téléphone",
        "But": "Envoyer le programme imprimé",
        "Base légale": "consentement (art. 6.1.a)",
        "Personnes concernées": "Les membres qui demandent le programme imprimé",
        "Données": "Adresse postale et téléphone",
        "Durée de conservation": "Deux ans",
        "Destinataires": "L’imprimerie",
        "Machines contactées": "imprimerie.example.org",
        "Mineurs": "oui",
        "Extension": "carnet",
        "Responsable du traitement": "",
        "Contact": "",
    }
    letters = next(row for row in rows if row["Traitement"] == "Courriels du site")
    assert letters["Machines contactées"] == "127.0.0.1"
    for row in rows:
        assert all(row[name] for name in list(row)[:7])
        assert row["But"] in page.text.replace("\xa0", " ").replace("\u202f", " ")


async def test_a_plugin_that_forgot_to_declare_is_pointed_out(
    tables: None, login: "LogIn", asked: "Plugins"
) -> None:
    administrator = await login("administrator")
    manifest = asked.extensions[0].loaded.manifest
    assert manifest is not None
    before = await administrator.get("/administration/registre")
    asked.extensions[0].loaded.manifest = replace(manifest, personal_data=())

    after = await administrator.get("/administration/registre")

    assert "carnet_note.user_id" not in before.text
    assert "carnet_note.user_id, carnet_note.phone" in after.text


def test_each_table_has_a_line_and_each_line_its_periods() -> None:
    assert {holding.activity for holding in HOLDINGS} == set(ACTIVITIES)
    told = [name for activity in ACTIVITIES.values() for name in activity.periods]
    assert sorted(told) == sorted(PERIODS)


def test_a_spreadsheet_takes_nothing_for_a_formula() -> None:
    said = as_csv([Line("=1+1", "", "", "", "", "", "", "", minors=False)], Publisher()).decode(
        "utf-8-sig"
    )

    assert "\r\n'=1+1;" in said
