"""Jobs: asked for in a transaction, done once it is committed, again when they fail."""

import asyncio
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from palabre import i18n
from palabre.database.connection import execute, fetch, fetchval, transaction
from palabre.errors import Refused
from palabre.jobs import attempts, domain, queue
from palabre.jobs.declaring import CORE, Job, Run, job
from palabre.jobs.worker import Worker
from palabre.people.permissions import SYSTEM
from tests.core.jobs.conftest import Work, ended

Seen = list[Any]


@pytest.fixture
def seen() -> Seen:
    return []


@pytest.fixture
def noting(seen: Seen) -> Job[Any]:
    @job("Noter")
    async def note(run: Run, what: UUID, at: datetime | None = None, times: int = 1) -> str:
        seen.append((what, at, times))
        return str(what)

    return note.declared(CORE)


@pytest.fixture
def failing(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> Job[Any]:
    monkeypatch.setattr(attempts, "FIRST_PAUSE", 0.05)

    @job("Échouer", retries=2)
    async def fail(run: Run, until: int = 99) -> None:
        seen.append(run.attempt)
        if run.attempt < until:
            raise RuntimeError("broken\nDETAIL: Key (email)=(ana@example.org)")

    return fail.declared(CORE)


async def test_it_is_done_after_the_commit_with_typed_arguments(
    work: Work, noting: Job[Any], seen: Seen
) -> None:
    what, at = uuid4(), datetime(2026, 11, 20, 18, tzinfo=UTC)
    async with work(noting):
        async with transaction():
            job_id = await noting.enqueue(what, at=at)
            await asyncio.sleep(0.1)
            assert seen == []
        row = await ended(job_id)

    assert seen == [(what, at, 1)]
    assert (row["state"], row["percent"], json.loads(row["result"])) == ("done", 100, str(what))
    assert row["keep_until"] - row["ended_at"] == timedelta(days=1)


async def test_a_rollback_takes_it_back(work: Work, noting: Job[Any], seen: Seen) -> None:
    async with work(noting):
        with suppress(ZeroDivisionError):
            async with transaction():
                await noting.enqueue(uuid4())
                raise ZeroDivisionError
        await asyncio.sleep(0.1)

    assert seen == []
    assert await fetchval("SELECT count(*) FROM core_job") == 0


async def test_wrong_arguments_are_refused_when_it_is_asked_for(
    database: str, noting: Job[Any]
) -> None:
    with pytest.raises(ValidationError):
        await noting.enqueue("not an id")
    with pytest.raises(TypeError):
        await noting.enqueue(uuid4(), unknown=1)
    with pytest.raises(ValueError, match="path"):
        noting.options(leads_to="//elsewhere.example")

    assert await fetchval("SELECT count(*) FROM core_job") == 0


def test_what_can_be_no_job_is_refused_when_it_is_declared() -> None:
    with pytest.raises(ValueError, match="async def"):
        job("Bloquer")(lambda _run: None)  # type: ignore[arg-type,return-value]  # on purpose

    @job("À l’heure", cron="0 8 * * *")
    async def needs(run: Run, what: int) -> None: ...

    with pytest.raises(ValueError, match="arguments"):
        needs.declared("essai")
    with pytest.raises(RuntimeError, match="not declared"):
        _ = needs.key


async def test_it_speaks_the_language_of_who_asked(work: Work) -> None:
    @job("Parler")
    async def speak(run: Run) -> str:
        return i18n.language.get()

    speak.declared(CORE)
    token = i18n.language.set("en")
    job_id = await speak.enqueue()
    i18n.language.reset(token)
    async with work(speak):
        row = await ended(job_id)

    assert row["result"] == '"en"'


async def test_a_failure_is_tried_again_with_a_growing_pause_and_then_shown(
    work: Work, failing: Job[Any], seen: Seen
) -> None:
    job_id = await failing.enqueue()
    async with work(failing):
        row = await ended(job_id)

    assert seen == [1, 2, 3]
    assert row["state"] == "failed"
    assert row["error"] == "RuntimeError: broken"
    assert 'raise RuntimeError("broken' in row["traceback"]
    assert "ana@example.org" not in row["traceback"].splitlines()[0]  # the rest is the program
    pauses = [attempts.pause_after(number).total_seconds() for number in (1, 2, 3, 20)]
    assert pauses == [0.05, 0.2, 0.8, 6 * 3600]


async def test_an_administrator_lets_it_begin_again(
    work: Work, failing: Job[Any], seen: Seen
) -> None:
    async with work(failing):
        job_id = await failing.enqueue()
        await ended(job_id)
        await domain.retry(SYSTEM, str(job_id))
        await ended(job_id)
        with pytest.raises(Refused):
            await domain.cancel(SYSTEM, str(job_id))

    assert seen == [1, 2, 3, 1, 2, 3]


async def test_what_is_said_on_purpose_ends_it_at_once(work: Work) -> None:
    @job("Refuser")
    async def refuse(run: Run) -> None:
        raise Refused("Il n’y a plus de place.")

    async with work(refuse):
        row = await ended(await refuse.enqueue())

    said = "Il n’y a plus de place."
    assert (row["state"], row["attempts"], row["error"], row["sentence"]) == (
        *("failed", 1),
        *(said, said),
    )


async def test_it_has_its_time_and_no_more(work: Work) -> None:
    @job("Traîner", seconds=0.1, retries=0)
    async def linger(run: Run) -> None:
        await asyncio.sleep(30)

    async with work(linger):
        row = await ended(await linger.enqueue())

    assert (row["state"], row["error"]) == ("failed", "n’a pas fini en 0.1 s")


async def test_one_that_cancels_itself_failed(work: Work) -> None:
    @job("S’annuler", retries=0)
    async def give_up(run: Run) -> None:
        raise asyncio.CancelledError

    async with work(give_up):
        row = await ended(await give_up.enqueue())

    assert (row["state"], row["error"]) == ("failed", "s’est annulé lui-même")


async def test_it_waits_for_its_time(work: Work, noting: Job[Any], seen: Seen) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=0.5)
    async with work(noting):
        job_id = await noting.options(at=soon).enqueue(uuid4())
        row = await ended(job_id)

    assert soon <= row["started_at"] < soon + timedelta(seconds=0.5)


