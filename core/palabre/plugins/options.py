"""The settings of the plugins of this process, as they are now; reading them costs no query."""

import json

import structlog

from palabre.i18n import gettext as _
from palabre.plugin_settings import PluginSettings, loaded
from palabre.plugins.loading import Loaded
from palabre.plugins.state import State
from palabre.plugins.watchdog import LOOP_LIMIT, Blocked, watch

log = structlog.get_logger("palabre.plugins")


def taken(plugin: Loaded, state: State) -> tuple[PluginSettings | None, dict[str, str]]:
    """Return a plugin's settings as stored, and for each value that no longer fits, why.

    Its validators are a stranger's: when they fail or hang, the defaults are taken.
    """
    model = plugin.manifest.settings if plugin.manifest else None
    if model is None:
        return None, {}
    try:
        with watch.step(LOOP_LIMIT):
            return loaded(model, json.loads(state.settings))
    except (Exception, Blocked) as error:
        log.exception("plugin_settings_failed", plugin=plugin.name, error=repr(error))
        return model(), {"": _("Les contrôles de ces réglages ont échoué.")}
