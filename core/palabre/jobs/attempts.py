"""One attempt at a job: calls its function within its time, and says how that ended."""

import asyncio
import traceback
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from pydantic_core import PydanticSerializationError, to_json

from palabre.errors import DatabaseUnavailable, PalabreError
from palabre.i18n import gettext as _
from palabre.jobs.children import ChildFailed
from palabre.jobs.declaring import Job, Run
from palabre.jobs.queue import End, JobState
from palabre.plugins.extension import Extension
from palabre.plugins.troubles import describe

FAILURES_KEPT = timedelta(days=30)
CANCELLED_KEPT = timedelta(days=7)
RESULT = 100_000  # bytes of JSON
TRACE = 8000  # characters kept of a traceback, from its end
FIRST_PAUSE, GROWTH, LONGEST_PAUSE = 10.0, 4, 6 * 3600.0  # seconds between two attempts

log = structlog.get_logger("palabre.jobs")


@dataclass(frozen=True, slots=True)
class Again:
    """A failed attempt that is to be followed by another after `pause`."""

    pause: timedelta
    error: str
    traceback: str


async def attempt(
    job: Job[Any], run: Run, arguments: str, extension: Extension | None
) -> End | Again:
    """Make one attempt. Never raises but for the cancellation of its task."""
    try:
        coroutine = job.work(run, **job.read(arguments))
        if extension is None:
            result = await asyncio.wait_for(coroutine, job.seconds)
        else:
            result = await extension.do_job(job.name, coroutine, job.seconds)
        return End(JobState.DONE, job.keep, _written(result))
    except DatabaseUnavailable as error:  # nobody's fault, and worth another try
        return failed(job, run, error.message)
    except PalabreError as error:  # said on purpose: trying again would say the same
        return End(JobState.FAILED, FAILURES_KEPT, error=error.message, sentence=error.message)
    except TimeoutError as error:
        sentence = _("n’a pas fini en {seconds:g} s").format(seconds=job.seconds)
        return failed(job, run, str(error) or sentence, _trace(error))
    except ChildFailed as error:
        return failed(job, run, str(error), error.trace)
    except Exception as error:  # noqa: BLE001  whatever it is, it is kept for the administrator
        folder = extension.loaded.folder if extension else None
        trouble = describe(f"job {job.name}", error, folder)  # without anybody's data
        return failed(job, run, f"{trouble.kind}: {trouble.message}", trouble.trace)


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: 10 s, 40 s, 160 s … at most six hours."""
    return timedelta(seconds=min(FIRST_PAUSE * GROWTH ** (attempts - 1), LONGEST_PAUSE))


def interrupted(job: Job[Any] | None, attempts: int) -> End | None:
    """Return how a job ends whose worker went away; None when another takes it over."""
    if job is None or attempts <= job.retries:
        return None
    if job.retries:
        sentence = _("Le processus s’est arrêté chaque fois que ce travail tournait.")
    else:
        sentence = _("Le processus s’est arrêté pendant ce travail, qui ne se recommence pas seul.")
    return End(JobState.FAILED, FAILURES_KEPT, error=sentence)


def failed(job: Job[Any], run: Run, error: str, trace: str = "") -> End | Again:
    """Return what follows a failed attempt: another, or the end."""
    last = run.attempt > job.retries
    log.warning("job_failed", job=job.key, id=str(run.id), attempt=run.attempt, why=error)
    if last:
        return End(JobState.FAILED, FAILURES_KEPT, error=error, traceback=trace)
    return Again(pause_after(run.attempt), error, trace)


def _trace(error: BaseException) -> str:
    return "".join([*traceback.format_tb(error.__traceback__), _words(error)])[-TRACE:]


def _words(error: BaseException) -> str:
    """Return an error's first line: PostgreSQL's others may quote people's data."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"


def _written(result: object) -> str | None:
    if result is None:
        return None
    try:
        written = to_json(result).decode()
    except PydanticSerializationError as error:
        raise TypeError(f"returned {type(result).__name__}, which JSON can't say") from error
    if len(written) > RESULT:
        raise ValueError(f"returned {len(written)} bytes of JSON, more than {RESULT}")
    return written
