"""Events for the agenda's tests, saved through the domain's own door."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from palabre.agenda.sql import Moment
from palabre.database.slugs import slugify
from palabre.events.domain.saving import Change, Saved, save_many
from palabre.events.domain.venues import find_or_create
from palabre.events.values import AllDay, Content, Place, Publication, Timed, When
from palabre.people.models import Organisation
from palabre.people.permissions import SYSTEM

PARIS = "Europe/Paris"
WEDNESDAY = Moment(datetime(2026, 11, 18, 9, tzinfo=UTC), ZoneInfo(PARIS))


def at(
    year: int,
    month: int,
    day: int,
    hour: int = 18,
    minute: int = 0,
    *,
    zone: str = PARIS,
    hours: float = 2,
) -> Timed:
    """Return some hours on the clock of `zone`."""
    starts = datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone))
    return Timed(starts, starts + timedelta(hours=hours), zone)


def all_day(first: date, days: int = 1, zone: str = PARIS) -> AllDay:
    """Return whole days from `first` on."""
    return AllDay(first, first + timedelta(days=days), zone)


async def organisation(name: str = "Les Amis de la forêt", **columns: Any) -> Organisation:
    return await Organisation.create(name=name, slug=slugify(name), **columns)


async def place(name: str, commune: str = "Grenoble") -> UUID:
    return (await find_or_create([Place(name, commune=commune)]))[0]


async def publish(
    title: str,
    when: When,
    by: Organisation | None = None,
    publication: Publication = Publication.PUBLISHED,
    **said: Any,
) -> Saved:
    """Save one event, published unless said otherwise, by an organisation of its own or `by`."""
    by = by or await Organisation.get_or_none(slug="les-amis-de-la-foret") or await organisation()
    return (await publish_all([Content(title, when, **said)], by, publication))[0]


async def publish_all(
    contents: list[Content], by: Organisation, publication: Publication = Publication.PUBLISHED
) -> list[Saved]:
    changes = [Change(content, by.id, publication=publication) for content in contents]
    return await save_many(SYSTEM, changes)


TODAY = datetime.now(ZoneInfo(PARIS)).date()
LATER = TODAY + timedelta(days=20)
SOON = at(LATER.year, LATER.month, LATER.day, 18, 30)
