"""`palabre theme`: make a theme, check it, look at it."""

import re
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from palabre import skeletons, themes
from palabre.errors import Refused
from palabre.i18n import gettext as _
from palabre.settings import from_environment
from palabre.themes.tokens import plain

theme = typer.Typer(help="Créer, vérifier et regarder un thème.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Le nom du thème.")]


@theme.command("list")
def list_themes() -> None:
    """Montrer les thèmes installés."""
    worn = from_environment().theme
    for name in themes.installed():
        typer.echo(f"{'*' if name == worn else ' '} {name}")


@theme.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Son nom : lettres minuscules et chiffres.")],
    title: Annotated[str, typer.Option(help="Son titre ; sinon tiré du nom.")] = "",
    folder: Annotated[Path, typer.Option(help="Où écrire son dossier.")] = Path(),
) -> None:
    """Écrire un thème complet, prêt à installer."""
    if not re.fullmatch(r"[a-z][a-z0-9]{1,30}", name):
        raise Refused(_("Choisissez un nom de 2 à 31 lettres minuscules et chiffres."))
    if name in themes.installed():
        raise Refused(_("Un thème de ce nom est déjà installé : {name}.").format(name=name))
    target = folder / f"palabre-theme-{name}"
    skeletons.write("theme", target, {"name": name, "title": title or name.capitalize()})
    typer.echo(_("Thème écrit dans {folder}. Ensuite :").format(folder=target))
    for command in (
        f"pip install -e {target}",
        f"palabre theme check {name}",
        f"palabre theme preview {name}",
    ):
        typer.echo(f"  {command}")


@theme.command("check")
def check(name: Name) -> None:
    """Vérifier un thème installé : fichiers, contrastes, gabarits ; code de sortie 1 sinon."""
    from palabre.themes.checking import faults
    from palabre.web.templates import CORE_TEMPLATES

    found = faults(_folder(name), CORE_TEMPLATES)
    for fault in found:
        typer.echo(fault, err=True)
    if found:
        raise typer.Exit(1)
    typer.echo(_("Rien à redire au thème {name}.").format(name=name))


@theme.command("tokens")
def tokens() -> None:
    """Montrer toutes les valeurs qu’un thème peut changer."""
    core = plain()
    table = Table("", "", "")
    for group in ("type", "space"):
        for token, value in getattr(core, group).items():
            table.add_row(f"[{group}]".replace("[", r"\["), token, value)
    for token, colour in core.light.items():
        table.add_row(r"\[light] \[dark]", token, f"{colour} {core.dark[token]}")
    Console().print(table)


@theme.command("preview")
def preview(name: Name) -> None:
    """Servir la démonstration dans ce thème, avec ses lettres ; Ctrl-C l’arrête et l’efface."""
    from palabre.serving import serve
    from palabre.themes.letters import write_samples

    _folder(name)
    with tempfile.TemporaryDirectory(prefix="palabre-theme-") as folder:
        settings = from_environment().model_copy(
            update={"theme": name, "data_dir": Path(folder) / "data", "database_url": None}
        )
        letters = write_samples(Path(folder) / "letters", settings)
        typer.echo(
            _("Toutes les pages : {address}").format(
                address=f"{settings.origin}/administration/apparence"
            )
        )
        typer.echo(_("Toutes les lettres : {folder}").format(folder=letters))
        serve(settings, demo=True)


def _folder(name: str) -> Path:
    folder = themes.folder_of(name)
    if folder is None:
        raise Refused(
            _("Le thème « {name} » n’est pas installé. Le sont : {names}.").format(
                name=name, names=", ".join(themes.installed())
            )
        )
    return folder
