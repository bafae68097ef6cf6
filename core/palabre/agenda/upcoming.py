"""What comes next in a category, as plugins show it on their pages."""

from dataclasses import dataclass
from datetime import date

from starlette.requests import Request

from palabre.agenda.core_filters import CORE_FILTERS
from palabre.agenda.filters import parse
from palabre.agenda.presenting import href
from palabre.agenda.queries import ListPage, list_page
from palabre.agenda.requests import moment_of
from palabre.agenda.words import WORDS, Words
from palabre.database.slugs import slugify

SIZE = 12  # dates on a plugin's page; the agenda has the rest


@dataclass(frozen=True, slots=True)
class Upcoming:
    """The next dates of a category, for the macro `upcoming_events` of api/macros.html.

    `address` is the same list in the agenda, `guide` explains how to subscribe to it.
    """

    list: ListPage
    today: date
    words: Words
    address: str
    guide: str


async def upcoming(request: Request, category: str, size: int = SIZE) -> Upcoming:
    """Return the next `size` dates of the published events in `category` (its name or slug)."""
    moment = moment_of(request)
    selection = parse([("categorie", slugify(category))], CORE_FILTERS)
    return Upcoming(
        list=await list_page(selection, moment, size=size),
        today=moment.today,
        words=WORDS,
        address=href("/agenda", selection),
        guide=href("/abonnement", selection),
    )
