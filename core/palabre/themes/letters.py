"""Every letter with made-up values, so that a theme's author sees them all."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, meta

from palabre import themes
from palabre.i18n import language
from palabre.mail import domain as mail
from palabre.settings import Settings
from palabre.web.templates import Folders, loader

# What letters speak of, by the names that their templates use.
VALUES = {
    "site": "Palabre",
    "link": "https://agenda.example.org/lien/a1b2c3d4e5f6a7b8c9d0",
    "name": "Collectif d’essai",
    "date": "samedi 5 décembre 2026",
}
GIVEN = frozenset({"tokens", "language"})


@dataclass(frozen=True, slots=True)
class Sample:
    """A letter as it would be sent."""

    name: str
    subject: str
    text: str
    html: str


def samples() -> Iterator[Sample]:
    """Yield each letter of the core, written with the templates in use."""
    for path in sorted((mail.TEMPLATES / "mail").glob("*.txt")):
        context = {name: VALUES.get(name, f"({name})") for name in _asked(path.stem)}
        yield Sample(path.stem, *mail.written(path.stem, language.get(), context))


def write_samples(folder: Path, settings: Settings) -> Path:
    """Write each letter as a file of HTML in the site's theme; returns the folder."""
    theme = themes.load(settings.theme)
    mail.use(loader(Folders(theme)), theme.tokens)
    folder.mkdir(parents=True)
    for sample in samples():
        (folder / f"{sample.name}.html").write_text(sample.html, encoding="utf-8")
    return folder


def _asked(name: str) -> set[str]:
    """Return the names that a letter's templates expect."""
    environment = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    asked: set[str] = set()
    for ending in ("txt", "html"):
        source = (mail.TEMPLATES / "mail" / f"{name}.{ending}").read_text(encoding="utf-8")
        asked |= meta.find_undeclared_variables(environment.parse(source))
    return asked - GIVEN
