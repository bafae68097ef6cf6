"""A plugin's page for administrators, and what they decide there."""

import asyncio
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from starlette.background import BackgroundTask
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from palabre import plugins
from palabre.errors import Conflict, NotFound, Refused
from palabre.hookvalues import Check
from palabre.i18n import gettext as _
from palabre.jobs import domain as jobs
from palabre.jobs import presenting
from palabre.plugin_settings import PluginSettings, from_form
from palabre.plugins import domain, exporting, ledger, page
from palabre.plugins.extension import Extension
from palabre.plugins.labels import JOBS, STANDINGS, WHERE
from palabre.plugins.loading import installed
from palabre.plugins.options import guarded
from palabre.plugins.versions import restart_reasons
from palabre.web.site import actor_of, form_of, site_of
from palabre.web.templates import render

PAGE, PURGE = "plugins/extension.html", "plugins/purge.html"


async def extension(request: Request) -> Response:
    """GET shows a plugin; POST enables or disables it, in every process."""
    name = request.path_params["name"]
    found, _held = await page.find(name)
    if request.method != "POST":
        return await _page(request, found)
    actor = await actor_of(request)
    decision = str((await form_of(request)).get("do", ""))
    if decision == "enable" and found is not None:
        await domain.enable(actor, name, plugins.current().packages())
    elif decision == "disable":
        await domain.disable(actor, name)
    else:
        raise Refused(_("Choisissez d’activer ou de désactiver l’extension."))
    return await _back(name)


async def settings(request: Request) -> Response:
    """POST stores a plugin's settings, or tries them out without storing them."""
    found, current = await _with_settings(request)
    form = await form_of(request)
    read, faults = guarded(found.name, current, lambda: from_form(current, _texts(form)))
    if faults:
        return await _page(request, found, form=form, faults=faults)
    if form.get("do") == "try":
        checks = await plugins.current().try_settings(found, read)
        return await _page(request, found, form=form, checks=checks)
    version = str(form.get("version", ""))
    try:
        await domain.save_settings(
            await actor_of(request), found.name, read, int(version) if version.isdigit() else -1
        )
    except Conflict as conflict:
        await plugins.current().refresh()
        return await _page(request, found, form=form, faults={"": conflict.message})
    return await _back(found.name, "#reglages")


async def export(request: Request) -> Response:
    """POST hands out all that the database holds for a plugin, as a ZIP."""
    name = request.path_params["name"]
    await page.find(name)
    with tempfile.NamedTemporaryFile(prefix="palabre-export-", delete=False) as kept:
        file = Path(kept.name)
    try:
        await exporting.export(await actor_of(request), name, file)
    except BaseException:
        await asyncio.to_thread(file.unlink)
        raise
    day = datetime.now(UTC).date()
    return FileResponse(
        file,
        media_type="application/zip",
        filename=f"{name}-{day}.zip",
        headers={"cache-control": "no-store"},
        background=BackgroundTask(file.unlink),
    )


async def purge(request: Request) -> Response:
    """GET says what would be deleted for ever; POST deletes it once the name is typed."""
    name = request.path_params["name"]
    found, held = await page.find(name)
    if not held.is_known:
        raise NotFound(_("Aucune extension « {name} » n’a de données ici.").format(name=name))
    context = {"name": name, "title": found.title if found else name, "held": held, "faults": {}}
    if request.method != "POST":
        return render(request, PURGE, context)
    if str((await form_of(request)).get("name", "")).strip() != name:
        context["faults"] = {
            "name": _("Écrivez « {name} » pour confirmer. Rien n’a été supprimé.").format(name=name)
        }
        return render(request, PURGE, context, status=422)
    try:
        await domain.purge(await actor_of(request), name)
    except Refused as refusal:
        await plugins.current().refresh()
        return render(request, PURGE, context | {"faults": {"": refusal.message}}, status=422)
    if found is not None:
        return await _back(name)
    return RedirectResponse("/administration", status_code=303)


async def _page(
    request: Request,
    found: Extension | None,
    *,
    form: FormData | None = None,
    faults: Mapping[str, str] | None = None,
    checks: Sequence[Check] = (),
) -> Response:
    name = request.path_params["name"]
    _extension, held = await page.find(name)
    current = found.settings if found else None
    await plugins.current().write_down()
    registry, zone = site_of(request).jobs, site_of(request).settings.zone
    costs = {cost.place: cost for cost in await ledger.costs(name)}
    context = {
        "name": name,
        "extension": found,
        "manifest": found.loaded.manifest if found else None,
        "held": held,
        "is_installed": name in {point.name for point in await asyncio.to_thread(installed)},
        "restart": await _restart(name) if found else (),
        "addresses": page.addresses(found) if found else (),
        "fields": page.fields(current, _typed(form)) if current else (),
        "faults": {f"s-{key}" if key else "": words for key, words in (faults or {}).items()},
        "checks": checks,
        "costs": costs,
        "places": sorted(costs.keys() | (found.loaded.hooks.keys() if found else set())),
        "jobs": [presenting.line(registry, row) for row in await jobs.recent(name)],
        "hours": [
            hour for hour in presenting.hours(registry, zone) if found and hour.owner == found.title
        ],
        "job_states": JOBS,
        "errors_seen": await ledger.errors(name),
        "standings": STANDINGS,
        "where": WHERE,
    }
    return render(request, PAGE, context, status=422 if faults else 200)


async def _restart(name: str) -> list[str]:
    return await asyncio.to_thread(restart_reasons, plugins.current().extensions, name)


def _typed(form: FormData | None) -> dict[str, str] | None:
    if form is None:
        return None
    return {key.removeprefix("s-"): str(value) for key, value in form.items() if key[:2] == "s-"}


async def _back(name: str, anchor: str = "") -> Response:
    """Return to the plugin's page, with this process already up to date."""
    await plugins.current().refresh()
    return RedirectResponse(f"/administration/extensions/{name}{anchor}", status_code=303)


async def _with_settings(request: Request) -> tuple[Extension, PluginSettings]:
    found, _held = await page.find(request.path_params["name"])
    if found is None or found.settings is None:
        raise NotFound(_("Cette extension n’a pas de réglages."))
    return found, found.settings


def _texts(form: FormData) -> Callable[[str], str | None]:
    """Return how to read a setting from the form, where its name has a prefix of its own."""

    def text(name: str) -> str | None:
        value = form.get(f"s-{name}")
        return value if isinstance(value, str) else None

    return text
