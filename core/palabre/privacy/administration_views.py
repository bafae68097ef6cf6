"""What administrators see of personal data: the register, the periods, the erasures under way."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from palabre import plugins
from palabre.database.connection import fetch
from palabre.errors import PalabreError, Refused
from palabre.i18n import gettext as _
from palabre.i18n import marked
from palabre.legal import publisher
from palabre.privacy import register, undeclared
from palabre.privacy.erasure import ADMINISTRATOR, OWNER, PLUGIN, Reason, erase
from palabre.privacy.export import person_named
from palabre.privacy.retention import PERIODS, Run, last_runs
from palabre.web.site import actor_of, form_of, site_of
from palabre.web.templates import render

OVERVIEW = "/administration/donnees"
REASONS = {
    Reason.OWN: marked("demandé par la personne"),
    Reason.ADMINISTRATOR: marked("demandé par l’administration"),
    Reason.INACTIVITY: marked("compte qui ne sert plus"),
}
OBSTACLES = {
    OWNER: marked("une organisation resterait sans responsable : nommez-en une autre"),
    ADMINISTRATOR: marked("c’est le dernier compte d’administration : invitez-en un autre"),
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A line of the table of periods: what, how long, and when it was last looked through."""

    title: str
    words: str
    run: Run | None


async def overview(request: Request) -> Response:
    """GET shows periods and erasures; POST tries the erasure of an account again, now."""
    if request.method != "POST":
        return await _page(request)
    words = str((await form_of(request)).get("account") or "")
    waiting = {str(row["user_id"]) for row in await _waiting()}
    if words not in waiting:
        raise Refused(_("Cet effacement est déjà fait, ou annulé."))
    try:
        await erase(await actor_of(request), await person_named(words))
    except PalabreError as error:
        return await _page(request, error.message)
    return RedirectResponse(f"{OVERVIEW}?fait=1", status_code=303)


async def register_page(request: Request) -> Response:
    """Show the register of processing."""
    context = {
        "columns": register.columns(),
        "lines": register.lines(site_of(request).settings),
        "nothing": register.holding_nothing(),
        "unreadable": register.unreadable(),
        "undeclared": await undeclared.of_plugins(),
        "responsible": await publisher.read(),
    }
    return render(request, "privacy/register.html", context)


async def register_csv(request: Request) -> Response:
    """Hand the register out as a spreadsheet."""
    settings = site_of(request).settings
    body = register.as_csv(register.lines(settings), await publisher.read())
    return Response(
        body,
        media_type="text/csv; charset=utf-8",
        headers={
            "content-disposition": 'attachment; filename="registre-des-traitements.csv"',
            "cache-control": "no-store",
        },
    )


async def _page(request: Request, error: str = "") -> Response:
    context = {
        "kept": await _kept(),
        "waiting": await _waiting(),
        "reasons": REASONS,
        "obstacle": _obstacle,
        "done": request.query_params.get("fait") == "1",
        "error": error,
        "mails": site_of(request).settings.smtp_url is not None,
    }
    return render(request, "privacy/administration.html", context, 422 if error else 200)


async def _waiting() -> list[dict[str, object]]:
    rows = await fetch(
        "SELECT e.*, u.email, u.is_active FROM core_erasure e JOIN core_user u ON u.id = e.user_id"
        " ORDER BY e.due_at"
    )
    return [dict(row) for row in rows]


async def _kept() -> list[Kept]:
    runs = await last_runs()
    own = [Kept(_(p.title), p.sentence, runs.get(name)) for name, p in PERIODS.items()]
    return own + [
        Kept(f"{_(e.title)} · {_(data.what)}", _(data.retention), runs.get(PLUGIN + e.name))
        for e in plugins.current().extensions
        for data in (e.loaded.manifest.personal_data if e.loaded.manifest else ())
    ]


def _obstacle(words: str) -> str:
    if words.startswith(PLUGIN):
        sentence = _("l’extension « {name} » n’a pas pu oublier la personne")
        return sentence.format(name=words.removeprefix(PLUGIN))
    return _(OBSTACLES[words])
