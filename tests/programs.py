"""Programs that some tests need and that a machine may not have."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest


@cache
def node() -> str | None:
    """The path of a Node that runs here: the one that playwright carries, or the machine's own."""
    from playwright._impl._driver import compute_driver_executable

    for path in (compute_driver_executable()[0], shutil.which("node")):
        if path and _runs(Path(path)):
            return str(path)
    return None


def lacking(what: str) -> NoReturn:
    """Skip the test, saying what is missing; in CI, where nothing may be, fail it."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} (not to be skipped in CI)")
    pytest.skip(what)


def _runs(program: Path) -> bool:
    try:
        return (
            subprocess.run([program, "--version"], check=False, capture_output=True).returncode == 0
        )
    except OSError:
        return False
