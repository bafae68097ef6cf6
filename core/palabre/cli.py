"""`palabre`: every command, each area's registered here under its word."""

import logging
import re
import sys
from io import StringIO
from typing import Any, TextIO

import structlog
import typer

from palabre import __version__
from palabre.audit.commands import audit
from palabre.database.commands import migrate
from palabre.demo.commands import demo
from palabre.errors import PalabreError
from palabre.explaining.commands import permissions
from palabre.importing.commands import import_
from palabre.jobs.commands import worker
from palabre.people import commands as people
from palabre.plugins import chatter
from palabre.plugins.commands import plugin
from palabre.privacy.commands import privacy
from palabre.recovery.commands import recover
from palabre.settings import from_environment
from palabre.themes.commands import theme

app = typer.Typer(
    help="Palabre : événements, agendas et échanges.", no_args_is_help=True, add_completion=False
)
app.command("migrate")(migrate)
app.command("demo")(demo)
app.command("import")(import_)
app.command("worker")(worker)
app.command("invite")(people.invite)
app.add_typer(audit, name="audit")
app.add_typer(people.user, name="user")
app.add_typer(people.organisation, name="organisation")
app.add_typer(permissions, name="permissions")
app.add_typer(plugin, name="plugin")
app.add_typer(privacy, name="privacy")
app.add_typer(theme, name="theme")
plugin.command("recover")(recover)


@app.command()
def serve(
    *,
    demo: bool = typer.Option(
        default=False, help="Sur un site vide, charger d’abord les données de démonstration."
    ),
) -> None:
    """Servir le site ; Ctrl-C l’arrête, et la base de données avec lui."""
    from palabre.serving import serve as run_server  # the other commands need no web server

    run_server(from_environment(), demo=demo)


@app.command()
def version() -> None:
    """Donner la version installée."""
    typer.echo(__version__)


def _write_logs() -> None:
    """Log to stderr, with plain traces: structlog's own show every variable, slowly.

    A page's variables are people's data, and drawing them once held the server for four seconds.
    """
    structlog.configure(
        processors=[
            chatter.bounded,
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.dev.set_exc_info,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=_write_trace
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # as it is at that moment
    )
    if logging.lastResort is not None:
        logging.lastResort.addFilter(chatter.is_bearable)


def _write_trace(target: TextIO, exc_info: Any) -> None:  # noqa: ANN401  structlog's own
    """Write a trace without what the database says of the values it refused."""
    text = StringIO()
    structlog.dev.plain_traceback(text, exc_info)
    target.write(re.sub(r"^DETAIL:.*$", "DETAIL: …", text.getvalue(), flags=re.MULTILINE))


def main() -> None:
    """Run the command line; what Palabre refuses is one sentence and exit code 2."""
    _write_logs()
    try:
        app()
    except PalabreError as error:
        typer.secho(error.message, fg="red", err=True)
        sys.exit(2)
