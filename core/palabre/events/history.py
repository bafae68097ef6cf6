"""The history of an event: who changed what and when; an old version can come back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from palabre.errors import NotFound
from palabre.events import partners, places
from palabre.events.comparing import Difference, Names, differences, venue_ids
from palabre.events.domain.reading import Revision, history, revision
from palabre.events.domain.saving import Change, save_event
from palabre.events.labels import ACTIONS, PUBLICATIONS
from palabre.events.requests import editable_event, settled, typed_in, version_of
from palabre.events.typed import Typed
from palabre.events.values import Content, Publication
from palabre.i18n import gettext as _
from palabre.web.site import site_of
from palabre.web.templates import render

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """One save as the page tells it: what was done, the state after it, what reads differently."""

    revision: Revision
    sentence: str
    publication: str
    differences: Sequence[Difference]


async def history_page(request: Request) -> Response:
    """GET shows the saves, newest first; POST makes an old version the present one."""
    actor, event = await editable_event(request)
    if request.method == "POST":
        typed = await typed_in(request)
        change = Change(
            await _content(event.id, version_of(typed, "restore")),
            event.organisation_id,
            event.id,
            expected_version=version_of(typed),
            action="restored",
        )
        await save_event(actor, change)
        return await settled(request, f"/evenements/{event.slug}/modifier?fait=restore")
    until = version_of(Typed(request.query_params.multi_items()), "depuis")
    revisions = await history(event.id, until=until if until > 0 else None, limit=PAGE_SIZE + 1)
    names = await partners.names_in(*(found.content for found in revisions))
    before = [*(found.content for found in revisions[1:]), None]
    entries = [_entry(*pair, names) for pair in zip(revisions, before, strict=True)]
    context = {
        "event": event,
        "entries": entries[:PAGE_SIZE],
        "older": revisions[PAGE_SIZE].version if len(revisions) > PAGE_SIZE else None,
        "zone": site_of(request).settings.time_zone,
    }
    return render(request, "events/history.html", context)


async def _content(event_id: UUID, version: int) -> Content:
    """Return what the event said then; a venue that is gone is left out."""
    older = await revision(event_id, version)
    if older is None:
        raise NotFound(_("Cette version n’existe pas."))
    found = older.content
    known = await places.labels(venue_ids(found))
    overrides = tuple(
        replace(override, venue_id=override.venue_id if override.venue_id in known else None)
        for override in found.overrides
    )
    venue_id = found.venue_id if found.venue_id in known else None
    return replace(found, venue_id=venue_id, overrides=overrides)


def _entry(saved: Revision, before: Content | None, names: Names) -> Entry:
    state = saved.publication
    known = state in set(Publication)
    return Entry(
        saved,
        _(ACTIONS.get(saved.action, ACTIONS["edited"])),
        _(PUBLICATIONS[Publication(state)]) if known else "",
        differences(before, saved.content, names) if before else [],
    )
