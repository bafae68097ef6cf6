"""Dates and hours as people type them where the browser has no picker: 14/11/2026, 14h30."""

import re
import unicodedata
from datetime import date, time

from palabre.database.slugs import fold
from palabre.errors import Refused
from palabre.i18n import gettext as _

_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_NUMBERS = re.compile(r"([0-9]{1,2}) ?[/.-] ?([0-9]{1,2}) ?[/.-] ?([0-9]{4}|[0-9]{2})")
_NAMED = re.compile(r"(?:[a-z]+\.? )?([0-9]{1,2})(?:er)? ([a-z]+)\.? ([0-9]{4})")
_TIME = re.compile(r"([0-9]{1,2})(?: ?(?:h|:|heures?) ?([0-9]{2})?(?::[0-9]{2})?(?: ?mi?n?)?)?")
_WORDS = {"midi": time(12), "minuit": time()}
_MONTHS = (
    ("janvier", "january"),
    ("fevrier", "february"),
    ("mars", "march"),
    ("avril", "april"),
    ("mai", "may"),
    ("juin", "june"),
    ("juillet", "july"),
    ("aout", "august"),
    ("septembre", "september"),
    ("octobre", "october"),
    ("novembre", "november"),
    ("decembre", "december"),
)
_SHORTEST = 3


def read_date(text: str, field: str) -> date:
    """Read 2026-11-14, 14/11/2026, 14.11.26 or "14 novembre 2026"; raises Refused for `field`."""
    typed = _plain(text)
    try:
        if match := _ISO.fullmatch(typed):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _NUMBERS.fullmatch(typed):
            year = int(match[3]) + (2000 if len(match[3]) == 2 else 0)
            return date(year, int(match[2]), int(match[1]))
        if match := _NAMED.fullmatch(typed):
            return date(int(match[3]), _month(match[2]), int(match[1]))
    except ValueError:
        raise Refused(_("Cette date n’existe pas dans le calendrier."), field) from None
    raise Refused(_("Écrivez la date comme ceci : 14/11/2026."), field)


def read_time(text: str, field: str) -> time:
    """Read 14:30, 14h30, 14 h, 9 or "midi"; raises Refused for `field`."""
    typed = _plain(text)
    if typed in _WORDS:
        return _WORDS[typed]
    match = _TIME.fullmatch(typed)
    try:
        if match:
            return time(int(match[1]), int(match[2] or 0))
    except ValueError:
        raise Refused(
            _("Cette heure n’existe pas : les heures vont de 0 h à 23 h 59."), field
        ) from None
    raise Refused(_("Écrivez l’heure comme ceci : 14:30 ou 14h30."), field)


def _plain(text: str) -> str:
    """Return `text` folded, its spaces single and its digits ASCII."""
    return " ".join(fold(unicodedata.normalize("NFKC", text[:60])).split())


def _month(name: str) -> int:
    for number, names in enumerate(_MONTHS, start=1):
        if len(name) >= _SHORTEST and any(full.startswith(name) for full in names):
            return number
    raise ValueError(name)
