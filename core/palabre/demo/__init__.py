"""The demo: a season that nobody organised, to try every page with.

The same day gives the same demo: titles, places, dates, addresses and accounts. The season begins
on a Friday near the day it is loaded, so that the agenda has something behind and before it.
"""

import tomllib
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from palabre import plugins
from palabre.errors import Refused
from palabre.events.domain.saving import Change, save_many
from palabre.events.domain.venues import find_or_create
from palabre.events.models import Event
from palabre.events.rules import parse_rule, walk
from palabre.events.values import (
    Accessibility,
    AllDay,
    Audience,
    Content,
    Place,
    Price,
    Publication,
    Recurrence,
    Status,
    Timed,
    When,
)
from palabre.hookvalues import Demo
from palabre.i18n import gettext as _
from palabre.people import domain as people
from palabre.people.models import Organisation, OrganisationKind, Role, SiteRole, User
from palabre.people.permissions import SYSTEM

ZONE = "Europe/Paris"
PASSWORD = "sous-l-arbre-a-palabres"  # noqa: S105 - printed at start, for the demo alone
IMPORT_ORGANISATION = "demo-import"
FRIDAY = 4
FESTIVAL = "Festival des solidarités"  # the category of its events; others name their own


class Account(BaseModel):
    """A demo login: what it may do is in its name."""

    model_config = ConfigDict(frozen=True)

    email: str
    name: str
    site_roles: frozenset[SiteRole] = frozenset()
    roles: dict[str, Role] = {}


ACCOUNTS = (
    Account(
        email="administration@demo.example",
        name="Administratrice (démo)",
        site_roles=frozenset({SiteRole.ADMINISTRATOR}),
    ),
    Account(
        email="moderation@demo.example",
        name="Modérateur (démo)",
        site_roles=frozenset({SiteRole.MODERATOR}),
    ),
    Account(
        email="responsable@demo.example",
        name="Responsable de collectif (démo)",
        roles={"grenoble": Role.OWNER, IMPORT_ORGANISATION: Role.OWNER},
    ),
    Account(
        email="redaction@demo.example",
        name="Rédactrice (démo)",
        roles={"voironnais": Role.EDITOR, IMPORT_ORGANISATION: Role.EDITOR},
    ),
    Account(
        email="benevole@demo.example",
        name="Bénévole (démo)",
        roles={"grenoble": Role.CONTRIBUTOR},
    ),
)


