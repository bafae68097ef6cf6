"""File locks that die with their process: nothing to clean up after kill -9."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from palabre.errors import Refused
from palabre.i18n import gettext as _

PAUSE = 0.05  # seconds between two tries at a lock somebody else holds


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """Open the lock file `path`, made when missing, and close it (and so unlock it) at the end."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        if os.geteuid() == 0:
            owner = path.parent.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        yield descriptor
    finally:
        os.close(descriptor)


def share(descriptor: int) -> None:
    """Take the lock together with others; waits while somebody has it alone."""
    fcntl.flock(descriptor, fcntl.LOCK_SH)


def try_alone(descriptor: int) -> bool:
    """Take the lock alone if nobody else has it; says whether it did."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def alone(path: Path, timeout: float) -> Iterator[None]:
    """Hold the lock file `path` alone; waits up to `timeout` seconds, then raises Refused."""
    with opened(path) as descriptor:
        end = time.monotonic() + timeout
        while not try_alone(descriptor):
            if time.monotonic() > end:
                raise Refused(
                    _(
                        "Un autre programme prépare la base de données depuis plus de {seconds:.0f} s "
                        "(verrou {path}). Attendez qu’il finisse, puis recommencez."
                    ).format(seconds=timeout, path=path)
                )
            time.sleep(PAUSE)
        yield
