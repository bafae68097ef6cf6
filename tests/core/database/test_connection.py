"""Models and rows, one transaction for both, one exception when nobody answers."""

import pytest

from palabre.database.connection import fetchval
from palabre.people.models import User


async def make_user(email: str = "ana@example.org") -> User:
    return await User.create(email=email, display_name="Ana")


@pytest.mark.parametrize("number", range(20))
async def test_each_test_has_a_database_of_its_own(database: str, number: int) -> None:
    await make_user()

    assert await fetchval("SELECT count(*) FROM core_user") == 1