async def test_one_unique_key_waits_once(database: str, noting: Job[Any]) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    first = await noting.options(unique="a", at=later).enqueue(uuid4())
    second = await noting.options(unique="a").enqueue(uuid4())
    other = await noting.options(unique="b").enqueue(uuid4())

    assert first == second != other
    assert await fetchval("SELECT due_at < now() FROM core_job WHERE id = $1", first)


async def test_of_one_lock_one_runs_at_a_time(work: Work) -> None:
    together: list[int] = []
    at_once = 0

    @job("Un à la fois")
    async def alone(run: Run) -> None:
        nonlocal at_once
        at_once += 1
        together.append(at_once)
        await asyncio.sleep(0.05)
        at_once -= 1

    alone.declared(CORE)
    ids = [await alone.options(lock="a").enqueue() for _ in range(5)]
    async with work(alone), work(alone):
        for job_id in ids:
            await ended(job_id)

    assert together == [1] * 5


async def test_progress_is_seen_while_it_runs(work: Work) -> None:
    go_on = asyncio.Event()

    @job("Avancer")
    async def advance(run: Run) -> None:
        async with transaction():  # what is said is seen before this is committed
            run.progress(41.9, "Un peu moins de la moitié.")
            await go_on.wait()

    async with work(advance):
        job_id = await advance.enqueue()
        row = await ended(job_id, "running")
        async with asyncio.timeout(5):
            while not row["percent"]:
                await asyncio.sleep(0.05)
                row = await ended(job_id, "running")
        go_on.set()
        await ended(job_id)

    assert (row["percent"], row["sentence"]) == (41, "Un peu moins de la moitié.")


