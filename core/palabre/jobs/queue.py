"""The queue: table core_job, and the statements that move a job from state to state.

    waiting ──► running ──► done
       ▲           ├──────► failed ────┐  retried by an administrator
       │           └──────► cancelled ─┤
       └───────────────────────────────┘

A worker claims a job with a lease and renews it while it works. Every later statement asks whether
that claim still holds: a worker that froze, and whose job somebody else has taken over, can change
nothing any more. So a job is done at least once, and ends once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import asyncpg

from palabre import i18n
from palabre.database.connection import Row, execute, fetch, fetchrow, fetchval, transaction

CHANNEL = "palabre_jobs"
CANCEL = "cancel"  # what a notification says when a running job is to end
LEASE = 30.0  # seconds without a sign of life until somebody else takes a job over
# After its own start the database waits as long, so that workers that lost it can say they live.
AFTER_START = 15.0

ENQUEUE = """
WITH job AS (
    INSERT INTO core_job AS j (owner, name, arguments, language, due_at, unique_key, lock_key, leads_to)
    VALUES ($1, $2, $3::text::jsonb, $4, coalesce($5::timestamptz, now()), $6, $7, $8)
    ON CONFLICT (name, unique_key) WHERE state = 'waiting' AND unique_key IS NOT NULL
    DO UPDATE SET due_at = least(j.due_at, excluded.due_at)
    RETURNING id
)
SELECT id, pg_notify($9, '') FROM job
"""
CLAIM = """
WITH next AS (
    SELECT id FROM core_job AS j
    WHERE state = 'waiting' AND due_at <= now() AND name = ANY($1)
      AND (lock_key IS NULL OR NOT EXISTS (
          SELECT FROM core_job AS r
          WHERE r.state = 'running' AND r.owner = j.owner AND r.lock_key = j.lock_key))
    ORDER BY due_at, number LIMIT 1 FOR UPDATE SKIP LOCKED
)
UPDATE core_job AS j SET state = 'running', claim = gen_random_uuid(), attempts = attempts + 1,
    started_at = now(), lease_until = now() + make_interval(secs => $2), percent = 0, sentence = ''
FROM next WHERE j.id = next.id
RETURNING j.id, j.claim, j.owner, j.name, j.arguments::text AS arguments, j.language, j.attempts
"""
AHEAD = """
SELECT now() AS now,
    (SELECT min(due_at) FROM core_job WHERE state = 'waiting' AND due_at > now() AND name = ANY($1))
        AS due,
    (SELECT greatest(min(lease_until), pg_postmaster_start_time() + make_interval(secs => $3))
        FROM core_job WHERE state = 'running' AND claim <> ALL($2) HAVING count(*) > 0) AS lease
"""
RENEW = """
UPDATE core_job AS j SET lease_until = now() + make_interval(secs => $1), percent = n.percent,
    sentence = n.sentence
FROM unnest($2::uuid[], $3::smallint[], $4::text[]) AS n (claim, percent, sentence)
WHERE j.claim = n.claim AND j.state = 'running'
RETURNING j.claim, j.cancel_asked
"""
# The lock's next in line may be waiting in another process: it has to hear of the end.
END = """
WITH ended AS (
    UPDATE core_job SET state = $2, claim = NULL, lease_until = NULL, cancel_asked = false,
        ended_at = now(), keep_until = now() + $3::interval, result = $4::text::jsonb, error = $5,
        traceback = $6, sentence = coalesce($7, sentence),
        percent = CASE $2 WHEN 'done' THEN 100 ELSE percent END
    WHERE claim = $1 AND state = 'running'
    RETURNING lock_key
)
SELECT pg_notify($8, '') FROM ended WHERE lock_key IS NOT NULL
"""
AGAIN = """
WITH again AS (
    UPDATE core_job SET state = 'waiting', claim = NULL, lease_until = NULL, cancel_asked = false,
        due_at = now() + $2::interval, attempts = attempts - $3, error = $4, traceback = $5
    WHERE claim = $1 AND state = 'running'
    RETURNING 1
)
SELECT pg_notify($6, '') FROM again
"""
STALLED = """
SELECT id, name, attempts, claim FROM core_job
WHERE state = 'running' AND lease_until < now() AND claim <> ALL($1)
  AND pg_postmaster_start_time() + make_interval(secs => $2) < now()
