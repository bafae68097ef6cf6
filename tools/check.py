"""Every check that needs no running program: `make check`.

Each check is a command, or a function that returns complaints. All of them run, so that one round
shows everything there is to mend; the exit code is 1 as soon as one complained.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tools import messages, templates, vendor
from tools.setup import ROOT, VENV
from tools.workspace import packages

MYPY_EXTRA = ("tools", "bench")


def main() -> int:
    """Run every check, print what each found, and return the exit code."""
    failed = [name for name, check in CHECKS.items() if not _passes(name, check)]
    print("make check: " + (f"{', '.join(failed)} failed" if failed else "all good"), flush=True)
    return 1 if failed else 0


def _tool(name: str, *arguments: str) -> Callable[[], list[str]]:
    def run() -> list[str]:
        command: list[str | Path] = [VENV / "bin" / name, *arguments]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            command, check=False, cwd=ROOT, capture_output=True, text=True, env=environment
        )
        return [] if done.returncode == 0 else [done.stdout + done.stderr]

    return run


def _types() -> list[str]:
    names = [part for package in packages() for part in ("-p", package.name)]
    extra = [part for name in MYPY_EXTRA for part in ("-p", name)]
    return _tool("mypy", *names, *extra)()


def _passes(name: str, check: Callable[[], Sequence[str]]) -> bool:
    started = time.perf_counter()
    complaints = check()
    verdict = "FAILED" if complaints else "ok"
    print(f"{name:.<34} {verdict} ({time.perf_counter() - started:.1f} s)", flush=True)
    for complaint in complaints:
        print(f"  {complaint.rstrip()}", flush=True)
    return not complaints


CHECKS: dict[str, Callable[[], list[str]]] = {
    "lint (ruff check)": _tool("ruff", "check"),
    "format (ruff format)": _tool("ruff", "format", "--check"),
    "types (mypy)": _types,
    "borders (import-linter)": _tool("lint-imports", "--no-cache"),
    "templates": templates.complaints,
    "translations": messages.complaints,
    "what others made": vendor.complaints,
}

if __name__ == "__main__":
    sys.exit(main())
