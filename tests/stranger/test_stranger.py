"""A plugin from outside the tree, installed as its author would, found through its entry point."""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.serving import Served, serve

SOURCE = Path(__file__).parent / "hebergement"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the stranger's distribution into a folder of its own."""
    target = tmp_path_factory.mktemp("stranger")
    options = "--quiet --no-index --no-deps --no-build-isolation --disable-pip-version-check"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options.split(), "--target", target, SOURCE],
        check=True,
        capture_output=True,
    )
    return target


@pytest.fixture(scope="module")
def site(installed: Path) -> Iterator[Served]:
    with (
        tempfile.TemporaryDirectory(prefix="palabre-test-") as folder,
        serve(Path(folder) / "data", "--demo", PYTHONPATH=str(installed)) as served,
    ):
        yield served


def page(site: Served, path: str) -> httpx.Response:
    return httpx.get(site.url + path, timeout=30)


def test_its_distribution_holds_all_it_needs(installed: Path) -> None:
    package = installed / "palabre_hebergement"

    assert (package / "migrations/0001_board.sql").is_file()
    assert (package / "templates/hebergement/boards.html").is_file()


def test_it_is_listed_with_the_others(site: Served) -> None:
    said = site.run("plugin", "list").stdout

    assert re.findall(r"^(\w+) .* active +(\S+)", said, re.MULTILINE) == [
        ("festival", "—"),
        ("hebergement", "bien"),
        ("microforest", "bien"),
        ("penpals", "—"),
    ]


def test_it_was_told_of_every_published_event_and_shows_them(site: Served) -> None:
    deadline = time.monotonic() + 20
    slugs: list[str] = []
    while time.monotonic() < deadline and len(slugs) < 100:
        slugs = re.findall(r'href="/evenements/([^"]+)"', page(site, "/hebergement").text)
        time.sleep(0.2)

    assert len(slugs) >= 100
    assert "Chercher un lit" in page(site, f"/evenements/{slugs[0]}").text


def test_its_own_permission_is_not_everybodys(site: Served) -> None:
    manage = page(site, "/hebergement/gestion")

    assert manage.status_code == 303
    assert manage.headers["location"].startswith("/connexion")


def test_disabling_it_reaches_the_running_server(site: Served) -> None:
    assert "Hébergement" in page(site, "/").text

    assert site.run("plugin", "disable", "hebergement").returncode == 0
    gone = page(site, "/hebergement").status_code
    front = page(site, "/").text
    assert site.run("plugin", "enable", "hebergement").returncode == 0

    assert gone == 404
    assert "Hébergement" not in front
    assert page(site, "/hebergement").status_code == 200
