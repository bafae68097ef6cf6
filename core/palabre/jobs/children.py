"""Heavy work in a process of its own, with a limit of memory and time; see `Run.in_child`.

The child (`palabre.jobs.child`) gets the function's name and its arguments on its standard input,
has none of our secrets in its environment, and answers in messages: a letter, a length, the rest.
It ends with its parent, kill -9 included.
"""

import asyncio
import contextlib
import json
import os
import pickle
import signal
import struct
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from palabre import i18n
from palabre.errors import Refused
from palabre.i18n import gettext as _

HEAD = struct.Struct(">cI")  # what kind of message, and its length in bytes
PROGRESS, RESULT, BYTES, REFUSED, FAILED = b"P", b"R", b"B", b"X", b"E"
LARGEST = 256 * 1024 * 1024  # bytes of one message
MIB = 1024 * 1024

Progress = Callable[[float, str], None]


class ChildFailed(Exception):
    """Work in a child process failed or exceeded its limits; `trace` is its own traceback."""

    def __init__(self, message: str, trace: str = "") -> None:
        super().__init__(message)
        self.trace = trace


async def run_in_child(
    function: Callable[..., Any],
    arguments: Sequence[Any],
    *,
    memory: int,
    seconds: float,
    progress: Progress,
) -> Any:  # noqa: ANN401  what the function gives
    """Call `function` in a child and return what it returns; see `Run.in_child`."""
    request = {
        "path": sys.path,
        "function": (function.__module__, function.__qualname__),
        "arguments": arguments,
        "memory": memory * MIB,
        "language": i18n.language.get(),
        "parent": os.getpid(),
    }
    async with _turn():
        try:
            async with asyncio.timeout(seconds):
                return await _ask(pickle.dumps(request), progress)
        except TimeoutError as error:
            raise ChildFailed(_("n’a pas fini en {seconds} s").format(seconds=seconds)) from error


async def _ask(request: bytes, progress: Progress) -> Any:  # noqa: ANN401  what the function gives
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "palabre.jobs.child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=_environment(os.environ),
        start_new_session=True,
    )
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("a process with pipes has them")
    try:
        with contextlib.suppress(ConnectionError):  # it died: its answer says so
            process.stdin.write(request)
            await process.stdin.drain()
            process.stdin.close()
        return await _answer(process.stdout, progress)
    except asyncio.IncompleteReadError:
        code = await process.wait()
        raise ChildFailed(
            _("le processus s’est arrêté (code {code}), sans doute faute de mémoire").format(
                code=code
            )
        ) from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _answer(messages: asyncio.StreamReader, progress: Progress) -> Any:  # noqa: ANN401  what the function gives
    while True:
        kind, length = HEAD.unpack(await messages.readexactly(HEAD.size))
        if length > LARGEST:
            raise ChildFailed(_("son résultat est trop grand"))
        content = await messages.readexactly(length)
        if kind == BYTES:
            return content
        said = json.loads(content)
        if kind == RESULT:
            return said
        if kind == REFUSED:
            raise Refused(said)
        if kind != PROGRESS:
            raise ChildFailed(said["error"], said["trace"])
        progress(*said)


def _environment(all_of_it: Mapping[str, str]) -> dict[str, str]:
    """Leave out what the child must not know: the database, the mail server, their passwords."""
    return {name: value for name, value in all_of_it.items() if not name.startswith("PALABRE_")}


@lru_cache(maxsize=1)
def _turns(_loop: asyncio.AbstractEventLoop) -> asyncio.Semaphore:
    return asyncio.Semaphore(max(1, (os.cpu_count() or 1) // 2))


def _turn() -> asyncio.Semaphore:
    """Return what lets only half as many children as there are cores work at a time."""
    return _turns(asyncio.get_running_loop())
