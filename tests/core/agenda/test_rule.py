"""The filters' SQL and the same rule written plainly in Python choose the same events."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from palabre.agenda.core_filters import ACCESSIBILITY_NAMES, AUDIENCES, CORE_FILTERS, PRICES
from palabre.agenda.filters import PUBLISHED, Selection, parse
from palabre.agenda.periods import PERIODS
from palabre.agenda.sql import Arguments
from palabre.database.connection import execute, fetch
from palabre.database.slugs import fold, slugify
from palabre.events.recurrence import expand
from palabre.events.values import (
    Accessibility,
    AllDay,
    Audience,
    Content,
    Override,
    Price,
    Publication,
    Recurrence,
    Status,
    Timed,
    When,
)
from palabre.people.models import Organisation

from .making import PARIS, WEDNESDAY, all_day, at, organisation, place, publish_all

COMMUNES = ["Grenoble", "Saint-Égrève", "Kédougou"]
WORDS = ["forêt", "forêts", "eau", "repas partagé", "débat", "cœur"]
CATEGORIES = ["Débat", "Micro-forêts", "Cinéma"]


class World:
    """What the plain rule knows of the events: places and organisers, and every content."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311  a repeatable world, no secret
        self.places: dict[UUID, tuple[str, str]] = {}
        self.organisers: dict[str, str] = {}
        self.co_organisers: dict[str, str] = {}
        self.contents: dict[str, Content] = {}

    async def build(self, size: int) -> None:
        for commune in COMMUNES:
            name = f"Salle de {commune}"
            self.places[await place(name, commune)] = (
                slugify(commune),
                slugify(f"{name} {commune}"),
            )
        for row in await fetch("SELECT id, slug, commune_slug FROM core_venue"):
            self.places[row["id"]] = (row["commune_slug"], row["slug"])
        organisations = [await organisation(name) for name in ("Alpha", "Bêta")]
        for number, by in enumerate(organisations):
            contents = [self.content(f"{n}-{number}") for n in range(size)]
            for saved, content in zip(await publish_all(contents, by), contents, strict=True):
                self.organisers[saved.slug] = by.slug
                self.contents[saved.slug] = content
        hidden = [self.content(f"brouillon {n}") for n in range(10)]
        await publish_all(hidden, organisations[0], Publication.DRAFT)
        await self.share(organisations)

    async def share(self, organisations: list[Organisation]) -> None:
        """Let every fifth event of the first organisation be organised with the second."""
        first, second = organisations
        for slug in [s for s, by in self.organisers.items() if by == first.slug][::5]:
            self.co_organisers[slug] = second.slug
            await execute(
                "INSERT INTO core_co_organiser SELECT id, $2 FROM core_event WHERE slug = $1",
                slug,
                second.id,
            )

    def content(self, number: str) -> Content:
        pick = self.random.choice
        when = self.when()
        override = Override(when.starts, venue_id=pick(list(self.places)))
        repeated = pick([True, False, False])
        return Content(
            title=f"{pick(WORDS).capitalize()} {number}",
            when=when,
            description=pick(WORDS),
            recurrence=Recurrence("FREQ=DAILY;COUNT=3") if repeated else None,
            overrides=(override,) if repeated and pick([True, False]) else (),
            status=pick([Status.SCHEDULED, Status.MOVED_ONLINE, Status.CANCELLED]),
            venue_id=pick([*self.places, None]),
            online_url=pick(["", "", "https://example.org/salon"]),
            categories=tuple(self.random.sample(CATEGORIES, pick([0, 1, 2]))),
            audience=pick(list(Audience)),
            price=pick(list(Price)),
            accessibility=tuple(self.random.sample(list(Accessibility), pick([0, 1, 2, 5]))),
        )

    def when(self) -> When:
        pick = self.random.choice
        zone = pick([PARIS, PARIS, "Africa/Dakar", "Asia/Yerevan"])
        day = date(2026, 11, 18) + timedelta(days=self.random.randint(-8, 14))
        if pick([True, False, False]):
            return all_day(day, pick([1, 1, 2, 9]), zone)
        hours = pick([0, 0.5, 2, 6, 30])
        return at(
            day.year,
            day.month,
            day.day,
            pick([0, 1, 12, 22, 23]),
            pick([0, 30]),
            zone=zone,
            hours=hours,
        )

    def expected(self, selection: Selection) -> set[str]:
        return {slug for slug in self.contents if self.holds(slug, selection)}

    def holds(self, slug: str, selection: Selection) -> bool:
        content = self.contents[slug]
        of_event = all(
            RULES[f.name](self, slug, content, values)
            for f, values in selection.parts
            if not f.of_dates
        )
        return of_event and any(
            self.date_holds(single.when, single.override, content, selection)
            for single in expand(content)
        )

    def date_holds(
        self, when: When, override: Override | None, content: Content, selection: Selection
    ) -> bool:
        venue = override.venue_id if override and override.venue_id else content.venue_id
        commune, slug = self.places.get(venue, ("", "")) if venue else ("", "")
        first, last = span(selection)
        chosen = {"commune": commune, "lieu": slug}
        return overlaps(when, first, last) and all(
            chosen[f.name] in values for f, values in selection.parts if f.name in chosen
        )


