"""The documentation says what the program does."""

import re
import shlex
from pathlib import Path
from urllib.parse import unquote

import pytest

from palabre.oidc.providers import Provider
from palabre.settings import PREFIX, Settings
from tools import reference
from tools.setup import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/*/README.md")])
CONSOLE = re.compile(r"^ *```console\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s#]+)(#[^)]*)?\)")
NOT_A_SETTING = {"PALABRE_"}
SETTING = re.compile(r"PALABRE_[A-Z_]*|OF_A_PROVIDER_[A-Z_]+")
# Each identity provider has the same variables, with its own short word in the middle.
OF_A_PROVIDER = re.compile(r"PALABRE_OIDC_(?:\*ID\*|RESEAU|PROCONNECT)_")


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def commands() -> list[str]:
    """Every line that a page tells its reader to type."""
    return sorted(
        {
            line.strip().removeprefix("$ ")
            for page in PAGES
            for block in CONSOLE.findall(text(page))
            for line in block.splitlines()
            if line.strip().startswith("$ ")
        }
    )


def test_the_reference_is_what_the_code_says() -> None:
    assert reference.complaints() == []


def named(page: Path) -> str:
    return OF_A_PROVIDER.sub("OF_A_PROVIDER_", text(page))


def test_every_setting_is_documented_and_no_other() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    known |= {f"OF_A_PROVIDER_{name.upper()}" for name in Provider.model_fields if name != "id"}
    guide = set(SETTING.findall(named(ROOT / "docs/administrateurs.md")))
    everywhere = {name for page in PAGES for name in SETTING.findall(named(page))}

    assert guide == known
    assert everywhere - NOT_A_SETTING == known


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if PYTHON.search(text(page))],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_the_python_blocks_of_a_page_run_from_top_to_bottom(page: Path) -> None:
    names: dict[str, object] = {"__name__": page.stem}
    for block in PYTHON.finditer(text(page)):
        above = "\n" * text(page).count("\n", 0, block.start(1))  # so that errors name the line
        exec(compile(above + block[1], page, "exec"), names)  # noqa: S102  our own pages


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target, _ in LINK.findall(text(page))
        if "://" not in target and not (page.parent / unquote(target)).exists()
    ]

    assert broken == []


@pytest.mark.parametrize("command", commands())
def test_commands_on_the_pages_exist(command: str) -> None:
    words = [word for word in shlex.split(command) if "=" not in word or word.startswith("-")]
    if words[0] == "make":
        targets = set(re.findall(r"^([a-z]+):", text(ROOT / "Makefile"), re.MULTILINE))
        assert set(words[1:]) <= targets
    elif Path(words[0]).name == "palabre":
        known = reference.options()
        name = next(
            name for name in known if f"palabre {' '.join(words[1:])} ".startswith(name + " ")
        )
        assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known[name]


def test_every_make_word_is_in_the_contributors_table() -> None:
    words = set(re.findall(r"^([a-z]+):[^#\n]*## ", text(ROOT / "Makefile"), re.MULTILINE))
    table = set(re.findall(r"^\| `make ([a-z]+)`", text(ROOT / "CONTRIBUTING.md"), re.MULTILINE))

    assert table == words - {"help"}


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs/decisions"
    listed = set(re.findall(r"\((\d{4}-[\w-]+\.md)\)", text(folder / "README.md")))

    assert listed == {page.name for page in folder.glob("0*.md")}
