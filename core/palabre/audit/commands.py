"""`palabre audit`: the journal checked and handed out."""

import csv
import sys

import typer

from palabre.audit.domain import entries
from palabre.audit.domain import verify as verify_chain
from palabre.i18n import gettext as _
from palabre.people.commands import run

audit = typer.Typer(help="Journal des actions.", no_args_is_help=True)


@audit.command()
def verify() -> None:
    """Vérifier la chaîne ; code de sortie 1 si une entrée a été changée, retirée ou ajoutée."""
    verdict = run(lambda _settings: verify_chain())
    if verdict.broken_at is not None:
        typer.secho(
            _("La chaîne est rompue à l’entrée {id}.").format(id=verdict.broken_at),
            fg="red",
            err=True,
        )
        raise typer.Exit(1)
    typer.echo(_("Journal intact : {count} entrées.").format(count=verdict.count))


@audit.command()
def export() -> None:
    """Écrire le journal en CSV sur la sortie standard."""

    async def write(_settings: object) -> None:
        writer = csv.writer(sys.stdout)
        writer.writerow(["id", "at", "actor", "action", "kind", "object", "facts", "hash"])
        async for entry in entries():
            writer.writerow(
                [
                    entry.id,
                    entry.at.isoformat(),
                    entry.actor,
                    entry.action,
                    entry.kind,
                    entry.object,
                    entry.facts,
                    entry.hash.hex(),
                ]
            )

    run(write)