def span(selection: Selection) -> tuple[date, date]:
    if period := selection.values("quand"):
        return PERIODS[period[0]](WEDNESDAY.today)
    first = date.fromisoformat((*selection.values("du"), "1900-01-01")[0])
    return first, date.fromisoformat((*selection.values("au"), "2200-01-01")[0])


def overlaps(when: When, first: date, last: date) -> bool:
    if isinstance(when, AllDay):
        return when.starts <= last and when.ends > first
    begins = datetime.combine(first, time(), ZoneInfo(PARIS))
    over = datetime.combine(last + timedelta(days=1), time(), ZoneInfo(PARIS))
    ends = when.ends or when.starts
    return when.starts < over and (ends > begins or when.starts >= begins)


def says(content: Content, words: str) -> bool:
    """Search, for the words of this world: all are whole, their plural is an s."""

    def stems(text: str) -> set[str]:
        return {word.rstrip("s") for word in fold(text).replace("-", " ").split()}

    said = " ".join((content.title, content.description, *content.categories))
    return stems(words) <= stems(said)


def online(content: Content) -> str:
    return "oui" if content.online_url or content.status is Status.MOVED_ONLINE else "non"


RULES: Mapping[str, Any] = {
    "q": lambda _w, _s, content, values: says(content, values[0]),
    "organisation": lambda world, slug, _c, values: (
        world.organisers[slug] in values or world.co_organisers.get(slug) in values
    ),
    "categorie": lambda _w, _s, content, values: any(
        slugify(c) in values for c in content.categories
    ),
    "public": lambda _w, _s, content, values: content.audience in {AUDIENCES[v] for v in values},
    "prix": lambda _w, _s, content, values: content.price in {PRICES.get(v) for v in values},
    "accessibilite": lambda _w, _s, content, values: set(values) <= set(content.accessibility),
    "en_ligne": lambda _w, _s, content, values: online(content) in values,
}


def some_query(random: Random, places: list[str]) -> str:
    parts = [
        f"q={random.choice(['foret', 'forêts', 'eau', 'repas partages', 'coeur debat'])}",
        f"quand={random.choice(list(PERIODS))}",
        f"du=2026-11-{random.randint(10, 30)}",
        f"au=2026-12-{random.randint(10, 20)}" if random.random() < 0.5 else "au=2026-11-30",
        f"commune={random.choice(COMMUNES)}&commune=grenoble",
        f"lieu={random.choice(places)}",
        f"organisation={random.choice(['alpha', 'beta', 'gamma'])}",
        f"categorie={random.choice(CATEGORIES)}",
        f"public={random.choice(list(AUDIENCES))}&public=tous",
        f"prix={random.choice(list(PRICES))}",
        f"accessibilite={random.choice(list(ACCESSIBILITY_NAMES))}&accessibilite=hi",
        f"en_ligne={random.choice(['oui', 'non'])}",
    ]
    return "&".join(random.sample(parts, random.choice([1, 1, 2, 3])))


async def chosen(sql: str, arguments: Arguments) -> set[str]:
    return {row["slug"] for row in await fetch(sql, *arguments.values)}


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_lists_and_feeds_follow_one_rule(seed: int) -> None:
    world = World(seed)
    await world.build(60)
    places = [slug for _commune, slug in world.places.values()]
    matched = 0

    for _ in range(150):
        query = some_query(world.random, places)
        selection = parse(parse_qsl(query), CORE_FILTERS)
        expected = world.expected(selection)

        events, dates = Arguments(), Arguments()
        in_feed = await chosen(
            f"SELECT e.slug FROM core_event e WHERE {PUBLISHED}"  # noqa: S608  our own text
            f" AND {selection.where_event(events, WEDNESDAY)}",
            events,
        )
        in_list = await chosen(
            "SELECT e.slug FROM core_event e JOIN core_occurrence o ON o.event_id = e.id"  # noqa: S608  our own text
            " LEFT JOIN core_venue v ON v.id = COALESCE(o.venue_id, e.venue_id)"
            f" WHERE {PUBLISHED} AND {selection.where_date(dates, WEDNESDAY)}",
            dates,
        )

        assert in_feed == expected, query
        assert in_list == expected, query
        matched += bool(expected)
    assert matched > 100


def test_every_filter_has_its_plain_rule() -> None:
    of_dates = {f.name for f in CORE_FILTERS if f.of_dates}

    assert of_dates == {"quand", "du", "au", "commune", "lieu"}
    assert {f.name for f in CORE_FILTERS} - of_dates == set(RULES)


def test_the_plain_rule_counts_days_in_paris() -> None:
    late = Timed(*(datetime(2026, 11, 18, 23, m, tzinfo=ZoneInfo(PARIS)) for m in (0, 30)), PARIS)

    assert overlaps(late, date(2026, 11, 18), date(2026, 11, 18))
    assert not overlaps(late, date(2026, 11, 19), date(2026, 11, 19))
