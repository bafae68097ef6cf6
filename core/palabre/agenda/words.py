"""What pages say in words: on whose clock an hour is, what became of an event, what it costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from babel.dates import format_date, get_timezone_location

from palabre.agenda.core_filters import PRICE_NAMES, PRICES
from palabre.events.values import Price, Status
from palabre.i18n import gettext as _
from palabre.i18n import language, marked
from palabre.web.text import FALLBACK_LOCALE, LOCALES

Badge = tuple[str, str]
STATUS_BADGES: Mapping[Status, Badge] = {
    Status.CANCELLED: (marked("Annulé"), "bad"),
    Status.POSTPONED: (marked("Reporté"), "warn"),
    Status.RESCHEDULED: (marked("Nouvelle date"), "warn"),
    Status.MOVED_ONLINE: (marked("Passe en ligne"), "warn"),
    Status.FULL: (marked("Complet"), "warn"),
}
ONLINE_BADGE: Badge = (marked("En ligne"), "")
PRICE_BADGES: Mapping[Price, Badge] = {
    Price.FREE: (marked("Gratuit"), "good"),
    Price.OPEN: (marked("Prix libre"), "good"),
}


def clock_of(zone: str) -> str:
    """Return whose clock an hour is on: "heure de Dakar", "heure d’Erevan"."""
    city = _city(zone, language.get())
    if language.get() == "fr" and city[:1].casefold() in "aâeéèêiîoôuûh":
        return _("heure d’{city}").format(city=city)
    return _("heure de {city}").format(city=city)


@lru_cache
def _city(zone: str, code: str) -> str:
    name = get_timezone_location(zone, locale=LOCALES.get(code, FALLBACK_LOCALE), return_city=True)
    return str(name).rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Words:
    """What templates need to name things."""

    price_names: Mapping[Price, str]

    @staticmethod
    @lru_cache
    def badges(status: Status, price: Price, online: bool) -> Sequence[Badge]:  # noqa: FBT001  called by templates
        """Return what is worth seeing at once, as pairs of a French text and its kind."""
        worn = (
            STATUS_BADGES.get(status),
            ONLINE_BADGE if online else None,
            PRICE_BADGES.get(price),
        )
        return [badge for badge in worn if badge]

    @staticmethod
    def clock_of(zone: str) -> str:
        """Return whose clock an hour is on."""
        return clock_of(zone)

    @staticmethod
    def short_day(day: date) -> str:
        """Return a day without its year: "14 nov."."""
        return _short_day(day.toordinal(), language.get())


@lru_cache(maxsize=1024)
def _short_day(ordinal: int, code: str) -> str:
    return format_date(
        date.fromordinal(ordinal), "d MMM", locale=LOCALES.get(code, FALLBACK_LOCALE)
    )


WORDS = Words({price: PRICE_NAMES[name] for name, price in PRICES.items()})
