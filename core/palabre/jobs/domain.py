"""What people see of jobs and do about them."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from palabre.audit.domain import record
from palabre.database.connection import Row, execute, fetch, fetchrow, transaction
from palabre.errors import NotFound, Refused
from palabre.i18n import gettext as _
from palabre.jobs.queue import CANCEL, CHANNEL, JobState
from palabre.people.permissions import Actor

SHOWN = 50  # jobs in each list of the administration
COLUMNS = (
    "id, owner, name, arguments::text AS arguments, state, due_at, attempts, percent, sentence,"
    " error, traceback, lock_key, cancel_asked, enqueued_at, started_at, ended_at, leads_to,"
    " due_at > now() AS is_early"
)


async def progress(job_id: str) -> Row:
    """Return how far a job is: state, percent, sentence, error, leads_to; raises NotFound."""
    try:
        found = await fetchrow(f"SELECT {COLUMNS} FROM core_job WHERE id = $1", UUID(job_id))  # noqa: S608  our own columns
    except ValueError:
        found = None
    if found is None:
        raise NotFound(_("Ce travail n’existe plus : il est terminé depuis longtemps, ou annulé."))
    return found


async def jobs_in(state: JobState) -> list[Row]:
    """Return the first jobs in this state: the next that are due, or the last that ended."""
    order = "ended_at DESC" if state in {JobState.DONE, JobState.FAILED, JobState.CANCELLED} else ""
    return await fetch(
        f"SELECT {COLUMNS} FROM core_job WHERE state = $1 ORDER BY {order or 'due_at, number'} LIMIT $2",  # noqa: S608  our own words
        state,
        SHOWN,
    )


async def counts() -> dict[str, int]:
    """Return how many jobs are in each state."""
    rows = await fetch("SELECT state, count(*) AS number FROM core_job GROUP BY state")
    return dict.fromkeys(JobState, 0) | {row["state"]: row["number"] for row in rows}


async def retry(actor: Actor, job_id: str) -> None:
    """Begin a job again that failed or was cancelled; raises Refused when it is neither."""
    async with transaction() as connection:
        name = await connection.fetchval(
            "UPDATE core_job AS j SET state = 'waiting', due_at = now(), attempts = 0, percent = 0,"
            " ended_at = NULL, keep_until = NULL WHERE id = $1 AND state IN ('failed', 'cancelled')"
            " AND NOT EXISTS (SELECT FROM core_job AS w WHERE w.state = 'waiting'"
            " AND w.name = j.name AND w.unique_key = j.unique_key) RETURNING name",
            UUID(job_id),
        )
        if name is None:
            raise Refused(_("Ce travail attend déjà, tourne ou est terminé : rien n’a été changé."))
        await connection.execute("SELECT pg_notify($1, '')", CHANNEL)
        await record(actor, "job.retry", kind="job", object_id=job_id, job=name)


async def cancel(actor: Actor, job_id: str) -> None:
    """End a job: at once when it waits, within a second or so when it runs; Refused when it ended."""
    async with transaction() as connection:
        name = await connection.fetchval(
            "UPDATE core_job SET cancel_asked = state = 'running',"
            " state = CASE state WHEN 'waiting' THEN 'cancelled' ELSE state END,"
            " ended_at = CASE state WHEN 'waiting' THEN now() END,"
            " keep_until = CASE state WHEN 'waiting' THEN now() + $2::interval END"
            " WHERE id = $1 AND state IN ('waiting', 'running') RETURNING name",
            UUID(job_id),
            timedelta(days=7),
        )
        if name is None:
            raise Refused(_("Ce travail est déjà terminé : rien n’a été changé."))
        await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, CANCEL)
        await record(actor, "job.cancel", kind="job", object_id=job_id, job=name)


async def forget_old() -> int:
    """Remove the jobs that ended and whose result has had its time; returns how many."""
    done = await execute("DELETE FROM core_job WHERE keep_until < now()")
    return int(done.rpartition(" ")[2])


async def recent(plugin: str, limit: int = 10) -> Sequence[Row]:
    """Return a plugin's jobs, the newest first."""
    return await fetch(
        f"SELECT {COLUMNS} FROM core_job WHERE owner = $1 ORDER BY number DESC LIMIT $2",  # noqa: S608  our own columns
        plugin,
        limit,
    )
