from pathlib import Path
from types import SimpleNamespace

import pytest

from palabre import themes


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed theme `riviere`, still empty."""
    folder = tmp_path / "riviere_package"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise RuntimeError('a theme is never imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    entry = SimpleNamespace(name="riviere", module="riviere_package")
    monkeypatch.setattr(
        themes,
        "entry_points",
        lambda **asked: [entry] if asked.get("name", "riviere") == "riviere" else [],
    )
    return folder


def test_a_theme_is_its_folder(package: Path) -> None:
    (package / "theme.toml").write_text('[theme]\nname = "riviere"\ntitle = "Rivière"\n')
    (package / "static").mkdir()

    theme = themes.load("riviere")

    assert theme == themes.Theme("riviere", "Rivière", static=package / "static")


def test_an_unknown_theme_leaves_the_plain_look(package: Path) -> None:
    assert themes.load("montagne") == themes.PLAIN


@pytest.mark.parametrize(
    "toml", ["", "name = 'x'", "[theme]\ntitle = 'no name'", "[theme", "[theme]\nname=1\ntitle='x'"]
)
def test_a_broken_theme_leaves_the_plain_look(package: Path, toml: str) -> None:
    (package / "theme.toml").write_text(toml)

    assert themes.load("riviere") == themes.PLAIN


def test_arbre_is_installed() -> None:
    theme = themes.load("arbre")

    assert "arbre" in themes.installed()
    assert (theme.name, theme.title) == ("arbre", "Arbre")
    assert theme.templates is not None
    assert theme.static is not None
