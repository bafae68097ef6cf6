"""`palabre demo`: fill an empty site with the demo."""

import typer

from palabre import demo as season
from palabre.demo import ACCOUNTS, PASSWORD
from palabre.i18n import gettext as _
from palabre.i18n import ngettext
from palabre.people.commands import run


def demo() -> None:
    """Charger les données de démonstration dans un site vide."""
    count = run(lambda _settings: season.load())
    said = ngettext("{count} événement créé.", "{count} événements créés.", count)
    typer.echo(said.format(count=count))
    for account in ACCOUNTS:
        typer.echo(f"  {account.name:34} {account.email}")
    typer.echo(_("Mot de passe de tous ces comptes : {password}").format(password=PASSWORD))
