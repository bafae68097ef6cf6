"""HEAD answers as GET does, without the body, and changes nothing (RFC 9110 section 9.3.2)."""

import pytest

from palabre.testing import LogIn, Make, Visitor


@pytest.mark.parametrize("path", ["/", "/agenda", "/abonnement", "/connexion", "/organisations"])
async def test_a_page_answers_head_as_get(client: Visitor, path: str) -> None:
    asked, looked = await client.get(path), await client.head(path)

    assert (asked.status_code, looked.status_code) == (200, 200)
    assert looked.content == b""


async def test_head_is_never_taken_for_a_form(login: LogIn, make: Make) -> None:
    member = await login("administrator")
    venue = await make.venue("Salle du bourg")
    paths = [
        f"/lieux/{venue.slug}/modifier",
        f"/lieux/{venue.slug}/reunir",
        f"/organisations/{(await make.organisation()).slug}/import",
        "/evenements/nouveau",
    ]

    statuses = [(await member.head(path)).status_code for path in paths]

    assert statuses == [200, 200, 200, 200]


async def test_a_page_of_ones_own_is_kept_by_nobody_else(login: LogIn) -> None:
    member = await login("moderator")

    for path in ("/mes-evenements", "/moderation", "/connexion", "/rien"):
        answer = await member.get(path)
        assert answer.headers["cache-control"] == "private, no-cache"
