"""TZID → IANA time zone (RFC 5545 section 3.2.19): by name, by other names, by its rules.

An IANA name wins over the VTIMEZONE beside it, with a note where the two disagree at the event.
A custom name gets the IANA zone that follows the same rules; where none does, the rules of the
file place the event and the site's zone shows it.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from tzlocal.windows_tz import win_tz

from palabre.i18n import gettext as _
from palabre.importing.ical.model import Component
from palabre.importing.ical.notes import Notebook
from palabre.importing.ical.vtimezone import ZoneRules, read_rules

# Names that Windows shows, or that programs write, where the identifier should stand.
LOCALISED = {
    "romance (heure standard)": "Europe/Paris",
    "paris, madrid": "Europe/Paris",
    "paris": "Europe/Paris",
    "france": "Europe/Paris",
    "europe de l'ouest": "Europe/Berlin",
    "europe de l'ouest (heure standard)": "Europe/Berlin",
    "europe centrale": "Europe/Warsaw",
    "europe centrale (heure standard)": "Europe/Budapest",
    "europe occidentale": "Europe/Lisbon",
    "europe de l'est": "Europe/Chisinau",
    "europe de l'est (heure standard)": "Europe/Chisinau",
    "gmt (heure standard)": "Europe/London",
    "greenwich (heure standard)": "Atlantic/Reykjavik",
    "romanische normalzeit": "Europe/Paris",
    "mitteleuropäische zeit": "Europe/Berlin",
    "mitteleuropäische normalzeit": "Europe/Berlin",
    "westeuropäische normalzeit": "Europe/Lisbon",
    "w. europa standardtid": "Europe/Berlin",
    "west-europa (standaardtijd)": "Europe/Berlin",
    "ora solare europa occidentale": "Europe/Berlin",
    "ora solare romance": "Europe/Paris",
    "hora estándar romance": "Europe/Paris",
    "hora de verano romance": "Europe/Paris",
    "hora romance": "Europe/Paris",
    "caucase (heure standard)": "Asia/Yerevan",
    "eastern": "America/New_York",
    "central": "America/Chicago",
    "mountain": "America/Denver",
    "pacific": "America/Los_Angeles",
    "cest": "Europe/Paris",
    "western european time": "Europe/Lisbon",
    "central european time": "Europe/Paris",
    "central european summer time": "Europe/Paris",
    "gmt+01.00) paris": "Europe/Paris",
    "tzone://microsoft/utc": "UTC",
    "coordinated universal time": "UTC",
    "temps universel coordonné": "UTC",
    "utc": "UTC",
    "z": "UTC",
    "gmt": "UTC",
}
# How French, German and other Windows write the towns of "(UTC+01:00) Bruxelles, Copenhague…".
TOWNS = {
    "bruxelles": "brussels", "copenhague": "copenhagen", "londres": "london", "lisbonne": "lisbon",
    "édimbourg": "london", "edinburgh": "london", "berne": "zurich", "bern": "zurich",
    "vienne": "vienna", "wien": "vienna", "rom": "rome", "varsovie": "warsaw", "le caire": "cairo",
    "athènes": "athens", "bucarest": "bucharest", "moscou": "moscow", "erevan": "yerevan",
    "brüssel": "brussels", "kopenhagen": "copenhagen", "marseille": "paris", "lyon": "paris",
    "grenoble": "paris", "barcelona": "madrid", "eastern time": "new_york", "alger": "algiers",
    "pacific time": "los_angeles", "central time": "chicago", "mountain time": "denver",
}  # fmt: skip
_OFFSET = re.compile(r"\(?(?:UTC|GMT)?\s*([+\-\u2212])\s*(\d{1,2})(?:[:.h]?(\d{2}))?\)?")
_PREFIX = re.compile(
    r"^\(?(?:UTC|GMT)\s*(?:[+\-\u2212]\s*\d{1,2}[:.h]?\d{0,2})?\)?[\s:,-]*", re.IGNORECASE
)
_SAMPLES = tuple(
    datetime(year, month, day, 12)  # noqa: DTZ001 - local time, asked of each zone
    for year in (2024, 2026)
    for month, day in ((1, 15), (3, 20), (4, 10), (7, 15), (9, 20), (10, 20), (11, 8))
)


@dataclass(frozen=True, slots=True)
class Zone:
    """A resolved TZID: the IANA zone that shows the event and, for custom names, the file's rules.

    `places_by_rules`: the rules, not the IANA zone, turn local time into an instant.
    `assumed` is what to tell the reader, or "".
    """

    name: str
    rules: ZoneRules | None = None
    places_by_rules: bool = False
    assumed: str = ""

    def aware(self, local: datetime) -> datetime:
        """Return naive `local` as an aware datetime in `name`.

        A time that occurs twice is the first; one that never occurs takes the offset before the
        gap (RFC 5545 section 3.3.5).
        """
        zone = ZoneInfo(self.name)
        if self.places_by_rules and self.rules is not None:
            utc = local - self.rules.offset_at(local)
            return utc.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone)
        moment = local.replace(tzinfo=zone)
        return moment.astimezone(ZoneInfo("UTC")).astimezone(zone)


@dataclass(slots=True)
class Zones:
    """The time zones of one calendar; `default` is for times and names that say nothing."""

    default: str
    definitions: dict[str, ZoneRules] = field(default_factory=dict)
    _known: dict[str, Zone] = field(default_factory=dict)

    @classmethod
    def of(cls, components: tuple[Component, ...], default: str) -> "Zones":
        """Read the VTIMEZONEs of a calendar; broken ones are ignored."""
        zones = cls(default)
        for component in components:
            rules = read_rules(component)
            if rules is not None:
                zones.definitions.setdefault(_bare(rules.tzid), rules)
        return zones

    def resolve(self, tzid: str) -> Zone:
        """Return the zone that `tzid` means here; always one, with what was assumed."""
        if tzid not in self._known:
            self._known[tzid] = self._find(_bare(tzid))
        return self._known[tzid]

    def _find(self, tzid: str) -> Zone:
        rules = self.definitions.get(tzid)
        name = iana(tzid)
        if name is not None:
            return Zone(name, rules)
        if rules is not None:
            return self._by_rules(tzid, rules)
        name = described(tzid)
        if name is not None:
            told = _("Fuseau « {tzid} » lu comme {zone}.").format(tzid=tzid[:80], zone=name)
            return Zone(name, assumed=told)
        told = _("Fuseau « {tzid} » inconnu : {zone} supposé.").format(
            tzid=tzid[:80], zone=self.default
        )
        return Zone(self.default, assumed=told)

    def _by_rules(self, tzid: str, rules: ZoneRules) -> Zone:
        guess = described(tzid)
        for name in (guess, self.default, "Europe/Paris", *_everyday()):
            if name is not None and follows(name, rules):
                told = _("Fuseau « {tzid} » : mêmes règles que {zone}.").format(
                    tzid=tzid[:80], zone=name
                )
                return Zone(name, assumed=told)
        told = _(
            "Fuseau « {tzid} » : placé par les règles du fichier, montré à l’heure de {zone}."
        ).format(tzid=tzid[:80], zone=self.default)
        return Zone(self.default, rules, places_by_rules=True, assumed=told)


def disagreement(zone: Zone, local: datetime, notes: Notebook, line: int) -> None:
    """Note where the file's VTIMEZONE gives another offset than IANA at `local`."""
    if zone.rules is None or zone.places_by_rules or not zone.rules.covers(local):
        return
    ours = local.replace(tzinfo=ZoneInfo(zone.name)).utcoffset()
    theirs = zone.rules.offset_at(local)
    if ours is not None and ours != theirs:
        notes.add(
            _(
                "Le fichier place {zone} à {theirs} d’UTC, la base IANA à {ours} : IANA suivie."
            ).format(zone=zone.name, theirs=signed(theirs), ours=signed(ours)),
            line,
        )


