"""`palabre plugin recover`: the way back when the administrators' pages don't work."""

import asyncio

import typer

from palabre.database.connection import connected
from palabre.database.embedded import database
from palabre.i18n import gettext as _
from palabre.recovery.domain import make_link
from palabre.settings import Settings, from_environment


def recover() -> None:
    """Donner un lien vers la page de secours, valable une fois pendant une demi-heure."""
    settings = from_environment()
    with database(settings) as url:
        link = asyncio.run(_made(settings, url))
    typer.echo(_("Ouvrez ce lien dans la demi-heure ; il ne sert qu’une fois :"))
    typer.echo(link)


async def _made(settings: Settings, url: str) -> str:
    async with connected(url):
        return await make_link(settings)
