"""What jobs of the tests do in a process of their own."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from palabre.errors import Refused


def double(number: int, progress: Callable[[float, str], None]) -> dict[str, object]:
    print("what is printed is no answer")  # noqa: T201  on purpose
    progress(50, "à moitié")
    return {"double": 2 * number, "secrets": [n for n in os.environ if n.startswith("PALABRE_")]}


def draw(size: int) -> bytes:
    return b"x" * size


def hoard(folder: str) -> None:
    Path(folder, "started").touch()
    held = []
    while True:
        held.append(b"x" * 10_000_000)


def sleep(folder: str) -> None:
    Path(folder, "pid").write_text(str(os.getpid()))
    time.sleep(60)


def fail() -> None:
    raise ZeroDivisionError("never")


def refuse() -> None:
    raise Refused("Ce dessin n’en est pas un.")


def die() -> None:
    os.kill(os.getpid(), 9)


def answer_badly() -> object:
    return object()
