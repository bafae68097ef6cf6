"""The child's side of `palabre.jobs.children`: one function, within its limits, then the end."""

import ctypes
import importlib
import inspect
import json
import operator
import os
import pickle
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any

from palabre import i18n
from palabre.errors import PalabreError
from palabre.jobs.children import BYTES, FAILED, HEAD, PROGRESS, REFUSED, RESULT

PR_SET_PDEATHSIG = 1  # prctl(2)
TRACE = 8000  # characters of a traceback, from its end


def main() -> None:
    """Read what to do from the standard input, do it, and answer."""
    request = pickle.load(sys.stdin.buffer)  # noqa: S301  our own parent wrote it
    answers = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what it prints belongs to the log
    _end_with(request["parent"])
    resource.setrlimit(resource.RLIMIT_DATA, (request["memory"], request["memory"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.path[:] = request["path"]
    i18n.language.set(request["language"])

    def say(kind: bytes, content: object) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        _write(answers, HEAD.pack(kind, len(data)) + data)

    try:
        result = _call(request, lambda percent, sentence="": say(PROGRESS, [percent, sentence]))
        say(BYTES if isinstance(result, bytes) else RESULT, result)
    except PalabreError as refusal:
        say(REFUSED, refusal.message)
    except MemoryError:
        say(FAILED, {"error": "a demandé plus de mémoire que permis", "trace": ""})
    except Exception as error:  # noqa: BLE001  whatever it is, the parent is told
        trace = traceback.format_exc()[-TRACE:]
        say(FAILED, {"error": f"{type(error).__name__}: {error}", "trace": trace})


def _call(request: dict[str, Any], progress: Callable[..., None]) -> object:
    module, name = request["function"]
    function = operator.attrgetter(name)(importlib.import_module(module))
    more = {"progress": progress} if "progress" in inspect.signature(function).parameters else {}
    return function(*request["arguments"], **more)


def _end_with(parent: int) -> None:
    """Be killed when the parent dies, however it does."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)


def _write(channel: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(channel, view) :]


if __name__ == "__main__":
    main()
