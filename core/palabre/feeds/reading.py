"""What a feed is made of, read from the database: its subject, its events, what changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from palabre.agenda.filters import EVERYTHING, Selection
from palabre.agenda.sql import Arguments, Moment
from palabre.database.connection import Connection
from palabre.errors import Gone, NotFound
from palabre.feeds.body import Item, Member
from palabre.feeds.calendar import Format
from palabre.i18n import gettext as _

# What an empty feed calls its last change, when not even its subject has a date.
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class Moved(NotFound):
    """The list has another address for good (308); `slug` is that of its new subject."""

    def __init__(self, slug: str) -> None:
        super().__init__(_("Cette liste a changé d’adresse."))
        self.slug = slug


class Kind(StrEnum):
    """What a feed lists the events of; the value is the first part of its address."""

    AGENDA = "agenda"
    ORGANISATION = "organisations"
    VENUE = "lieux"
    EVENT = "evenements"


@dataclass(frozen=True, slots=True)
class Wish:
    """A feed that somebody asks for: equal wishes are answered with the same bytes."""

    kind: Kind
    slug: str
    selection: Selection
    format: Format

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What the feed is kept under."""
        return (self.kind.value, self.slug, self.selection.query, self.format.value)

    @property
    def page(self) -> str:
        """The path and query of the page that shows the same list."""
        path = f"/{self.kind}/{self.slug}" if self.slug else f"/{self.kind}"
        return path + (f"?{self.selection.query}" if self.selection.query else "")

    @property
    def path(self) -> str:
        """The path and query of the feed itself."""
        path, _mark, query = self.page.partition("?")
        return f"{path}.{self.format}" + (f"?{query}" if query else "")


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose events a feed lists; None for the whole agenda. `since` is when it began to exist."""

    id: UUID | None
    name: str
    since: datetime = EPOCH


_SUBJECTS = {
    Kind.ORGANISATION: """
        SELECT o.id, o.name, o.created_at, kept.slug AS moved
        FROM core_organisation o LEFT JOIN core_organisation kept ON kept.id = o.merged_into_id
        WHERE o.slug = $1
    """,
    Kind.VENUE: """
        SELECT v.id, v.name, v.created_at, kept.slug AS moved
        FROM core_venue v LEFT JOIN core_venue kept ON kept.id = v.merged_into_id
        WHERE v.slug = $1
    """,
    Kind.EVENT: """
        SELECT e.id, e.title AS name, e.created_at, NULL AS moved,
               COALESCE(f.in_feeds, false) AS in_feeds, e.gone_at
        FROM core_event e LEFT JOIN core_fragment f ON f.event_id = e.id WHERE e.slug = $1
    """,
}
# `$1` is the subject's id.
_CONDITIONS = {
    Kind.AGENDA: "$1::uuid IS NULL",
    Kind.ORGANISATION: """(e.organisation_id = $1 OR EXISTS (
        SELECT 1 FROM core_co_organiser c WHERE c.event_id = e.id AND c.organisation_id = $1))""",
    Kind.VENUE: """(e.venue_id = $1 OR EXISTS (
        SELECT 1 FROM core_occurrence x WHERE x.event_id = e.id AND x.venue_id = $1))""",
    Kind.EVENT: "e.id = $1",
}


async def read_subject(connection: Connection, wish: Wish) -> Subject:
    """Return whose events the wish is for; raises NotFound, Gone or Moved."""
    if wish.kind is Kind.AGENDA:
        return Subject(None, "")
    row = await connection.fetchrow(_SUBJECTS[wish.kind], wish.slug)
    if row is None:
        raise NotFound(_("Aucun agenda n’existe à cette adresse."))
    if row["moved"] is not None:
        raise Moved(row["moved"])
    if wish.kind is Kind.EVENT and not row["in_feeds"]:
        if row["gone_at"] is not None:
            raise Gone(_("Cet événement est passé ou a été retiré : son agenda est fermé."))
        raise NotFound(_("Aucun agenda n’existe à cette adresse."))
    return Subject(row["id"], row["name"], row["created_at"].replace(microsecond=0))


def members_query(
    wish: Wish, subject: Subject, moment: Moment, only: Iterable[UUID] | None = None
) -> tuple[str, list[object]]:
    """Return the statement, with its values, that lists the feed's events in order of their ids.

    With `only`, the statement speaks of these events alone: those that changed.
    """
    arguments = Arguments([subject.id])
    conditions = ["f.in_feeds", _CONDITIONS[wish.kind]]
    if wish.selection != EVERYTHING:
        conditions.append(wish.selection.where_event(arguments, moment))
    if only is not None:
        conditions.append(f"f.event_id = ANY({arguments.add(list(only))}::uuid[])")
    query = f"""
        SELECT f.event_id, f.{wish.format} AS data, f.zones, f.first_year, f.last_year,
               f.last_modified
        FROM core_fragment f JOIN core_event e ON e.id = f.event_id
        WHERE {" AND ".join(conditions)} ORDER BY f.event_id
    """  # noqa: S608 - our own conditions; all values are arguments
    return query, arguments.values


def item_of(row: Mapping[str, Any]) -> Item:
    """Return a row of `members_query` as an event of a body."""
    data = bytes(row["data"])
    member = Member(
        id=row["event_id"].bytes,
        size=len(data),
        zones=tuple(row["zones"]),
        years=(row["first_year"], row["last_year"]),
        last_modified=row["last_modified"],
    )
    return member, data


async def newest_change(connection: Connection, event_ids: Iterable[UUID]) -> datetime | None:
    """Return when the last of these events changed, those that left the feeds included."""
    changed: datetime | None = await connection.fetchval(
        "SELECT max(last_modified) FROM core_fragment WHERE event_id = ANY($1)", list(event_ids)
    )
    return changed
