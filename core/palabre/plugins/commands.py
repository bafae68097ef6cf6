"""`palabre plugin`: see the plugins, decide about them, take their data out or away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import asyncpg
import typer
from rich.console import Console
from rich.table import Table

from palabre.database.client import CONNECT_TIMEOUT, reachable
from palabre.database.connection import acquired, connected
from palabre.database.embedded import database
from palabre.errors import Refused
from palabre.hookvalues import Check
from palabre.i18n import gettext as _
from palabre.i18n import ngettext
from palabre.people.commands import run
from palabre.people.permissions import SYSTEM
from palabre.plugins import domain, exporting, state
from palabre.plugins.labels import STANDINGS
from palabre.plugins.loading import installed
from palabre.plugins.manager import Line, Plugins
from palabre.plugins.upgrading import refuse_older
from palabre.plugins.versions import stale_processes
from palabre.settings import from_environment

Result = TypeVar("Result")
Name = Annotated[str, typer.Argument(help="Le nom que donne `palabre plugin list`.")]

plugin = typer.Typer(help="Voir, activer et désactiver les extensions.", no_args_is_help=True)


@plugin.command("list")
def list_plugins() -> None:
    """Montrer les extensions installées, leur état et ce qui ne va pas."""
    settings = from_environment()
    if settings.safe_mode:
        typer.echo(_("PALABRE_SAFE_MODE=1 : aucune extension n’est chargée. Sont installées :"))
        for point in installed():
            typer.echo(f"  {point.name}")
        return
    plugins = Plugins.load(settings)
    with database(settings) as url:
        health, stale, left = asyncio.run(_look(plugins, url))
    if plugins.report():
        Console().print(_table(plugins.report(), health))
    else:
        typer.echo(_("Aucune extension n’est installée."))
    for sentence in _remarks(plugins.report(), health):
        typer.echo(sentence)
    for name in left:
        typer.echo(_("{name} : n’est plus installée, ses données sont restées.").format(name=name))
    if stale:
        typer.echo(_stale(stale))


@plugin.command()
def enable(name: Name) -> None:
    """Activer une extension, ou remettre en route celle qui est en pause ou purgée."""
    settings = from_environment()
    _installed(name)
    plugins = Plugins.load(settings)

    async def decide(url: str) -> int:
        async with connected(url):
            await domain.enable(SYSTEM, name, plugins.packages())
            async with acquired() as connection:
                return await stale_processes(connection, plugins.extensions)

    stale = _run(decide)
    typer.echo(
        _("« {name} » est activée, aussi dans les processus qui tournent.").format(name=name)
    )
    if stale:
        typer.echo(_stale(stale))


@plugin.command()
def disable(name: Name) -> None:
    """Désactiver une extension ; ses données restent."""
    _installed(name)
    _run(_connected(lambda: domain.disable(SYSTEM, name)))
    typer.echo(
        _(
            "« {name} » est désactivée, aussi dans les processus qui tournent : ses pages répondent"
            " 404 et ses contrôles ne sont plus demandés. Ses données restent."
        ).format(name=name)
    )


@plugin.command()
def export(
    name: Name,
    file: Annotated[
        Path | None, typer.Argument(help="Le fichier à écrire ; sinon NOM.zip.")
    ] = None,
) -> None:
    """Écrire toutes les données d’une extension dans un fichier ZIP, sans ses secrets."""
    target = file or Path(f"{name}.zip")
    if target.exists():
        raise Refused(_("Le fichier {file} existe déjà.").format(file=target))
    rows = _run(_connected(lambda: exporting.export(SYSTEM, name, target)))
    words = ngettext("{file} : {rows} ligne", "{file} : {rows} lignes", rows)
    typer.echo(words.format(file=target, rows=rows))


@plugin.command()
def restore(
    name: Name, file: Annotated[Path, typer.Argument(help="Ce que « plugin export » a écrit.")]
) -> None:
    """Remettre les données d’un export dans les tables vides d’une extension."""
    rows = _run(_connected(lambda: exporting.restore(SYSTEM, name, file)))
    words = ngettext("{rows} ligne restaurée", "{rows} lignes restaurées", rows)
    typer.echo(words.format(rows=rows))


@plugin.command()
def purge(
    name: Name,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Ne pas demander de confirmation.")] = False,
) -> None:
    """Désactiver une extension et supprimer toutes ses données ; les compte d’abord."""
    for line in _counted(_run(_connected(lambda: domain.look(name)))):
        typer.echo(line)
    if not yes:
        typer.confirm(_("Supprimer tout cela pour toujours ?"), abort=True)
    run(lambda _settings: domain.purge(SYSTEM, name))  # the other plugins' words of events stay
    typer.echo(_("« {name} » est désactivée et ses données sont supprimées.").format(name=name))
    if name in [point.name for point in installed()]:
        typer.echo(
            _(
                "Son paquet est encore installé : « palabre plugin enable {name} » la ferait revenir,"
                " vide."
            ).format(name=name)
        )


def _counted(held: domain.Holdings) -> list[str]:
    lines = [
        ngettext("{table} : {rows} ligne", "{table} : {rows} lignes", rows).format(
            table=table, rows=rows
        )
        for table, rows in held.tables.items()
    ]
    lines += [f"{_(words)} : {count}" for words, count in held.belongings.items() if count]
    return [*lines, _("Ses réglages, secrets compris")] if held.has_settings else lines


def _installed(name: str) -> None:
    names = [point.name for point in installed()]
    if name not in names:
        raise Refused(
            _("Aucune extension ne s’appelle « {name} ». Sont installées : {names}.").format(
                name=name, names=", ".join(names) or _("aucune")
            )
        )


def _stale(count: int) -> str:
    return ngettext(
        "Un processus tourne avec d’autres extensions ou d’autres versions : redémarrez-le.",
        "{count} processus tournent avec d’autres extensions ou d’autres versions : redémarrez-les.",
        count,
    ).format(count=count)


def _run(work: Callable[[str], Awaitable[Result]]) -> Result:
    """Run `work` with the address of the database."""

    async def with_address(url: str) -> Result:
        async with _connection(url) as connection:
            await state.read(connection)  # says so when there is no table yet
        return await work(url)

    with database(from_environment()) as url:
        return asyncio.run(with_address(url))


def _connected(work: Callable[[], Awaitable[Result]]) -> Callable[[str], Awaitable[Result]]:
    """Return `work` with the models connected; no plugin's code is loaded for it."""

    async def with_models(url: str) -> Result:
        async with connected(url):
            return await work()

    return with_models


