"""The main job: calendars of others come in, one event is edited, subscribers read all of it.

Everything is the real thing: `palabre import`, a browser, HTTP, and readers that are not ours. The
samples are written in the manner of Outlook, Google, Apple and OpenAgenda; PALABRE_SAMPLES names a
folder with more.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from palabre.demo import ACCOUNTS, IMPORT_ORGANISATION, PASSWORD
from tests.core.feeds.test_calendar import check_bytes
from tests.serving import Served, serve

from . import readers
from .readers import READERS, Reading

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.interop
SAMPLES = Path(__file__).parent / "samples"
FEED = f"/organisations/{IMPORT_ORGANISATION}.ics"
PROGRAMS = Path(sys.executable).parent
MORE = os.environ.get("PALABRE_SAMPLES", "")


@dataclass(frozen=True)
class Expected:
    """What subscribers must find of an imported event."""

    title: str
    starts: str
    ends: str | None
    dates: int
    location: str | None = None
    words: str = ""
    categories: frozenset[str] = frozenset()
    geo: tuple[float, float] | None = None


EXPECTED = {
    "040000008200E00074C5B7101A82E00800000000D0A1B2C3D4E5DA01": Expected(
        "Cuisine du monde", "2026-11-03T17:30:00Z", "2026-11-03T19:30:00Z", 6,
        "MJC, 12 rue des Écoles, 38600 Fontaine",
        "Chaque mardi on cuisine ensemble, puis on mange.\n\nApporter un tablier.",
        frozenset({"Atelier", "Solidarité"}),
    ),
    "3k2j5h6g7f8d9s0a1q2w3e4r5t@google.com": Expected(
        "Ciné-débat « L’eau, bien commun »", "2026-11-20T19:00:00Z", "2026-11-20T21:00:00Z", 1,
        "Cinéma PASSrL, Voiron", "Film suivi d’un échange avec la salle.",
    ),
    "0p9o8i7u6y5t4r3e2w1q@google.com": Expected(
        "Exposition Regards de Kédougou", "2026-11-14", "2026-11-30", 1
    ),
    "5t6y7u8i9o0p1a2s3d4f@google.com": Expected(
        "Réunion du collectif", "2026-10-05T16:00:00Z", "2026-10-05T17:30:00Z", 5
    ),
    "6F1E2D3C-4B5A-4978-8695-A4B3C2D1E0F9": Expected(
        "Contes d’Arménie 🍎", "2026-11-21T09:30:00Z", "2026-11-21T10:30:00Z", 1,
        "Médiathèque Paul Éluard", "https://mediatheque.example.org/contes", frozenset(),
        (45.1938, 5.6871),
    ),
    "84512367@openagenda.example.org": Expected(
        "Marche des droits des peuples", "2026-11-28T13:00:00Z", "2026-11-28T17:00:00Z", 1,
        "Place de Verdun, 38000 Grenoble", "Départ place Verdun.\n\nTout public; gratuit.",
        frozenset({"Marche", "Festival des solidarités"}), (45.1885, 5.7318),
    ),
    "84512368@openagenda.example.org": Expected(
        "Annulé : Atelier compost", "2026-11-29T09:00:00Z", "2026-11-29T11:00:00Z", 1,
        "Jardin partagé, 38400 Saint-Martin-d’Hères", "annulé",
    ),
}  # fmt: skip
COMPONENTS = len(EXPECTED) + 1  # with the single date that Outlook moved


def _import(site: Served, source: Path, *, accepted: tuple[int, ...] = (0,)) -> dict[str, Any]:
    done = site.run(
        "import", str(source), "--organisation", IMPORT_ORGANISATION, "--report", "json"
    )
    assert done.returncode in accepted, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _feed(site: Served) -> bytes:
    answer = httpx.get(site.url + FEED, timeout=60)
    assert answer.status_code == 200
    return answer.content


def _head(site: Served) -> httpx.Response:
    return httpx.head(site.url + FEED, timeout=60)


@pytest.fixture(scope="module")
def imported(own_site: Served) -> Served:
    counts = [_import(own_site, sample) for sample in sorted(SAMPLES.glob("*.ics"))]
    assert sum(report["created"] for report in counts) == COMPONENTS
    assert [report["errors"] for report in counts] == [[]] * len(counts)
    return own_site


@pytest.fixture(params=READERS)
def reading(request: pytest.FixtureRequest, imported: Served) -> Reading:
    return READERS[request.param](_feed(imported))


def test_every_imported_field_reaches_the_subscriber(reading: Reading) -> None:
    masters = {event.uid: event for event in reading.events if event.original is None}

    assert set(masters) == set(EXPECTED)
    for uid, expected in EXPECTED.items():
        seen = masters[uid]
        assert (seen.summary, seen.starts, seen.ends) == (
            expected.title,
            expected.starts,
            expected.ends,
        )
        assert (seen.location or "").startswith(expected.location or "")
        assert expected.words in seen.description
        assert frozenset(seen.categories) == expected.categories
        assert seen.geo == expected.geo
        assert (seen.status == "CANCELLED") is expected.title.startswith("Annulé")
        assert len([date for date in reading.occurrences if date[0] == uid]) == expected.dates


def test_a_single_date_moved_in_outlook_is_moved_for_the_subscriber(reading: Reading) -> None:
    (moved,) = (event for event in reading.events if event.original is not None)

    assert (moved.original, moved.summary, moved.starts, moved.location) == (
        "2026-11-24T17:30:00Z",
        "Cuisine du monde : grand repas",
        "2026-11-26T18:30:00Z",
        "Salle des fêtes, 38600 Fontaine",
    )


def test_a_second_import_changes_nothing(imported: Served) -> None:
    before = _feed(imported)

    reports = [_import(imported, sample) for sample in sorted(SAMPLES.glob("*.ics"))]

    assert sum(report["unchanged"] for report in reports) == COMPONENTS
    assert sum(report["created"] + report["updated"] for report in reports) == 0
    assert _feed(imported) == before


@pytest.mark.browser
async def test_an_edit_in_the_browser_reaches_every_reader(imported: Served, page: "Page") -> None:
    """Edit, publish, read back: every other field and event stays as it was."""
    uid = "84512367@openagenda.example.org"
    before = {event.uid: event for event in READERS["icalendar"](_feed(imported)).events}
    etag = _head(imported).headers["etag"]
    address = before[uid].description.rpartition("/evenements/")[2].strip()
    await page.goto(f"{imported.url}/connexion")
    await page.fill("[name=email]", ACCOUNTS[0].email)
    await page.fill("[name=password]", PASSWORD)
    await page.click("main form button")
    await page.wait_for_url("**/mes-evenements")

    await page.goto(f"{imported.url}/evenements/{address}/modifier")
    await page.fill("[name=title]", "Grande marche des droits")
    async with page.expect_navigation():
        await page.click("main button:not([tabindex]):has-text('Enregistrer')")
    saved = time.monotonic()
    while _head(imported).headers["etag"] == etag:
        assert time.monotonic() - saved < 1

    raw = _feed(imported)
    for read in READERS.values():
        after = {event.uid: event for event in read(raw).events if event.original is None}
        assert after[uid].summary == "Grande marche des droits"
        assert after[uid].sequence > before[uid].sequence
        assert after[uid].changed > before[uid].changed
        for field in ("starts", "ends", "location", "geo", "categories", "status", "description"):
            assert getattr(after[uid], field) == getattr(before[uid], field)
        assert set(after) == set(EXPECTED)


@pytest.fixture
def subscriber(tmp_path: Path, imported: Served) -> Path:
    """A folder with vdirsyncer subscribed to the feed and khal reading its copy."""
    (tmp_path / "calendar").mkdir()
    (tmp_path / "vdirsyncer").write_text(
        f"""
        [general]
        status_path = "{tmp_path}/status/"
        [pair agenda]
        a = "copy"
        b = "site"
        collections = null
        [storage copy]
        type = "filesystem"
        path = "{tmp_path}/calendar/"
        fileext = ".ics"
        [storage site]
        type = "http"
        url = "{imported.url}{FEED}"
        """.replace("        ", "")
    )
    day, minute = "%Y-%m-%d", "%H:%M"
    (tmp_path / "khal").write_text(f"""
