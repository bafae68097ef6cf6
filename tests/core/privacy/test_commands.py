"""`palabre privacy`, as the administrator runs it."""

import asyncio
import json
from pathlib import Path
from zipfile import ZipFile

import pytest

from palabre.database.connection import connected
from palabre.people import domain
from palabre.people.models import Role
from palabre.privacy.traces import find
from tests.core.audit.test_commands import run
from tests.core.privacy.conftest import EMAIL, NAME, PASSWORD

Printed = pytest.CaptureFixture[str]


async def _account(url: str) -> str:
    async with connected(url):
        user = await domain.create_user(EMAIL, NAME, PASSWORD)
        await domain.create_user("suite@exemple.fr", "Suite", PASSWORD)
        organisation = await domain.create_organisation("Les Voisins")
        await domain.add_member(user, organisation, Role.OWNER)
        return str(user.id)


async def _traces(url: str) -> list[str]:
    async with connected(url):
        return [trace.table for trace in await find(EMAIL, NAME)]


@pytest.fixture
def account(database_url: str) -> str:
    return asyncio.run(_account(database_url))


def test_export_writes_a_file_for_its_owner_alone(
    account: str, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "archive.zip"

    code = run(monkeypatch, database_url, "privacy", "export", EMAIL, "--output", str(path))
    again = run(monkeypatch, database_url, "privacy", "export", account, "--output", str(path))

    assert (code, again) == (0, 2)
    assert path.stat().st_mode & 0o777 == 0o600
    with ZipFile(path) as folder:
        said = json.loads(folder.read("donnees.json"))
    assert said["data"]["core_user"][0]["email"] == EMAIL


def test_export_of_nobody_writes_nothing(
    database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Printed
) -> None:
    path = tmp_path / "archive.zip"

    code = run(
        monkeypatch, database_url, "privacy", "export", "x@exemple.fr", "--output", str(path)
    )

    assert code == 2
    assert not path.exists()
    assert "Aucun compte" in capsys.readouterr().err


def test_erase_asks_for_an_heir_then_leaves_nothing(
    account: str, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    alone = run(monkeypatch, database_url, "privacy", "erase", EMAIL, "--yes")
    refusal = capsys.readouterr().err
    done = run(
        monkeypatch, database_url, "privacy", "erase", EMAIL, "--yes", "--heir", "suite@exemple.fr"
    )

    assert (alone, done) == (2, 0)
    assert "Les Voisins" in refusal
    assert asyncio.run(_traces(database_url)) == []


def test_erase_shows_what_is_held_and_asks_first(
    account: str, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    monkeypatch.setattr("typer.confirm", _refuse)

    code = run(monkeypatch, database_url, "privacy", "erase", account, "--heir", "suite@exemple.fr")

    assert code == 1
    assert "Votre compte : 1" in capsys.readouterr().out
    assert "core_user" in asyncio.run(_traces(database_url))


def test_find_names_columns_and_no_content(
    account: str, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    code = run(monkeypatch, database_url, "privacy", "find", EMAIL.upper())

    said = capsys.readouterr().out
    assert code == 0
    assert "core_user.email : 1" in said
    assert EMAIL not in said.lower()


def test_register_is_written_as_a_table(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    code = run(monkeypatch, database_url, "privacy", "register")

    assert code == 0
    assert "Comptes et connexion" in capfdbinary.readouterr().out.decode("utf-8-sig")


def _refuse(_question: str, *, abort: bool) -> None:
    import typer

    assert abort
    raise typer.Abort
