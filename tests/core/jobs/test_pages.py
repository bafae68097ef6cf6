"""Where people wait for jobs, and where the administrator looks after them."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from palabre.database.connection import execute, fetchval
from palabre.jobs import queue
from palabre.jobs.declaring import Job, Run, core_job
from palabre.plugins import Plugins
from palabre.settings import Settings
from palabre.testing import LogIn, Visitor
from tests.core.jobs.conftest import ended


@core_job("Dessiner l’affiche", retries=0)
async def draw(run: Run, edition: int = 2026) -> None: ...


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The jobs of these tests stay as they are put: no worker runs."""
    return settings.model_copy(update={"worker": False})


@pytest.fixture
def palabre_plugins() -> Plugins:
    return Plugins()


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("palabre.app.JOBS", (draw,))


async def put(job: Job[[int]] = draw, **columns: object) -> str:
    """Ask for a job and put it into a state."""
    job_id = await job.options(leads_to="/agenda").enqueue(2026)
    for name, value in columns.items():
        await execute(f"UPDATE core_job SET {name} = $2 WHERE id = $1", job_id, value)  # noqa: S608  a column that the test names
    return str(job_id)


async def put_running(percent: int, sentence: str) -> str:
    job_id = await put(percent=percent, sentence=sentence)
    await execute(
        "UPDATE core_job SET state = 'running', claim = gen_random_uuid(), started_at = now(),"
        " lease_until = now() + interval '1 h'"
    )
    return job_id


async def put_ended(state: str, **columns: object) -> str:
    job_id = await put(**columns)
    await execute("UPDATE core_job SET state = $1, ended_at = now(), attempts = 3", state)
    return job_id


async def test_who_waits_sees_how_far_it_is_and_comes_again_by_itself(client: Visitor) -> None:
    job_id = await put_running(40, "12 affiches sur 30.")

    page = await client.get(f"/travaux/{job_id}")

    assert "<h1>Dessiner l’affiche</h1>" in page.text
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page.text
    assert f'data-progress="/travaux/{job_id}"' in page.text
    assert '<progress max="100" value="40"' in page.text
    assert "12 affiches sur 30." in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_it_leads_on_when_it_is_done(client: Visitor) -> None:
    page = await client.get(f"/travaux/{await put_ended('done')}")

    assert (page.status_code, page.headers["location"]) == (303, "/agenda")


async def test_who_waits_is_not_told_of_the_programs_errors(client: Visitor) -> None:
    job_id = await put_ended("failed", error="RuntimeError: secret", traceback="in secret.py")

    page = await client.get(f"/travaux/{job_id}")

    assert "Ce travail n’a pas abouti." in page.text
    assert "secret" not in page.text
    assert "http-equiv" not in page.text


async def test_the_administrator_sees_why_it_failed_and_lets_it_begin_again(login: LogIn) -> None:
    job_id = await put_ended("failed", error="RuntimeError: cassé", traceback="in affiche.py")
    administrator = await login("administrator")

    page = (await administrator.get("/administration/travaux")).text
    answer = await administrator.submit(f"/administration/travaux/{job_id}", {"do": "retry"})
    after = (await administrator.get("/administration/travaux")).text

    assert "Dessiner l’affiche" in page
    assert "3 essais" in page
    assert "RuntimeError: cassé" in page
    assert "in affiche.py" in page
    assert "{&#34;edition&#34;: 2026}" in page
    assert answer.status_code == 303
    assert "N’ont pas abouti" not in after
    state = await fetchval("SELECT state || attempts FROM core_job")
    assert state == "waiting0"


async def test_what_ended_meanwhile_is_not_cancelled(login: LogIn) -> None:
    job_id = await put_ended("done")
    administrator = await login("administrator")

    answer = await administrator.submit(f"/administration/travaux/{job_id}", {"do": "cancel"})

    assert answer.status_code == 422
    assert "Ce travail est déjà terminé" in answer.text


async def test_what_waits_says_for_what(login: LogIn) -> None:
    later = datetime(2030, 1, 7, 7, 30, tzinfo=UTC)
    await draw.options(at=later).enqueue()
    await queue.enqueue(queue.Order("absente", "absente.relancer", "{}"))
    await queue.enqueue(queue.Order("core", "core.ancien", "{}"))
    administrator = await login("administrator")

    page = (await administrator.get("/administration/travaux")).text

    assert re.search(r"prévu <time[^>]*>lundi 7 janvier 2030, 8[^<]*30</time>", page), page
    assert "Attend que l’extension «\u00a0absente\u00a0» soit de nouveau en marche." in page
    assert "Attend\u00a0: la version installée ne connaît pas ce travail." in page
    assert "PALABRE_WORKER=0" in page


async def test_cancelling_what_waits(login: LogIn) -> None:
    job_id = await put()
    administrator = await login("administrator")

    await administrator.submit(f"/administration/travaux/{job_id}", {"do": "cancel"})

    row = await ended(UUID(job_id))
    assert row["state"] == "cancelled"
    assert row["keep_until"] - row["ended_at"] == timedelta(days=7)
