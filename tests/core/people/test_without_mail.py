"""A site that sends no mail offers none, and says so."""

from typing import TYPE_CHECKING

import pytest

from palabre.settings import Settings, from_environment

if TYPE_CHECKING:
    from palabre.testing import Visitor


@pytest.fixture
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return from_environment({"PALABRE_DATA_DIR": str(tmp_path_factory.mktemp("data"))})


async def test_no_link_is_offered_where_no_letter_can_leave(client: "Visitor") -> None:
    page = await client.get("/connexion")
    asked = await client.post("/mot-de-passe-oublie", data={"email": "anna@exemple.fr"})

    assert "/mot-de-passe-oublie" not in page.text
    assert asked.status_code == 404
    assert "n’envoie pas de courriels" in asked.text


async def test_a_site_that_is_not_open_has_no_registration(client: "Visitor") -> None:
    page = await client.get("/connexion")
    answers = [
        await client.get("/inscription"),
        await client.post("/inscription", data={"email": "anna@exemple.fr"}),
        await client.get("/inscription/x"),
    ]

    assert 'href="/inscription"' not in page.text
    assert [answer.status_code for answer in answers] == [404] * 3
