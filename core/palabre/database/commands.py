"""`palabre migrate`: the schema brought up to date by hand, or only announced."""

import asyncio
from typing import Annotated

import typer

from palabre.database.embedded import database
from palabre.database.migrations import migrate as migrate_database
from palabre.i18n import gettext as _
from palabre.settings import from_environment


def migrate(
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Dire ce qui serait fait, sans rien changer.")
    ] = False,
) -> None:
    """Mettre la base de données à jour ; `palabre serve` le fait aussi au démarrage."""
    with database(from_environment()) as url:
        applied = asyncio.run(migrate_database(url, dry_run=dry_run))
    for migration in applied:
        if dry_run:
            typer.echo(_("À appliquer : {key}").format(key=migration.key))
        else:
            typer.echo(
                _("Appliquée : {key} ({seconds:.2f} s)").format(
                    key=migration.key, seconds=migration.seconds
                )
            )
    if not applied:
        typer.echo(_("La base de données est à jour."))
