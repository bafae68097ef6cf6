"""An event as a JSON object with every field that the site knows, for programs that ask for it."""

import json
from datetime import UTC, datetime
from typing import Any

from palabre.events.values import AllDay, Content, Override, Place, Recurrence, Start, Status, When
from palabre.feeds import lines
from palabre.feeds.values import FeedEvent

Object = dict[str, Any]


def record(event: FeedEvent) -> bytes:
    """Return the JSON object of `event`, in UTF-8, on one line, its fields always in one order.

    Instants are in ISO 8601 with their offset and beside their IANA zone, days are plain dates and
    the end of an all-day event is exclusive, as in iCalendar. The tombstone of an event that is
    gone says who it was and when, and no more.
    """
    whole = _identity(event) | ({} if event.gone else _substance(event))
    return json.dumps(_cleaned(whole), ensure_ascii=False, separators=(",", ":")).encode()


def _identity(event: FeedEvent) -> Object:
    content = event.content
    return {
        "uid": event.uid,
        "slug": event.slug,
        "url": event.public_url,
        "title": content.title,
        "status": Status.CANCELLED.value if event.gone else content.status.value,
        "gone": event.gone,
        "created": _instant(event.created_at),
        "changed": _instant(event.changed_at),
        "sequence": event.sequence,
        "when": _when(content.when),
        "recurrence": _recurrence(content.recurrence),
    }


def _substance(event: FeedEvent) -> Object:
    content = event.content
    image = content.image
    return {
        "description": content.description,
        "changes": [_change(override, event) for override in _changes(content)],
        "language": content.language,
        "translations": {
            code: {"title": words.title, "description": words.description}
            for code, words in sorted(content.translations.items())
        },
        "organisation": {"name": event.organiser.name, "slug": event.organiser.slug},
        "co_organisers": list(event.co_organisers),
        "place": _place(event.place),
        "online_url": content.online_url,
        "link": content.url,
        "categories": list(content.categories),
        "audience": content.audience.value,
        "price": content.price.value,
        "price_text": content.price_text,
        "accessibility": [code.value for code in content.accessibility],
        "image": {"url": image.url, "alt": image.alt, "credit": image.credit} if image else None,
    } | _extensions(event)


def _extensions(event: FeedEvent) -> Object:
    """Return what plugins add, by plugin; no key at all when none has anything to say."""
    data = {added.plugin: dict(added.data) for added in event.extensions if added.data}
    return {"extensions": data} if data else {}


def _changes(content: Content) -> tuple[Override, ...]:
    return content.overrides if content.recurrence is not None else ()


def _change(override: Override, event: FeedEvent) -> Object:
    place = event.places.get(override.venue_id) if override.venue_id else None
    return {
        "original": _start(override.original),
        "cancelled": override.cancelled,
        "when": _when(override.when) if override.when else None,
        "title": override.title,
        "description": override.description,
        "status": override.status.value if override.status else None,
        "place": _place(place),
    }


def _when(when: When) -> Object:
    return {
        "all_day": isinstance(when, AllDay),
        "starts": _start(when.starts),
        "ends": _start(when.ends) if when.ends is not None else None,
        "time_zone": when.zone,
    }


def _recurrence(recurrence: Recurrence | None) -> Object | None:
    if recurrence is None:
        return None
    return {
        "rule": recurrence.rule,
        "added": [_start(start) for start in recurrence.rdates],
        "removed": [_start(start) for start in recurrence.exdates],
    }


def _place(place: Place | None) -> Object | None:
    if place is None:
        return None
    return {
        "name": place.name,
        "address": place.address,
        "postal_code": place.postal_code,
        "commune": place.commune,
        "country": place.country,
        "latitude": place.latitude,
        "longitude": place.longitude,
    }


def _start(start: Start) -> str:
    if isinstance(start, datetime):
        return start.replace(microsecond=0).isoformat()
    return start.isoformat()


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0).isoformat()


def _cleaned(value: Any) -> Any:  # noqa: ANN401 (JSON: text, numbers, lists, objects)
    """Drop from every text what no text needs, as in the calendar."""
    if isinstance(value, str):
        return lines.clean(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {key: _cleaned(item) for key, item in value.items()}
    return value