FOR UPDATE SKIP LOCKED
"""


class JobState(StrEnum):
    """Where a job is on its way."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Order:
    """A job to enqueue, its arguments written as JSON."""

    owner: str
    name: str
    arguments: str
    at: datetime | None = None
    unique: str | None = None
    lock: str | None = None
    leads_to: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """How a job ended, and how long that is kept.

    `result` is JSON, `error` for administrators, `sentence` for whoever waits.
    """

    state: JobState
    keep: timedelta
    result: str | None = None
    error: str = ""
    traceback: str = ""
    sentence: str | None = None


async def enqueue(order: Order) -> UUID:
    """Write the job down, inside the caller's transaction when there is one; returns its id.

    With a unique key that a waiting job has already, nothing is added: that one's id is returned.
    """
    return UUID(
        str(
            await fetchval(
                ENQUEUE,
                order.owner,
                order.name,
                order.arguments,
                i18n.language.get(),
                order.at,
                order.unique,
                order.lock,
                order.leads_to,
                CHANNEL,
            )
        )
    )


async def claim(names: Sequence[str]) -> Row | None:
    """Take the job that has been due for longest among those named, or None."""
    while True:
        try:
            return await fetchrow(CLAIM, names, LEASE)
        except asyncpg.UniqueViolationError:  # another worker took one with the same lock just now
            continue


async def ahead(names: Sequence[str], ours: Sequence[UUID]) -> Row:
    """Return the database's `now`, when the next job is `due`, when a `lease` ends that isn't ours."""
    row = await fetchrow(AHEAD, names, ours, AFTER_START)
    if row is None:
        raise RuntimeError("a query without FROM gives one row")
    return row


async def renew(
    claims: Sequence[UUID], percents: Sequence[int], sentences: Sequence[str]
) -> dict[UUID, bool]:
    """Say that what was claimed is alive and how far it is.

    Returns the claims that still hold, each with whether it is asked to end.
    """
    rows = await fetch(RENEW, LEASE, claims, percents, sentences)
    return {row["claim"]: row["cancel_asked"] for row in rows}


async def end(held: UUID, how: End) -> None:
    """End what was claimed; changes nothing when the claim doesn't hold any more."""
    kept = (how.state, how.keep, how.result, how.error, how.traceback)
    await fetch(END, held, *kept, how.sentence, CHANNEL)


async def again(
    held: UUID,
    *,
    pause: timedelta = timedelta(0),
    given_back: bool = False,
    error: str = "",
    traceback: str = "",
) -> None:
    """Put what was claimed back into the queue; `given_back` is when the attempt doesn't count.

    When one with its unique key is waiting already, that one is enough and this one is cancelled.
    """
    values = (pause, int(given_back), error, traceback, CHANNEL)
    try:
        async with transaction() as connection:
            await connection.fetch(AGAIN, held, *values)
    except asyncpg.UniqueViolationError:
        await end(held, End(JobState.CANCELLED, timedelta(days=1), error=error))


async def stalled(ours: Sequence[UUID]) -> list[Row]:
    """Return, locked until the transaction ends, the jobs whose worker gave no sign of life."""
    return await fetch(STALLED, ours, AFTER_START)


async def plan(name: str, owner: str, last: datetime) -> None:
    """Remember a schedule that is new here: its first hour is the one after `last`."""
    await execute(
        "INSERT INTO core_schedule (name, owner, kept) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        name,
        owner,
        last,
    )


async def keep(order: Order, due: datetime) -> bool:
    """Enqueue a schedule's job for the hour `due`, unless any process did; whether it was us."""
    async with transaction() as connection:
        ours = await connection.fetchval(
            "UPDATE core_schedule SET kept = $2 WHERE name = $1 AND kept < $2 RETURNING true",
            order.name,
            due,
        )
        if ours:
            await enqueue(order)
        return bool(ours)
