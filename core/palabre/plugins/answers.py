"""What comes in to a plugin's page and goes out of it, as far as that can hold up or burden the site."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.types import Message, Receive, Scope, Send

from palabre.plugins import memory
from palabre.plugins.given import Unfit
from palabre.plugins.running import Failed
from palabre.web.routing import SAFE_METHODS, Page
from palabre.web.site import form_of

SEND_SECONDS = 600.0  # a large file, far away
MAX_ANSWER = 16 * memory.MIB  # what is larger is sent as a file or a stream
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_WHOLE = {Response, HTMLResponse, PlainTextResponse, JSONResponse, RedirectResponse}

Sending = Callable[[Coroutine[Any, Any, None]], Awaitable[None]]


async def received(request: Request) -> None:
    """Take in what is posted, so that a slow sender doesn't use up the view's time."""
    if request.method in SAFE_METHODS:
        return
    if request.headers.get("content-type", "").startswith(FORMS):
        await form_of(request)
    else:
        await request.body()


def checked(answer: object, sending: Sending) -> Response:
    """Return what a view gave as an answer that may be sent.

    One that sends itself, file or stream, does so through `sending`. Raises Unfit when it is no
    answer, Failed when it is too large.
    """
    if not isinstance(answer, Response):
        raise Unfit(f"a rendu {type(answer).__name__} au lieu d’une réponse")
    if len(getattr(answer, "body", b"")) > MAX_ANSWER:
        raise Failed(f"a rendu plus de {MAX_ANSWER // memory.MIB} Mio d’un coup")
    if type(answer) in _WHOLE and not answer.background:
        return answer
    return _Sent(answer, sending)


class _Sent(Response):
    """An answer that sends itself: its steps are watched and counted like the view's."""

    def __init__(self, answer: Response, sending: Sending) -> None:
        self._answer, self._sending = answer, sending
        self.status_code = answer.status_code
        self.raw_headers = answer.raw_headers
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the plugin's answer; what fails half-way breaks off, and the reader sees that."""
        has_begun = False

        async def noting(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._sending(_as_coroutine(self._answer(scope, receive, noting)))
        except HTTPException:
            if not has_begun:
                raise


async def _as_coroutine(sending: Awaitable[None]) -> None:
    await sending


async def viewed(page: Page, request: Request) -> Response:
    """Return what the view of `page` answers, as a coroutine whatever the view is."""
    return await page.endpoint(request)
