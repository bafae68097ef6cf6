"""Promises that the repository makes as a whole: its shape, its pins, its words."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tools.setup import ROOT, workspace
from tools.workspace import packages

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40
LONG_ON_PURPOSE = {"core/palabre/hookspecs.py"}  # the contract with plugins is one file
PYTHON_FOLDERS = ("core", "plugins", "themes", "tools", "bench")
LICENCE = "EUPL-1.2"

# Written in pieces, so that this file does not name what no file may name.
REGISTRY_HOSTS = ["py" + "pi.org", "python" + "hosted.org", "registry.npm" + "js.org"]
MACHINE_PATHS = [r"/wo" + r"rk/(trees|main|shared|venvs)", r"/ro" + r"ot/", r"/home/[a-z]+/"]
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
BARE_EXEMPTION = re.compile(r"#\s*(noqa(:\s*[A-Z0-9, ]+)?|type:\s*ignore(\[[\w, -]+\])?)\s*$")


def committed() -> list[Path]:
    """Every file that git knows or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file()]


def texts() -> list[tuple[str, str]]:
    """The committed text files as (name, text)."""
    found = []
    for path in committed():
        try:
            found.append((str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


def sources() -> list[Path]:
    return [
        path
        for path in committed()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in PYTHON_FOLDERS
    ]


def test_no_file_names_a_registry_host_or_a_machine() -> None:
    forbidden = re.compile("|".join([*map(re.escape, REGISTRY_HOSTS), *MACHINE_PATHS]))

    named = [
        f"{name}:{number}: {line.strip()[:80]}"
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if forbidden.search(line)
    ]

    assert named == []


def test_nothing_is_left_unfinished() -> None:
    left = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in committed()
        if path.suffix in {".py", ".html", ".css", ".js", ".sql"} and "vendor" not in path.parts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if UNFINISHED.search(line)
    ]

    assert left == []


def test_each_exemption_gives_its_reason() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in committed()
        if path.suffix == ".py"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if BARE_EXEMPTION.search(line)
    ]

    assert bare == []


def test_files_and_functions_stay_readable() -> None:
    too_long = []
    for path in sources():
        text = path.read_text(encoding="utf-8")
        name = str(path.relative_to(ROOT))
        if text.count("\n") > MAX_FILE_LINES and name not in LONG_ON_PURPOSE:
            too_long.append(f"{name}: {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > MAX_FUNCTION_LINES:
                    too_long.append(f"{name}: {node.name} has {lines} lines")

    assert too_long == []


def test_every_requirement_is_pinned_and_hashed() -> None:
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    blocks = [block for block in re.split(r"\n(?=\S)", text) if not block.startswith("#")]

    loose = [
        block.splitlines()[0]
        for block in blocks
        if not re.match(r"[a-z0-9._-]+(\[[a-z0-9,_-]+\])?==\S+", block)
        or "--hash=sha256:" not in block
    ]

    assert len(blocks) > 50
    assert loose == []
    assert "://" not in text


def test_the_requirements_hold_what_the_projects_ask_for() -> None:
    pinned = {
        match[1]
        for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
        if (match := re.match(r"([a-z0-9._-]+)==", line))
    }
    own = set(workspace().values())

    asked = set()
    for folder in workspace():
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
        groups = [
            project["project"].get("dependencies", []),
            *project.get("dependency-groups", {}).values(),
        ]
        for requirement in (requirement for group in groups for requirement in group):
            asked.add(re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower())

    assert asked - own - pinned == set()


@pytest.mark.parametrize("folder", workspace(), ids=workspace().values())
def test_each_distribution_introduces_itself(folder: Path) -> None:
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["license"] == LICENCE
    assert project["requires-python"] == ">=3.11"
    assert len(project["description"]) > 20
    assert (folder / project["readme"]).is_file()


def test_the_licence_is_the_whole_text() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")

    assert text.startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")
    assert "15.Applicable Law" in text
    assert "Compatible Licences" in text


def test_typed_packages_say_so() -> None:
    assert [package.name for package in packages() if not (package / "py.typed").exists()] == []
