"""The site's daily upkeep, as one job: at night, and after each start for what an update changes.

Each chore is safe to do twice, and does nothing when there is nothing to do.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import structlog

from palabre.documents.domain import forget_old as forget_documents
from palabre.errors import DatabaseUnavailable
from palabre.events.domain.upkeep import bury_tombstones, extend_series, refresh_fragments
from palabre.i18n import marked
from palabre.jobs.declaring import Run, core_job
from palabre.jobs.domain import forget_old as forget_jobs
from palabre.privacy.retention import forget_old
from palabre.settings import Settings

Chore = Callable[[], Awaitable[int]]

log = structlog.get_logger("palabre")


@core_job(marked("Entretien quotidien"), seconds=3600, cron="17 3 * * *")
async def upkeep(run: Run) -> dict[str, int]:
    """Do all the chores; one that fails keeps none of the others from being done."""
    done: dict[str, int] = {}
    failures: list[Exception] = []
    chores = _chores(run.settings)
    for number, (name, chore) in enumerate(chores.items()):
        run.progress(100 * number / len(chores))
        try:
            done[name] = await chore()
        except DatabaseUnavailable:
            raise
        except Exception as error:
            log.exception("chore_failed", chore=name)
            failures.append(error)
    if failures:
        raise failures[0]
    return done


def _chores(settings: Settings) -> Mapping[str, Chore]:
    return {
        "refresh_fragments": refresh_fragments,
        "extend_series": extend_series,
        "bury_tombstones": bury_tombstones,
        "forget_old": partial(forget_old, settings),
        "forget_jobs": forget_jobs,
        "forget_documents": forget_documents,
    }