def signed(offset: timedelta) -> str:
    """Return an offset as +HH:MM."""
    minutes = round(offset.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def iana(tzid: str) -> str | None:
    """Return the IANA name that `tzid` is, contains or stands for; None when it is no known name."""
    bare = _bare(tzid)
    exact = _names().get(bare.casefold())
    if exact is not None:
        return exact
    windows = _windows().get(bare.casefold())
    if windows is not None:
        return windows
    parts = bare.strip("/").split("/")
    for start in range(len(parts) - 1):  # /mozilla.org/20050126_1/Europe/Paris: the longest tail
        tail = "/".join(parts[start:]).replace(" ", "_")
        if tail.casefold() in _names():
            return _names()[tail.casefold()]
    return LOCALISED.get(bare.casefold().replace("’", "'"))


def described(tzid: str) -> str | None:
    """Return the zone that a display name or an offset describes: "(UTC+01:00) Paris", "GMT+0100"."""
    match = _OFFSET.search(tzid)
    offset = _offset(match) if match else None
    words = re.sub(r"\([^()]*\)", "", _PREFIX.sub("", tzid))
    for town in re.split(r"[,;/&]", words):
        name = _town(town)
        if name is not None and (offset is None or _standard(name) == offset):
            return name
    return _fixed(offset) if offset is not None else None


def _offset(match: re.Match[str]) -> timedelta | None:
    hours, minutes = int(match[2]), int(match[3] or 0)
    if hours > 14 or minutes > 59:
        return None
    offset = timedelta(hours=hours, minutes=minutes)
    return offset if match[1] == "+" else -offset


def _town(words: str) -> str | None:
    key = words.strip().casefold()
    key = TOWNS.get(key, key).replace(" ", "_")
    return _towns().get(key)


def _standard(name: str) -> timedelta:
    """Return the offset of a zone outside summer time, in the years of the samples."""
    zone = ZoneInfo(name)
    return min(sample.replace(tzinfo=zone).utcoffset() or timedelta() for sample in _SAMPLES)


def _fixed(offset: timedelta) -> str | None:
    """Return a zone that always has `offset`; the sign of Etc names is reversed."""
    hours, rest = divmod(offset, timedelta(hours=1))
    if not rest:
        return "UTC" if not hours else f"Etc/GMT{-hours:+d}"
    for name in _everyday():
        zone = ZoneInfo(name)
        if all(sample.replace(tzinfo=zone).utcoffset() == offset for sample in _SAMPLES):
            return name
    return None


def follows(name: str, rules: ZoneRules) -> bool:
    """Whether the IANA zone has the same offsets as `rules` at every sample."""
    zone = ZoneInfo(name)
    return all(
        sample.replace(tzinfo=zone).utcoffset() == rules.offset_at(sample) for sample in _SAMPLES
    )


def _bare(tzid: str) -> str:
    return tzid.replace("\\", "").strip().strip("\"'").strip()


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    odd = {"Factory", "localtime", "posixrules", "leapseconds"}
    return {name.casefold(): name for name in available_timezones() - odd}


@lru_cache(maxsize=1)
def _windows() -> dict[str, str]:
    return {name.casefold(): zone for name, zone in win_tz.items()}


@lru_cache(maxsize=1)
def _everyday() -> tuple[str, ...]:
    """One zone for each set of rules in use: those that Windows knows."""
    return tuple(dict.fromkeys(win_tz.values()))


@lru_cache(maxsize=1)
def _towns() -> dict[str, str]:
    towns: dict[str, str] = {}
    for name in sorted(available_timezones()):
        area, _slash, town = name.rpartition("/")
        if area and not area.startswith(("Etc", "posix", "right", "SystemV", "US", "Canada")):
            towns.setdefault(town.casefold(), name)
    return towns
