"""`palabre permissions`: may this person do that, and why."""

from typing import Annotated

import typer

from palabre.explaining import domain
from palabre.i18n import gettext as _
from palabre.people.commands import run
from palabre.settings import Settings

permissions = typer.Typer(help="Droits.", no_args_is_help=True)
NOBODY = "-"


@permissions.callback()
def _group() -> None:
    """Keep `explain` a word of its own, though it is the only one so far."""


@permissions.command()
def explain(
    user: Annotated[str, typer.Argument(help="Adresse électronique ; « - » : sans compte.")],
    action: Annotated[str, typer.Argument(help="Une action, comme event.publish.")],
    thing: Annotated[
        str,
        typer.Argument(
            help="Adresse de la page, comme /evenements/fete-du-village ; ou table/clé."
        ),
    ] = "",
) -> None:
    """Dire pourquoi une personne peut faire une chose, ou non ; code de sortie 1 : non."""

    async def ask(_settings: Settings) -> tuple[domain.Question, domain.Answer]:
        question = await domain.ask("" if user == NOBODY else user, thing)
        return question, (await domain.answers(question, action))[0]

    question, answer = run(ask)
    if not question.is_open:
        typer.echo(_("Ce compte est fermé : il a les droits d’un lecteur sans compte."))
    typer.echo(f"{_('Oui') if answer.allows else _('Non')} · {answer.title} : {answer.sentence}")
    if not answer.allows:
        raise typer.Exit(1)
