"""What the feeds are told of an event, and what they keep of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from palabre.events.values import Content, Place


@dataclass(frozen=True, slots=True)
class Organiser:
    """The organisation of an event, as far as its subscribers see it."""

    name: str
    slug: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Extension:
    """What a plugin adds to an event for its subscribers.

    `lines` (label, text) go below the description, `properties` (name, text) beside the others of
    a calendar, `data` into JSON, and `words` find the event.
    """

    plugin: str
    lines: tuple[tuple[str, str], ...] = ()
    properties: tuple[tuple[str, str], ...] = ()
    data: Mapping[str, object] = field(default_factory=dict)
    words: str = ""


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """All that the feeds say of an event.

    `place` is the event's venue and `places` those of single dates, by venue id. `gone` marks an
    event withdrawn or deleted after its publication: its tombstone says that and no more.
    `public_url` is its page, absolute.
    """

    content: Content
    uid: str
    slug: str
    sequence: int
    created_at: datetime
    changed_at: datetime
    organiser: Organiser
    public_url: str
    place: Place | None = None
    places: Mapping[UUID, Place] = field(default_factory=dict)
    co_organisers: tuple[str, ...] = ()
    gone: bool = False
    extensions: tuple[Extension, ...] = ()


@dataclass(frozen=True, slots=True)
class Fragment:
    """An event's part of the feeds, and what a feed must know to take it in.

    `zones` are the TZIDs that `ics` names, and the two years the span over which it needs them.
    """

    ics: bytes
    json: bytes
    zones: tuple[str, ...]
    first_year: int
    last_year: int
    last_modified: datetime
    sequence: int
