"""Which list a subscription is for: the agenda, or the list of one thing."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from palabre.errors import NotFound
from palabre.events.models import Event, Venue
from palabre.events.values import Publication
from palabre.i18n import gettext as _
from palabre.people.models import Organisation

_PATH = re.compile(r"/(organisations|lieux|evenements)/([a-z0-9][a-z0-9-]{0,199})")


@dataclass(frozen=True, slots=True)
class Listed:
    """A list with its own feed: `path` without ending, `title` as people know it."""

    path: str
    title: str


async def find_list(path: str) -> Listed:
    """Return the list at `path` ("/organisations/tetraktys"); raises NotFound."""
    match = _PATH.fullmatch(path)
    title = await _TITLES[match[1]](match[2]) if match else None
    if title is None:
        raise NotFound(_("Cette liste n’existe pas ou n’existe plus. Reprenez depuis l’agenda."))
    return Listed(path, title)


async def _organisation(slug: str) -> str | None:
    found = await Organisation.get_or_none(slug=slug, merged_into_id=None)
    return found.name if found else None


async def _venue(slug: str) -> str | None:
    found = await Venue.get_or_none(slug=slug, merged_into_id=None)
    return found.name if found else None


async def _event(slug: str) -> str | None:
    found = await Event.get_or_none(slug=slug, publication=Publication.PUBLISHED, gone_at=None)
    return found.title if found else None


_TITLES: dict[str, Callable[[str], Awaitable[str | None]]] = {
    "organisations": _organisation,
    "lieux": _venue,
    "evenements": _event,
}
