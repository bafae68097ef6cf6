"""Jobs that raise, hang, block the event loop or return what nobody can keep."""

import asyncio
import time

from palabre.api import Job, Manifest, Run, hookimpl, job

manifest = Manifest("bad_jobs", "Mauvais travaux", "1", 1, "/bad-jobs")


@job("Lever")
async def throw(run: Run) -> None:
    raise RuntimeError("broken")


@job("Traîner", seconds=0.2)
async def hang(run: Run) -> None:
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            continue


@job("Bloquer")
async def block(run: Run) -> None:
    time.sleep(5)  # noqa: ASYNC251  what it is here for


@job("Arrêter le site")
async def leave(run: Run) -> None:
    raise SystemExit


@job("Rendre n’importe quoi", retries=0)
async def junk(run: Run) -> object:
    return object()


@job("Aller bien")
async def well(run: Run) -> str:
    return "bien"


@hookimpl
def jobs() -> list[Job]:
    return [throw, hang, block, leave, junk, well]
