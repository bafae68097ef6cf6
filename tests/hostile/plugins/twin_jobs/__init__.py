"""Two jobs of one name."""

from palabre.api import Job, Manifest, Run, hookimpl, job

manifest = Manifest("twin_jobs", "Jumeaux", "1", 1, "/twin-jobs")


def _made() -> Job:
    @job("Relancer")
    async def remind(run: Run) -> None: ...

    return remind


@hookimpl
def jobs() -> list[Job]:
    return [_made(), _made()]
