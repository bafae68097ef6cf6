"""Tries to end the process from its hooks."""

import sys

from markupsafe import Markup

from palabre.api import Check, EventDraft, Fault, Manifest, hookimpl

manifest = Manifest(name="ends_process", title="Sortie", version="1.0", api=1, url="/sortie")


@hookimpl
async def page_slot() -> list[Markup]:
    sys.exit(1)


@hookimpl
def validate_event(draft: EventDraft) -> list[Fault]:
    sys.exit(1)


@hookimpl
async def health() -> list[Check]:
    raise KeyboardInterrupt
