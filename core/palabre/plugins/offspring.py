"""What a plugin's call starts beside itself: tasks and threads, kept within bounds.

Tasks get the watchdog that the call itself has; those that run the plugin's own coroutines are
remembered, so that none outlives the call. Calls of `asyncio.to_thread` get threads of the plugin's own
instead of the few that the core's pool has: a library that hangs there can't stop the saving of
events, nor the end of the process.

Out of reach: threads that a library starts with its own pool, and processes.
"""

import asyncio
import inspect
import threading
from collections import defaultdict
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from types import CoroutineType
from typing import Any

from palabre.database.spending import SPENDING, Spending

MAX_THREADS = 8  # of one plugin at the same time

Watched = Callable[[Coroutine[Any, Any, Any]], Coroutine[Any, Any, Any]]


class Crowded(Exception):
    """A plugin has MAX_THREADS threads at work already."""


def follow_tasks(loop: asyncio.AbstractEventLoop, watched: Watched) -> None:
    """Remember on their `Spending` the tasks that calls start; `watched` guards their steps."""
    if loop.get_task_factory() is not None:
        return

    def make(
        loop: asyncio.AbstractEventLoop,
        coroutine: Coroutine[Any, Any, Any],
        **options: Any,  # noqa: ANN401  asyncio's: name, context
    ) -> asyncio.Task[Any]:
        spending = _payer(options.get("context"))
        if spending is None or not inspect.iscoroutine(coroutine):
            return asyncio.Task(coroutine, loop=loop, **options)
        task = asyncio.Task(watched(coroutine), loop=loop, **options)
        if _is_in(spending.folder, coroutine):
            spending.tasks.append(task)
        return task

    loop.set_task_factory(make)  # type: ignore[arg-type]  # typeshed's protocol wants futures as well


def _payer(context: Any) -> Spending | None:  # noqa: ANN401  a Context or None
    return context.get(SPENDING) if context is not None else SPENDING.get()


def _is_in(folder: str, coroutine: "CoroutineType[Any, Any, Any]") -> bool:
    return bool(folder) and coroutine.cr_code.co_filename.startswith(folder)


def left_behind(spending: Spending) -> int:
    """Cancel the tasks that a call left behind; returns how many."""
    running = [task for task in spending.tasks if not task.done()]
    for task in running:
        task.cancel()
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return len(running)


def lasting_threads(folder: str) -> int:
    """Return how many threads of the plugin in `folder` are at work on their own account."""
    return sum(_runs(folder, thread) for thread in threading.enumerate())


def _runs(folder: str, thread: threading.Thread) -> bool:
    target = getattr(thread, "_target", None) or type(thread).run
    code = getattr(target, "__code__", None)
    return bool(folder) and inspect.iscode(code) and code.co_filename.startswith(folder)


class Divided(ThreadPoolExecutor):
    """The event loop's pool: shared by the core, with daemon threads apart for each plugin."""

    def __init__(self) -> None:
        super().__init__(thread_name_prefix="palabre")
        self._apart: dict[str, list[threading.Thread]] = defaultdict(list)

    def submit(self, function: Callable[..., Any], /, *args: Any, **options: Any) -> Future[Any]:  # noqa: ANN401  as in the class above
        """Run `function` in a thread of whoever asks; raises Crowded when that plugin has enough."""
        spending = SPENDING.get()
        if spending is None:
            return super().submit(function, *args, **options)
        alive = [thread for thread in self._apart[spending.folder] if thread.is_alive()]
        if len(alive) >= MAX_THREADS:
            raise Crowded(f"{MAX_THREADS} appels précédents ne sont pas revenus")
        answer: Future[Any] = Future()
        thread = threading.Thread(
            target=_work, args=(answer, function, args, options), name="plugin", daemon=True
        )
        self._apart[spending.folder] = [*alive, thread]
        thread.start()
        return answer


def _work(
    answer: Future[Any],
    function: Callable[..., Any],
    args: tuple[Any, ...],
    options: dict[str, Any],
) -> None:
    if not answer.set_running_or_notify_cancel():
        return
    try:
        result = function(*args, **options)
    except BaseException as error:  # noqa: BLE001  whatever a stranger raises goes to who waits
        with suppress(Exception):
            answer.set_exception(error)
    else:
        answer.set_result(result)
