"""Themes: how the site looks, as data (docs/themes.md).

A theme is an installed package named by an entry point in the group `palabre.themes`. It is never
imported: its folder holds `theme.toml`, and perhaps `templates/`, `static/` and `locale/`.
"""

import tomllib
from dataclasses import dataclass
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

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
    templates: Path | None = None
    static: Path | None = None
    locale: Path | None = None


PLAIN = Theme(name="", title="Palabre")


def load(name: str) -> Theme:
    """Return the installed theme `name`, or the core's plain look when it can't be used.

    A site without its dress still serves its events: the reason is logged, nothing is raised.
    """
    folder = _folder(name)
    if folder is None:
        log.warning("theme not installed", theme=name, installed=installed())
        return PLAIN
    try:
        said = _Said.model_validate(tomllib.loads((folder / "theme.toml").read_text())["theme"])
    except (
        OSError,
        KeyError,
        UnicodeDecodeError,
        tomllib.TOMLDecodeError,
        ValidationError,
    ) as error:
        log.warning("theme.toml can't be read", theme=name, reason=str(error))
        return PLAIN
    return Theme(
        name=said.name,
        title=said.title,
        templates=_part(folder, "templates"),
        static=_part(folder, "static"),
        locale=_part(folder, "locale"),
    )


def installed() -> list[str]:
    """Return the names of the themes that are installed, sorted."""
    return sorted({entry.name for entry in entry_points(group=GROUP)})


def _folder(name: str) -> Path | None:
    for entry in entry_points(group=GROUP, name=name):
        spec = find_spec(entry.module) if "." not in entry.module else None
        if spec is not None and spec.origin is not None:
            return Path(spec.origin).parent
    return None


def _part(folder: Path, name: str) -> Path | None:
    return folder / name if (folder / name).is_dir() else None