async def _look(plugins: Plugins, url: str) -> tuple[dict[str, list[Check]], int, list[str]]:
    """Return the plugins' health, how many processes run other code, and whose code is gone."""
    async with _connection(url) as connection:
        plugins.follow(await state.read(connection))
        refuse_older(plugins)
        stale = await stale_processes(connection, plugins.extensions)
    async with connected(url, plugins.models()):
        left = await domain.left_behind([extension.name for extension in plugins.extensions])
        return await plugins.health(), stale, left


@asynccontextmanager
async def _connection(url: str) -> AsyncIterator[asyncpg.Connection]:
    with reachable():
        connection = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT)
        try:
            yield connection
        finally:
            await connection.close()


def _table(lines: Sequence[Line], health: Mapping[str, Sequence[Check]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in (_("Nom"), _("Titre"), _("Version"), _("Adresse"), _("État"), _("Contrôle")):
        table.add_column(title)
    for line in lines:
        table.add_row(
            line.name,
            line.title,
            line.version,
            line.url,
            _(STANDINGS[line.standing][0]),
            _verdict(health.get(line.name, ())),
        )
    return table


def _verdict(checks: Sequence[Check]) -> str:
    if not checks:
        return "—"
    return _("bien") if all(check.well for check in checks) else _("à voir")


def _remarks(lines: Sequence[Line], health: Mapping[str, Sequence[Check]]) -> list[str]:
    reasons = [f"{line.name} : {line.reason}" for line in lines if line.reason]
    return reasons + [
        f"{name} : {check.title}. {check.cure}"
        for name, checks in health.items()
        for check in checks
        if not check.well
    ]
