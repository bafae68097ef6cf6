"""What every request can reach: the site's parts, the actor, the form.

`Site` is built once by `app.create_app`; views get it with `site_of(request)`.
"""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request

from palabre.agenda.cache import PageCache
from palabre.agenda.core_filters import CORE_FILTERS
from palabre.agenda.filters import Filter
from palabre.errors import Refused
from palabre.i18n import gettext as _
from palabre.legal.publisher import NOT_CONFORMING
from palabre.people.permissions import ANONYMOUS, Actor
from palabre.people.sessions import actor_from_token
from palabre.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from palabre.feeds.store import FeedStore
    from palabre.jobs.registry import Registry
    from palabre.oidc.values import Door
    from palabre.web.templates import Templates

LOGINS_AT_ONCE = 2  # hashing takes them one by one: the others wait before they cost anything
MAX_FIELDS = 600
MAX_FILES = 4
MAX_FIELD_BYTES = 20 * 1024 * 1024  # a page's own body limit is the smaller one


@dataclass(slots=True)
class Site:
    """The running site: its settings, its feeds in memory, its jobs, its plugins and its templates.

    `demo` says that its events are invented, so that each page can say so; `accessibility` is how
    the site stands with the RGAA, in French words, which the law wants on each page; `filters` are
    those of the core that lists can be narrowed by; `pages` keeps finished pages; `doors` lead to
    the identity providers; `logins` lets a few passwords at a time be looked at.
    """

    settings: Settings
    templates: "Templates"
    feeds: "FeedStore"
    jobs: "Registry"
    demo: bool = False
    accessibility: str = NOT_CONFORMING
    filters: tuple[Filter, ...] = CORE_FILTERS
    pages: PageCache = field(default_factory=PageCache)
    doors: "Mapping[str, Door]" = field(default_factory=dict)
    logins: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LOGINS_AT_ONCE))

    @property
    def cookie(self) -> str:
        """The session cookie's name; the prefix makes browsers insist on Secure and Path=/."""
        return "__Host-palabre" if self.settings.secure else "palabre"


def principal_cookie(request: Request) -> str:
    """Return the name of the cookie of plugins' own people, who have no account."""
    return f"{site_of(request).cookie}-principal"


def site_of(request: Request) -> Site:
    """Return the site that answers `request`."""
    return cast("Site", request.app.state.site)


async def actor_of(request: Request) -> Actor:
    """Return who asks; without a session cookie nobody, and without touching the database."""
    known = getattr(request.state, "actor", None)
    if isinstance(known, Actor):
        return known
    token = request.cookies.get(site_of(request).cookie)
    actor = await actor_from_token(token) if token else ANONYMOUS
    request.state.actor = actor
    return actor


async def form_of(request: Request) -> FormData:
    """Return the posted form; files stay files. Raises Refused when it can't be read.

    No text of it has a NUL byte: no person types one, and PostgreSQL takes none.
    """
    try:
        form = await request.form(
            max_files=MAX_FILES, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES
        )
    except HTTPException as error:
        if error.status_code != 400:
            raise
        raise Refused(
            _("Le formulaire n’a pas pu être lu en entier : il est trop long ou abîmé.")
        ) from error
    items = form.multi_items()
    if not any(isinstance(value, str) and "\0" in value for _name, value in items):
        return form
    return FormData(
        [(n, value.replace("\0", "") if isinstance(value, str) else value) for n, value in items]
    )
