"""Interrupts a plugin that blocks the event loop, or that eats the memory meanwhile.

Python can't take the processor away from a function, but a signal handler runs between its
bytecodes and breaks most system calls. So: while plugin code runs in the main thread, `Watch`
remembers whose it is and until when; a daemon thread looks four times a second; what is overdue,
or took too much memory (memory.py), gets SIGURG, whose handler raises `Blocked` inside it. SIGURG because its default is to be ignored
(signal(7)), so that a late one hurts nobody.

What this can't break: a C extension that neither returns nor releases the interpreter. Outside the
main thread nothing is interrupted; there, the caller learns of it when the step returns.
"""

import signal
import threading
import time
from types import FrameType

from palabre.database.spending import SPENDING
from palabre.plugins import memory

TICK = 0.25  # seconds between two looks
LOOP_LIMIT = 2.0  # seconds that one step of a coroutine may hold the event loop
LONG = 0.02  # seconds; only a step that takes longer can keep an amount of memory that matters


class Blocked(BaseException):
    """Raised inside plugin code that held its thread too long; not for plugins to catch."""


class Hungry(Blocked):
    """Raised inside plugin code that took too much memory at once; says how much."""


class Step:
    """A stretch of plugin code under watch, as a context manager.

    Leaving it raises Blocked when it took too long, whatever else happened: the interruption may
    have been swallowed, or may not have been possible. Catch it outside the `with`.
    """

    __slots__ = (
        "_outer",
        "_seconds",
        "_watch",
        "before",
        "deadline",
        "in_main_thread",
        "interrupted",
    )

    def __init__(self, watch: "Watch", seconds: float) -> None:
        self._watch = watch
        self._seconds = seconds
        self.before = watch.resident
        self.deadline = time.monotonic() + seconds
        self.in_main_thread = _in_main_thread()
        self.interrupted = False

    def __enter__(self) -> None:
        self._outer = self._watch.running
        self._watch.running = self

    def __exit__(self, kind: type[BaseException] | None, *_details: object) -> None:
        self._watch.running = self._outer
        left = self.deadline - time.monotonic()
        if self._seconds - left > LONG:
            self._note_memory()
        if left < 0 and not (kind and issubclass(kind, Blocked)):
            raise Blocked

    def _note_memory(self) -> None:
        spending = SPENDING.get()
        if spending is not None:
            spending.grown += memory.resident() - self.before

    @property
    def is_overdue(self) -> bool:
        """Whether it is time to interrupt it."""
        return time.monotonic() > self.deadline

    @property
    def is_hungry(self) -> bool:
        """Whether the process has grown too much since it began."""
        return self.before > 0 and memory.is_hungry(self.before)

    @property
    def is_to_end(self) -> bool:
        """Whether it has to be interrupted, and can be."""
        return self.in_main_thread and not self.interrupted and (self.is_overdue or self.is_hungry)


class Watch:
    """Watches the steps of plugin code; one per process, see `watch`."""

    def __init__(self) -> None:
        self.running: Step | None = None
        self.resident = 0  # bytes, as of the last look outside of any step
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
            if step is None:
                self.resident = memory.resident()
            elif step.is_to_end:
                signal.pthread_kill(main, signal.SIGURG)

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        step = self.running
        if step is not None and step.is_to_end:
            # Once only: had the step ended just now, a second Blocked would hit somebody else.
            step.interrupted = True
            raise Blocked if step.is_overdue else Hungry(memory.sentence(step.before))


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


watch = Watch()
