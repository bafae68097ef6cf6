"""`palabre import` as a program sees it: what it prints, and how it exits."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from palabre.cli import app
from palabre.database.connection import connected
from palabre.errors import Refused
from palabre.importing.commands import _read
from palabre.people.domain import create_organisation
from tests.core.importing.writing import EVENING, calendar, event

ONE = calendar(event(EVENING), event("DTSTART:20260230", uid="x"))


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch) -> "Run":
    monkeypatch.setenv("PALABRE_DATABASE_URL", database_url)
    asyncio.run(_prepare(database_url))
    return Run()


async def _prepare(url: str) -> None:
    async with connected(url):
        await create_organisation("Foyer", slug="foyer")


class Run:
    """Runs the command in this process."""

    def __call__(self, source: str, *options: str, given: bytes | None = None) -> Result:
        arguments = ["import", source, "--organisation", "foyer", *options]
        return CliRunner().invoke(app, arguments, input=given)

    def json(
        self, source: str, *options: str, given: bytes | None = None
    ) -> tuple[int, dict[str, object]]:
        result = self(source, "--report", "json", *options, given=given)
        return result.exit_code, json.loads(result.stdout)


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "agenda.ics"
    path.write_bytes(ONE)
    return str(path)


def test_a_file_twice(run: Run, file: str) -> None:
    trial, first, again = run.json(file, "--dry-run"), run.json(file), run.json(file)

    assert [exit_code for exit_code, _report in (trial, first, again)] == [0, 0, 0]
    assert [
        (report["created"], report["unchanged"], report["skipped"], report["errors"])
        for _exit, report in (trial, first, again)
    ] == [
        (1, 0, 1, []),
        (1, 0, 1, []),
        (0, 1, 1, []),
    ]
    assert first[1]["warnings"] == [
        {
            "line": 11,
            "uid": "x",
            "message": "« Veillée » laissé de côté. « 20260230 » n’existe pas au calendrier.",
        }
    ]


def test_people_read_sentences(run: Run, file: str) -> None:
    result = run(file)

    assert result.exit_code == 0
    assert result.stdout.splitlines()[:3] == [
        "Import terminé :",
        "  1 événement ajouté",
        "  1 élément laissé de côté",
    ]


def test_the_standard_input_is_a_source(run: Run) -> None:
    assert run.json("-", given=ONE)[1]["created"] == 1
    assert run.json("-", given=ONE)[1]["unchanged"] == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (b"", "vide"),
        (b"<html></html>", "page web"),
        (ONE[:-20], "avant sa fin"),
        (b"\0" * 100, "vide"),
    ],
)
def test_what_is_refused_exits_with_2(run: Run, given: bytes, words: str) -> None:
    exit_code, report = run.json("-", given=given)
    said = run("-", given=given)

    assert (exit_code, report["created"], said.exit_code) == (2, 0, 2)
    assert words in str(report["errors"])
    assert words in said.stderr


def test_a_file_an_address_or_an_organisation_that_is_not_there(
    run: Run, file: str, tmp_path: Path
) -> None:
    missing = run.json(str(tmp_path / "nothing.ics"))
    folder = run.json(str(tmp_path))
    private = run.json("http://127.0.0.1:8000/a.ics")
    nobody = run.json(file, "--organisation", "nobody")

    assert [exit_code for exit_code, _report in (missing, folder, private, nobody)] == [2, 2, 2, 2]
    assert "ne peut pas être lu" in str(missing[1]["errors"])
    assert "ne peut pas être lu" in str(folder[1]["errors"])
    assert "réseau privé" in str(private[1]["errors"])
    assert "nobody" in str(nobody[1]["errors"])


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("nulle-part.ics", "ne peut pas être lu : il n’existe pas."),
        (".", "ne peut pas être lu : c’est un dossier."),
        ("ftp://example.org/a.ics", "n’est pas de celles du web"),
        ("a\0.ics", "ne peut pas être lu"),
    ],
)
def test_a_source_that_cannot_be_read(
    source: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(Refused, match=why):
        _read(source)
