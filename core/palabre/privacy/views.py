"""The page of one's own data: what is held, a copy of it, its erasure."""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from palabre.errors import Refused
from palabre.i18n import gettext as _
from palabre.i18n import marked
from palabre.people.entering import fresh_or_sent
from palabre.people.models import User
from palabre.privacy import erasure, own
from palabre.privacy.erasure import UNDO
from palabre.privacy.export import export, file_name, held
from palabre.web.limits import Limit, take
from palabre.web.site import actor_of, form_of, site_of
from palabre.web.templates import render

OWN = "/compte/donnees"
CHUNK = 64 * 1024
COPIES = Limit("copies of one's data", 5, timedelta(hours=1))
DONE = {
    "effacement": marked("C’est noté ; si le site envoie des courriels, vous en recevez un."),
    "annule": marked("L’effacement est annulé : votre compte reste comme il est."),
}
PRIVATE = {"cache-control": "no-store"}


async def own_data(request: Request) -> Response:
    """GET shows what is held; POST hands out a copy, asks for an erasure or undoes it."""
    user = await User.get(id=(await actor_of(request)).user_id)
    if request.method != "POST":
        return await _page(request, user)
    form = await form_of(request)
    act = _ACTS.get(str(form.get("do")))
    if act is None:
        raise Refused(_("Le formulaire n’a pas pu être lu en entier : il est trop long ou abîmé."))
    try:
        return await act(request, user, form)
    except Refused as error:
        return await _page(request, user, error)


async def _copy(request: Request, user: User, _form: FormData) -> Response:
    sent = await fresh_or_sent(request)
    if sent is not None:
        return sent
    await take(COPIES, str(user.id))
    actor, settings = await actor_of(request), site_of(request).settings
    file = tempfile.TemporaryFile()  # noqa: SIM115  lives as long as the answer
    try:
        await export(actor, user, settings.site_name, file)
        size = await run_in_threadpool(_rewound, file)
    except BaseException:
        file.close()
        raise
    name = file_name(datetime.now(UTC))
    return StreamingResponse(
        _pieces(file),
        media_type="application/zip",
        headers=PRIVATE
        | {"content-disposition": f'attachment; filename="{name}"', "content-length": str(size)},
    )


async def _erase(request: Request, user: User, form: FormData) -> Response:
    sent = await fresh_or_sent(request)
    if sent is not None:
        return sent
    if not form.get("sure"):
        raise Refused(_("Cochez la case pour confirmer."), "sure")
    await own.ask_erasure(await actor_of(request), site_of(request).settings, user)
    return RedirectResponse(f"{OWN}?fait=effacement", status_code=303)


async def _keep(request: Request, user: User, _form: FormData) -> Response:
    await erasure.cancel(await actor_of(request), user.id)
    return RedirectResponse(f"{OWN}?fait=annule", status_code=303)


_ACTS: Mapping[str, Callable[[Request, User, FormData], Awaitable[Response]]] = {
    "copy": _copy,
    "erase": _erase,
    "keep": _keep,
}


async def _page(request: Request, user: User, error: Refused | None = None) -> Response:
    context = {
        "user": user,
        "held": await held(user),
        "wish": await erasure.wish_of(user.id),
        "alone": await erasure.alone_in(user.id),
        "mentions": await own.mentions(user),
        "undo_days": UNDO.days,
        "proof": await fresh_or_sent(request),
        "done": DONE.get(request.query_params.get("fait", ""), ""),
        # what `Alone` says is on the page already, with links
        "errors": {error.field or "": error.message} if error and error.field else {},
    }
    return render(request, "privacy/own.html", context, 422 if error else 200, PRIVATE)


def _rewound(file: BinaryIO) -> int:
    size = file.tell()
    file.seek(0)
    return size


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    try:
        while piece := await run_in_threadpool(file.read, CHUNK):
            yield piece
    finally:
        file.close()
