"""`palabre plugin`: see the plugins, enable and disable them."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import asyncpg
import typer
from rich.console import Console
from rich.table import Table

from palabre.database.client import CONNECT_TIMEOUT, reachable
from palabre.database.connection import connected
from palabre.database.embedded import database
from palabre.errors import Refused
from palabre.hookvalues import Check
from palabre.i18n import gettext as _
from palabre.people.permissions import SYSTEM
from palabre.plugins import domain, state
from palabre.plugins.labels import STANDINGS
from palabre.plugins.loading import installed
from palabre.plugins.manager import Line, Plugins
from palabre.settings import from_environment

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
        health = asyncio.run(_look(plugins, url))
    if not plugins.report():
        typer.echo(_("Aucune extension n’est installée."))
        return
    Console().print(_table(plugins.report(), health))
    for sentence in _remarks(plugins.report(), health):
        typer.echo(sentence)


@plugin.command()
def enable(name: str = typer.Argument(help="Le nom que donne `palabre plugin list`.")) -> None:
    """Activer une extension, ou remettre en route celle qui est en pause."""
    _decide(name, enabled=True)
    typer.echo(
        _(
            "« {name} » est activée, aussi dans les processus qui tournent. Redémarrez-les si elle"
            " vient d’être installée ou mise à jour."
        ).format(name=name)
    )


@plugin.command()
def disable(name: str = typer.Argument(help="Le nom que donne `palabre plugin list`.")) -> None:
    """Désactiver une extension ; ses données restent."""
    _decide(name, enabled=False)
    typer.echo(
        _(
            "« {name} » est désactivée, aussi dans les processus qui tournent : ses pages répondent"
            " 404 et ses contrôles ne sont plus demandés. Ses données restent."
        ).format(name=name)
    )


def _decide(name: str, *, enabled: bool) -> None:
    names = [point.name for point in installed()]
    if name not in names:
        raise Refused(
            _("Aucune extension ne s’appelle « {name} ». Sont installées : {names}.").format(
                name=name, names=", ".join(names) or _("aucune")
            )
        )
    with database(from_environment()) as url:
        asyncio.run(_write(url, name, enabled=enabled))


async def _write(url: str, name: str, *, enabled: bool) -> None:
    async with _connection(url) as connection:
        await state.read(connection)  # says so when there is no table yet
    async with connected(url):
        await domain.decide(SYSTEM, name, enabled=enabled)


async def _look(plugins: Plugins, url: str) -> dict[str, list[Check]]:
    async with _connection(url) as connection:
        plugins.follow(await state.read(connection))
    async with connected(url, plugins.models()):
        return await plugins.health()


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
