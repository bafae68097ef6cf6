"""Fill a database with the made-up season, through the same door as everybody."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import islice
from uuid import UUID

from bench.data import ORGANISATIONS, VENUES, ZONE, Entry, entries, place_of
from bench.tools import ORIGIN, Bench
from palabre.database.connection import connected
from palabre.database.embedded import joined
from palabre.database.migrations import migrate
from palabre.events.domain.derived import keep_origin
from palabre.events.domain.saving import Change, save_many
from palabre.events.domain.venues import find_or_create
from palabre.events.values import AllDay, Content, Place, Publication, Recurrence, Timed
from palabre.people.domain import create_organisation
from palabre.people.models import Organisation
from palabre.people.permissions import SYSTEM
from palabre.plugins import Plugins
from palabre.settings import from_environment

BATCH = 500


@contextmanager
def database(bench: Bench, name: str) -> Iterator[str]:
    """Give the address of an embedded database of its own, for as long as the block lasts."""
    with joined(bench.folder / name) as url:
        yield url


async def prepare(url: str) -> None:
    """Make the tables, those of the plugins included, for a site at the bench's own address."""
    await migrate(url, Plugins.load(from_environment({})).packages())
    async with connected(url):
        await keep_origin(ORIGIN)


async def fill(count: int, around: date, first: int = 0) -> list[UUID]:
    """Publish `count` events of the season; needs a connected database. Returns their ids."""
    organisations = await _organisations()
    venues = await find_or_create([_place(number) for number in range(VENUES)])
    season = entries(count, around, first)
    ids: list[UUID] = []
    while batch := list(islice(season, BATCH)):
        changes = [
            Change(
                content_of(entry, venues),
                organisations[entry.organisation],
                publication=Publication.PUBLISHED,
            )
            for entry in batch
        ]
        ids += [saved.event_id for saved in await save_many(SYSTEM, changes)]
    return ids


def content_of(entry: Entry, venues: Sequence[UUID]) -> Content:
    """Return an entry as what an editor would have saved."""
    day = entry.starts.date()
    when = (
        AllDay(day, day + timedelta(days=1), ZONE)
        if entry.all_day
        else Timed(entry.starts, entry.starts + timedelta(minutes=entry.minutes), ZONE)
    )
    return Content(
        title=entry.title,
        when=when,
        description=entry.description,
        recurrence=Recurrence(entry.rule) if entry.rule else None,
        venue_id=venues[entry.venue],
        online_url="https://visio.example/salle" if entry.online else "",
        categories=(entry.category,),
    )


async def _organisations() -> list[UUID]:
    known = await Organisation.filter(slug__startswith="bench-").order_by("slug")
    if known:
        return [organisation.id for organisation in known]
    return [(await create_organisation(f"Bench {number:02}")).id for number in range(ORGANISATIONS)]


def _place(number: int) -> Place:
    name, address, commune = place_of(number)
    return Place(name=name, address=address, commune=commune)
