"""The pages of jobs: one that waits for a job, one that looks after all of them."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from palabre.errors import Refused
from palabre.i18n import gettext as _
from palabre.jobs import domain, presenting
from palabre.jobs.queue import JobState
from palabre.web.site import actor_of, form_of, site_of
from palabre.web.templates import render

NOT_KEPT = {"cache-control": "no-store"}


async def waiting(request: Request) -> Response:
    """Show how far a job is, and lead on when it is done; whoever has its address may read it."""
    row = await domain.progress(request.path_params["job"])
    if row["state"] == JobState.DONE and row["leads_to"]:
        return RedirectResponse(row["leads_to"], status_code=303)
    context = {"line": presenting.line(site_of(request).jobs, row), "states": JobState}
    return render(request, "jobs/waiting.html", context, headers=NOT_KEPT)


async def administration(request: Request) -> Response:
    """Show what runs, waits, failed, ended, and when what has hours is next due."""
    return await _administration(request)


async def decide(request: Request) -> Response:
    """POST retries or cancels the job named in the address."""
    decisions = {"retry": domain.retry, "cancel": domain.cancel}
    decision = decisions.get(str((await form_of(request)).get("do", "")))
    if decision is None:
        raise Refused(_("Choisissez de relancer ou d’annuler ce travail."))
    try:
        await domain.progress(request.path_params["job"])  # raises NotFound
        await decision(await actor_of(request), request.path_params["job"])
    except Refused as refused:
        return await _administration(request, refused.message)
    return RedirectResponse("/administration/travaux", status_code=303)


async def _administration(request: Request, fault: str = "") -> Response:
    site = site_of(request)
    lists = {
        state: [presenting.line(site.jobs, row) for row in await domain.jobs_in(state)]
        for state in JobState
    }
    context = {
        "lists": lists,
        "counts": await domain.counts(),
        "states": JobState,
        "hours": presenting.hours(site.jobs, site.settings.zone),
        "zone": site.settings.time_zone,
        "fault": fault,
        "elsewhere": not site.settings.worker,
    }
    status = 422 if fault else 200
    return render(request, "jobs/administration.html", context, status=status, headers=NOT_KEPT)
