"""The memory of the process, watched on behalf of whoever runs.

Memory belongs to the process, not to a plugin. What can be held, and what can't:

* one step of a coroutine, or one call of a plain function, during which the process grows by more
  than STEP is interrupted, and its plugin paused and named;
* what several steps keep is added up for their plugin; beyond KEPT it is paused and named, though
  what it keeps is only free again after a restart;
* `palabre serve` bounds the process itself (`bound`): one request for more than there is becomes a
  MemoryError in the code that asks, instead of the end of the site;
* many small objects kept by several plugins at once can't be told apart, nor what a C library takes
  beside Python within a quarter of a second. Heavy work belongs into a job or a process of its own.
"""

import os
import resource
from contextlib import suppress
from pathlib import Path

MIB = 1024 * 1024
STEP = 256 * MIB  # growth during one step or call
KEPT = 512 * MIB  # growth added up over all steps
LEAST = 1024 * MIB  # the process's own bound is never lower
SHARE = 0.5  # of the machine's memory, or of what its container may have

_PAGE = os.sysconf("SC_PAGE_SIZE")


class _Statm:
    """/proc/self/statm, kept open: a look costs a microsecond or two."""

    handle = -1


def resident() -> int:
    """Return the process's resident memory in bytes; 0 where the system doesn't say."""
    try:
        if _Statm.handle < 0:
            _Statm.handle = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
        return int(os.pread(_Statm.handle, 64, 0).split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def is_hungry(before: int) -> bool:
    """Whether the process grew by more than STEP since it had `before` bytes."""
    return resident() - before > STEP


def sentence(before: int) -> str:
    """Return what to say of the growth since `before`."""
    return f"a pris {(resident() - before) // MIB} Mio de mémoire en un appel"


def bound() -> int:
    """Bound this process's own memory; returns the bound in bytes, 0 when there is none.

    The soft limit only: a child process may raise it again. The hard one stays.
    """
    most = max(LEAST, int(_available() * SHARE))
    _soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard not in {resource.RLIM_INFINITY, -1}:
        most = min(most, hard)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
        return most
    return 0


def _available() -> int:
    """Return the memory of the machine or of the container in bytes (cgroup v2)."""
    machine = os.sysconf("SC_PHYS_PAGES") * _PAGE
    try:
        said = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return machine
    return min(machine, int(said)) if said.isdigit() else machine
