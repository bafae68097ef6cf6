"""Themes: how the site looks, as data (docs/themes.md).

A theme is an installed package named by an entry point in the group `palabre.themes`. It is never
imported: its folder holds `theme.toml`, and perhaps `tokens.toml`, `templates/`, `static/` and
`locale/`.
"""

import tomllib
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict

from palabre.themes import tokens
from palabre.themes.tokens import Tokens

log = structlog.get_logger()

GROUP = "palabre.themes"


class _Said(BaseModel):
    """What theme.toml says under [theme]."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme that can be used; a folder is None when the theme has no such part."""

    name: str
    title: str
    tokens: Tokens = field(default_factory=tokens.plain)
    templates: Path | None = None
    static: Path | None = None
    locale: Path | None = None


PLAIN = Theme(name="", title="Palabre")


def load(name: str) -> Theme:
    """Return the installed theme `name`, or the core's plain look when it can't be used.

    A site without its dress still serves its events: the reason is logged, nothing is raised.
    """
    folder = folder_of(name)
    if folder is None:
        log.warning("theme not installed", theme=name, installed=installed())
        return PLAIN
    try:
        return read(folder)
    except (OSError, ValueError, KeyError) as error:  # all of TOML's and pydantic's are ValueErrors
        log.warning("theme can't be read", theme=name, reason=str(error))
        return PLAIN


def read(folder: Path) -> Theme:
    """Return the theme that lies in `folder`; raises OSError, KeyError or ValueError."""
    said = _Said.model_validate(tomllib.loads((folder / "theme.toml").read_text("utf-8"))["theme"])
    own = folder / tokens.FILE
    return Theme(
        name=said.name,
        title=said.title,
        tokens=tokens.dressed(tokens.read(own)) if own.is_file() else tokens.plain(),
        templates=_part(folder, "templates"),
        static=_part(folder, "static"),
        locale=_part(folder, "locale"),
    )


def installed() -> list[str]:
    """Return the names of the themes that are installed, sorted."""
    return sorted({entry.name for entry in entry_points(group=GROUP)})


def folder_of(name: str) -> Path | None:
    """Return the folder of an installed theme, None where there is none of that name."""
    for entry in entry_points(group=GROUP, name=name):
        spec = find_spec(entry.module) if "." not in entry.module else None
        if spec is not None and spec.origin is not None:
            return Path(spec.origin).parent
    return None


def _part(folder: Path, name: str) -> Path | None:
    return folder / name if (folder / name).is_dir() else None
