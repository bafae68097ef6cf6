"""The site's daily upkeep, as one job: at night, and after each start for what an update changes.

Each chore is safe to do twice, and does nothing when there is nothing to do.
"""

import structlog

from palabre.errors import DatabaseUnavailable
from palabre.events.domain.upkeep import bury_tombstones, extend_series, refresh_fragments
from palabre.i18n import marked
from palabre.jobs.declaring import Run, core_job
from palabre.jobs.domain import forget_old as forget_jobs
from palabre.mail.domain import forget_old as forget_letters
from palabre.people.ways_in import forget_old as forget_links
from palabre.web.limits import forget_old as forget_tries

CHORES = (
    refresh_fragments,
    extend_series,
    bury_tombstones,
    forget_tries,
    forget_letters,
    forget_links,
    forget_jobs,
)

log = structlog.get_logger("palabre")


@core_job(marked("Entretien quotidien"), seconds=3600, cron="17 3 * * *")
async def upkeep(run: Run) -> dict[str, int]:
    """Do all the chores; one that fails keeps none of the others from being done."""
    done: dict[str, int] = {}
    failures: list[Exception] = []
    for number, chore in enumerate(CHORES):
        run.progress(100 * number / len(CHORES))
        try:
            done[f"{chore.__module__}.{chore.__name__}"] = await chore()
        except DatabaseUnavailable:
            raise
        except Exception as error:
            log.exception("chore_failed", chore=chore.__name__)
            failures.append(error)
    if failures:
        raise failures[0]
    return done
