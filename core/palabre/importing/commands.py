"""`palabre import`: a calendar from a file, the standard input or an address into an organisation."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from palabre.errors import PalabreError, Refused
from palabre.i18n import gettext as _
from palabre.importing import sources
from palabre.importing.apply import Order, import_calendar
from palabre.importing.ical.limits import DEFAULT
from palabre.importing.origin import is_address
from palabre.importing.report import Report, nothing_new, refused
from palabre.people import domain
from palabre.people.commands import run
from palabre.people.permissions import SYSTEM
from palabre.settings import Settings

REFUSED = 2  # exit code
STANDARD_INPUT = "-"


class Form(StrEnum):
    """How the report is written."""

    TEXT = "text"
    JSON = "json"


def import_(
    source: Annotated[str, typer.Argument(help="Fichier .ics, « - » ou adresse web.")],
    organisation: Annotated[str, typer.Option(help="Adresse (slug) de l’organisation.")],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Dire ce qui serait fait, sans rien changer.")
    ] = False,
    report: Annotated[
        Form, typer.Option(help="Compte rendu pour les gens ou en JSON.")
    ] = Form.TEXT,
    repair: Annotated[
        bool, typer.Option("--repair", help="Réparer les accents deux fois encodés (« Ã© »).")
    ] = False,
) -> None:
    """Importer un calendrier iCalendar : sans risque, autant de fois qu’on veut."""  # noqa: D401  the command's help, in French
    try:
        done = run(
            lambda settings: _import(settings, source, organisation, dry_run=dry_run, repair=repair)
        )
    except PalabreError as error:
        done = refused(error)
    if report is Form.JSON:
        typer.echo(done.to_json())
    else:
        for sentence in done.sentences():
            typer.echo(sentence, err=not done.taken)
    if not done.taken:
        raise typer.Exit(REFUSED)


async def _import(
    settings: Settings, source: str, slug: str, *, dry_run: bool, repair: bool
) -> Report:
    organisation = await domain.organisation_by_slug(slug)
    order = Order(
        organisation_id=organisation.id,
        location=_location(source),
        data=b"",
        zone=settings.time_zone,
        dry_run=dry_run,
        repair=repair,
    )
    if is_address(source):
        from palabre.importing.fetch import fetch  # a file needs no network

        known = await sources.freshness(organisation.id, order.location)
        fetched = await fetch(source, known)
        if fetched.unchanged:
            return nothing_new(await sources.count(organisation.id, order.location))
        order = order.holding(fetched.data, fetched.freshness)
    else:
        order = order.holding(_read(source))
    with _progress() as bar:
        task = bar.add_task(_("Événements"), total=None)
        return await import_calendar(
            SYSTEM, order, lambda done, total: bar.update(task, completed=done, total=total)
        )


def _location(source: str) -> str:
    if source == STANDARD_INPUT:
        return ""
    if is_address(source):
        return source.strip()
    # A file's name may be any bytes; the database takes text.
    return os.fsencode(Path(source).resolve()).decode("utf-8", "replace")


def _read(source: str) -> bytes:
    """Read a file or the standard input, as much as may be taken and one octet more."""
    room = DEFAULT.read_bytes + 1
    if source == STANDARD_INPUT:
        return sys.stdin.buffer.read(room)
    if "://" in source:
        raise Refused(
            _("L’adresse « {name} » n’est pas de celles du web : https:// ou http://.").format(
                name=source
            ),
            "source",
        )
    try:
        with Path(source).open("rb") as file:
            return file.read(room)
    except (OSError, ValueError) as error:
        raise Refused(
            _("Le fichier « {name} » ne peut pas être lu : {reason}.").format(
                name=source, reason=_reason(error)
            ),
            "source",
        ) from error


def _reason(error: OSError | ValueError) -> str:
    """Say why a file can't be read; the system's own words are English."""
    match error:
        case FileNotFoundError():
            return _("il n’existe pas")
        case IsADirectoryError():
            return _("c’est un dossier")
        case PermissionError():
            return _("vous n’en avez pas le droit")
        case OSError():
            return error.strerror or str(error)
    return str(error)


def _progress() -> Progress:
    """Return a progress bar on a terminal, and nothing anywhere else."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
