"""Which jobs this process knows, and which of them may run now."""

from collections.abc import Callable, Sequence
from typing import Any

from palabre.jobs.declaring import CORE, Job
from palabre.plugins import Plugins
from palabre.plugins.extension import Extension, Standing


class Registry:
    """The core's jobs and those of the plugins, by their whole names.

    `jobs` are the core's that this process can do.
    """

    def __init__(self, jobs: Sequence[Job[Any]], plugins: Plugins) -> None:
        self._plugins = plugins
        brought = [job for extension in plugins.extensions for job in extension.loaded.jobs]
        self._known = {job.key: job for job in (*jobs, *brought)}
        self._extensions = {extension.name: extension for extension in plugins.extensions}
        self._runnable: tuple[int, list[str]] = (-1, [])

    def find(self, name: str) -> Job[Any] | None:
        """Return the job of that name, unless this process doesn't know it."""
        return self._known.get(name)

    def extension(self, job: Job[Any]) -> Extension | None:
        """Return the plugin that brought `job`, or None for one of the core's."""
        return self._extensions.get(job.owner)

    def is_running(self, owner: str) -> bool:
        """Whether the jobs of `owner` may run: a paused or disabled plugin's wait."""
        extension = self._extensions.get(owner)
        if extension is None:
            return owner == CORE
        return extension.standing is Standing.ACTIVE

    def on_change(self, tell: Callable[[], None]) -> None:
        """Call `tell` whenever a plugin was paused, enabled or disabled."""
        self._plugins.on_change(tell)

    def title(self, owner: str) -> str:
        """Return a plugin's title; its bare name when it isn't installed."""
        extension = self._extensions.get(owner)
        return extension.title if extension else owner

    @property
    def revision(self) -> int:
        """What rises whenever a plugin is paused, enabled or disabled."""
        return self._plugins.revision

    @property
    def runnable(self) -> list[str]:
        """The names of the jobs that may run now."""
        if self._runnable[0] != self.revision:
            names = [key for key, job in self._known.items() if self.is_running(job.owner)]
            self._runnable = (self.revision, names)
        return self._runnable[1]

    @property
    def schedules(self) -> list[Job[Any]]:
        """The jobs that have hours and may run now."""
        return [self._known[name] for name in self.runnable if self._known[name].cron]
