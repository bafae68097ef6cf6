"""All of them installed beside the demo: the site answers, and says why each doesn't take part."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.hostile.conftest import FOLDER
from tests.serving import Served, serve

NAMES = sorted(file.parent.name for file in FOLDER.glob("*/__init__.py"))
REFUSED = {
    "bad_address",
    "broken_words",
    "none_title",
    "broken_models",
    "exits_at_import",
    "fails_at_import",
    "foreign_table",
    "hangs_at_import",
    "no_manifest",
    "no_permission",
    "steals_address",
    "tomorrow",
    "twin_jobs",
    "unknown_argument",
    "unknown_hook",
}


# Pages of theirs, asked for on purpose.
BROKEN = {"/brocante", "/brouillon", "/capricieuse", "/curieuse", "/fleuve", "/gourmande"}
# Whoever spoils the pages of events is paused, and this is said of it.
PAUSED = {
    "asks_too_much": "requêtes à la base",
    "blocks_loop": "a bloqué le serveur",
    "eats_memory": "[Mm][eé]mo",  # whichever of its ways was met first,
    "endless_piece": "caractères",
    "ends_process": "a voulu s’arrêter",
    "fails_half_way": "0002_next",
    "foreign_migration": "core_user",
    "hangs_async": "pas de réponse",
    "hangs_sync": "pas de réponse",
    "junk": "au lieu de Markup",
    "leaks_tasks": "derrière elle",
    "leaks_threads": "derrière elle",
    "raises": "ZeroDivisionError",
    "tells_names": "personne inconnue",
}
PAGES = 150


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Make them a distribution that Python finds; returns the search path."""
    folder = tmp_path_factory.mktemp("hostile")
    metadata = folder / "hostile-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: hostile\nVersion: 1.0\n")
    points = "".join(f"{name} = {name}\n" for name in NAMES)
    (metadata / "entry_points.txt").write_text(f"[palabre.plugins]\n{points}")
    return f"{folder}:{FOLDER}"


@pytest.fixture(scope="module")
def site(installed: str) -> Iterator[Served]:
    with (
        tempfile.TemporaryDirectory(prefix="palabre-test-") as folder,
        serve(Path(folder) / "data", "--demo") as served,
    ):
        served.stop()
        served.environment = {"PYTHONPATH": installed, "COLUMNS": "200"}
        served.start()
        yield served


@pytest.fixture(scope="module")
def crawled(site: Served) -> dict[str, int]:
    """Read every public page that links lead to, PAGES at most."""
    status: dict[str, int] = {}
    waiting = ["/", "/agenda", "/agenda.ics", "/healthz", "/organisations", "/gentille", *BROKEN]
    with httpx.Client(base_url=site.url, timeout=60) as client:
        while waiting and len(status) < PAGES:
            path = waiting.pop(0)
            answer = client.get(path)
            status[path] = answer.status_code
            if path not in BROKEN and "html" in answer.headers.get("content-type", ""):
                found = re.findall(r'href="(/[a-z][^"#?]*)"', answer.text)
                known = {*status, *waiting}
                waiting += [link for link in dict.fromkeys(found) if link not in known]
    return status


def test_every_page_of_the_core_answers(crawled: dict[str, int]) -> None:
    wrong = {path for path, code in crawled.items() if code >= 400}

    assert len([path for path in crawled if path.startswith("/evenements/")]) >= 20
    assert wrong == BROKEN


def test_the_list_says_why_each_does_not_take_part(site: Served, crawled: dict[str, int]) -> None:
    said = site.run("plugin", "list").stdout
    standing = dict(
        re.findall(r"^(\w+) .*? (active|en pause|désactivée|refusée) ", said, re.MULTILINE)
    )
    reasons = dict(re.findall(r"^(\w+) : (.+)$", said, re.MULTILINE))

    assert {name for name, word in standing.items() if word == "refusée"} == REFUSED
    assert standing["kind"] == standing["festival"] == "active"
    assert {name for name in PAUSED if standing[name] != "en pause"} == set()
    assert reasons.keys() >= REFUSED | PAUSED.keys()
    assert {
        name: reasons[name] for name, why in PAUSED.items() if not re.search(why, reasons[name])
    } == {}


def test_safe_mode_starts_without_any(site: Served) -> None:
    site.stop()
    site.environment = {**site.environment, "PALABRE_SAFE_MODE": "1"}

    site.start()

    assert httpx.get(f"{site.url}/gentille").status_code == 404
    assert httpx.get(f"{site.url}/agenda").status_code == 200
