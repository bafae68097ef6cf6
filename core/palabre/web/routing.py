"""Routes are data: a list of pages that can be printed, joined with a plugin's and checked.

Every page names its permission. `PUBLIC` lets everyone in, `MEMBER` whoever is signed in, and an
action ("event.publish") whoever may do it somewhere; the view then asks `can` about the object.
A page without a permission can't be written: the field has no default.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import wraps

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from palabre.errors import Denied, NotFound
from palabre.i18n import gettext as _
from palabre.people.permissions import ACTIONS, Actor, can
from palabre.web.bodies import limited
from palabre.web.security import check_same_site
from palabre.web.site import actor_of

Endpoint = Callable[[Request], Awaitable[Response]]

PUBLIC = "public"
MEMBER = "member"
PRINCIPAL = "principal"  # of a plugin's own page: its own people, whom the core doesn't know
SAFE_METHODS = frozenset({"GET", "HEAD"})
FORM_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Page:
    """One address of the site.

    `permission` is PUBLIC, MEMBER or an action known to `palabre.people.permissions`.
    `max_body` limits a posted body, in bytes.
    """

    path: str
    endpoint: Endpoint
    name: str
    permission: str
    methods: tuple[str, ...] = ("GET",)
    max_body: int = FORM_BYTES


def to_routes(pages: Sequence[Page]) -> list[Route]:
    """Turn pages into Starlette routes, each behind its permission and the cross-site check."""
    return [
        Route(
            page.path,
            _guarded(page),
            name=page.name,
            methods=list(page.methods),
        )
        for page in pages
    ]


def admits(actor: Actor, permission: str) -> bool:
    """Whether `actor` passes a page's permission at all, before any object is known."""
    if permission == PUBLIC:
        return True
    if permission == MEMBER:
        return actor.user_id is not None
    return can(actor, permission)


def known_permission(permission: object) -> bool:
    """Whether `permission` is one that a page may name."""
    return permission in {PUBLIC, MEMBER} or permission in ACTIONS


def _guarded(page: Page) -> Endpoint:
    @wraps(page.endpoint)
    async def endpoint(request: Request) -> Response:
        if "\0" in request.scope["path"]:  # PostgreSQL takes none, so that nothing has such a name
            raise NotFound(_("Il n’y a rien à cette adresse."))
        actor = await actor_of(request)
        if not admits(actor, page.permission):
            raise Denied(_("Cette page demande des droits que votre compte n’a pas."))
        if request.method in SAFE_METHODS:
            return await page.endpoint(request)
        posted = limited(request, page.max_body)
        await check_same_site(posted, actor)
        return await page.endpoint(posted)

    return endpoint
