"""`palabre migrate`: the schema brought up to date."""

import asyncio
from typing import Annotated

import typer

from palabre.database.embedded import database
from palabre.database.migrations import migrate as migrate_database
from palabre.i18n import gettext as _
from palabre.plugins import Plugins
from palabre.plugins.extension import Standing
from palabre.settings import from_environment


def migrate(
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Dire ce qui serait fait, sans rien changer.")
    ] = False,
) -> None:
    """Mettre la base de données à jour ; `palabre serve` le fait aussi au démarrage."""
    settings = from_environment()
    plugins = Plugins.load(settings)
    unfit = {line.name for line in plugins.report() if line.standing is Standing.REFUSED}
    with database(settings) as url:
        if dry_run:
            for waiting in asyncio.run(migrate_database(url, plugins.packages(), dry_run=True)):
                typer.echo(_("À appliquer : {key}").format(key=waiting.key))
            return
        applied = asyncio.run(plugins.migrate(url))
    for done in applied:
        typer.echo(
            _("Appliquée : {key} ({seconds:.2f} s)").format(key=done.key, seconds=done.seconds)
        )
    refused = [line for line in plugins.report() if line.standing is Standing.REFUSED]
    failures = [line for line in refused if line.name not in unfit]
    for line in failures:
        typer.secho(f"{line.title} : {line.reason}", fg="red", err=True)
    if failures:
        raise typer.Exit(2)
    typer.echo(_("La base de données est à jour."))
