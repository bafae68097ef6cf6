"""Each bundled plugin is purged from the demo: nothing of it is left, and the site goes on."""

import re
from pathlib import Path

import asyncpg
import httpx
import pytest

from tests.serving import Served, serve

BUNDLED = {"festival": "/festival", "microforest": "/forets", "penpals": "/correspondance"}
PAGES = ("/", "/agenda", "/agenda.ics", "/organisations", "/abonnement", "/api/v1/events")
LEFT = """
SELECT 'relation ' || relname AS name FROM pg_class WHERE starts_with(relname, $1 || '_')
UNION ALL SELECT 'routine ' || proname FROM pg_proc WHERE starts_with(proname, $1 || '_')
UNION ALL SELECT 'type ' || typname FROM pg_type WHERE starts_with(ltrim(typname, '_'), $1 || '_')
UNION ALL SELECT 'migration ' || name FROM core_migration WHERE package = $1
UNION ALL SELECT 'job ' || name FROM core_job WHERE owner = $1
UNION ALL SELECT 'permission ' || action FROM core_plugin_permission WHERE plugin = $1
UNION ALL SELECT 'session' FROM core_principal_session WHERE plugin = $1
UNION ALL SELECT 'setting' FROM core_plugin WHERE name = $1
    AND (purged_at IS NULL OR settings || secrets <> '{}' OR guards <> '{}' OR version <> '')
UNION ALL SELECT 'cost ' || place FROM core_plugin_cost WHERE plugin = $1
UNION ALL SELECT 'error ' || place FROM core_plugin_error WHERE plugin = $1
"""


def status(site: Served, path: str) -> int:
    return httpx.get(site.url + path, timeout=30).status_code


def addresses(site: Served) -> set[str]:
    """Return the fixed pages, and what the front page and the agenda link to."""
    html = "".join(httpx.get(site.url + path, timeout=30).text for path in ("/", "/agenda"))
    linked = re.findall(r'href="(/(?:evenements|organisations|lieux)/[^"#?]+)"', html)
    return {*PAGES, *sorted(set(linked))[:40]}


@pytest.fixture
async def raw(database_url: str) -> asyncpg.Connection:
    return await asyncpg.connect(database_url)


async def test_purged_one_after_the_other_they_leave_nothing(
    data_dir: Path, database_url: str, raw: asyncpg.Connection
) -> None:
    with serve(data_dir, "--demo", PALABRE_DATABASE_URL=database_url) as site:
        pages = addresses(site)
        await raw.execute('UPDATE core_plugin SET settings = \'{"category": "Haies"}\'')
        assert {status(site, path) for path in (*pages, *BUNDLED.values())} == {200}
        for name, url in BUNDLED.items():
            purged = site.run("plugin", "purge", name, "--yes")

            assert purged.returncode == 0, purged.stderr
            assert status(site, url) == 404
            assert {path: status(site, path) for path in pages} == dict.fromkeys(pages, 200)
            assert [row["name"] for row in await raw.fetch(LEFT, name)] == []
            others = [other for other in BUNDLED if other > name]
            assert [status(site, BUNDLED[other]) for other in others] == [200] * len(others)
        listed = site.run("plugin", "list").stdout
        assert re.findall(r"^(\w+) .* désactivée", listed, re.MULTILINE) == sorted(BUNDLED)
    await raw.close()
