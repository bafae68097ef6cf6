"""Time zones by their IANA names, and wall clocks read as RFC 5545 section 3.3.5 wants them."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from palabre.errors import Refused
from palabre.i18n import gettext as _

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,31}(/[A-Za-z0-9_+-]{1,31}){0,2}")
# Files of the tz database that follow the machine or stand for nothing.
_NOT_ZONES = frozenset({"localtime", "posixrules", "Factory", "leapseconds", "tzdata"})


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """Return the zone of the IANA name `name`; raise Refused (field "zone") when there is none."""
    if _NAME.fullmatch(name) and name.partition("/")[0] not in _NOT_ZONES:
        try:
            return ZoneInfo(name)
        except (LookupError, ValueError, OSError):
            pass
    raise Refused(
        _("Ce fuseau horaire est inconnu : écrivez par exemple Europe/Paris ou Africa/Dakar."),
        field="zone",
    )


def at_wall_clock(naive: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant at which the clocks of `zone` show `naive`.

    A time that the spring skips is read with the offset before the gap (2:30 becomes 3:30 summer
    time), one that the autumn repeats is the first of the two: RFC 5545 section 3.3.5.
    """
    return naive.replace(tzinfo=zone, fold=0).astimezone(UTC).astimezone(zone)
