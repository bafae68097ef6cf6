"""The pages of an import: give, look, confirm; without JavaScript, and only by who may."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest

from palabre.events.models import Event
from palabre.importing import jobs
from palabre.importing.fetch import Way
from palabre.importing.ical.limits import Limits
from palabre.importing.models import ImportJob
from palabre.people.models import Organisation
from palabre.people.permissions import Actor
from palabre.testing import LogIn, Make, Visitor
from tests.core.importing.test_fetch import answer, here, server
from tests.core.importing.writing import EVENING, calendar, event

ONE = calendar(event(EVENING, title="Veillée de contes"), event("DTSTART:20260230", uid="x"))


@pytest.fixture
async def organisation(make: Make) -> Organisation:
    return await make.organisation("Foyer rural")


@pytest.fixture
async def editor(login: LogIn, organisation: Organisation) -> Visitor:
    return await login("editor", organisation)


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("\xa0", " ")


def actor(member: Visitor) -> Actor:
    assert member.actor is not None
    return member.actor


async def give(member: Visitor, organisation: Organisation, **fields: str) -> str:
    """Post the form; returns the address of the job."""
    posted = await member.submit(f"/organisations/{organisation.slug}/import", fields)
    assert posted.status_code == 303, posted.text
    return posted.headers["location"]


async def test_pasted_text_is_tried_shown_and_imported(
    editor: Visitor, organisation: Organisation
) -> None:
    job = await give(editor, organisation, text=ONE.decode())

    tried = words((await editor.get(job)).text)
    assert "Avant d’importer" in tried
    assert "1 événement ajouté" in tried
    assert "« 20260230 » n’existe pas au calendrier." in tried
    assert await Event.filter(title="Veillée de contes").count() == 0

    confirmed = await editor.submit(job, {"do": "confirm"})
    assert confirmed.status_code == 303
    done = words((await editor.get(job)).text)
    assert "Import terminé" in done
    assert "C’est fait." in done
    found = await Event.get(title="Veillée de contes")
    assert (found.publication, found.created_by_id) == ("published", actor(editor).user_id)
    assert (await ImportJob.get()).data is None


async def test_a_file_is_taken(editor: Visitor, organisation: Organisation) -> None:
    posted = await editor.post(
        f"/organisations/{organisation.slug}/import",
        data={"csrf": actor(editor).csrf_token},
        files={"file": ("../../mon agenda.ics", ONE, "text/calendar")},
    )

    page = await editor.get(posted.headers["location"])
    assert "mon agenda.ics" in page.text
    assert ".." not in words(page.text)


async def test_names_and_texts_that_no_database_takes_are_no_trouble(
    editor: Visitor, organisation: Organisation
) -> None:
    posted = await editor.post(
        f"/organisations/{organisation.slug}/import",
        data={"csrf": actor(editor).csrf_token},
        files={"file": ("a\0\x1b.ics", calendar(event("DTSTART:2026\0")), "text/calendar")},
    )
    address = await give(editor, organisation, address="http://a\0b/")

    assert "n’est pas une date" in (await editor.get(posted.headers["location"])).text
    assert "Import impossible" in (await editor.get(address)).text


async def test_a_contributors_import_waits_for_approval(
    login: LogIn, organisation: Organisation
) -> None:
    contributor = await login("contributor", organisation)
    job = await give(contributor, organisation, text=ONE.decode())

    await contributor.submit(job, {"do": "confirm"})

    assert (await Event.get(title="Veillée de contes")).publication == "submitted"


async def test_giving_up_leaves_nothing(editor: Visitor, organisation: Organisation) -> None:
    job = await give(editor, organisation, text=ONE.decode())

    await editor.submit(job, {"do": "abandon"})

    assert (
        await ImportJob.all().count() == await Event.filter(title="Veillée de contes").count() == 0
    )
    assert (await editor.get(job)).status_code == 404


async def test_confirming_twice_imports_once(editor: Visitor, organisation: Organisation) -> None:
    job = await give(editor, organisation, text=ONE.decode())

    await editor.submit(job, {"do": "confirm"})
    again = await editor.submit(job, {"do": "confirm"})

    assert again.status_code == 422
    assert await Event.filter(title="Veillée de contes").count() == 1


async def test_what_is_no_calendar_is_refused_in_clear_words(
    editor: Visitor, organisation: Organisation
) -> None:
    job = await give(editor, organisation, text="<html><body>Bonjour</body></html>")

    page = words((await editor.get(job)).text)
    assert "Import impossible" in page
    assert "C’est une page web, pas un calendrier" in page


@pytest.mark.parametrize(
    "fields", [{}, {"text": " "}, {"text": "x", "address": "https://example.org"}]
)
async def test_just_one_of_the_three_is_asked_for(
    editor: Visitor, organisation: Organisation, fields: dict[str, str]
) -> None:
    posted = await editor.submit(f"/organisations/{organisation.slug}/import", fields)

    assert posted.status_code == 422
    assert "l’un des trois" in posted.text


async def test_a_private_address_is_refused(editor: Visitor, organisation: Organisation) -> None:
    job = await give(editor, organisation, address="http://127.0.0.1:8000/agenda.ics")

    assert "réseau privé" in (await editor.get(job)).text


async def test_an_address_is_fetched_and_remembered(
    editor: Visitor, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with server({"/a.ics": answer(ONE, 'ETag: "v1"')}) as (origin, requests):
        for _time in range(2):
            job = ImportJob(location=f"{origin}/a.ics", address=f"{origin}/a.ics")
            await jobs.begin(
                actor(editor), organisation, job, "Europe/Paris", Way(here, Limits(), 5)
            )
            await jobs.confirm(actor(editor), await ImportJob.get(id=job.id), "Europe/Paris")

    assert 'If-None-Match: "v1"' in requests[1]
    form = await editor.get(f"/organisations/{organisation.slug}/import")
    assert f"?adresse={origin.replace(':', '%3A')}" in form.text


async def test_work_under_way_is_shown_by_a_page_that_reloads_itself(
    editor: Visitor, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = asyncio.Event()

    async def slow(*_arguments: object) -> None:
        await waiting.wait()
        raise AssertionError("stopped by the test")

    monkeypatch.setattr(jobs, "PATIENCE", 0.01)
    monkeypatch.setattr(jobs, "import_calendar", slow)
    job = await give(editor, organisation, text=ONE.decode())

    under_way = await editor.get(job)
    await ImportJob.all().update(touched_at=datetime.now(UTC) - timedelta(minutes=5))
    stuck = await editor.get(job)
    waiting.set()
    await asyncio.sleep(0.1)
    failed = await editor.get(job)

    assert '<meta http-equiv="refresh" content="2">' in under_way.text
    assert "refresh" not in stuck.text
    assert "interrompu" in stuck.text
    assert "Une erreur imprévue" in failed.text


async def test_only_members_come_in(
    client: Visitor, login: LogIn, make: Make, editor: Visitor, organisation: Organisation
) -> None:
    address = f"/organisations/{organisation.slug}/import"
    job = await give(editor, organisation, text=ONE.decode())
    stranger = await login("editor", await make.organisation("Ailleurs"))

    assert (await client.get(address)).status_code in {303, 403}
    assert [(await stranger.get(each)).status_code for each in (address, job)] == [403, 403]
    assert (await editor.get(f"{address}/nothing")).status_code == 404
    assert (await editor.get("/organisations/nowhere/import")).status_code == 404
