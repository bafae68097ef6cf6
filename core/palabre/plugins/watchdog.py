"""Interrupts a plugin that blocks the event loop.

Python can't take the processor away from a function, but a signal handler runs between its
bytecodes and breaks most system calls. So: while plugin code runs in the main thread, `Watch`
remembers whose it is and until when; a daemon thread looks four times a second; what is overdue
gets SIGURG, whose handler raises `Blocked` inside it. SIGURG because its default is to be ignored
(signal(7)), so that a late one hurts nobody.

What this can't break: a C extension that neither returns nor releases the interpreter. Outside the
main thread nothing is interrupted; there, the caller learns of it when the step returns.
"""

import signal
import threading
import time
from types import FrameType

TICK = 0.25  # seconds between two looks
LOOP_LIMIT = 2.0  # seconds that one step of a coroutine may hold the event loop


class Blocked(BaseException):
    """Raised inside plugin code that held its thread too long; not for plugins to catch."""


class Step:
    """A stretch of plugin code under watch, as a context manager.

    Leaving it raises Blocked when it took too long, whatever else happened: the interruption may
    have been swallowed, or may not have been possible. Catch it outside the `with`.
    """

    __slots__ = ("_outer", "_watch", "deadline", "in_main_thread", "interrupted")

    def __init__(self, watch: "Watch", seconds: float) -> None:
        self._watch = watch
        self.deadline = time.monotonic() + seconds
        self.in_main_thread = _in_main_thread()
        self.interrupted = False

    def __enter__(self) -> None:
        self._outer = self._watch.running
        self._watch.running = self

    def __exit__(self, kind: type[BaseException] | None, *_details: object) -> None:
        self._watch.running = self._outer
        if kind is not Blocked and time.monotonic() > self.deadline:
            raise Blocked

    @property
    def is_overdue(self) -> bool:
        """Whether it is time to interrupt it."""
        return self.in_main_thread and not self.interrupted and time.monotonic() > self.deadline


class Watch:
    """Watches the steps of plugin code; one per process, see `watch`."""

    def __init__(self) -> None:
        self.running: Step | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to watch; does nothing when it already does, or outside the main thread."""
        if self._thread is not None or not _in_main_thread():
            return
        signal.signal(signal.SIGURG, self._interrupt)
        self._thread = threading.Thread(target=self._look, name="plugin-watch", daemon=True)
        self._thread.start()

    def step(self, seconds: float) -> Step:
        """Return a context manager that gives its body `seconds`."""
        return Step(self, seconds)

    def _look(self) -> None:
        main = threading.main_thread().ident
        while main is not None:
            time.sleep(TICK)
            step = self.running
            if step is not None and step.is_overdue:
                signal.pthread_kill(main, signal.SIGURG)

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        step = self.running
        if step is not None and step.is_overdue:
            # Once only: had the step ended just now, a second Blocked would hit somebody else.
            step.interrupted = True
            raise Blocked


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


watch = Watch()
