"""The history of an event: who changed what and when; an old version can come back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from palabre.errors import NotFound
from palabre.events import partners, places
from palabre.events.comparing import Difference, Names, differences, venue_ids
from palabre.events.domain.reading import Revision, history
from palabre.events.domain.saving import Change, save_event
from palabre.events.labels import ACTIONS, PUBLICATIONS
from palabre.events.requests import editable_event, settled, typed_in, version_of
from palabre.events.values import Content, Publication
from palabre.i18n import gettext as _
from palabre.web.site import site_of
from palabre.web.templates import render


@dataclass(frozen=True, slots=True)
class Entry:
    """One save as the page tells it: what was done, the state after it, what reads differently."""

    revision: Revision
    sentence: str
    publication: str
    differences: Sequence[Difference]


async def history_page(request: Request) -> Response:
    """GET shows all saves, newest first; POST makes an old version the present one."""
    actor, event = await editable_event(request)
    revisions = await history(event.id)
    if request.method == "POST":
        typed = await typed_in(request)
        change = Change(
            await _version(revisions, typed.one("restore")),
            event.organisation_id,
            event.id,
            expected_version=version_of(typed),
            action="restored",
        )
        await save_event(actor, change)
        return await settled(request, f"/evenements/{event.slug}/modifier?fait=restore")
    names = await partners.names_in(*(revision.content for revision in revisions))
    before = [*(revision.content for revision in revisions[1:]), None]
    context = {
        "event": event,
        "entries": [_entry(*pair, names) for pair in zip(revisions, before, strict=True)],
        "zone": site_of(request).settings.time_zone,
    }
    return render(request, "events/history.html", context)


async def _version(revisions: Sequence[Revision], wanted: str) -> Content:
    """Return what the event said then; a venue that is gone is left out."""
    found = next((r.content for r in revisions if str(r.version) == wanted), None)
    if found is None:
        raise NotFound(_("Cette version n’existe pas."))
    known = await places.labels(venue_ids(found))
    overrides = tuple(
        replace(override, venue_id=override.venue_id if override.venue_id in known else None)
        for override in found.overrides
    )
    venue_id = found.venue_id if found.venue_id in known else None
    return replace(found, venue_id=venue_id, overrides=overrides)


def _entry(revision: Revision, before: Content | None, names: Names) -> Entry:
    state = revision.publication
    known = state in set(Publication)
    return Entry(
        revision,
        _(ACTIONS.get(revision.action, ACTIONS["edited"])),
        _(PUBLICATIONS[Publication(state)]) if known else "",
        differences(before, revision.content, names) if before else [],
    )
