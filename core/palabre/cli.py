"""`palabre`: every command, each area's registered here under its word."""

import sys

import typer

from palabre import __version__
from palabre.database.commands import migrate
from palabre.errors import PalabreError
from palabre.plugins.commands import plugin

app = typer.Typer(
    help="Palabre : événements, agendas et échanges.", no_args_is_help=True, add_completion=False
)
app.command("migrate")(migrate)
app.add_typer(plugin, name="plugin")


@app.command()
def version() -> None:
    """Donner la version installée."""
    typer.echo(__version__)


def main() -> None:
    """Run the command line; what Palabre refuses is one sentence and exit code 2."""
    try:
        app()
    except PalabreError as error:
        typer.secho(error.message, fg="red", err=True)
        sys.exit(2)
