"""Wants to be told of committed changes, and fails as often as a test asks."""

from palabre.api import EventChange, Manifest, hookimpl

manifest = Manifest(name="listens", title="Oreille", version="1.0", api=1, url="/oreille")

told: list[EventChange] = []
failures_left = 0


@hookimpl
async def event_committed(change: EventChange) -> None:
    global failures_left  # noqa: PLW0603  a test sets it
    if failures_left:
        failures_left -= 1
        raise OSError("la ligne est coupée")
    told.append(change)
