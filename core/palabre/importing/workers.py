"""Reading many events on all cores: shares of a file go to worker processes, in order."""

import asyncio
import multiprocessing
import os
import threading
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from itertools import islice

from palabre import i18n
from palabre.errors import PalabreError
from palabre.i18n import gettext as _
from palabre.importing.ical.calendar import Group, read_groups
from palabre.importing.ical.model import CalendarHead, Reading

SHARE = 250  # groups that travel together
_ALONE = 500  # as many groups are read here: starting workers takes a third of a second
_WORKERS = 2
_AHEAD = _WORKERS + 1  # shares read before they are asked for: bounds the memory


async def read_shares(
    heads: Sequence[CalendarHead], groups: Sequence[Group], zone: str, *, repair: bool
) -> AsyncIterator[Reading]:
    """Yield the readings of all groups, share by share, in the order of the file.

    The event loop stays free: reading happens in a thread or, for many groups, in processes.
    """
    work = partial(_read, i18n.language.get(), tuple(heads), zone=zone, repair=repair)
    shares = (groups[start : start + SHARE] for start in range(0, len(groups), SHARE))
    if len(groups) <= _ALONE or (os.cpu_count() or 1) < 2:
        for share in shares:
            yield await asyncio.to_thread(work, share)
        return
    context = multiprocessing.get_context("spawn")  # a server has threads: no fork
    with ProcessPoolExecutor(_WORKERS, context, initializer=_end_with_parent) as pool:
        loop = asyncio.get_running_loop()
        waiting = [loop.run_in_executor(pool, work, share) for share in islice(shares, _AHEAD)]
        try:
            while waiting:
                reading = await waiting.pop(0)
                waiting += [loop.run_in_executor(pool, work, s) for s in islice(shares, 1)]
                yield reading
        except BrokenProcessPool as error:
            raise PalabreError(
                _(
                    "La lecture s’est arrêtée, sans doute faute de mémoire. Rien de plus n’est changé."
                )
            ) from error
        finally:
            for future in waiting:
                future.cancel()


def _end_with_parent() -> None:
    """End this worker when its parent is gone, by kill -9 too; it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)  # a thread can't raise in the one that waits for work

    threading.Thread(target=watch, daemon=True).start()


def _read(
    language: str,
    heads: Sequence[CalendarHead],
    groups: Sequence[Group],
    *,
    zone: str,
    repair: bool,
) -> Reading:
    i18n.language.set(language)
    return read_groups(heads, groups, zone, repair=repair)
