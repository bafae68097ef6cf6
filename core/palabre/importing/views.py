"""The pages of an import: give a calendar, see what would come of it, confirm, see what came."""

from datetime import timedelta
from pathlib import PurePath

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from palabre.errors import Denied, Refused
from palabre.i18n import gettext as _
from palabre.importing import jobs
from palabre.importing.ical.limits import DEFAULT
from palabre.importing.ical.text import clean
from palabre.importing.models import ImportJob, JobState, Source
from palabre.importing.origin import is_address
from palabre.importing.report import Report
from palabre.people.domain import organisation_by_slug
from palabre.people.models import Organisation
from palabre.people.permissions import can
from palabre.web.limits import Limit, take
from palabre.web.site import actor_of, form_of, site_of
from palabre.web.templates import render

FORM, JOB = "importing/form.html", "importing/job.html"
_SHOWN_SOURCES = 20
TRIES = Limit("imports of an account", 60, timedelta(hours=1))


async def start(request: Request) -> Response:
    """GET shows the form, POST takes a file, an address or a text and tries it."""
    organisation = await _organisation(request)
    if request.method != "POST":
        asked = {"address": request.query_params.get("adresse", ""), "text": "", "repair": ""}
        return await _form(request, organisation, asked)
    await take(TRIES, str((await actor_of(request)).user_id))
    form = await form_of(request)
    said = {name: str(form.get(name) or "") for name in ("address", "text", "repair")}
    try:
        job = await _job(form)
        zone = site_of(request).settings.time_zone
        await jobs.begin(await actor_of(request), organisation, job, zone)
    except Refused as refusal:
        field = refusal.field if refusal.field in {"file", "address", "text"} else ""
        return await _form(request, organisation, said, {field: refusal.message})
    return RedirectResponse(f"{_base(organisation)}/{job.id}", status_code=303)


async def job(request: Request) -> Response:
    """GET shows how far an import is and what it says; POST confirms it or gives it up."""
    organisation = await _organisation(request)
    actor = await actor_of(request)
    found = await jobs.find(actor, organisation, request.path_params["job"])
    if request.method == "POST":
        form = await form_of(request)
        if form.get("do") != "confirm":
            await found.delete()
            return RedirectResponse(_base(organisation), status_code=303)
        await jobs.confirm(actor, found, site_of(request).settings.time_zone)
        return RedirectResponse(f"{_base(organisation)}/{found.id}", status_code=303)
    context = {
        "organisation": organisation,
        "job": found,
        "report": Report.from_data(found.report) if found.report else None,
        "at_work": jobs.at_work(found),
        "interrupted": jobs.interrupted(found),
        "states": JobState,
    }
    return render(request, JOB, context, headers={"cache-control": "no-store"})


async def _organisation(request: Request) -> Organisation:
    organisation = await organisation_by_slug(request.path_params["slug"])
    if not can(await actor_of(request), "organisation.import", organisation):
        raise Denied(_("Vous n’avez pas le droit d’importer pour cette organisation."))
    return organisation


async def _form(
    request: Request,
    organisation: Organisation,
    said: dict[str, str],
    faults: dict[str, str] | None = None,
) -> Response:
    known = Source.filter(organisation_id=organisation.id).order_by("-imported_at")
    context = {
        "organisation": organisation,
        "said": said,
        "faults": faults or {},
        "sources": [_shown(source) for source in await known.limit(_SHOWN_SOURCES)],
    }
    return render(request, FORM, context, status=422 if faults else 200)


def _shown(source: Source) -> dict[str, object]:
    """Return a source as people know it: its calendar's name, and the file's without its folders."""
    remote = is_address(source.location)
    name = source.location.removeprefix("text:")
    return {
        "title": source.title or (name if remote else PurePath(name).name),
        "address": name if remote else "",
        "imported_at": source.imported_at,
    }


async def _job(form: FormData) -> ImportJob:
    """Read which of the three was given; raises Refused, naming the field, unless it is just one."""
    upload, address, text = (
        form.get("file"),
        clean(str(form.get("address") or "")),
        form.get("text"),
    )
    given = isinstance(upload, UploadFile) and bool(upload.filename)
    pasted = isinstance(text, str) and bool(text.strip())
    repair = form.get("repair") == "1"
    if given + bool(address) + pasted != 1:
        raise Refused(_("Donnez un fichier, une adresse ou un texte : l’un des trois."), "file")
    if address:
        return ImportJob(location=address, address=address, repair=repair)
    if pasted:
        return ImportJob(data=str(text).encode("utf-8", "replace"), repair=repair)
    if not isinstance(upload, UploadFile):
        raise TypeError("a file was given")
    data = await upload.read(DEFAULT.read_bytes + 1)
    await upload.close()
    name = clean(PurePath(upload.filename or "").name)
    return ImportJob(location=name[:200], data=data, repair=repair)


def _base(organisation: Organisation) -> str:
    return f"/organisations/{organisation.slug}/import"
