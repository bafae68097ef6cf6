"""Every table and column of the core is spoken for: what is personal, and what isn't."""

from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

from palabre.database.connection import fetch
from palabre.plugins.loading import GROUP, load_all
from palabre.privacy.inventory import HARMLESS, HOLDINGS, Fate
from palabre.privacy.undeclared import PERSONAL, suspects

pytestmark = pytest.mark.usefixtures("database")

BY_TABLE = {holding.table: holding for holding in HOLDINGS}
# Names that look personal and aren't.
NOT_PEOPLE: dict[str, str] = {
    "core_principal_session.token_hash": "of a plugin's own people, whom the core does not know",
    "core_principal_session.csrf_token": "the same",
    "core_job.owner": "the core or a plugin",
    "core_schedule.owner": "the same",
}

TABLES = """
SELECT table_name FROM information_schema.tables
WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND starts_with(table_name, 'core_')
"""
REFERENCES = """
SELECT conrelid::regclass::text AS "table", confdeltype::text AS on_delete FROM pg_constraint
WHERE contype = 'f' AND confrelid = 'core_user'::regclass AND conrelid::regclass::text LIKE 'core\\_%'
"""


async def test_every_table_is_declared() -> None:
    tables = {row["table_name"] for row in await fetch(TABLES)}

    declared = BY_TABLE.keys() | HARMLESS.keys()
    assert tables - declared == set(), "declare these in palabre/privacy/inventory.py"
    assert declared - tables == set(), "these are gone: take them out of the inventory"
    assert not BY_TABLE.keys() & HARMLESS.keys()
    assert all(HARMLESS.values())


async def test_every_column_about_people_is_declared() -> None:
    undeclared = [
        f"{table}.{column}"
        for table, column in await suspects("core_")
        if f"{table}.{column}" not in NOT_PEOPLE
        and not (table in BY_TABLE and column in BY_TABLE[table].declared)
    ]

    assert undeclared == [], "declare these in palabre/privacy/inventory.py"


@pytest.mark.parametrize("column", ["email", "user_id", "second_email", "ip", "author_id"])
async def test_the_test_sees_a_new_column(column: str) -> None:
    assert PERSONAL.search(column)


async def test_the_account_can_go_from_every_table_that_points_to_it() -> None:
    fates = {row["table"]: row["on_delete"] for row in await fetch(REFERENCES)}

    for table, on_delete in fates.items():
        wanted = {Fate.REMOVED: "c", Fate.UNNAMED: "n"}[BY_TABLE[table].fate]
        assert on_delete == wanted, table


def test_every_holding_says_what_an_erasure_does() -> None:
    for holding in HOLDINGS:
        assert bool(holding.unnamed) == (holding.fate is Fate.UNNAMED), holding.table
        assert holding.shown, holding.table
        assert not holding.shown.keys() & set(holding.secrets), holding.table


def test_a_plugin_that_holds_personal_data_must_hand_out_and_erase(
    monkeypatch: pytest.MonkeyPatch, carnet: ModuleType
) -> None:
    monkeypatch.delattr(carnet, "erase_person")

    loaded = load_all([EntryPoint("carnet", "carnet", GROUP)])

    assert "erase_person" in loaded[0].fault
