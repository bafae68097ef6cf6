"""The recovery page, in front of everything that may be broken: no route, no template, no theme.

    /secours/{token}   a link from `palabre plugin recover`: GET asks, POST opens, once
    /secours           what is installed, buttons to pause, enable, disable, and for the safe mode

It is plain HTML written here. It asks nobody who they are: the key in its cookie is enough, for a
quarter of an hour, because signing in may be what doesn't work.
"""

import base64
import hmac
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256

import structlog
from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from palabre.errors import DatabaseUnavailable, Denied, NotFound, PalabreError, TooMany
from palabre.i18n import gettext as _
from palabre.plugins import current
from palabre.plugins.state import State
from palabre.recovery import domain
from palabre.settings import Settings
from palabre.web.bodies import limited
from palabre.web.limits import Limit, address_of, take
from palabre.web.security import same_origin

TRIES = Limit("recovery", 20, timedelta(minutes=10))
FORM_BYTES = 4_096
STATUS = {NotFound: 404, Denied: 403, TooMany: 429, DatabaseUnavailable: 503}
STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}"
    "li{margin:.75rem 0}button{font:inherit;padding:.4rem .8rem;margin:.2rem .4rem .2rem 0}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#eee}}"
)
_STYLE_HASH = base64.b64encode(sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "content-security-policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}
PAGE = Markup(
    '<!doctype html><html lang="fr"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width,initial-scale=1">'
    '<meta name="robots" content="noindex"><title>{title}</title><style>{style}</style></head>'
    "<body><main><h1>{title}</h1>{body}</main></body></html>"
)
BUTTON = Markup('<button name="do" value="{do}">{words}</button>')
FORM = Markup(
    '<form method="post"><input type="hidden" name="proof" value="{proof}">'
    '<input type="hidden" name="name" value="{name}">{buttons}</form>'
)

log = structlog.get_logger()


class Recovery:
    """ASGI middleware: answers the recovery page's addresses, passes everything else on."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self.cookie = "__Host-palabre-secours" if settings.secure else "palabre-secours"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the application answer."""
        path = scope["path"] if scope["type"] == "http" else ""
        if path != domain.PATH and not path.startswith(f"{domain.PATH}/"):
            await self.app(scope, receive, send)
            return
        request = limited(Request(scope, receive), FORM_BYTES)
        try:
            answer = await self._answer(request, path[len(domain.PATH) + 1 :])
        except PalabreError as error:
            status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 422)
            answer = _page(_("Page de secours"), _said(error.message), status)
        except HTTPException as error:
            answer = _page(_("Page de secours"), _said(error.detail), error.status_code)
        except Exception:
            log.exception("recovery page failed")
            answer = _page(
                _("Page de secours"), _said(_("Une erreur imprévue s’est produite.")), 500
            )
        await answer(scope, receive, send)

    async def _answer(self, request: Request, token: str) -> Response:
        if request.method == "POST" and not same_origin(request):
            raise Denied(
                _("Cette demande vient d’un autre site : elle n’a pas été prise en compte.")
            )
        if token:
            await take(TRIES, address_of(request))
            return await self._through_link(request, token)
        visit = request.cookies.get(self.cookie, "")
        if not visit or not await domain.is_good("visit", visit):
            raise Denied(
                _(
                    "Cette page s’ouvre par un lien : sur le serveur, lancez « palabre plugin recover »."
                )
            )
        if request.method == "POST":
            return await self._act(visit, await request.form())
        is_safe, states = await domain.standing()
        return _page(_("Page de secours"), _overview(_proof(visit), states, is_safe=is_safe))

    async def _through_link(self, request: Request, token: str) -> Response:
        if request.method != "POST":  # looking leaves a link as it is: mail and chat programs look
            if not await domain.is_good("link", token):
                raise NotFound(_("Ce lien a déjà servi ou a expiré."))
            words = _("Ouvrir la page de secours")
            button = FORM.format(proof="", name="", buttons=BUTTON.format(do="open", words=words))
            sentence = _("Elle reste ouverte un quart d’heure ; ce lien ne sert qu’une fois.")
            return _page(_("Page de secours"), _said(sentence) + button)
        visit = await domain.begin(token)
        answer = RedirectResponse(domain.PATH, 303, HEADERS)
        answer.set_cookie(
            self.cookie,
            visit,
            max_age=int(domain.VISIT_LASTS.total_seconds()),
            secure=self.settings.secure,
            httponly=True,
            samesite="strict",
        )
        return answer

    async def _act(self, visit: str, form: FormData) -> Response:
        if not hmac.compare_digest(str(form.get("proof", "")).encode(), _proof(visit).encode()):
            raise Denied(_("Le formulaire a expiré. Rechargez la page, puis renvoyez-le."))
        what, name = str(form.get("do", "")), str(form.get("name", ""))
        if what == "close":
            await domain.end(visit)
            return RedirectResponse("/", 303, HEADERS)
        await domain.decide(what, name)
        await current().refresh()
        return RedirectResponse(domain.PATH, 303, HEADERS)


def _overview(proof: str, states: Mapping[str, State], *, is_safe: bool) -> Markup:
    mode = (
        ("unsafe", _("Quitter le mode sans échec"))
        if is_safe
        else ("safe", _("Passer en mode sans échec"))
    )
    words = (
        _("Mode sans échec : aucune extension ne travaille, le thème est celui d’origine.")
        if is_safe
        else _(
            "Le mode sans échec met toutes les extensions en pause et reprend le thème d’origine."
        )
    )
    guards = _(
        "Une extension en pause ne laisse rien passer de ce qu’elle vérifie : les enregistrements"
        " sont refusés. La désactiver les permet de nouveau."
    )
    items = Markup("").join(_item(proof, name, known) for name, known in states.items())
    closing = _form(proof, "", ("close", _("Fermer cette page")))
    return (
        _said(words)
        + _form(proof, "", mode)
        + Markup("<h2>{}</h2>").format(_("Extensions"))
        + _said(guards)
        + Markup("<ul>{}</ul>").format(items)
        + closing
    )


def _item(proof: str, name: str, known: State) -> Markup:
    if not known.enabled:
        standing, choices = _("désactivée"), [("enable", _("Activer"))]
    elif known.paused:
        standing = _("en pause")
        choices = [("enable", _("Remettre en route")), ("disable", _("Désactiver"))]
    else:
        standing = _("active")
        choices = [("pause", _("Mettre en pause")), ("disable", _("Désactiver"))]
    reason = f" : {known.pause_reason}" if known.paused and known.pause_reason else ""
    line = Markup("<li><strong>{}</strong> ({}){}{}</li>")
    return line.format(name, standing, reason, _form(proof, name, *choices))


def _form(proof: str, name: str, *choices: tuple[str, str]) -> Markup:
    buttons = Markup("").join(BUTTON.format(do=do, words=words) for do, words in choices)
    return FORM.format(proof=proof, name=name, buttons=buttons)


def _said(sentence: str) -> Markup:
    return Markup("<p>{}</p>").format(sentence)


def _page(title: str, body: Markup, status: int = 200) -> Response:
    page = PAGE.format(title=title, style=Markup(STYLE), body=body)  # noqa: S704  a constant of ours
    return HTMLResponse(page, status, HEADERS)


def _proof(visit: str) -> str:
    """Return what a form of this visit carries: nobody else can know it."""
    return sha256(f"proof {visit}".encode()).hexdigest()
