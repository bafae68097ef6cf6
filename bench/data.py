"""A made-up season of any size: the same number gives the same events, wherever it runs.

Texts have the lengths of real agendas (a description of some 500 characters, one title in ten very
long), a tenth of the events last whole days, one in twenty repeats. Nothing here is anybody's.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = "Europe/Paris"
SEED = 38
SPREAD_DAYS = 540  # a season and a half, two thirds of it still to come
ORGANISATIONS = 30
VENUES = 240
COMMUNES = (
    "Grenoble", "Voiron", "Vienne", "Crolles", "Fontaine", "Échirolles", "Meylan", "Pontcharra",
    "La Mure", "Vizille", "Bourgoin-Jallieu", "Saint-Martin-d’Hères", "Roussillon", "Moirans",
    "Villard-de-Lans", "Saint-Marcellin", "Domène", "Allevard", "Mens", "Le Touvet",
)  # fmt: skip
KINDS = (
    "Débat", "Atelier", "Projection", "Exposition", "Concert", "Conte", "Marche", "Repas partagé",
    "Lecture", "Stand", "Jeu", "Rencontre",
)  # fmt: skip
SUBJECTS = (
    "forêt", "eau", "école", "jardins", "semences", "radio", "migrations", "climat", "musique",
    "cuisine", "tissage", "langues", "commerce équitable", "droits", "santé", "agroécologie",
)  # fmt: skip
WORDS = [
    "avec",
    "les",
    "habitants",
    "du",
    "quartier",
    "et",
    "les",
    "élèves",
    "venus",
    "raconter",
    "leur",
    "année",
    "entre",
    "deux",
    "rives",
    "nous",
    "parlerons",
    "des",
    "gestes",
    "qui",
    "restent",
    "après",
    "la",
    "fête",
    "un",
    "goûter",
    "attend",
    "petits",
    "et",
    "grands",
    "entrée",
    "libre",
    "dans",
    "la",
    "limite",
    "des",
    "places",
    "pensez",
    "à",
    "apporter",
    "une",
    "tasse",
    "et",
    "de",
    "bonnes",
    "chaussures",
]


@dataclass(frozen=True, slots=True)
class Entry:
    """One event, in terms that an iCalendar file and a `Content` can both be made of."""

    number: int
    title: str
    description: str
    starts: datetime  # aware, Europe/Paris
    minutes: int
    all_day: bool
    rule: str
    venue: int
    organisation: int
    category: str
    online: bool


def entries(count: int, around: date, first: int = 0) -> Iterator[Entry]:
    """Yield `count` events around a day, numbered from `first`."""
    for number in range(first, first + count):
        yield _entry(number, around)


def _entry(number: int, around: date) -> Entry:
    dice = random.Random(SEED * 1_000_003 + number)  # noqa: S311  a repeatable season, no secret
    day = around + timedelta(days=dice.randrange(-SPREAD_DAYS // 3, SPREAD_DAYS * 2 // 3))
    hour, minute = dice.randrange(9, 21), dice.choice((0, 15, 30, 45))
    kind, subject = dice.choice(KINDS), dice.choice(SUBJECTS)
    long_title = " ".join(dice.choices(WORDS, k=18)) if number % 10 == 0 else ""
    return Entry(
        number=number,
        title=f"{kind} « {subject} » n° {number} {long_title}".strip(),
        description=" ".join(dice.choices(WORDS, k=dice.randrange(40, 130))).capitalize() + ".",
        starts=datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(ZONE)),
        minutes=dice.choice((60, 90, 120, 180)),
        all_day=number % 10 == 3,
        rule="FREQ=WEEKLY;COUNT=8" if number % 20 == 7 else "",
        venue=dice.randrange(VENUES),
        organisation=dice.randrange(ORGANISATIONS),
        category=kind,
        online=number % 15 == 0,
    )


def place_of(venue: int) -> tuple[str, str, str]:
    """Return a venue as (name, address, commune)."""
    commune = COMMUNES[venue % len(COMMUNES)]
    return f"Salle {venue + 1}", f"{venue % 90 + 1} rue des Tilleuls", commune


def calendar(count: int, around: date) -> bytes:
    """Return an iCalendar file with `count` events, folded as RFC 5545 section 3.1 asks."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Palabre//bench//FR"]
    for entry in entries(count, around):
        lines += _component(entry)
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def _component(entry: Entry) -> list[str]:
    name, address, commune = place_of(entry.venue)
    return [
        "BEGIN:VEVENT",
        f"UID:event-{entry.number}@bench.example",
        "DTSTAMP:20260101T000000Z",
        *_times(entry),
        f"SUMMARY:{_escaped(entry.title)}",
        f"DESCRIPTION:{_escaped(entry.description)}",
        f"LOCATION:{_escaped(f'{name}, {address}, {commune}')}",
        f"CATEGORIES:{_escaped(entry.category)}",
        *([f"RRULE:{entry.rule}"] if entry.rule else []),
        "END:VEVENT",
    ]


def _times(entry: Entry) -> list[str]:
    if entry.all_day:
        day = entry.starts.date()
        return [
            f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}",
        ]
    if entry.number % 4 == 0:
        ends = entry.starts + timedelta(minutes=entry.minutes)
        return [f"DTSTART:{_utc(entry.starts)}", f"DTEND:{_utc(ends)}"]
    local = entry.starts.replace(tzinfo=None)
    ends = local + timedelta(minutes=entry.minutes)
    return [
        f"DTSTART;TZID={ZONE}:{local:%Y%m%dT%H%M%S}",
        f"DTEND;TZID={ZONE}:{ends:%Y%m%dT%H%M%S}",
    ]


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> bytes:
    rest, parts = line.encode(), []
    while len(rest) > 73:
        cut = 73
        while rest[cut] & 0xC0 == 0x80:  # never inside a character
            cut -= 1
        parts.append(rest[:cut])
        rest = rest[cut:]
    return b"\r\n ".join([*parts, rest]) + b"\r\n"
