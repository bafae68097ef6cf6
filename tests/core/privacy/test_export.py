"""The archive that a person gets: all of it, readable by people and by machines."""

import io
import json
import time
from datetime import datetime
from types import ModuleType
from typing import Any
from zipfile import ZipFile

from palabre.audit.domain import entries
from palabre.database.connection import execute
from palabre.people.permissions import SYSTEM
from palabre.privacy.export import export
from palabre.privacy.inventory import HOLDINGS
from tests.core.privacy.conftest import EMAIL, NAME, PASSWORD, PHONE, Life


async def _archive(life: Life) -> tuple[str, dict[str, Any], tuple[str, ...]]:
    target = io.BytesIO()
    missing = await export(SYSTEM, life.user, "Palabre", target)
    with ZipFile(target) as folder:
        assert folder.testzip() is None
        assert sorted(folder.namelist()) == ["donnees.json", "lisez-moi.html"]
        page = folder.read("lisez-moi.html").decode()
        return page, json.loads(folder.read("donnees.json")), missing


async def test_it_holds_everything_in_both_forms(life: Life) -> None:
    page, said, missing = await _archive(life)

    assert missing == ()
    assert said["complete"] is True
    tables = {holding.table for holding in HOLDINGS}
    assert said["data"].keys() == tables | {"Carnet d’adresses · Vos notes"}
    empty = {table for table in tables if not said["data"][table]}
    assert empty == {"core_erasure"}
    assert said["data"]["core_user"][0]["email"] == EMAIL
    assert said["data"]["core_membership"][0]["organisation"] == "Les Voisins"
    assert said["data"]["core_event"][0]["title"] == "Soirée contes"
    assert said["data"]["core_event_revision"][0]["content"]["title"] == "Soirée contes"
    datetime.fromisoformat(said["data"]["core_user"][0]["created_at"])
    for words in (NAME, EMAIL, "Soirée contes", "Les Voisins", "Firefox, Android", PHONE):
        assert words in page
    assert '<html lang="fr">' in page


async def test_no_secret_and_nobody_else_is_in_it(life: Life) -> None:
    page, said, _missing = await _archive(life)

    assert "argon2" not in page + json.dumps(said)
    assert PASSWORD not in page + json.dumps(said)
    assert "Autre" not in page
    for rows in said["data"].values():
        for row in rows:
            assert not row.keys() & {"token_hash", "csrf_token", "password_hash", "text_body"}


async def test_what_people_wrote_stays_text_on_the_page(life: Life) -> None:
    await execute("UPDATE core_event SET title = '<script>alert(1)</script>'")

    page, _said, _missing = await _archive(life)

    assert "<script" not in page


async def test_a_plugin_that_fails_is_named_in_the_first_lines(
    life: Life, carnet: ModuleType
) -> None:
    carnet.failing.add("export_person")

    page, said, missing = await _archive(life)

    assert missing == ("carnet",)
    assert (said["complete"], said["missing"]) == (False, ["carnet"])
    assert "n’est pas complète" in page
    assert "core_user" in said["data"]


async def test_it_is_noted_in_the_journal(life: Life) -> None:
    await _archive(life)

    last = [entry async for entry in entries()][-1]
    assert (last.action, last.object) == ("account.exported", str(life.user.id))


async def test_many_events_are_written_without_holding_the_loop(life: Life) -> None:
    import asyncio

    await execute(
        "INSERT INTO core_event_revision (event_id, version, action, actor_id, content)"
        " SELECT $1, n, 'edited', $2, jsonb_build_object('title', repeat('x', 500))"
        " FROM generate_series(10, 20000) n",
        life.event.id,
        life.user.id,
    )
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            longest = max(longest, time.perf_counter() - before)

    watching = asyncio.create_task(watch())
    _page, said, _missing = await _archive(life)
    watching.cancel()

    assert len(said["data"]["core_event_revision"]) > 19_000
    assert longest < 0.5
