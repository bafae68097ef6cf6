"""The pages of one event, one organisation, one venue, and the list of organisations."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from palabre.agenda.cards import foreign, typeset
from palabre.agenda.core_filters import ACCESSIBILITY_NAMES, AUDIENCE_NAMES, AUDIENCES, CORE_FILTERS
from palabre.agenda.cursors import Cursor
from palabre.agenda.events import dates_of, is_away, partners_of
from palabre.agenda.filters import EVERYTHING, Selection
from palabre.agenda.places import (
    KIND_NAMES,
    map_link,
    organisation_at,
    organisations,
    venue_at,
)
from palabre.agenda.requests import (
    AFTER,
    answer,
    cursor_of,
    list_context,
    moment_of,
    page,
    slug_of,
    subscription,
)
from palabre.agenda.sql import Moment
from palabre.agenda.words import WORDS
from palabre.database.slugs import MAX_SLUG
from palabre.errors import NotFound
from palabre.events import extras
from palabre.events.domain.reading import content_of_event, event_by_slug
from palabre.events.models import Event
from palabre.events.values import Content, Publication
from palabre.events.words import recurrence_in_words, when_in_words
from palabre.hookvalues import EventView, OrganisationView
from palabre.i18n import gettext as _
from palabre.i18n import language
from palabre.people.permissions import can
from palabre.plugins import current as current_plugins
from palabre.web.site import actor_of

_FILTERS = {f.name: f for f in CORE_FILTERS}
_AUDIENCE_WORDS = {audience: AUDIENCE_NAMES[name] for name, audience in AUDIENCES.items()}


async def event(request: Request) -> Response:
    """Show an event: 404 for who may not see it, 410 for what was public and is gone."""
    moment, slug = moment_of(request), slug_of(request)

    async def build() -> Response:
        found = await event_by_slug(slug)
        if can(await actor_of(request), "event.view", found):
            return page(request, "agenda/event.html", await _event(request, found, moment))
        if found.gone_at is None:
            raise NotFound(_("Cet événement n’existe pas, ou n’est pas public."))
        return page(request, "agenda/gone.html", {"organisation": found.organisation}, status=410)

    return await answer(request, moment, "", build)


async def organisation_list(request: Request) -> Response:
    """Show all organisations by name."""
    moment = moment_of(request)
    after = request.query_params.get(AFTER, "").replace("\0", "")[:MAX_SLUG]

    async def build() -> Response:
        found, following = await organisations(moment, after)
        context = {"organisations": found, "following": following, "kinds": KIND_NAMES}
        return page(
            request, "organisations/list.html", context, urlencode({AFTER: after} if after else {})
        )

    return await answer(request, moment, after, build)


async def organisation(request: Request) -> Response:
    """Show an organisation: who they are, and their events from today on."""
    moment, slug, cursor = moment_of(request), slug_of(request), cursor_of(request)
    selection = EVERYTHING.with_value(_FILTERS["organisation"], slug)

    async def build() -> Response:
        found = await organisation_at(slug)
        if found.merged_into is not None:
            return RedirectResponse(f"/organisations/{found.merged_into.slug}", 308)
        context = await _list_of(request, selection, moment, cursor)
        view = OrganisationView(found.id, found.slug, found.name)
        shown = {
            "organisation": found,
            "kind": KIND_NAMES[found.kind],
            "pieces": await current_plugins().slot("organisation_page", organisation=view),
        }
        return page(request, "organisations/page.html", context | shown)

    return await answer(request, moment, str(cursor), build)


async def venue(request: Request) -> Response:
    """Show a venue: where it is, how one gets in, and what happens there from today on."""
    moment, slug, cursor = moment_of(request), slug_of(request), cursor_of(request)
    selection = EVERYTHING.with_value(_FILTERS["lieu"], slug)

    async def build() -> Response:
        found = await venue_at(slug)
        if found.merged_into is not None:
            return RedirectResponse(f"/lieux/{found.merged_into.slug}", 308)
        context = await _list_of(request, selection, moment, cursor)
        shown = {"venue": found, "map": map_link(found), "names": ACCESSIBILITY_NAMES}
        return page(request, "venues/page.html", context | shown)

    return await answer(request, moment, str(cursor), build)


async def _list_of(
    request: Request, selection: Selection, moment: Moment, cursor: Cursor | None
) -> dict[str, Any]:
    """Return the list of one organisation or venue; its address alone says the selection."""
    path: str = request.scope["path"]
    context = await list_context(path, selection, EVERYTHING, moment, cursor)
    return context | {"subscription": subscription(request, path, EVERYTHING)}


async def _event(request: Request, found: Event, moment: Moment) -> dict[str, Any]:
    content = content_of_event(found)
    code = language.get()
    dates = await dates_of(found.id, content.when.zone, moment)
    view = EventView(found.id, found.slug, content, found.organisation_id)
    coming = [date for date in dates if not date.is_past]
    next_date = next((date for date in coming if not date.cancelled), None)
    recurrence = content.recurrence
    return {
        "event": found,
        "is_public": found.publication == Publication.PUBLISHED,
        "content": content,
        **_words_of(content, code),
        "when": when_in_words(next_date.when if next_date else content.when, code),
        "next_date": next_date if recurrence else None,
        "series": recurrence_in_words(recurrence, content.when, code) if recurrence else "",
        "coming": coming,
        "past": [date for date in dates if date.is_past],
        "in_words": lambda when: when_in_words(when, code),
        "away": is_away(content.when, moment.zone),
        "partners": await partners_of(found.id),
        "map": map_link(found.venue) if found.venue else "",
        "audience": _AUDIENCE_WORDS[content.audience],
        "accessibility": [
            name for code, name in ACCESSIBILITY_NAMES.items() if code in content.accessibility
        ],
        "words": WORDS,
        "subscription": subscription(request, request.scope["path"], EVERYTHING),
        "sections": _sections_of(content, found.organisation_id),
        "pieces": await current_plugins().slot("event_page", event=view),
    }


def _sections_of(content: Content, organisation_id: UUID) -> list[tuple[str, list[extras.Fact]]]:
    """Return what plugins' fields say, by the title of their section."""
    if not content.extras:
        return []
    sections = extras.sections_for([organisation_id])
    found = ((_(s.title), extras.facts(plugin, s, content)) for plugin, s in sections)
    return [(title, facts) for title, facts in found if facts]


def _words_of(content: Content, code: str) -> dict[str, str]:
    """Return title and description in the reader's language where there are, and their language."""
    translated = content.translations.get(code)
    words: dict[str, str] = {}
    for name in ("title", "description"):
        text: str = getattr(translated, name, "")
        spoken = code if text else content.language
        words[name] = typeset(text or getattr(content, name), spoken)
        words[f"{name}_foreign"] = foreign(spoken)
    return words
