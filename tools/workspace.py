"""Where things lie in this checkout: its distributions and their import packages."""

from pathlib import Path

from tools.setup import ROOT, workspace


def packages() -> list[Path]:
    """Return the folder of each import package (palabre, palabre_festival, …), the core first."""
    found: list[Path] = []
    for folder in workspace():
        inside = folder / "core" if folder == ROOT else folder
        found += sorted(file.parent for file in inside.glob("palabre*/__init__.py"))
    return found


def template_folders() -> list[Path]:
    """Return every `templates` folder of the workspace, themes included."""
    return [folder for package in packages() for folder in sorted(package.rglob("templates"))]


def relative(path: Path) -> str:
    """Name `path` as seen from the root of the checkout."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
