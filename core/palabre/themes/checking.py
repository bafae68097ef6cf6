"""What is wrong with a theme before anybody wears it: for its author, in words."""

import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError

from palabre import themes
from palabre.i18n import gettext as _

ELSEWHERE = re.compile(
    r"""(?:(?:src|srcset|poster)\s*=\s*["']|url\(\s*["']?|@import\s+["'])\s*(?:https?:)?//""",
    re.IGNORECASE,
)
INLINE = re.compile(
    r"""<style\b|\sstyle\s*=|<script\b(?![^>]*\ssrc=)|\son[a-z]+\s*=""", re.IGNORECASE
)
OPENED = {".html", ".css", ".svg", ".js", ".xml"}


def faults(folder: Path, known: Path) -> list[str]:
    """Return the faults of the theme in `folder`; `known` is where the core's templates lie.

    Its files are read, its colours compared, its templates compiled. An empty list is a theme that
    a site can wear.
    """
    try:
        theme = themes.read(folder)
    except (OSError, ValueError, KeyError) as error:
        return [_("theme.toml ou tokens.toml ne se lit pas : {reason}").format(reason=error)]
    found = [
        _("contraste trop faible : {pair}").format(pair=pair) for pair in theme.tokens.too_weak()
    ]
    for file in sorted(path for path in folder.rglob("*") if path.suffix in OPENED):
        found += [f"{file.relative_to(folder)}: {fault}" for fault in _in_file(file)]
    if theme.templates is not None:
        found += _misplaced(theme.templates, known)
    return found


def _in_file(file: Path) -> Iterator[str]:
    text = file.read_text(encoding="utf-8", errors="replace")
    if ELSEWHERE.search(text):
        yield _("va chercher un fichier sur une autre machine ; copiez-le dans le thème")
    if file.suffix != ".html":
        return
    if INLINE.search(text) and not {"mail", "documents"} & set(file.parts):
        yield _("style ou script dans la page : le navigateur les refuse ; mettez-les dans static/")
    try:
        _environment().parse(text)
    except TemplateSyntaxError as error:
        yield _("ligne {line} : {reason}").format(line=error.lineno, reason=error.message)


def _misplaced(templates: Path, known: Path) -> Iterator[str]:
    """Say which templates replace nothing: a misspelt name would never be shown."""
    areas = {path.name for path in known.iterdir() if path.is_dir()}
    included = " ".join(path.read_text("utf-8", "replace") for path in templates.rglob("*.html"))
    for file in sorted(templates.rglob("*.html")):
        name = file.relative_to(templates).as_posix()
        of_plugin = "/" in name and name.split("/")[0] not in areas
        if not (
            of_plugin or (known / name).is_file() or name in included or name == "parts/hero.html"
        ):
            yield _("templates/{name} ne remplace rien : ce nom n’existe pas").format(name=name)


def _environment() -> Environment:
    return Environment(
        autoescape=True, extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"]
    )
