"""Runs a plugin's rule about who may do what, so that its failure allows nothing."""

from collections.abc import Callable

from tortoise.expressions import Q

from palabre.people.granted import NOTHING, Where
from palabre.people.permissions import Actor
from palabre.plugins import watchdog
from palabre.plugins.running import Failed
from palabre.plugins.watchdog import Blocked, watch


def guarded(where: Where, failed: Callable[[BaseException], object]) -> Where:
    """Return `where` as a rule that never raises: it covers nothing then, and `failed` is told."""

    def rule(actor: Actor, granted: Q) -> Q:
        try:
            return _asked(where, actor, granted)
        except Blocked:
            sentence = f"a bloqué le serveur pendant plus de {watchdog.LOOP_LIMIT:g} s"
            failed(Failed(sentence, at_once=True))
        except (Exception, SystemExit) as error:  # noqa: BLE001  a stranger's code may raise anything
            failed(error)
        return NOTHING

    return rule


def _asked(where: Where, actor: Actor, granted: Q) -> Q:
    with watch.step(watchdog.LOOP_LIMIT):
        allowed: object = where(actor, granted)
    if not isinstance(allowed, Q):
        raise Failed(f"a rendu {type(allowed).__name__} au lieu de Q")
    return allowed
