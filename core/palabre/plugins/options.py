"""The settings of the plugins of this process, as they are now; reading them costs no query."""

import json
from collections.abc import Callable

import structlog

from palabre.i18n import gettext as _
from palabre.plugin_settings import PluginSettings, loaded
from palabre.plugins.loading import Loaded
from palabre.plugins.state import State
from palabre.plugins.watchdog import LOOP_LIMIT, Blocked, watch

Taken = tuple[PluginSettings, dict[str, str]]  # the settings, and what doesn't fit, by field

log = structlog.get_logger("palabre.plugins")


def taken(plugin: Loaded, state: State) -> tuple[PluginSettings | None, dict[str, str]]:
    """Return a plugin's settings as stored, and for each value that no longer fits, why."""
    model = plugin.manifest.settings if plugin.manifest else None
    if model is None:
        return None, {}
    stored = json.loads(state.settings) | json.loads(state.secrets)
    return guarded(plugin.name, model(), lambda: loaded(model, stored))


def guarded(name: str, otherwise: PluginSettings, read: Callable[[], Taken]) -> Taken:
    """Return what `read` does; `otherwise` and a sentence when a stranger's validator fails or hangs."""
    try:
        with watch.step(LOOP_LIMIT):
            return read()
    except (Exception, Blocked) as error:
        log.exception("plugin_settings_failed", plugin=name, error=repr(error))
        return otherwise, {"": _("Les contrôles de ces réglages ont échoué.")}
