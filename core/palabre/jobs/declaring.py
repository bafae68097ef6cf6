"""Declaring a job and asking for it.

@job("Relancer les structures", retries=5, seconds=300, cron="0 8 * * *")
async def remind(run: Run, edition: UUID) -> None:
run.progress(40, _("12 structures relancées"))

handle = await remind.enqueue(edition)      # in the caller's transaction: no commit, no job
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Concatenate, Generic, ParamSpec, get_type_hints
from uuid import UUID

from pydantic import BaseModel, ConfigDict, create_model

from palabre.jobs import queue
from palabre.jobs.children import run_in_child
from palabre.jobs.cron import parse
from palabre.settings import Settings

CORE = "core"  # the owner of the core's own jobs
RETRIES = 5
SECONDS = 300.0
KEPT = timedelta(days=1)  # how long what a job returned can be read
ARGUMENTS = 100_000  # bytes of JSON: arguments say where things are, they don't carry them

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt at a job, as its function sees it: `attempt` counts from 1."""

    id: UUID
    attempt: int
    settings: Settings
    note: Callable[[int, str], None]

    def progress(self, percent: float, sentence: str = "") -> None:
        """Say how far the work is, 0–100, and what it is at, for whoever waits for it.

        Costs nothing: it is written to the database a moment later, outside your transaction.
        """
        self.note(max(0, min(100, int(percent))), sentence)

    async def in_child(
        self,
        function: Callable[..., Any],
        *arguments: Any,  # noqa: ANN401  whatever the function takes
        memory: int = 512,
        seconds: float = 60.0,
    ) -> Any:  # noqa: ANN401  whatever the function gives
        """Call a plain function in a process of its own: what is heavy can't hurt the site there.

        Args:
            function: of a module, not nested; a parameter named `progress` gets a function to say
                how far it is, as `progress` here. It has no database and no secrets.
            arguments: what it takes, anything that pickle can copy.
            memory: the most it may have, in MiB.
            seconds: the longest it may take.

        Returns what the function does: bytes, or what JSON can say.
        Raises Refused when it does, ChildFailed when it fails otherwise or exceeds its limits.

        """
        return await run_in_child(
            function, arguments, memory=memory, seconds=seconds, progress=self.progress
        )


@dataclass(frozen=True, slots=True)
class Options(Generic[P]):
    """A job with its circumstances; `Job.options` makes it."""

    job: "Job[P]"
    at: datetime | None
    unique: str | None
    lock: str | None
    leads_to: str

    async def enqueue(self, *args: P.args, **kwargs: P.kwargs) -> UUID:
        """Do as `Job.enqueue`, under these circumstances."""
        arguments = self.job.written(*args, **kwargs)
        owner, name = self.job.owner, self.job.key
        return await queue.enqueue(
            queue.Order(owner, name, arguments, self.at, self.unique, self.lock, self.leads_to)
        )


