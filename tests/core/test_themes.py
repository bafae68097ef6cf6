import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from palabre import themes
from palabre.errors import Refused
from palabre.themes.checking import faults
from palabre.themes.commands import theme as theme_commands
from palabre.web.templates import CORE_TEMPLATES


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


@pytest.mark.parametrize(("name", "title"), [("arbre", "Arbre"), ("isere", "Isère")])
def test_our_themes_are_installed(name: str, title: str) -> None:
    theme = themes.load(name)

    assert name in themes.installed()
    assert (theme.name, theme.title) == (name, title)
    assert theme.templates is not None
    assert theme.static is not None
    assert faults(themes.folder_of(name) or Path(), CORE_TEMPLATES) == []


TOML = '[theme]\nname = "riviere"\ntitle = "Rivière"\n'


def test_tokens_change_the_stylesheet(package: Path) -> None:
    (package / "theme.toml").write_text(TOML)
    (package / "tokens.toml").write_text(
        '[light]\naccent = "#123456"\n[own.light]\neau = "#0000aa"\n[own.dark]\neau = "#8888ff"\n'
    )

    css = themes.load("riviere").tokens.css()

    day, night = css.split("@media")
    assert "--accent:#123456;" in day
    assert "--eau:#0000aa;" in day
    assert "--eau:#8888ff;" in night
    assert "--ink:" in day  # what the theme leaves alone is the core's


@pytest.mark.parametrize(
    ("tokens", "reason"),
    [
        ('[light]\nacent = "#123456"', "acent"),
        ('[light]\naccent = "red"', "accent"),
        ('[light]\naccent = "#123456;} body{"', "accent"),
        ('[space]\nradius = "2px;} body { display: none"', "plain value"),
        ('[type]\nfont = "url(https://elsewhere.example/a)"', "plain value"),
        ('[colours]\naccent = "#123456"', "colours"),
        ('[own.light]\neau = "#123456"', "same tokens"),
        ('[own]\npairs = [["eau", "ground"]]', "eau"),
        ("[light", ""),
    ],
)
def test_wrong_tokens_leave_the_plain_look_and_say_why(
    package: Path, tokens: str, reason: str
) -> None:
    (package / "theme.toml").write_text(TOML)
    (package / "tokens.toml").write_text(tokens)

    assert themes.load("riviere") == themes.PLAIN
    [fault] = faults(package, CORE_TEMPLATES)
    assert reason in fault


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("static/theme.css", '@import "https://elsewhere.example/a.css";', "autre machine"),
        ("static/theme.css", "b { background: url(//elsewhere.example/a.png) }", "autre machine"),
        ("templates/base.html", '<img src="https://elsewhere.example/a.png">', "autre machine"),
        ("templates/base.html", '<p style="color: red">', "style ou script"),
        ("templates/base.html", "<script>alert(1)</script>", "style ou script"),
        ("templates/base.html", "{% block %}", "ligne 1"),
        ("templates/agenda/lst.html", "", "ne remplace rien"),
    ],
)
def test_faults_are_named(package: Path, name: str, text: str, said: str) -> None:
    (package / "theme.toml").write_text(TOML)
    (package / name).parent.mkdir(parents=True)
    (package / name).write_text(text)

    [fault] = faults(package, CORE_TEMPLATES)

    assert said in fault


def test_what_a_theme_may_do_is_no_fault(package: Path) -> None:
    (package / "theme.toml").write_text(TOML)
    for name, text in {
        "templates/agenda/list.html": '{% extends "agenda/list.html" %}{% include "parts/eau.html" %}',
        "templates/parts/eau.html": "",
        "templates/festival/programme.html": "<a href='https://elsewhere.example'>x</a>",
        "templates/mail/base.html": '<p style="color: red">',
    }.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)

    assert faults(package, CORE_TEMPLATES) == []


def test_a_new_theme_is_complete_and_can_be_installed(tmp_path: Path) -> None:
    """As its author does: written, installed into an environment of its own, checked, served."""
    palabre = Path(sys.executable).with_name("palabre")
    written = subprocess.run(
        [palabre, "theme", "new", "riviere", "--title", "Rivière", "--folder", tmp_path],
        check=True,
        capture_output=True,
        text=True,
    )
    folder = tmp_path / "palabre-theme-riviere"
    assert str(folder) in written.stdout
    again = subprocess.run(
        [palabre, "theme", "new", "riviere", "--folder", tmp_path],
        check=False,
        capture_output=True,
        text=True,
    )
    assert again.returncode != 0
    assert "existe déjà" in again.stderr
    place = tmp_path / "installed"
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation"),
            *("--target", place, folder),
        ],
        check=True,
        capture_output=True,
    )

    checked = subprocess.run(
        [palabre, "theme", "check", "riviere"],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(place)},
    )

    assert (checked.returncode, checked.stderr) == (0, "")
    assert themes.read(place / "palabre_theme_riviere").title == "Rivière"


@pytest.mark.parametrize("name", ["Riviere", "x", "deux mots", "../ailleurs", "arbre"])
def test_a_name_that_will_not_do_is_refused(name: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(theme_commands, ["new", name, "--folder", str(tmp_path)])

    assert isinstance(done.exception, Refused)
    assert list(tmp_path.iterdir()) == []
