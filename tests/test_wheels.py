"""What people install: the wheels, in an environment that never saw this checkout."""

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.serving import Served, free_port
from tools.setup import ROOT, workspace
from tools.workspace import packages

# Never in a wheel, though beside what is.
LEFT_OUT = {"__pycache__"}


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each distribution of the workspace as a wheel, built as its author would."""
    built = {}
    for folder, name in workspace().items():
        place = tmp_path_factory.mktemp(name)
        subprocess.run(
            [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
             "--no-index", "--wheel-dir", place, folder],
            check=True,
        )  # fmt: skip
        (built[name],) = place.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheels, installed by plain pip; third parties are borrowed.

    Fetching them again would need the network: a .pth line lends those that the tests run with,
    all but the checkout's own, which are editable there and would hide the wheels.
    """
    place = tmp_path_factory.mktemp("installed")
    venv.create(place, with_pip=False, symlinks=True)
    site = Path(sysconfig.get_path("purelib", "venv", {"base": str(place), "platbase": str(place)}))
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", place / "bin/python", "install", "--quiet",
         "--no-index", "--no-deps", *wheels.values()],
        check=True,
    )  # fmt: skip
    _lend(Path(sysconfig.get_path("purelib")), site)
    return place


def _lend(lender: Path, site: Path) -> None:
    """Link every installed package but the workspace's own into another environment."""
    own = {name.replace("-", "_") for name in workspace().values()}
    for part in lender.iterdir():
        stem = part.name.partition("-")[0].lstrip("_")
        editable = part.suffix == ".pth" or stem in own
        if not editable and not (site / part.name).exists() and part.name not in LEFT_OUT:
            (site / part.name).symlink_to(part)


def test_each_wheel_holds_all_of_its_package(wheels: dict[str, Path]) -> None:
    missing = []
    for package in packages():
        names = {name for wheel in wheels.values() for name in zipfile.ZipFile(wheel).namelist()}
        listed = subprocess.run(
            ["git", "ls-files", "."], cwd=package, check=True, capture_output=True, text=True
        )
        missing += [
            f"{package.name}/{name}"
            for name in listed.stdout.splitlines()
            if f"{package.name}/{name}" not in names
        ]

    assert missing == []


def test_no_wheel_brings_what_is_not_its_own(wheels: dict[str, Path]) -> None:
    roots = {
        name: {entry.partition("/")[0] for entry in zipfile.ZipFile(wheel).namelist()}
        for name, wheel in wheels.items()
    }

    for name, found in roots.items():
        package = name.replace("-", "_")
        assert {root for root in found if not root.endswith(".dist-info")} == {package}


def test_the_wheels_carry_licence_and_readme(wheels: dict[str, Path]) -> None:
    for wheel in wheels.values():
        with zipfile.ZipFile(wheel) as archive:
            metadata = next(name for name in archive.namelist() if name.endswith("/METADATA"))
            told = archive.read(metadata).decode()
        assert "License-Expression: EUPL-1.2" in told
        assert "Description-Content-Type: text/markdown" in told


def test_the_installed_wheels_serve_the_demo(installed: Path, data_dir: Path) -> None:
    palabre = installed / "bin/palabre"
    served = Served(data_dir, free_port(), arguments=("--demo",), palabre=palabre)
    try:
        served.start()
        plugins = served.run("plugin", "list")
        assert served.stop() == 0
    finally:
        served.kill()

    assert plugins.returncode == 0
    for name in ("festival", "penpals", "microforest"):
        assert name in plugins.stdout
    told = subprocess.run(
        [installed / "bin/python", "-c", "import palabre; print(palabre.__file__)"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert Path(told.stdout.strip()).is_relative_to(installed)
    assert not Path(told.stdout.strip()).is_relative_to(ROOT)
