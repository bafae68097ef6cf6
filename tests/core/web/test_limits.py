"""Who tries too often waits; counted for all processes together."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from palabre.database.connection import execute, fetch
from palabre.errors import TooMany
from palabre.people import domain as people
from palabre.web.limits import Limit, forget_old, forgive, take

if TYPE_CHECKING:
    from palabre.testing import Visitor

LIMIT = Limit("test", 3, timedelta(minutes=10))


@pytest.mark.usefixtures("database")
async def test_the_fourth_of_three_tries_waits_until_the_window_is_over() -> None:
    for _ in range(3):
        await take(LIMIT, "anna")

    with pytest.raises(TooMany) as refused:
        await take(LIMIT, "anna")
    await take(LIMIT, "bob")
    await execute("UPDATE core_rate_limit SET since = since - interval '10 minutes'")
    await take(LIMIT, "anna")

    assert 540 <= refused.value.retry_after <= 600
    assert "10 minutes" in refused.value.message


@pytest.mark.usefixtures("database")
async def test_tries_at_once_are_all_counted() -> None:
    results = await asyncio.gather(
        *(take(LIMIT, "anna") for _ in range(12)), return_exceptions=True
    )

    assert sum(isinstance(result, TooMany) for result in results) == 9


@pytest.mark.usefixtures("database")
async def test_forgiving_and_forgetting_leave_nothing() -> None:
    await take(LIMIT, "anna")
    await forgive(LIMIT, "anna")
    assert await fetch("SELECT * FROM core_rate_limit") == []

    await take(LIMIT, "bob")
    await execute("UPDATE core_rate_limit SET since = since - interval '2 days'")
    assert await forget_old(datetime.now(UTC)) == 1


@pytest.mark.usefixtures("database")
async def test_the_table_names_nobody() -> None:
    await take(LIMIT, "anna@exemple.fr", "192.0.2.7")

    [row] = await fetch("SELECT * FROM core_rate_limit")

    assert b"anna" not in row["key"]
    assert len(row["key"]) == 16


async def test_guessing_a_password_ends_after_ten_tries_even_with_the_right_one(
    client: "Visitor",
) -> None:
    await people.create_user("anna@exemple.fr", "Anna", "un-mot-de-passe-long")
    guess = {"email": "anna@exemple.fr", "password": "faux"}

    statuses = [(await client.post("/connexion", data=guess)).status_code for _ in range(10)]
    right = guess | {"password": "un-mot-de-passe-long"}
    answer = await client.post("/connexion", data=right)

    assert statuses == [422] * 10
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert "Trop d’essais" in answer.text
    assert "set-cookie" not in answer.headers
