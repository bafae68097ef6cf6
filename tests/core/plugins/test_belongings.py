"""A purge knows every table in which the core keeps something per plugin."""

import pytest

from palabre.database.connection import fetch, transaction
from palabre.plugins.belongings import BELONGINGS, LEFT, Belonging


@pytest.mark.usefixtures("database")
async def test_every_table_with_something_per_plugin_has_a_line() -> None:
    rows = await fetch(
        "SELECT table_name FROM information_schema.columns WHERE column_name IN ('plugin', 'owner')"
        " AND table_schema = 'public' AND table_name LIKE 'core_%'"
    )

    known = {belonging.table for belonging in BELONGINGS} | LEFT.keys()
    assert {row["table_name"] for row in rows} - known == set()


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("belonging", BELONGINGS, ids=lambda belonging: belonging.table)
async def test_every_line_can_be_run(belonging: Belonging) -> None:
    async with transaction() as connection:
        count = await connection.fetchval(belonging.count, "gardens")
        await connection.execute(belonging.forget, "gardens")

    assert count == 0
