"""What an event may say: every form, import and plugin passes here before anything is stored."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, time
from uuid import UUID

from palabre.database.slugs import slugify
from palabre.errors import Refused
from palabre.events.recurrence import check
from palabre.events.rules import parse_rule
from palabre.events.texts import block, line, link
from palabre.events.values import (
    Accessibility,
    AllDay,
    Content,
    Extra,
    Extras,
    Image,
    Override,
    Recurrence,
    Start,
    Timed,
    Translation,
    When,
)
from palabre.events.zones import at_wall_clock, zone_of
from palabre.i18n import gettext as _

MAX_TITLE = 200
MAX_DESCRIPTION = 20_000  # bytes of UTF-8: about eight pages
MAX_CATEGORY = 60
MAX_CATEGORIES = 20
MAX_NOTE = 200
MAX_CO_ORGANISERS = 30
MAX_ALT = 500
MAX_EXTRAS = 60_000  # characters of JSON: what all plugins together say of one event
LARGEST_EXTRA = 2**53  # what JSON carries exactly
FIRST_YEAR, LAST_YEAR = 1900, 2200  # what a form takes
EARLIEST_YEAR, LATEST_YEAR = 1600, 2500  # what a calendar from elsewhere may say

_LANGUAGE = re.compile(r"[a-z]{2,3}")
# These would end a category inside a feed (FEED.md E27).
_SEPARATORS = re.compile(r"[,;\\]+")


def clean(content: Content) -> Content:
    """Return `content` as it will be stored: plain text, sorted dates, a canonical rule.

    Cleaning twice changes nothing more. Raises Refused with the field that can't be taken.
    """
    title = line(content.title, "title", MAX_TITLE)
    if not title:
        raise Refused(_("Donnez un titre à l’événement."), "title")
    when = clean_when(content.when)
    recurrence = _recurrence(content.recurrence, when)
    cleaned = replace(
        content,
        title=title,
        description=block(content.description, "description", MAX_DESCRIPTION),
        when=when,
        recurrence=recurrence,
        overrides=_overrides(content.overrides, when) if recurrence else (),
        online_url=link(content.online_url, "online_url"),
        url=link(content.url, "url"),
        categories=clean_categories(content.categories),
        price_text=line(content.price_text, "price_text", MAX_NOTE),
        accessibility=tuple(code for code in Accessibility if code in content.accessibility),
        image=_image(content.image),
        language=_language(content.language),
        translations=_translations(content),
        co_organiser_ids=_co_organisers(content),
        extras=_extras(content.extras),
    )
    check(cleaned)
    return cleaned


def _extras(extras: Extras) -> Extras:
    """Return the values of plugins' fields in one order, of kinds that JSON has.

    Their forms know more; here it matters that whatever a plugin hands over can be stored.
    """
    cleaned = {
        plugin: {name: _extra(values[name], f"{plugin}-{name}") for name in sorted(values)}
        for plugin, values in sorted(extras.items())
        if values
    }
    if cleaned and len(json.dumps(cleaned)) > MAX_EXTRAS:
        raise Refused(_("Les champs des extensions sont trop longs : raccourcissez-les."))
    return cleaned


def _extra(value: Extra, field: str) -> Extra:
    if isinstance(value, str):
        return block(value, field, MAX_DESCRIPTION)
    if isinstance(value, bool | int) and abs(value) <= LARGEST_EXTRA:
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return [line(each, field, MAX_NOTE) for each in value]
    raise Refused(_("Cette valeur ne peut pas être enregistrée."), field)


def _co_organisers(content: Content) -> tuple[UUID, ...]:
    found = tuple(dict.fromkeys(content.co_organiser_ids))
    if len(found) > MAX_CO_ORGANISERS:
        raise Refused(
            _("Un événement a au plus {} co-organisateurs.").format(MAX_CO_ORGANISERS),
            "co_organisers",
        )
    return found


def clean_when(when: When) -> When:
    """Return `when` on its zone's clock, to the second; raises Refused for an impossible time."""
    zone = zone_of(when.zone)
    if isinstance(when, AllDay):
        _check_years(when.starts, when.ends)
        if when.ends <= when.starts:
            raise Refused(_("La fin est avant le début."), "ends")
        return when
    starts = _to_second(when.starts, "starts")
    ends = None if when.ends is None else _to_second(when.ends, "ends")
    _check_years(starts, ends or starts)
    if ends is not None and ends.astimezone(UTC) < starts.astimezone(UTC):
        raise Refused(_("La fin est avant le début."), "ends")
    local_end = None if ends is None else ends.astimezone(zone)
    return Timed(starts.astimezone(zone), local_end, when.zone, when.floating)


