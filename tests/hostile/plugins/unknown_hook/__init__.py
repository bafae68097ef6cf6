"""A typo in a hook's name."""

from palabre.api import EventChange, Manifest, hookimpl

manifest = Manifest(name="unknown_hook", title="Étourdie", version="1.0", api=1, url="/etourdie")


@hookimpl
async def event_comitted(change: EventChange) -> None:
    """Never called, so never noticed, if nobody said so."""
