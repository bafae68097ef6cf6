"""Runs one implementation of one hook: within its budget, away from everybody else.

An `async def` runs as its own task, each of its steps under the watchdog. A plain `def` runs in a
thread of its own, so that a blocking one can't hold the event loop; a thread that goes on after its
budget gets an exception and is forgotten (a daemon: it can't hold up the end of the process).
"""

import asyncio
import contextvars
import ctypes
import inspect
import threading
from collections.abc import Callable, Coroutine, Generator, Mapping
from contextlib import suppress
from contextvars import ContextVar
from functools import partial
from typing import Any

from palabre.plugins import memory, watchdog
from palabre.plugins.offspring import MAX_THREADS, follow_tasks
from palabre.plugins.watchdog import Blocked, Hungry, watch

LOOK = 0.5  # seconds between two looks at a call that goes on
STALL = 0.1  # seconds; what a look comes later was spent by somebody else on the event loop
GRACE = 0.1  # seconds for a cancelled coroutine to tidy up
MAX_CALLS = 4  # coroutines of one plugin at the same time; the pool has ten connections


class Failed(Exception):
    """An implementation failed; the message says how, in words for the administrator.

    `at_once` asks for a pause without waiting for more of it.
    """

    def __init__(self, message: str, *, at_once: bool = False) -> None:
        super().__init__(message)
        self.at_once = at_once


class Overdue(BaseException):
    """Raised inside a thread whose time is over; nobody waits for its result any more."""


class Runner:
    """Runs the implementations of one plugin, at most MAX_THREADS of them in threads.

    At most MAX_CALLS coroutines of it go on at once: a slow one can't take every connection to the
    database away from the core. A call made within another one of its calls doesn't wait.
    """

    def __init__(self, plugin: str) -> None:
        self.plugin = plugin
        self._threads: list[threading.Thread] = []
        self._places = asyncio.Semaphore(MAX_CALLS)
        self._inside: ContextVar[bool] = ContextVar(f"inside_{plugin}", default=False)

    async def run(
        self, function: Callable[..., Any], arguments: Mapping[str, object], seconds: float
    ) -> object:
        """Call `function` and return its result.

        Raises Failed when it is too slow, blocks or tries to end the process; else what it raises.
        """
        if inspect.iscoroutinefunction(function):
            return await self.wait(function(**arguments), seconds)
        return await self._in_thread(function, arguments, seconds)

    async def wait(self, coroutine: Coroutine[Any, Any, Any], seconds: float) -> object:
        """Await `coroutine` in its own task for at most `seconds`; raises as `run` does."""
        if self._inside.get():
            return await self.in_task(coroutine, seconds)
        try:
            if self._places.locked():
                async with asyncio.timeout(seconds):
                    await self._places.acquire()
            else:
                await self._places.acquire()
        except TimeoutError:
            coroutine.close()
            raise Failed(f"{MAX_CALLS} appels en cours, pas de place en {seconds:g} s") from None
        token = self._inside.set(True)
        try:
            return await self.in_task(coroutine, seconds)
        finally:
            self._inside.reset(token)
            self._places.release()

    async def in_task(self, coroutine: Coroutine[Any, Any, Any], seconds: float) -> object:
        """Do as `wait` does, without taking a place: for what waits for a reader far away."""
        follow_tasks(asyncio.get_running_loop(), _watched)
        task = asyncio.ensure_future(_stepwise(coroutine))
        try:
            await asyncio.sleep(0)  # most answer at once: waiting with a limit costs as much again
            if not task.done():
                await _wait(task, seconds)
            if not task.done():
                raise Failed(f"pas de réponse en {seconds:g} s")
        finally:
            await _abandon(task)
        if task.cancelled():
            raise Failed("s’est annulée elle-même")
        return task.result()

    async def _in_thread(
        self, function: Callable[..., Any], arguments: Mapping[str, object], seconds: float
    ) -> object:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        if len(self._threads) >= MAX_THREADS:
            raise Failed(f"{MAX_THREADS} appels précédents ne sont pas revenus")
        answer: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        before = memory.resident()
        call = partial(contextvars.copy_context().run, partial(function, **arguments))
        thread = threading.Thread(
            target=_work, args=(call, answer), name=f"plugin-{self.plugin}", daemon=True
        )
        self._threads.append(thread)
        thread.start()
        hungry = partial(memory.is_hungry, before)
        await _wait(answer, seconds, hungry)
        if not answer.done():
            answer.cancel()
            _interrupt(thread)
            if hungry():
                raise Failed(memory.sentence(before), at_once=True)
            raise Failed(f"pas de réponse en {seconds:g} s")
        return answer.result()


