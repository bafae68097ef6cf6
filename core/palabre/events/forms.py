"""A posted form becomes what an event says, or sentences beside the fields that can't be taken.

Nothing here knows a request or the database: `read` takes the typed values and, when an event is
edited, what it said before. What the form has no field for (the parent event, other languages)
stays as it was; names that the form doesn't have are not looked at.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from enum import StrEnum
from typing import TypeVar

from palabre.errors import Refused
from palabre.events.domain import validation
from palabre.events.extras import read_extras
from palabre.events.form_dates import read_repetition, read_when
from palabre.events.texts import block, line, link
from palabre.events.typed import Reading, Typed
from palabre.events.values import (
    Accessibility,
    AllDay,
    Audience,
    Content,
    Image,
    Place,
    Price,
    Status,
    Translation,
    When,
)
from palabre.i18n import gettext as _
from palabre.i18n import marked

LANGUAGES: Mapping[str, str] = {
    "fr": marked("Français"),
    "en": marked("Anglais"),
    "hy": marked("Arménien"),
}
_MAX_PLACE = 200
# Stands in while the typed date can't be read; a reading with faults has no content.
_NO_DAY = AllDay(date(2000, 1, 1), date(2000, 1, 2), "UTC")

Choice = TypeVar("Choice", bound=StrEnum)


def read(typed: Typed, before: Content | None = None) -> Reading:
    """Read a whole posted form; never raises.

    The venue is left as it was: it is looked for in the database by `events.places`.
    """
    reading = Reading()
    when = read_when(typed, reading, before)
    content = _read_words(typed, reading, before, when)
    reading.place = reading.attempt(None, _new_place, typed)
    if when is None:
        return reading
    content = read_repetition(typed, reading, content, before)
    cleaned = reading.attempt(None, validation.clean, content)
    reading.content = None if reading.faults else cleaned
    return reading


def read_dates(typed: Typed, before: Content | None = None) -> Reading:
    """Read only when the event takes place, for a preview; the rest may still be empty."""
    reading = Reading()
    when = read_when(typed, reading, before)
    if when is not None:
        content = read_repetition(typed, reading, Content("…", when), before)
        cleaned = reading.attempt(None, validation.clean, content)
        reading.content = None if reading.faults else cleaned
    return reading


def _read_words(
    typed: Typed, reading: Reading, before: Content | None, when: When | None
) -> Content:
    """Read all but the repetition; without a `when` the faults are what counts."""
    attempt, one = reading.attempt, typed.one
    title = attempt("", line, one("title"), "title", validation.MAX_TITLE)
    if not title:
        reading.faults.setdefault("title", _("Donnez un titre à l’événement."))
    language = attempt("fr", _language, typed)
    content = before or Content("", when or _NO_DAY)
    return replace(
        content,
        title=title,
        when=when or content.when,
        description=attempt(
            "", block, one("description"), "description", validation.MAX_DESCRIPTION
        ),
        status=attempt(Status.SCHEDULED, _choice, typed, "status", Status.SCHEDULED),
        online_url=attempt("", link, one("online_url"), "online_url"),
        url=attempt("", link, one("url"), "url"),
        categories=attempt((), _categories, typed),
        audience=attempt(Audience.EVERYONE, _choice, typed, "audience", Audience.EVERYONE),
        price=attempt(Price.UNKNOWN, _choice, typed, "price", Price.UNKNOWN),
        price_text=attempt("", line, one("price_text"), "price_text", validation.MAX_NOTE),
        accessibility=attempt((), _accessibility, typed),
        image=attempt(None, _image, typed, before),
        language=language,
        translations=_translations(typed, reading, language, before),
        extras=read_extras(typed, reading, content.extras),
    )


def _choice(typed: Typed, field: str, default: Choice) -> Choice:
    """Return the chosen value; nothing at all means the usual one."""
    text = typed.one(field)
    try:
        return type(default)(text) if text else default
    except ValueError:
        raise Refused(_("Choisissez une réponse de la liste."), field) from None


def _categories(typed: Typed) -> tuple[str, ...]:
    """Return the ticked categories and those typed between commas."""
    written = typed.one("more_categories").replace(";", ",").replace("\n", ",").split(",")
    return validation.clean_categories((*typed.many("categories"), *written))


def _accessibility(typed: Typed) -> tuple[Accessibility, ...]:
    try:
        return tuple(Accessibility(code) for code in typed.many("accessibility"))
    except ValueError:
        raise Refused(_("Choisissez une réponse de la liste."), "accessibility") from None


def _language(typed: Typed) -> str:
    code = typed.one("language") or "fr"
    if code not in LANGUAGES:
        raise Refused(_("Choisissez une langue de la liste."), "language")
    return code


def _image(typed: Typed, before: Content | None) -> Image | None:
    url = link(typed.one("image_url"), "image_url", own=True)
    if not url:
        return None
    alt = line(typed.one("image_alt"), "image_alt", validation.MAX_ALT)
    # An imported picture without words must not stand in the way of mending an hour.
    imported = before is not None and before.image is not None and before.image.url == url
    if not alt and not imported:
        raise Refused(
            _("Dites en quelques mots ce que l’image montre, pour qui ne la voit pas."), "image_alt"
        )
    return Image(url, alt, line(typed.one("image_credit"), "image_credit", validation.MAX_NOTE))


def _translations(
    typed: Typed, reading: Reading, base: str, before: Content | None
) -> dict[str, Translation]:
    """Return the words in other languages; those the form has no fields for stay."""
    found = dict(before.translations) if before else {}
    for code in LANGUAGES:
        found.pop(code, None)
        words = reading.attempt(None, _translation, typed, code)
        if words and code != base:
            found[code] = words
    return found


def _translation(typed: Typed, code: str) -> Translation | None:
    title = line(typed.one(f"title_{code}"), f"title_{code}", validation.MAX_TITLE)
    description = block(
        typed.one(f"description_{code}"), f"description_{code}", validation.MAX_DESCRIPTION
    )
    if description and not title:
        raise Refused(_("Donnez aussi le titre dans cette langue."), f"title_{code}")
    return Translation(title, description) if title else None


def _new_place(typed: Typed) -> Place | None:
    """Return the venue that the form describes, None when it describes none."""
    name = line(typed.one("place_name"), "place_name", _MAX_PLACE)
    commune = line(typed.one("place_commune"), "place_commune", _MAX_PLACE)
    address = line(typed.one("place_address"), "place_address", _MAX_PLACE)
    postal_code = line(typed.one("place_postal_code"), "place_postal_code", 20)
    if not name and not (commune or address or postal_code):
        return None
    if not name:
        raise Refused(_("Donnez le nom du lieu."), "place_name")
    if not commune:
        raise Refused(_("Donnez la commune du lieu."), "place_commune")
    country = typed.one("place_country").strip().upper() or "FR"
    if not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise Refused(_("Écrivez le pays en deux lettres : FR, SN, AM …"), "place_country")
    return Place(name, address, postal_code, commune, country)
