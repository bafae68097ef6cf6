"""Templates that can't be read, or use what isn't there, cost their own page."""

import time

import pytest

from palabre.plugins import Plugins
from palabre.testing import Visitor
from tests.hostile.conftest import Load


@pytest.fixture
def palabre_plugins(load: Load) -> Plugins:
    return load("broken_template", "kind")


@pytest.mark.parametrize("path", ["", "/inconnu", "/absent", "/sans-fin"])
async def test_a_broken_template_costs_its_own_page(client: Visitor, path: str) -> None:
    started = time.monotonic()

    answer = await client.get(f"/brouillon{path}")

    assert answer.status_code == 500
    assert "Brouillon" in answer.text
    assert time.monotonic() - started < 5
    assert (await client.get("/gentille")).text == "Bonjour"


async def test_the_trace_says_where(client: Visitor, palabre_plugins: Plugins) -> None:
    await client.get("/brouillon/inconnu")

    _costs, [seen] = palabre_plugins.extensions[0].news()
    assert seen.trouble.kind == "jinja2.exceptions.UndefinedError"
    assert "broken_template/undefined.html:1" in seen.trouble.trace
