"""An event's `Content` as columns of core_event, and back; the same columns as JSON for history.

Dates inside text arrays are written as iCalendar does: `20261114T190000Z` for instants,
`20261114` for days.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from palabre.database.slugs import slugify
from palabre.events.values import (
    Accessibility,
    AllDay,
    Audience,
    Content,
    Image,
    Override,
    Price,
    Recurrence,
    Start,
    Status,
    Timed,
    Translation,
    When,
)

Row = dict[str, Any]


def start_text(start: Start) -> str:
    """Write an instant as 20261114T190000Z and a day as 20261114."""
    if isinstance(start, datetime):
        return start.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    return start.strftime("%Y%m%d")


def parse_start(text: str, zone: str) -> Start:
    """Read what `start_text` wrote; instants come back in `zone`."""
    if "T" in text:
        instant = datetime.strptime(text, "%Y%m%dT%H%M%S%z")
        return instant.astimezone(ZoneInfo(zone))
    return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()


def row_of(content: Content) -> Row:
    """Return the columns of core_event that say what `content` says; instants in UTC."""
    recurrence = content.recurrence or Recurrence()
    image = content.image or Image(url="")
    return _when_columns(content.when) | {
        "title": content.title,
        "description": content.description,
        "status": content.status.value,
        "language": content.language,
        "translations": {
            code: {"title": words.title, "description": words.description}
            for code, words in content.translations.items()
        },
        "rrule": recurrence.rule,
        "rdates": [start_text(start) for start in recurrence.rdates],
        "exdates": [start_text(start) for start in recurrence.exdates],
        "overrides": [_override_json(override) for override in content.overrides],
        "venue_id": content.venue_id,
        "online_url": content.online_url,
        "url": content.url,
        "categories": list(content.categories),
        "category_slugs": [slugify(category) for category in content.categories],
        "audience": content.audience.value,
        "price": content.price.value,
        "price_text": content.price_text,
        "accessibility": [code.value for code in content.accessibility],
        "image_url": image.url,
        "image_alt": image.alt,
        "image_credit": image.credit,
        "parent_id": content.parent_id,
        "co_organiser_ids": list(content.co_organiser_ids),
        "extras": content.extras,
    }


def content_of(row: Mapping[str, Any]) -> Content:
    """Return what a row of core_event says (a mapping of its columns, such as `vars(event)`)."""
    zone = row["time_zone"]
    recurrence = Recurrence(
        row["rrule"],
        tuple(parse_start(text, zone) for text in row["rdates"] or ()),
        tuple(parse_start(text, zone) for text in row["exdates"] or ()),
    )
    image = Image(row["image_url"], row["image_alt"], row["image_credit"])
    return Content(
        title=row["title"],
        when=_when_of(row),
        description=row["description"],
        recurrence=None if recurrence == Recurrence() else recurrence,
        overrides=tuple(_override_of(item, zone) for item in row["overrides"]),
        status=Status(row["status"]),
        venue_id=_uuid(row["venue_id"]),
        online_url=row["online_url"],
        url=row["url"],
        categories=tuple(row["categories"] or ()),
        audience=Audience(row["audience"]),
        price=Price(row["price"]),
        price_text=row["price_text"],
        accessibility=tuple(Accessibility(code) for code in row["accessibility"] or ()),
        image=image if image.url else None,
        language=row["language"],
        translations={code: Translation(**words) for code, words in row["translations"].items()},
        parent_id=_uuid(row["parent_id"]),
        co_organiser_ids=tuple(UUID(str(each)) for each in row["co_organiser_ids"] or ()),
        extras=row["extras"],
    )


def content_json(content: Content) -> Row:
    """Return the columns as JSON values: instants in ISO 8601 with offset, ids as text."""
    return row_json(row_of(content))


def row_json(columns: Row) -> Row:
    """Return what `row_of` gave as JSON values."""
    row = {name: _json(value) for name, value in columns.items()}
    return row | {"co_organiser_ids": [str(each) for each in columns["co_organiser_ids"]]}


def content_from_json(data: Mapping[str, Any]) -> Content:
    """Read what `content_json` gave."""
    instants = {name: _instant(data[name]) for name in ("starts_at", "ends_at")}
    days = {name: _day(data[name]) for name in ("starts_on", "ends_on")}
    # What was kept before a field existed has none of it.
    return content_of({"co_organiser_ids": (), "extras": {}, **data, **instants, **days})


def _when_columns(when: When) -> Row:
    timed = isinstance(when, Timed)
    return {
        "time_zone": when.zone,
        "floating": when.floating if isinstance(when, Timed) else False,
        "starts_at": when.starts.astimezone(UTC) if isinstance(when, Timed) else None,
        "ends_at": when.ends.astimezone(UTC) if isinstance(when, Timed) and when.ends else None,
        "starts_on": None if timed else when.starts,
        "ends_on": None if timed else when.ends,
    }


def _when_of(row: Mapping[str, Any]) -> When:
    zone = row["time_zone"]
    if row["starts_on"] is not None:
        return AllDay(row["starts_on"], row["ends_on"], zone)
    local = ZoneInfo(zone)
    ends = row["ends_at"]
    return Timed(
        row["starts_at"].astimezone(local),
        ends.astimezone(local) if ends is not None else None,
        zone,
        floating=row["floating"],
    )


def _override_json(override: Override) -> Row:
    when = _when_columns(override.when) if override.when is not None else None
    return {
        "original": start_text(override.original),
        "cancelled": override.cancelled,
        "when": {name: _json(value) for name, value in when.items()} if when else None,
        "title": override.title,
        "description": override.description,
        "status": override.status.value if override.status is not None else None,
        "venue_id": _json(override.venue_id),
    }


def _override_of(data: Mapping[str, Any], zone: str) -> Override:
    when = data["when"]
    if when is not None:
        instants = {name: _instant(when[name]) for name in ("starts_at", "ends_at")}
        days = {name: _day(when[name]) for name in ("starts_on", "ends_on")}
        when = _when_of({**when, **instants, **days})
    return Override(
        original=parse_start(data["original"], zone),
        cancelled=data["cancelled"],
        when=when,
        title=data["title"],
        description=data["description"],
        status=Status(data["status"]) if data["status"] else None,
        venue_id=_uuid(data["venue_id"]),
    )


def _json(value: object) -> object:
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _uuid(value: UUID | str | None) -> UUID | None:
    return UUID(value) if isinstance(value, str) else value


# Which columns those are is asked of `row_of` itself, so that the two can't differ.
CONTENT_COLUMNS = tuple(
    row_of(Content(title="", when=AllDay(date(2026, 1, 1), date(2026, 1, 2), "UTC")))
)