[calendars]
[[agenda]]
path = {tmp_path}/calendar
[locale]
timeformat = {minute}
dateformat = {day}
longdateformat = {day}
datetimeformat = {day} {minute}
longdatetimeformat = {day} {minute}
local_timezone = Europe/Paris
default_timezone = Europe/Paris
[sqlite]
path = {tmp_path}/khal.db
""")
    return tmp_path


def _run(folder: Path, program: str, *arguments: str) -> str:
    command = [str(PROGRAMS / program), "-c", str(folder / program), *arguments]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
    )
    return done.stdout + done.stderr


def test_vdirsyncer_keeps_a_copy_that_khal_reads(subscriber: Path, imported: Served) -> None:
    _run(subscriber, "vdirsyncer", "discover", "agenda")
    first = _run(subscriber, "vdirsyncer", "sync")
    again = _run(subscriber, "vdirsyncer", "sync")
    said = _run(
        subscriber, "khal", "list", "--day-format", "", "--format",
        "{start-long}|{end-long}|{title}|{location}", "2026-10-01", "200d",
    )  # fmt: skip

    assert len(list((subscriber / "calendar").iterdir())) == len(EXPECTED)
    assert first.count("Copying") == len(EXPECTED)
    assert "Copying" not in again
    lines = set(said.splitlines())
    assert {
        "2026-11-03 18:30|2026-11-03 20:30|Cuisine du monde|MJC, 12 rue des Écoles, 38600 Fontaine",
        "2026-11-26 19:30|2026-11-26 21:30|Cuisine du monde : grand repas|Salle des fêtes, 38600 Fontaine",
        "2026-11-14|2026-11-29|Exposition Regards de Kédougou|",
        "2026-11-29 10:00|2026-11-29 12:00|Annulé : Atelier compost|Jardin partagé, 38400 Saint-Martin-d’Hères",
    } <= lines
    assert len(lines) == sum(expected.dates for expected in EXPECTED.values())


@pytest.mark.skipif(not MORE, reason="PALABRE_SAMPLES names no folder with more calendars")
def test_calendars_from_the_world_come_out_whole(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was taken in is read the same by every reader, on the dates that our pages have."""
    monkeypatch.setattr(readers, "FIRST_DAY", date(2000, 1, 1))
    monkeypatch.setattr(readers, "LAST_DAY", date(2030, 1, 1))
    with serve(data_dir, "--demo") as site:
        for sample in sorted(Path(MORE).glob("*.ics")):
            report = _import(site, sample, accepted=(0, 2))
            assert {"created", "updated", "unchanged", "cancelled", "skipped"} <= set(report)
        raw = _feed(site)

    check_bytes(raw)
    seen = {name: read(raw) for name, read in READERS.items()}

    assert seen["icalendar"].events == seen["vobject"].events == seen["ical.js"].events
    assert seen["icalendar"].occurrences == seen["vobject"].occurrences
    assert seen["icalendar"].occurrences == seen["ical.js"].occurrences
    assert len(seen["ical.js"].occurrences) > 100
