"""Administrators see what plugins did wrong and cost: all processes together, nobody's data."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from palabre.database.connection import acquired, fetchval
from palabre.hookvalues import EventView
from palabre.plugins import Plugins, ledger
from palabre.plugins.costs import Cost, quantile
from palabre.plugins.extension import FAILURES
from palabre.plugins.ledger import Seen
from palabre.plugins.troubles import describe
from tests.hostile.conftest import FOLDER, Load

HIDDEN = ["Mathilde", "mathilde", "Xyloquist", "exemple", "12 34", "1981"]


@asynccontextmanager
async def started(plugins: Plugins, url: str) -> AsyncIterator[Plugins]:
    await plugins.start(url)
    try:
        yield plugins
    finally:
        await plugins.stop()


async def test_failures_are_kept_with_their_place_and_count(
    load: Load, database: str, view: EventView
) -> None:
    async with started(load("raises"), database) as plugins:
        for _again in range(FAILURES):
            await plugins.slot("event_page", view)
        await plugins.write_down()

        [error] = await ledger.errors("raises")

    assert (error.place, error.kind, error.message) == ("page_slot", "ZeroDivisionError", "slot")
    assert error.count == FAILURES
    assert error.first_at <= error.last_at
    assert error.trace.splitlines()[1:] == [
        "  raises/__init__.py:23, page_slot",
        '    raise ZeroDivisionError("slot")',
    ]


async def test_costs_add_up_over_processes(load: Load, database: str, view: EventView) -> None:
    for _process in range(2):
        async with started(load("asks_too_much", "kind"), database) as plugins:
            for _again in range(3):
                await plugins.slot("event_page", view)

    [kind] = await ledger.costs("kind")
    [asks] = await ledger.costs("asks_too_much")

    assert (kind.place, kind.calls, kind.failures, kind.queries) == ("page_slot", 6, 0, 0)
    assert 0 < kind.mean <= kind.slowest
    assert kind.mean / 2 < kind.p95 <= kind.slowest
    assert (asks.calls, asks.failures, asks.queries, asks.most_queries) == (6, 6, 20, 20)
    assert asks.query_seconds > 0


async def test_nothing_is_written_twice(load: Load, database: str, view: EventView) -> None:
    async with started(load("raises"), database) as plugins:
        await plugins.slot("event_page", view)
        for _again in range(3):
            await plugins.write_down()

        [cost] = await ledger.costs("raises")
        [error] = await ledger.errors("raises")

    assert (cost.calls, cost.failures, error.count) == (1, 1, 1)


async def test_what_is_kept_is_bounded(database: str) -> None:
    now = datetime.now(UTC)
    ways = [Seen(describe(f"page /{number}", ValueError(), None), now, now) for number in range(99)]

    async with acquired() as connection:
        await ledger.write_errors(connection.raw, "raises", ways)

    assert await fetchval("SELECT count(*) FROM core_plugin_error") == ledger.ERRORS


async def test_nobodys_data_is_kept(
    load: Load, database: str, view: EventView, capsys: pytest.CaptureFixture[str]
) -> None:
    async with started(load("tells_names"), database) as plugins:
        for _again in range(FAILURES):
            await plugins.slot("event_page", view)
        await plugins.write_down()
        [line] = plugins.report()
        [error] = await ledger.errors("tells_names")

    said = "\n".join([line.reason, error.message, error.trace, *capsys.readouterr()])
    assert [word for word in HIDDEN if word in said] == []
    assert error.message.startswith("personne inconnue : …")
    assert "KeyError" in error.trace


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (KeyError("Dupont"), "'…'"),
        (ValueError("invalid literal for int() with base 10: 'Dupont'"), "'…'"),
        (TypeError("'NoneType' object is not subscriptable"), "object is not subscriptable"),
        (OSError("a" * 5000), "…"),
        (ValueError("\x00\ud800 list"), "list"),
    ],
)
def test_only_the_programs_own_words_are_kept(error: Exception, message: str) -> None:
    trouble = describe("page_slot", error, FOLDER / "raises")

    assert message in trouble.message
    assert "Dupont" not in trouble.message + trouble.trace
    trouble.message.encode()


class Rude(Exception):
    """Raises even when it is asked what it says."""

    def __str__(self) -> str:
        raise RuntimeError


def test_an_error_that_cannot_speak_is_kept_without_words() -> None:
    assert describe("page_slot", Rude(), None).message == ""


def test_a_p95_is_at_most_a_fifth_too_high() -> None:
    cost = Cost()
    for micros in range(1, 100_001):
        cost.count(micros / 1e6, 0, 0.0)

    assert 0.095 <= quantile(cost.buckets, 0.95) <= 0.114
    assert quantile(Cost().buckets, 0.95) == 0
