"""Plugins: find them, ask them, keep their failures from everybody else.

`current()` is the process's plugins; the application sets them with `use`. Plugin authors read
`palabre.hookspecs` and import `palabre.api`.
"""

from palabre.plugins.manager import Plugins

__all__ = ["Plugins", "current", "use"]

_current = Plugins()


def current() -> Plugins:
    """Return the plugins of this process; none before `use`."""
    return _current


def use(plugins: Plugins) -> None:
    """Make `plugins` those of this process."""
    global _current  # noqa: PLW0603  # one set of plugins per process, replaced only at its start
    _current = plugins