class Job(Generic[P]):
    """A function that a worker calls; made by `job`, declared by the hook `jobs`."""

    def __init__(
        self,
        work: Callable[Concatenate[Run, P], Awaitable[object]],
        title: str,
        *,
        retries: int,
        seconds: float,
        keep: timedelta,
        cron: str,
    ) -> None:
        if not inspect.iscoroutinefunction(work):
            raise ValueError(f"job {work!r}: write `async def`; what is heavy goes to run.in_child")
        self.work = work
        self.name: str = work.__name__
        self.title = title
        self.retries = retries
        self.seconds = seconds
        self.keep = keep
        self.cron = parse(cron) if cron else None
        self.owner = ""

    def declared(self, owner: str) -> "Job[P]":
        """Make it the job of `owner` ("core", or a plugin); checks what can only be checked now."""
        if self.cron and self.written_without_arguments is None:
            raise ValueError(f"job {self.name}: its schedule has no arguments to give")
        self.owner = owner
        return self

    @property
    def key(self) -> str:
        """Its name in the whole site, "festival.remind"."""
        if not self.owner:
            raise RuntimeError(f"job {self.name} is not declared: return it from the hook `jobs`")
        return f"{self.owner}.{self.name}"

    async def enqueue(self, *args: P.args, **kwargs: P.kwargs) -> UUID:
        """Ask for it, inside the caller's transaction when there is one.

        It is done once that is committed; a rollback takes it back. Returns the job's id, which
        opens the waiting page: `/travaux/<id>`. Raises TypeError or pydantic's ValidationError
        when the arguments are not those of the function.
        """
        return await self.options().enqueue(*args, **kwargs)

    def options(
        self,
        *,
        at: datetime | None = None,
        unique: str | None = None,
        lock: str | None = None,
        leads_to: str = "",
    ) -> Options[P]:
        """Return it with circumstances, to enqueue: `job.options(at=…).enqueue(…)`.

        Args:
            at: not before this time (aware).
            unique: while one with this key waits, no second is added; the earlier time counts.
            lock: of those with this key, also of other jobs of the same owner, one runs at a time.
            leads_to: a path of the site where the waiting page leads when the job is done.

        """
        if leads_to and (not leads_to.startswith("/") or leads_to.startswith(("//", "/\\"))):
            raise ValueError(f"{leads_to!r} is not a path of this site")
        return Options(self, at, unique, lock, leads_to)

    @cached_property
    def _arguments(self) -> type[BaseModel]:
        hints = get_type_hints(self.work)
        parameters = list(inspect.signature(self.work).parameters.values())[1:]
        fields: dict[str, Any] = {}
        for parameter in parameters:
            if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
                raise ValueError(f"job {self.name}: *{parameter.name} can't be checked; name it")
            default = ... if parameter.default is parameter.empty else parameter.default
            fields[parameter.name] = (hints[parameter.name], default)
        return create_model(self.name, __config__=ConfigDict(extra="forbid"), **fields)

    def written(self, *args: P.args, **kwargs: P.kwargs) -> str:
        """Return the arguments as JSON; raises TypeError or ValidationError when they are wrong."""
        bound = inspect.signature(self.work).bind(None, *args, **kwargs)
        given = dict(list(bound.arguments.items())[1:])
        written = self._arguments(**given).model_dump_json()
        if len(written) > ARGUMENTS:
            raise ValueError(f"job {self.name}: arguments of {len(written)} bytes; give an id")
        return written

    @cached_property
    def written_without_arguments(self) -> str | None:
        """What a schedule enqueues; None when the function can't be called without arguments."""
        if any(field.is_required() for field in self._arguments.model_fields.values()):
            return None
        return self._arguments().model_dump_json()

    def read(self, written: str) -> dict[str, Any]:
        """Return the arguments that `written` holds; raises ValidationError."""
        values = self._arguments.model_validate_json(written)
        return {name: getattr(values, name) for name in self._arguments.model_fields}

    def __repr__(self) -> str:
        return f"Job({self.owner or '?'}.{self.name})"


def job(
    title: str,
    *,
    retries: int = RETRIES,
    seconds: float = SECONDS,
    keep: timedelta = KEPT,
    cron: str = "",
) -> Callable[[Callable[Concatenate[Run, P], Awaitable[object]]], Job[P]]:
    """Make an `async def` a job.

    Args:
        title: what it does, in French, for administrators and for whoever waits.
        retries: how often it is tried again when it fails: after ten seconds, then four times as
            long each time, at most six hours. 0 for what must not be begun twice, not even after
            a power cut: it is then shown to the administrator instead.
        seconds: the longest that one attempt may take.
        keep: how long what it returns can be read.
        cron: its hours as in crontab(5), on the clocks of the site's time zone; its function must
            do without arguments. An hour that passes while no worker runs is made up for, once.

    The function gets a `Run` and its own arguments, which have types: they are checked when it is
    enqueued and travel as JSON. It runs at least once and, after a kill -9, perhaps again: let it
    look at what is done already. Refused (and the other errors said to people) ends it at once.

    """

    def declare(work: Callable[Concatenate[Run, P], Awaitable[object]]) -> Job[P]:
        return Job(work, title, retries=retries, seconds=seconds, keep=keep, cron=cron)

    return declare


def core_job(
    title: str, *, retries: int = RETRIES, seconds: float = SECONDS, cron: str = ""
) -> Callable[[Callable[Concatenate[Run, P], Awaitable[object]]], Job[P]]:
    """Make an `async def` a job of the core's; see `job`."""

    def declare(work: Callable[Concatenate[Run, P], Awaitable[object]]) -> Job[P]:
        return job(title, retries=retries, seconds=seconds, cron=cron)(work).declared(CORE)

    return declare
