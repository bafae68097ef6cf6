"""Heavy work in a process of its own: limited, without our secrets, gone when nobody wants it."""

import asyncio
import sys
from pathlib import Path

import psutil
import pytest

from palabre.errors import Refused
from palabre.jobs.children import ChildFailed, run_in_child
from tests.core.jobs import heavy
from tests.core.jobs.conftest import until


def nothing(_percent: float, _sentence: str) -> None:
    """Nobody waits."""


async def test_it_gives_what_the_function_gives_and_says_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PALABRE_SMTP_URL", "smtp://secret@localhost")
    said: list[tuple[float, str]] = []

    answer = await run_in_child(
        heavy.double, [21], memory=512, seconds=30, progress=lambda *how: said.append(how)
    )

    assert answer == {"double": 42, "secrets": []}
    assert said == [(50, "à moitié")]


async def test_bytes_come_as_they_are() -> None:
    answer = await run_in_child(heavy.draw, [5_000_000], memory=512, seconds=30, progress=nothing)

    assert answer == b"x" * 5_000_000


async def test_memory_and_time_have_their_limits(tmp_path: Path) -> None:
    with pytest.raises(ChildFailed, match="mémoire"):
        await run_in_child(heavy.hoard, [str(tmp_path)], memory=200, seconds=30, progress=nothing)
    assert (tmp_path / "started").exists()

    with pytest.raises(ChildFailed, match="n’a pas fini en 3 s"):
        await run_in_child(heavy.sleep, [str(tmp_path)], memory=512, seconds=3, progress=nothing)
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


async def test_whoever_stops_waiting_ends_it(tmp_path: Path) -> None:
    working = asyncio.create_task(
        run_in_child(heavy.sleep, [str(tmp_path)], memory=512, seconds=30, progress=nothing)
    )
    pid = tmp_path / "pid"
    await until(lambda: pid.exists() and pid.read_text() != "")
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working

    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


async def test_its_failures_are_told() -> None:
    with pytest.raises(ChildFailed, match="ZeroDivisionError: never") as failed:
        await run_in_child(heavy.fail, [], memory=512, seconds=30, progress=nothing)
    assert "in fail" in failed.value.trace
    with pytest.raises(Refused, match="dessin"):
        await run_in_child(heavy.refuse, [], memory=512, seconds=30, progress=nothing)
    with pytest.raises(ChildFailed, match="s’est arrêté"):
        await run_in_child(heavy.die, [], memory=512, seconds=30, progress=nothing)
    with pytest.raises(ChildFailed, match="not JSON serializable"):
        await run_in_child(heavy.answer_badly, [], memory=512, seconds=30, progress=nothing)


async def test_it_ends_with_its_parent_killed_with_9(tmp_path: Path) -> None:
    code = (
        "import asyncio; from palabre.jobs.children import run_in_child; from tests.core.jobs import heavy;"
        f"asyncio.run(run_in_child(heavy.sleep, [{str(tmp_path)!r}], memory=512, seconds=60,"
        " progress=print))"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    pid = tmp_path / "pid"
    await until(lambda: pid.exists() and pid.read_text() != "")
    parent.kill()
    await parent.wait()
    await until(lambda: not psutil.pid_exists(int(pid.read_text())))