class Story(BaseModel):
    """One entry of season.toml; `at` holds "venue organisation day hour minutes" a date each."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    text: str
    kind: str
    at: list[str]
    programmes: list[str] = [FESTIVAL]
    audience: Audience = Audience.EVERYONE
    price: Price = Price.UNKNOWN
    price_text: str = ""
    access: list[Accessibility] = []
    online: str = ""
    zone: str = ZONE
    days: int = 0
    repeat: str = ""
    weeks: int = 0


async def load(today: date | None = None) -> int:
    """Fill an empty site with the demo; returns how many events it made.

    `today` (default: now in Isère) decides when the season is. Raises Refused when the site
    already has people or events, which are never mixed with invented ones.
    """
    if await User.exists() or await Event.exists() or await Organisation.exists():
        raise Refused(_("Ce site n’est pas vide : la démonstration n’a pas été chargée."))
    season = tomllib.loads((Path(__file__).parent / "season.toml").read_text(encoding="utf-8"))
    organisations = await _make_organisations(season["organisations"])
    await _make_accounts(organisations)
    venues = await _make_venues(season["venues"])
    first = first_friday(today or datetime.now(ZoneInfo(ZONE)).date())
    stories = [Story.model_validate(entry) for entry in season["events"]]
    changes = list(_changes(stories, first, organisations, venues))
    saved = await save_many(SYSTEM, changes)
    made = Demo(SYSTEM, first, tuple(each.event_id for each in saved))
    await plugins.current().add_to_demo(made)
    return len(changes)


async def is_empty() -> bool:
    """Whether nobody has used this site yet."""
    return not (await User.exists() or await Organisation.exists())


def first_friday(today: date) -> date:
    """Return the Friday on which the season of a demo loaded `today` begins: 4 to 10 days ago.

    About half of the season is then still to come.
    """
    back = (today.weekday() - FRIDAY) % 7
    return today - timedelta(days=back if back >= 4 else back + 7)


async def _make_organisations(entries: dict[str, list[str]]) -> dict[str, Organisation]:
    made = {}
    for key, (name, kind, commune, description) in entries.items():
        made[key] = await people.create_organisation(
            name,
            kind=OrganisationKind(kind),
            slug=key if key == IMPORT_ORGANISATION else "",
            commune=commune,
            description=description,
            is_demo=True,
        )
    return made


async def _make_accounts(organisations: dict[str, Organisation]) -> None:
    for account in ACCOUNTS:
        user = await people.create_user(
            account.email, account.name, PASSWORD, site_roles=account.site_roles, is_demo=True
        )
        for key, role in account.roles.items():
            await people.add_member(user, organisations[key], role)


async def _make_venues(entries: dict[str, list[Any]]) -> dict[str, UUID]:
    names = ("name", "address", "postal_code", "commune", "latitude", "longitude", "country")
    places = [Place(**dict(zip(names, entry, strict=False))) for entry in entries.values()]
    return dict(zip(entries, await find_or_create(places, is_demo=True), strict=True))


def _changes(
    entries: Iterable[Story],
    first: date,
    organisations: dict[str, Organisation],
    venues: dict[str, UUID],
) -> Iterator[Change]:
    dates = ((story, at) for story in entries for at in story.at)
    for number, (story, at) in enumerate(dates):
        venue, organisation, day, hour, minutes = at.split()
        when = _when(story, first + timedelta(days=int(day)), hour, minutes)
        yield Change(
            _content(story, when, venues.get(venue), _status(number)),
            organisations[organisation].id,
            publication=_publication(number),
            uid=f"demo-{number:03d}-{first:%Y%m%d}@palabre",
            action="created",
            is_demo=True,
        )


def _content(story: Story, when: When, venue_id: UUID | None, status: Status) -> Content:
    return Content(
        title=story.title,
        when=when,
        description=story.text,
        recurrence=_recurrence(story, when),
        status=status,
        venue_id=venue_id,
        online_url=story.online,
        categories=(story.kind, *story.programmes),
        audience=story.audience,
        price=story.price,
        price_text=story.price_text,
        accessibility=tuple(story.access),
    )


def _when(story: Story, day: date, hour: str, minutes: str) -> When:
    if story.days:
        return AllDay(day, day + timedelta(days=story.days), story.zone)
    clock = datetime.combine(day, time.fromisoformat(hour))
    if story.repeat:
        # A series begins on a date of its own: a first Thursday, not the day it is announced.
        clock = next(walk(parse_rule(story.repeat), clock, day + timedelta(weeks=story.weeks)))
    starts = clock.replace(tzinfo=ZoneInfo(story.zone))
    ends = starts.astimezone(UTC) + timedelta(minutes=int(minutes))
    return Timed(starts, ends.astimezone(ZoneInfo(story.zone)), story.zone)


def _recurrence(story: Story, when: When) -> Recurrence | None:
    if not story.repeat or not isinstance(when, Timed):
        return None
    until = when.starts.astimezone(UTC) + timedelta(weeks=story.weeks)
    return Recurrence(f"{story.repeat};UNTIL={until:%Y%m%dT%H%M%SZ}")


def _status(number: int) -> Status:
    """Show each fate of an event at least once, the ordinary one mostly."""
    rare = {23: Status.CANCELLED, 41: Status.FULL, 58: Status.POSTPONED, 77: Status.RESCHEDULED}
    return rare.get(number, Status.SCHEDULED)


def _publication(number: int) -> Publication:
    rare = {15: Publication.DRAFT, 60: Publication.SUBMITTED, 61: Publication.SUBMITTED}
    return rare.get(number, Publication.PUBLISHED)
