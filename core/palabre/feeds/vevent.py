"""An event as the bytes that feeds are made of: its VEVENTs and its JSON object.

Rendered when the event is saved, in the same transaction, and never again until it changes: same
event, same bytes (FEED.md H05). The properties and their order are the ones that the contract
asks for; whatever breaks one of the known readers (VALARM, ATTENDEE, VLOCATION, several
CATEGORIES) stays out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from palabre.events.recurrence import moved
from palabre.events.values import (
    AllDay,
    Content,
    Override,
    Place,
    Start,
    Status,
    When,
)
from palabre.events.zones import at_wall_clock, zone_of
from palabre.feeds import lines, words
from palabre.feeds.patterns import Pattern, pattern
from palabre.feeds.record import record
from palabre.feeds.timezones import is_utc
from palabre.feeds.values import FeedEvent, Fragment

# Raise it whenever the same event gives other bytes than before: the fragments kept in the
# database are then made anew at the next start.
RENDERER = 2
_STATUS = {Status.CANCELLED: "CANCELLED", Status.POSTPONED: "TENTATIVE"}
_ONLINE = "En ligne"
_ZONES = re.compile(rb"^(?:DTSTART|DTEND|RDATE|EXDATE|RECURRENCE-ID);TZID=([^:\r]+):", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Face:
    """What one VEVENT shows: the series, or a single date of it."""

    title: str
    description: str
    status: Status
    when: When
    place: Place | None
    original: Start | None = None


def render(event: FeedEvent) -> Fragment:
    """Return the fragment of `event`, as valid as its content is.

    Raises Refused for a repetition that can't be read, which no saved event has.
    """
    series = pattern(event.content, event.changed_at.date())
    faces = [_series_face(event)]
    faces += [_single_face(event, override) for override in series.overrides]
    ics = b"".join(_vevent(event, face, series) for face in faces)
    years = [moment.year for moment in _moments(series, faces)]
    return Fragment(
        ics=ics,
        json=record(event),
        zones=tuple(sorted({zone.decode("ascii") for zone in _ZONES.findall(ics)})),
        first_year=min(years),
        last_year=max(years),
        last_modified=event.changed_at.replace(microsecond=0),
        sequence=event.sequence,
    )


def _series_face(event: FeedEvent) -> _Face:
    content = event.content
    status = Status.CANCELLED if event.gone else content.status
    return _Face(content.title, content.description, status, content.when, event.place)


def _single_face(event: FeedEvent, override: Override) -> _Face:
    whole = _series_face(event)
    status = override.status or whole.status
    if whole.status is Status.POSTPONED:
        status = Status.POSTPONED  # whatever was said of a single date, it does not hold any more
    if override.cancelled or whole.status is Status.CANCELLED:
        status = Status.CANCELLED
    place = whole.place
    if override.venue_id is not None:
        place = event.places.get(override.venue_id, place)
    return _Face(
        title=override.title or whole.title,
        description=whole.description if override.description is None else override.description,
        status=status,
        when=override.when or moved(whole.when, override.original),
        place=place,
        original=override.original,
    )


def _vevent(event: FeedEvent, face: _Face, series: Pattern) -> bytes:
    parts = [b"BEGIN:VEVENT\r\n", lines.text("UID", event.uid)]
    parts += _stamps(event)
    parts += _times(event.content.when, face, series)
    parts += _what(event, face)
    if not event.gone:
        parts += _where(event.content, face)
        parts += _links(event.content)
        parts += _added(event)
    # What its author gave as the event's address stays so on the way through; our page is named in
    # the description.
    own = "" if event.gone else lines.uri(event.content.url)
    if address := own or lines.uri(event.public_url):
        parts.append(lines.line("URL", address))
    parts.append(b"END:VEVENT\r\n")
    return b"".join(parts)


def _stamps(event: FeedEvent) -> Iterator[bytes]:
    changed = lines.instant(event.changed_at)
    yield lines.line("DTSTAMP", changed)
    yield lines.line("CREATED", lines.instant(min(event.created_at, event.changed_at)))
    yield lines.line("LAST-MODIFIED", changed)
    yield lines.line("SEQUENCE", str(event.sequence))


def _times(whole: When, face: _Face, series: Pattern) -> Iterator[bytes]:
    when = face.when
    # A series keeps its wall clock; start and end are of one form (some readers mix them up).
    alone = face.original is not None or not (series.rule or series.rdates)
    utc = alone and any(
        _nameless(moment, when) for moment in (when.starts, when.ends or when.starts)
    )
    if face.original is not None:
        yield _moment("RECURRENCE-ID", face.original, whole)
    yield _moment("DTSTART", when.starts, when, utc=utc)
    if _lasts(when) and when.ends is not None:
        yield _moment("DTEND", when.ends, when, utc=utc)
    if face.original is not None:
        return
    if series.rule:
        yield lines.line("RRULE", series.rule)
    for start in series.rdates:
        yield _moment("RDATE", start, whole)
    for start in series.exdates:
        yield _moment("EXDATE", start, whole)


def _what(event: FeedEvent, face: _Face) -> Iterator[bytes]:
    yield lines.text("SUMMARY", words.summary(face.title, face.status))
    yield lines.text("DESCRIPTION", _description(event, face))
    yield lines.line("STATUS", _STATUS.get(face.status, "CONFIRMED"))
    yield lines.line("TRANSP", "TRANSPARENT")  # an agenda must not make its readers look busy
    if event.content.categories and not event.gone:
        yield lines.texts("CATEGORIES", list(event.content.categories))


def _description(event: FeedEvent, face: _Face) -> str:
    if event.gone:
        return words.GONE
    organisers = (event.organiser.name, *event.co_organisers)
    content = event.content
    paragraphs = [
        words.status_sentence(face.status),
        lines.clean(face.description).strip(),
        words.practical(content, organisers, lines.uri(content.url)),
        words.added(event.extensions),
        *words.translations(content),
        f"Page de l’événement : {lines.uri(event.public_url) or event.public_url}",
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _where(content: Content, face: _Face) -> Iterator[bytes]:
    place = None if face.status is Status.MOVED_ONLINE else face.place
    if place is None:
        if content.online_url or face.status is Status.MOVED_ONLINE:
            yield lines.text("LOCATION", _ONLINE)
        return
    address = words.address(place)
    if address:
        yield lines.text("LOCATION", address)
    if place.latitude is not None and place.longitude is not None:
        latitude, longitude = f"{place.latitude:.6f}", f"{place.longitude:.6f}"
        yield lines.line("GEO", f"{latitude};{longitude}")
        title = lines.quoted(place.name or address)
        yield lines.line(
            f"X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-ADDRESS={lines.quoted(address)}"
            f";X-APPLE-RADIUS=70;X-TITLE={title}",
            f"geo:{latitude},{longitude}",
        )


def _links(content: Content) -> Iterator[bytes]:
    if online := lines.uri(content.online_url):
        yield lines.line("CONFERENCE;VALUE=URI", online)  # RFC 7986 section 5.11
    if content.image is not None and (image := lines.uri(content.image.url)):
        yield lines.line("IMAGE;VALUE=URI", image)  # RFC 7986 section 5.10


def _added(event: FeedEvent) -> Iterator[bytes]:
    """Write the properties of plugins (RFC 5545 section 3.8.8.2), whose names they declared.

    VALUE=TEXT is their default; said, it makes readers undo the escapes.
    """
    for extension in event.extensions:
        for name, value in extension.properties:
            yield lines.text(f"{name};VALUE=TEXT", value)


def _moment(name: str, start: Start, when: When, *, utc: bool = False) -> bytes:
    """Write a date or an instant of the kind and in the zone of `when`, or in UTC."""
    if isinstance(when, AllDay) or not isinstance(start, datetime):
        return lines.line(f"{name};VALUE=DATE", lines.day(start))
    if utc or is_utc(when.zone):
        return lines.line(name, lines.instant(start))
    return lines.line(f"{name};TZID={when.zone}", lines.local(start.astimezone(zone_of(when.zone))))


def _nameless(moment: Start, when: When) -> bool:
    """Whether an instant has no local name: in the second pass of an hour that autumn repeats.

    RFC 5545 section 3.3.5 reads such a time as the first pass.
    """
    if isinstance(when, AllDay) or not isinstance(moment, datetime):
        return False
    zone = zone_of(when.zone)
    clock = moment.astimezone(zone).replace(tzinfo=None, fold=0)
    return at_wall_clock(clock, zone).astimezone(UTC) != moment.astimezone(UTC)


def _lasts(when: When) -> bool:
    """Whether an end is known that is later than the start (RFC 5545 section 3.8.2.2)."""
    if isinstance(when, AllDay):
        return True
    return when.ends is not None and when.ends.astimezone(UTC) > when.starts.astimezone(UTC)


def _moments(series: Pattern, faces: list[_Face]) -> Iterator[Start]:
    """Yield the moments between which the zones must be right."""
    yield series.last
    yield from series.rdates
    for face in faces:
        yield face.when.starts
        yield face.when.ends or face.when.starts
        if face.original is not None:
            yield face.original