async def test_cancelling_one_that_waits_and_one_that_runs(work: Work) -> None:
    stopped = asyncio.Event()

    @job("Durer")
    async def last(run: Run) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()

    last.declared(CORE)
    later = await last.options(at=datetime.now(UTC) + timedelta(hours=1)).enqueue()
    async with work(last):
        now = await last.enqueue()
        await ended(now, "running")
        await domain.cancel(SYSTEM, str(later))
        await domain.cancel(SYSTEM, str(now))
        rows = [await ended(now), await ended(later)]

    assert stopped.is_set()
    assert [row["state"] for row in rows] == ["cancelled", "cancelled"]
    entries = await fetch("SELECT action FROM core_audit ORDER BY id")
    assert [entry["action"] for entry in entries] == ["job.cancel", "job.cancel"]


async def test_one_whose_worker_gave_no_sign_of_life_is_taken_over_and_ends_once(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "AFTER_START", 0.0)
    monkeypatch.setattr(queue, "LEASE", 0.4)
    runs: list[int] = []

    @job("Geler")
    async def freeze(run: Run) -> int:
        runs.append(run.attempt)
        await asyncio.sleep(1.5 if run.attempt == 1 else 0.1)
        return run.attempt

    async with work(freeze) as frozen:
        monkeypatch.setattr(frozen, "_renew", _never)
        job_id = await freeze.enqueue()
        await ended(job_id, "running")
        async with work(freeze):
            row = await ended(job_id)
            await asyncio.sleep(1.5)  # the frozen one ends too, and changes nothing
            last = await ended(job_id)

    assert runs == [1, 2]
    assert row["result"] == last["result"] == "2"
    assert row["ended_at"] == last["ended_at"]


async def _never() -> None:
    """Give no sign of life."""


async def test_one_that_must_not_be_begun_twice_is_shown_instead(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "AFTER_START", 0.0)

    @job("Une seule fois", retries=0)
    async def once(run: Run) -> None: ...

    job_id = await once.declared(CORE).enqueue()
    await execute(
        "UPDATE core_job SET state = 'running', claim = gen_random_uuid(), attempts = 1,"
        " started_at = now(), lease_until = now() - interval '1 s'"
    )
    async with work(once):
        row = await ended(job_id)

    assert row["state"] == "failed"
    assert "ne se recommence pas seul" in row["error"]


async def test_stopping_lets_it_finish_or_gives_it_back(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("palabre.jobs.worker.GRACE", 0.3)

    @job("Finir ou rendre")
    async def take(run: Run, seconds: float) -> None:
        await asyncio.sleep(seconds)

    take.declared(CORE)
    short, long = await take.enqueue(0.2), await take.enqueue(30)
    async with work(take):
        await ended(short, "running")
        await ended(long, "running")

    assert (await ended(short))["state"] == "done"
    row = await ended(long, "waiting")
    assert row["attempts"] == 0  # it was not its fault


async def test_hours_are_kept_once_by_however_many_workers(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "AFTER_START", 0.0)
    runs: list[int] = []

    @job("À l’heure", cron="* * * * *")
    async def tick(run: Run) -> None:
        runs.append(run.attempt)

    tick.declared(CORE)
    async with work(tick), work(tick):
        await asyncio.sleep(0.2)
        assert runs == []  # new here: its first hour is the next one
    minute = datetime.now(UTC) - timedelta(minutes=10)
    await execute("UPDATE core_schedule SET kept = $1", minute)
    async with work(tick), work(tick), work(tick):
        await asyncio.sleep(0.4)

    assert runs == [1]  # ten hours passed while nobody worked: made up for once


async def test_ended_ones_are_forgotten_in_time(work: Work, noting: Job[Any]) -> None:
    async with work(noting):
        old, new = await noting.enqueue(uuid4()), await noting.enqueue(uuid4())
        await ended(old)
        await ended(new)
    await execute("UPDATE core_job SET keep_until = now() - interval '1 s' WHERE id = $1", old)

    assert await domain.forget_old() == 1
    assert [row["id"] for row in await fetch("SELECT id FROM core_job")] == [new]


async def test_an_idle_worker_asks_the_database_nothing(
    work: Work, noting: Job[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    look = Worker.look

    async def counted(self: Worker) -> float:
        nonlocal looks
        looks += 1
        return await look(self)

    monkeypatch.setattr(Worker, "look", counted)
    async with work(noting):
        await asyncio.sleep(1.5)

    assert looks == 1
