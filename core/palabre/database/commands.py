"""`palabre migrate` and `palabre plugin uninstall`: the schema brought up to date, or cleared."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from palabre.database.embedded import database
from palabre.database.migrations import CORE, Package, migrate_apart, migrated, row_counts, session
from palabre.database.migrations import migrate as migrate_database
from palabre.database.migrations import uninstall as drop_tables
from palabre.errors import Refused
from palabre.i18n import gettext as _
from palabre.i18n import ngettext
from palabre.plugins import Plugins, state
from palabre.settings import from_environment


def migrate(
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Dire ce qui serait fait, sans rien changer.")
    ] = False,
) -> None:
    """Mettre la base de données à jour ; `palabre serve` le fait aussi au démarrage."""
    settings = from_environment()
    packages = Plugins.load(settings).packages()
    with database(settings) as url:
        if dry_run:
            for waiting in asyncio.run(migrate_database(url, packages, dry_run=True)):
                typer.echo(_("À appliquer : {key}").format(key=waiting.key))
            return
        applied, failures = asyncio.run(migrate_apart(url, packages))
    for done in applied:
        typer.echo(
            _("Appliquée : {key} ({seconds:.2f} s)").format(key=done.key, seconds=done.seconds)
        )
    for why in failures.values():
        typer.secho(why, fg="red", err=True)
    if failures:
        raise typer.Exit(2)
    typer.echo(_("La base de données est à jour."))


def uninstall(
    name: Annotated[str, typer.Argument(help="Le nom que donne `palabre plugin list`.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Ne pas demander de confirmation.")] = False,
) -> None:
    """Désactiver une extension et supprimer toutes ses données ; les compte d’abord."""
    with database(from_environment()) as url:
        package = asyncio.run(_removable(url, name))
        for table, rows in asyncio.run(row_counts(url, package)).items():
            words = ngettext("{table} : {rows} ligne", "{table} : {rows} lignes", rows)
            typer.echo(words.format(table=table, rows=rows))
        if not yes:
            typer.confirm(_("Supprimer ces tables pour toujours ?"), abort=True)
        asyncio.run(_uninstall(url, package))
    typer.echo(
        _(
            "« {name} » est désactivée et ses tables sont supprimées. Retirez maintenant son paquet :"
            " sinon le prochain démarrage les recrée, vides."
        ).format(name=name)
    )


async def _removable(url: str, name: str) -> Package:
    names = [known for known in await migrated(url) if known != CORE.name]
    if name not in names:
        raise Refused(
            _("Aucune extension « {name} » n’a de données ici. En ont : {names}.").format(
                name=name, names=", ".join(names) or _("aucune")
            )
        )
    return Package(name, Path(), f"{name}_")


async def _uninstall(url: str, package: Package) -> None:
    """Disable first, so that running processes stop using what is going to disappear."""
    async with session(url) as connection:
        await state.set_enabled(connection, package.name, enabled=False)
        await drop_tables(url, package)
        await connection.execute("DELETE FROM core_outbox WHERE plugin = $1", package.name)