async def _wait(
    answer: asyncio.Future[Any], seconds: float, enough: Callable[[], bool] = lambda: False
) -> None:
    """Wait for `answer`, once more when somebody else held the event loop meanwhile.

    `enough` is asked now and then: when it says so there is no more waiting.
    """
    loop = asyncio.get_running_loop()
    started = loop.time()
    left = seconds
    while left > 0 and not answer.done() and not enough():
        turn = min(left, LOOK)
        await asyncio.wait({answer}, timeout=turn)
        now = loop.time()
        left -= min(now - started, turn + STALL)
        started = now


def _work(call: Callable[[], object], answer: asyncio.Future[object]) -> None:
    error: BaseException | None = None
    result: object = None
    try:
        result = call()
    except StopIteration as stop:  # a future can't carry it (PEP 479)
        error = Failed(f"a levé {stop!r}")
    except Exception as failure:  # noqa: BLE001  # a stranger's code may raise anything
        error = failure
    except BaseException as end:  # noqa: BLE001  # SystemExit ends the call, not the site
        error = Failed(f"a voulu s’arrêter : {end!r}")
    with suppress(RuntimeError):  # the loop was closed while we worked
        answer.get_loop().call_soon_threadsafe(_settle, answer, result, error)


def _settle(answer: asyncio.Future[object], result: object, error: BaseException | None) -> None:
    if answer.done():
        return
    if error is None:
        answer.set_result(result)
    else:
        answer.set_exception(error)


def _interrupt(thread: threading.Thread) -> None:
    """Ask Python to raise Overdue in `thread`: ends loops, though not system calls."""
    if thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(Overdue)
        )


async def _abandon(task: asyncio.Task[Any]) -> None:
    """Cancel `task`; whatever becomes of it later is nobody's error any more."""
    for _time in range(2):
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=GRACE)
    if task.done():
        _look_at(task)
    else:
        task.add_done_callback(_look_at)


def _look_at(task: asyncio.Task[Any]) -> None:
    """Take notice of how `task` ended, so that asyncio doesn't complain that nobody did."""
    if not task.cancelled():
        task.exception()


async def _stepwise(coroutine: Coroutine[Any, Any, Any]) -> object:
    return await _Steps(coroutine)


async def _watched(coroutine: Coroutine[Any, Any, Any]) -> object:
    """Run a task that a call started; the call's own one is watched already."""
    if getattr(coroutine, "cr_code", None) is _stepwise.__code__:
        return await coroutine
    return await _Steps(coroutine, patient=True)


class _Steps:
    """Awaits a coroutine, each stretch between two awaits under the watchdog.

    It may tidy up when it is cancelled, once; a second cancellation ends it whatever it does,
    unless it is `patient`: libraries cancel their own tasks as often as they like.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, Any], *, patient: bool = False) -> None:
        self._coroutine = coroutine
        self._patient = patient

    def __await__(self) -> Generator[Any, Any, object]:
        step: Callable[[], object] = partial(self._coroutine.send, None)
        cancelled = False
        while True:
            try:
                with watch.step(watchdog.LOOP_LIMIT):
                    pending = step()
            except StopIteration as stop:
                return stop.value
            except Hungry as hunger:
                self._close()
                raise Failed(str(hunger), at_once=True) from None
            except Blocked:
                self._close()
                sentence = f"a bloqué le serveur pendant plus de {watchdog.LOOP_LIMIT:g} s"
                raise Failed(sentence, at_once=True) from None
            except (SystemExit, KeyboardInterrupt) as end:
                raise Failed(f"a voulu s’arrêter : {end!r}") from end
            try:
                sent = yield pending
            except asyncio.CancelledError as thrown:
                if cancelled and not self._patient:
                    self._close()
                    raise
                cancelled, step = True, partial(self._coroutine.throw, thrown)
            except BaseException as thrown:  # noqa: BLE001  # cancellation goes to the coroutine
                step = partial(self._coroutine.throw, thrown)
            else:
                step = partial(self._coroutine.send, sent)

    def _close(self) -> None:
        with suppress(Exception), watch.step(watchdog.LOOP_LIMIT):
            self._coroutine.close()
