"""What keeps a page's visitor safe: headers on every answer, no posts from other sites.

Cross-site posts are refused twice: by what the browser says of the request's origin (Fetch
Metadata, then Origin; RFC 6454), and by a token in each form of a signed-in person.
"""

import secrets
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from palabre.errors import Denied
from palabre.i18n import gettext as _
from palabre.people.permissions import Actor
from palabre.web.site import form_of, site_of

CSRF_FIELD = "csrf"
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
}
HSTS = "max-age=31536000; includeSubDomains"


class SecurityHeaders:
    """ASGI middleware: adds the headers above to every answer that doesn't set them itself."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self.app = app
        self.headers = HEADERS | ({"strict-transport-security": HSTS} if secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer through the wrapped application, headers added."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)


async def check_same_site(request: Request, actor: Actor) -> None:
    """Refuse a change that another site asked for; raises Denied.

    A request without any origin header does not come from a browser of this century, so it can't
    carry somebody's cookie against their will; a signed-in one still needs the form's token.
    """
    if not same_origin(request):
        raise Denied(_("Cette demande vient d’un autre site : elle n’a pas été prise en compte."))
    if actor.csrf_token:
        await check_token(request, actor.csrf_token)


async def check_token(request: Request, expected: str) -> None:
    """Refuse a form that doesn't carry its session's token; raises Denied."""
    if not await _has_token(request, expected):
        raise Denied(
            _("Le formulaire a expiré. Rechargez la page, puis renvoyez-le ; rien n’a été changé.")
        )


def same_origin(request: Request) -> bool:
    """Whether a page of this site asks, as far as the browser says."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    if origin is None:
        return True
    own = urlsplit(site_of(request).settings.origin).netloc
    return urlsplit(origin).netloc in {own, request.headers.get("host", "")}


async def _has_token(request: Request, expected: str) -> bool:
    given = request.headers.get("x-csrf-token") or (await form_of(request)).get(CSRF_FIELD)
    return isinstance(given, str) and secrets.compare_digest(given.encode(), expected.encode())
