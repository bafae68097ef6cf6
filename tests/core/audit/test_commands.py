"""`palabre audit verify` and `export`, as the administrator runs them."""

import asyncio
import csv
import io

import asyncpg
import pytest

from palabre.__main__ import main
from palabre.audit.domain import record
from palabre.database.connection import connected
from palabre.people.permissions import SYSTEM


async def _fill(url: str) -> None:
    async with connected(url):
        for number in range(3):
            await record(SYSTEM, "test", kind="x", object_id=number)


async def _tamper(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("ALTER TABLE core_audit DISABLE TRIGGER USER")
        await connection.execute("UPDATE core_audit SET object = '9' WHERE id = 2")
    finally:
        await connection.close()


def run(monkeypatch: pytest.MonkeyPatch, url: str, *words: str) -> int:
    monkeypatch.setenv("PALABRE_DATABASE_URL", url)
    monkeypatch.setattr("sys.argv", ["palabre", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_verify_passes_and_fails_after_one_changed_byte(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(_fill(database_url))

    before = run(monkeypatch, database_url, "audit", "verify")
    said_before = capsys.readouterr().out
    asyncio.run(_tamper(database_url))
    after = run(monkeypatch, database_url, "audit", "verify")

    assert (before, after) == (0, 1)
    assert "Journal intact : 3 entrées" in said_before
    assert "rompue à l’entrée 2" in capsys.readouterr().err


def test_export_is_a_table_with_a_line_each(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(_fill(database_url))

    run(monkeypatch, database_url, "audit", "export")

    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["object"] for row in rows] == ["0", "1", "2"]