def clean_categories(categories: tuple[str, ...]) -> tuple[str, ...]:
    """Return the categories without separators and without doubles; raises Refused."""
    found: dict[str, str] = {}
    for category in categories:
        words = line(_SEPARATORS.sub(" ", category), "categories", MAX_CATEGORY)
        slug = slugify(words)
        if slug:
            found.setdefault(slug, words)
    if len(found) > MAX_CATEGORIES:
        raise Refused(_("Choisissez au plus {} catégories.").format(MAX_CATEGORIES), "categories")
    return tuple(found.values())


def _to_second(moment: datetime, field: str) -> datetime:
    if moment.tzinfo is None:
        raise Refused(_("Cette heure n’a pas de fuseau horaire."), field)
    return moment.replace(microsecond=0)


def _check_years(starts: date, ends: date) -> None:
    for day, field in ((starts, "starts"), (ends, "ends")):
        if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
            raise Refused(
                _("L’année doit être comprise entre {} et {}.").format(EARLIEST_YEAR, LATEST_YEAR),
                field,
            )


def _recurrence(recurrence: Recurrence | None, when: When) -> Recurrence | None:
    if recurrence is None:
        return None
    rdates = _starts(recurrence.rdates, when)
    exdates = _starts(recurrence.exdates, when)
    cleaned = Recurrence(_rule(recurrence.rule, when) if recurrence.rule else "", rdates, exdates)
    return cleaned if cleaned.rule or cleaned.rdates else None


def _rule(text: str, when: When) -> str:
    """Write the rule in one way, UNTIL as RFC 5545 wants it: UTC for times, a date for days."""
    rule = parse_rule(text)
    until = rule.until
    if until is None or until.year > LATEST_YEAR:  # 31 December 9999 is somebody's "for ever"
        return str(replace(rule, until=None))
    if until.year < EARLIEST_YEAR:
        raise Refused(_("La répétition finit avant d’avoir commencé."), "recurrence")
    if isinstance(when, AllDay):
        return str(replace(rule, until=_last_day(until, when)))
    if not isinstance(until, datetime):
        until = datetime.combine(until, time(23, 59, 59))
    if until.tzinfo is None:
        until = at_wall_clock(until, zone_of(when.zone))
    return str(replace(rule, until=until.astimezone(UTC)))


def _last_day(until: datetime | date, when: AllDay) -> date:
    """Return the day that a too exact UNTIL means: midnight in UTC is how Outlook writes a day."""
    if not isinstance(until, datetime):
        return until
    if until.tzinfo is None or until.time() == time():
        return until.date()
    return until.astimezone(zone_of(when.zone)).date()


def _starts(starts: tuple[Start, ...], when: When) -> tuple[Start, ...]:
    """Return the dates of the event's own kind and zone, sorted, each once."""
    for start in starts:
        _check_years(start, start)
    return tuple(sorted({_same_kind(start, when) for start in starts}))


def _same_kind(start: Start, when: When) -> Start:
    if isinstance(when, AllDay):
        return start.date() if isinstance(start, datetime) else start
    zone = zone_of(when.zone)
    if not isinstance(start, datetime):
        clock = when.starts.astimezone(zone).time()
        return at_wall_clock(datetime.combine(start, clock), zone)
    return _to_second(start, "recurrence").astimezone(zone)


def _overrides(overrides: tuple[Override, ...], when: When) -> tuple[Override, ...]:
    cleaned = {}
    for override in overrides:
        _check_years(override.original, override.original)
        original = _same_kind(override.original, when)
        title = None if override.title is None else line(override.title, "overrides", MAX_TITLE)
        words = override.description
        cleaned[original] = replace(
            override,
            original=original,
            when=None if override.when is None else clean_when(override.when),
            title=title or None,
            description=None if words is None else block(words, "overrides", MAX_DESCRIPTION),
        )
    return tuple(cleaned[original] for original in sorted(cleaned))


def _image(image: Image | None) -> Image | None:
    if image is None or not image.url.strip():
        return None
    return Image(
        link(image.url, "image_url", own=True),
        line(image.alt, "image_alt", MAX_ALT),
        line(image.credit, "image_credit", MAX_NOTE),
    )


def _language(code: str) -> str:
    if not _LANGUAGE.fullmatch(code):
        raise Refused(_("Cette langue est inconnue."), "language")
    return code


def _translations(content: Content) -> dict[str, Translation]:
    cleaned = {}
    for code, words in sorted(content.translations.items()):
        title = line(words.title, f"title_{code}", MAX_TITLE)
        description = block(words.description, f"description_{code}", MAX_DESCRIPTION)
        if description and not title:
            raise Refused(_("Donnez aussi le titre dans cette langue."), f"title_{code}")
        if title and _language(code) != content.language:
            cleaned[code] = Translation(title, description)
    return cleaned
