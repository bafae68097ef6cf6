"""What is kept of documents, and for how long."""

import pytest

from palabre.database.connection import execute, fetchval
from palabre.documents.domain import ask, find, forget_documents, forget_old, keep, wanted
from palabre.documents.values import Document, Made

pytestmark = pytest.mark.usefixtures("database")

PROGRAMME = Document("<html lang=fr><title>Programme</title>")
MADE = Made(b"%PDF-1.7 programme", 3, ())


async def test_a_document_is_kept_by_its_content() -> None:
    assert await find(PROGRAMME) is None
    assert not await ask(PROGRAMME, "core.essai")
    assert await wanted(PROGRAMME.digest) == PROGRAMME

    await keep(PROGRAMME.digest, MADE)

    assert await find(Document(PROGRAMME.html)) == MADE.pdf
    assert await find(Document(PROGRAMME.html + "x")) is None
    assert await ask(PROGRAMME, "core.essai")
    assert await wanted(PROGRAMME.digest) is None
    assert await fetchval("SELECT source IS NULL FROM core_document")


async def test_asking_twice_is_asking_once() -> None:
    await ask(PROGRAMME, "core.essai", ["event:1"])
    await ask(PROGRAMME, "core.essai", ["event:1"])

    assert await fetchval("SELECT count(*) FROM core_document") == 1


async def test_what_it_shows_takes_it_away_even_while_it_is_made() -> None:
    other = Document("<html lang=fr><title>Autre</title>")
    await ask(PROGRAMME, "core.essai", ["event:1", "photo:7"])
    await ask(other, "core.essai", ["event:2"])

    await forget_documents("photo:7", "photo:8")
    await keep(PROGRAMME.digest, MADE)

    assert await find(PROGRAMME) is None
    assert await wanted(other.digest) == other


async def test_what_nobody_reads_goes_after_a_month() -> None:
    await ask(PROGRAMME, "core.essai")
    await keep(PROGRAMME.digest, MADE)
    await execute("UPDATE core_document SET used_at = now() - interval '29 days'")
    assert await forget_old() == 0
    await execute("UPDATE core_document SET used_at = now() - interval '31 days'")

    assert await forget_old() == 1
    assert await find(PROGRAMME) is None
