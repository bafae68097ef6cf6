"""The set-up: quick when nothing changed, one line when something can't be had."""

import shutil
from pathlib import Path

import pytest

from tools import setup


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small copy of the checkout's shape, and nothing that installs."""
    for name in ("pyproject.toml", "requirements.txt", "plugins/festival/pyproject.toml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(setup.ROOT / name, tmp_path / name)
    script = tmp_path / "tools/setup.py"
    script.parent.mkdir()
    shutil.copy(setup.__file__, script)
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    monkeypatch.setattr(setup, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(setup, "STAMP", tmp_path / ".venv/palabre-setup.json")
    monkeypatch.setattr(setup, "__file__", str(script))
    monkeypatch.setattr(setup, "apt_install", lambda *_packages: False)
    return tmp_path


def test_the_core_comes_first_then_plugins_and_themes() -> None:
    names = list(setup.workspace().values())

    assert names[0] == "palabre"
    assert names[1:4] == ["palabre-festival", "palabre-microforest", "palabre-penpals"]
    assert "palabre-theme-arbre" in names[4:]


@pytest.mark.parametrize(
    "changed", ["requirements.txt", "pyproject.toml", "plugins/festival/pyproject.toml"]
)
def test_a_change_of_what_is_installed_is_noticed(checkout: Path, changed: str) -> None:
    before = setup.fingerprint(setup.workspace())
    again = setup.fingerprint(setup.workspace())
    with (checkout / changed).open("a") as file:
        file.write("\n# changed\n")

    assert again == before
    assert setup.fingerprint(setup.workspace()) != before


def test_what_is_installed_is_not_installed_again(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = []
    monkeypatch.setattr(setup, "make_environment", (checkout / ".venv").mkdir)
    monkeypatch.setattr(setup, "_install", lambda names, gone: installed.append((set(names), gone)))

    fresh = [setup.prepare_environment(), setup.prepare_environment()]
    shutil.rmtree(checkout / "plugins")
    monkeypatch.setattr(setup, "_answers", lambda *_: True)
    fresh.append(setup.prepare_environment())

    assert fresh == [True, False, True]
    assert installed == [
        ({checkout, checkout / "plugins/festival"}, set()),
        ({checkout}, {"palabre-festival"}),
    ]


def test_without_any_way_to_pip_one_line_says_what_to_install(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "_has_ensurepip", lambda: False)
    monkeypatch.setattr(setup, "_debian_pip", lambda _folder: None)

    with pytest.raises(setup.MissingPieceError) as lack:
        setup.make_environment()

    assert str(lack.value) == "Palabre needs python3-venv: sudo apt-get install python3-venv"


def test_missing_libraries_are_one_line_and_no_failure(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup, "_loads", lambda _libraries: False)
    monkeypatch.setattr(setup, "BROWSERS", ())

    setup.prepare_pango(may_install=True)
    setup.prepare_browser()

    said = capsys.readouterr().out.splitlines()
    assert said == [
        f"No PDF until Pango is there: sudo apt-get install {' '.join(setup.PANGO_PACKAGES)}",
        "No Chromium, so no browser tests: sudo apt-get install chromium libatomic1",
    ]
