"""`palabre privacy`: a person's data handed out, erased, looked for; the register."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from palabre.errors import Refused
from palabre.i18n import gettext as _
from palabre.legal import publisher
from palabre.people.commands import run
from palabre.people.permissions import SYSTEM
from palabre.privacy import erasure, traces
from palabre.privacy import register as processing
from palabre.privacy.export import export as write_archive
from palabre.privacy.export import file_name, held, person_named
from palabre.settings import Settings

privacy = typer.Typer(help="Données personnelles.", no_args_is_help=True)

Who = Annotated[str, typer.Argument(metavar="USER", help="Adresse électronique ou identifiant.")]


@privacy.command()
def export(
    user: Who,
    output: Annotated[Path | None, typer.Option(help="Où écrire l’archive.")] = None,
) -> None:
    """Remettre tout ce que la base garde sur une personne, dans une archive zip."""
    path = output or Path(file_name(datetime.now(UTC)))

    async def write(settings: Settings) -> tuple[str, ...]:
        found = await person_named(user)
        try:
            # for its owner alone to read, and never in the place of another file
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise Refused(
                _("Impossible d’écrire {path} : {why}.").format(path=path, why=error.strerror)
            ) from error
        with os.fdopen(file, "wb") as target:
            return await write_archive(SYSTEM, found, settings.site_name, target)

    missing = run(write)
    typer.echo(_("Archive écrite : {path}").format(path=path))
    if missing:
        names = ", ".join(missing)
        typer.secho(
            _("Elle n’est pas complète : il manque la part de {names}.").format(names=names),
            fg="red",
            err=True,
        )
        raise typer.Exit(1)


@privacy.command()
def erase(
    user: Who,
    heir: Annotated[
        str,
        typer.Option(
            help="Compte qui devient responsable des organisations qui n’auraient plus personne."
        ),
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Sans demander.")] = False,  # noqa: FBT002  typer's way
) -> None:
    """Effacer une personne, aussitôt et sans retour ; ses événements restent, sans son nom."""

    async def work(_settings: Settings) -> tuple[dict[str, int], list[traces.Trace]]:
        found = await person_named(user)
        successor = await person_named(heir) if heir else None
        if successor is not None and (successor.id == found.id or not successor.is_active):
            raise Refused(_("Ce compte ne peut pas prendre la suite."))
        if not yes:
            for title, count in (await held(found)).items():
                typer.echo(f"  {_(title)} : {count}")
            typer.confirm(_("Effacer cette personne, sans retour possible ?"), abort=True)
        email = found.email
        done = await erasure.erase(SYSTEM, found, heir=successor)
        return done, await traces.find(email)

    done, left = run(work)
    for table, count in done.items():
        typer.echo(f"  {table} : {count}")
    typer.echo(_("C’est effacé. Le journal garde un identifiant qui ne mène plus à personne."))
    if left:
        typer.echo(_("L’adresse est encore écrite ici, par d’autres ou dans des textes publiés :"))
        _print(left)


@privacy.command()
def find(words: Annotated[str, typer.Argument(help="Un nom, une adresse, un numéro …")]) -> None:
    """Chercher des mots dans toute la base ; dit les tables et colonnes, jamais le contenu."""
    found = run(lambda _settings: traces.find(words))
    _print(found)
    if not found:
        typer.echo(_("Rien trouvé."))


@privacy.command()
def register() -> None:
    """Écrire le registre des traitements en CSV sur la sortie standard."""

    async def written(settings: Settings) -> bytes:
        return processing.as_csv(processing.lines(settings), await publisher.read())

    sys.stdout.buffer.write(run(written))
    sys.stdout.flush()


def _print(found: list[traces.Trace]) -> None:
    for trace in found:
        typer.echo(f"  {trace.table}.{trace.column} : {trace.rows}")
