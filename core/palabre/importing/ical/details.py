"""The properties of an event that are neither time nor identity → the fields of `Content`."""

import re
from collections.abc import Mapping, Sequence

from palabre.events.values import Image, Place, Status
from palabre.i18n import gettext as _
from palabre.importing.ical import limits
from palabre.importing.ical.lines import Property
from palabre.importing.ical.notes import Notebook
from palabre.importing.ical.text import (
    clean,
    cut,
    cut_octets,
    description,
    from_html,
    plain,
    title,
    unescape,
    web_address,
)

Said = Mapping[str, Property]
_GEO = re.compile(r"\s*([+-]?\d{1,3}(?:\.\d{1,20})?)\s*[;,]\s*([+-]?\d{1,3}(?:\.\d{1,20})?)\s*")
_COMMUNE = re.compile(r"(?:^|[\s,])(\d{5})\s+([^\W\d_][^\d,;()\n]{1,60})(?=,|;|\(|$)")
_CATEGORY_SEPARATOR = re.compile(r"(?<!\\),")
_NOT_IN_CATEGORY = re.compile(r"[,;\\]+")
_LANGUAGE = re.compile(r"([a-zA-Z]{2})(?:-.*)?")
_LANGUAGES = frozenset(
    ["fr", "en", "de", "es", "it", "pt", "nl", "hy", "ar", "ru", "wo", "ff", "oc", "ca", "eu", "br"]
)
# What our own feeds put in front of a title (feeds.words), so that reading them back adds nothing.
_PREFIXES = {
    "Annulé": Status.CANCELLED,
    "Reporté": Status.POSTPONED,
    "Complet": Status.FULL,
    "En ligne": Status.MOVED_ONLINE,
    "Nouvelle date": Status.RESCHEDULED,
}
_CONFERENCE = (
    "CONFERENCE",
    "X-GOOGLE-CONFERENCE",
    "X-MICROSOFT-SKYPETEAMSMEETINGURL",
    "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK",
)


def headline(said: Said, notes: Notebook) -> tuple[str, Status]:
    """Return the title ("" when there is none) and the status, which may stand in the title."""
    prop = said.get("SUMMARY")
    words = title(prop.value, notes, prop.line) if prop else ""
    status = Status.SCHEDULED
    front, colon, rest = words.partition(" : ")
    if colon and front in _PREFIXES and rest.strip():
        words, status = rest.strip(), _PREFIXES[front]
    state = said.get("STATUS")
    if state is not None and state.value.strip().upper() == "CANCELLED":
        status = Status.CANCELLED
    elif state is not None and state.value.strip().upper() == "TENTATIVE" and not colon:
        notes.add(_("Événement « provisoire » : pris comme prévu."), state.line)
    return words, status


def long_text(said: Said, notes: Notebook) -> str | None:
    """Return the description as plain text, from its HTML twin where it stands alone; None if none."""
    prop = said.get("DESCRIPTION")
    if prop is not None and prop.value.strip():
        return description(prop.value, notes, prop.line)
    twin = said.get("X-ALT-DESC") or said.get("STYLED-DESCRIPTION")
    if twin is not None and twin.value.strip():
        text = clean(from_html(unescape(twin.value)[: limits.LINE]))
        return cut_octets(text, limits.DESCRIPTION, _("Description"), notes, twin.line)
    return "" if prop is not None else None


def language(said: Said) -> str:
    """Return the language that SUMMARY names, French when it names none that we know."""
    prop = said.get("SUMMARY")
    match = _LANGUAGE.fullmatch(prop.params.get("LANGUAGE", "")) if prop else None
    code = match[1].lower() if match else ""
    return code if code in _LANGUAGES else "fr"


def place(said: Said, notes: Notebook) -> Place | None:
    """Return where it happens, or None; a web address given as a place is not one."""
    apple = said.get("X-APPLE-STRUCTURED-LOCATION")
    words = _location(said, notes)
    if not words and apple is not None:
        words = _one_line(apple.params.get("X-TITLE", ""))
        address = _one_line(apple.params.get("X-ADDRESS", ""))
        if address and address != words:
            words = ", ".join(part for part in (words, address) if part)
    if not words:
        return None
    spot = _point(said.get("GEO"), notes)
    if spot is None and apple is not None and apple.value.lower().startswith("geo:"):
        spot = _spot(apple.value[4:].partition(";")[0])
    latitude, longitude = spot or (None, None)
    name, address, postal_code, commune = _split(words)
    return Place(
        name=name[: limits.PLACE],
        address=address[: limits.PLACE],
        postal_code=postal_code,
        commune=commune,
        latitude=latitude,
        longitude=longitude,
    )


def _location(said: Said, notes: Notebook) -> str:
    prop = said.get("LOCATION")
    if prop is None:
        return ""
    words = _one_line(unescape(prop.value))
    if web_address(words) or words.casefold() == "en ligne":
        return ""
    return cut(words, limits.PLACE, _("Lieu"), notes, prop.line)


def _one_line(text: str) -> str:
    lines = (" ".join(line.split()).strip(" ,") for line in clean(text).split("\n"))
    return ", ".join(line for line in lines if line)


def _split(words: str) -> tuple[str, str, str, str]:
    """Return name, street, postal code and commune, where putting them together gives `words` again."""
    match = _COMMUNE.search(words)
    if match is None:
        return words, "", "", ""
    postal_code, commune = match[1], match[2].strip()
    name, _comma, street = words[: match.start()].strip(" ,").partition(", ")
    parts = [part for part in (name, street, f"{postal_code} {commune}") if part]
    if name and ", ".join(parts) == words:
        return name, street, postal_code, commune
    return words, "", postal_code, commune


def _point(prop: Property | None, notes: Notebook) -> tuple[float, float] | None:
    if prop is None or not prop.value.strip():
        return None
    spot = _spot(prop.value.replace("\\", ""))
    if spot is None:
        notes.add(_("Position (GEO) illisible, laissée de côté."), prop.line)
    return spot


def _spot(text: str) -> tuple[float, float] | None:
    match = _GEO.fullmatch(text)
    if match is None:
        return None
    latitude, longitude = float(match[1]), float(match[2])
    if abs(latitude) > 90 or abs(longitude) > 180 or (latitude == 0 and longitude == 0):
        return None
    return latitude, longitude


def online_address(said: Said) -> str:
    """Return where to join from afar: a conference property, or a web address given as the place."""
    for name in _CONFERENCE:
        if name in said and (address := web_address(unescape(said[name].value))):
            return address
    location = said.get("LOCATION")
    return web_address(_one_line(unescape(location.value))) if location else ""


def page_address(said: Said, notes: Notebook) -> str:
    """Return URL where it is a web address; anything else is dropped with a note."""
    prop = said.get("URL")
    if prop is None or not prop.value.strip():
        return ""
    address = web_address(unescape(prop.value)) or web_address(prop.value)
    if not address:
        notes.add(_("Adresse web inutilisable, laissée de côté."), prop.line)
    return address


def categories(props: Sequence[Property], notes: Notebook) -> tuple[str, ...]:
    """Return all categories once, without the marks at which readers cut them (FEED.md E27)."""
    found: dict[str, None] = {}
    for prop in props:
        for value in _CATEGORY_SEPARATOR.split(prop.value):
            words = " ".join(_NOT_IN_CATEGORY.sub(" ", plain(value)).split())
            if len(words) > limits.CATEGORY:
                words = cut(words, limits.CATEGORY, _("Catégorie"), notes, prop.line)
            if words:
                found.setdefault(words)
    if len(found) > limits.CATEGORIES:
        told = _("Plus de {limit} catégories : les premières sont gardées.")
        notes.add(told.format(limit=limits.CATEGORIES), props[0].line)
    return tuple(found)[: limits.CATEGORIES]


def picture(found: Mapping[str, Sequence[Property]]) -> Image | None:
    """Return the address of an image (IMAGE, RFC 7986 section 5.10, or an attached one)."""
    for prop in (*found.get("IMAGE", ()), *found.get("ATTACH", ())):
        kind = prop.params.get("FMTTYPE", "").lower()
        if prop.name == "ATTACH" and not kind.startswith("image/"):
            continue
        if address := web_address(prop.value):
            return Image(address)
    return None


def is_private(said: Said) -> bool:
    """Whether CLASS asks for discretion (RFC 5545 section 3.8.1.3)."""
    prop = said.get("CLASS")
    return prop is not None and prop.value.strip().upper() in {"PRIVATE", "CONFIDENTIAL"}


def sequence(said: Said) -> int:
    """Return SEQUENCE, 0 when absent or absurd."""
    prop = said.get("SEQUENCE")
    text = prop.value.strip() if prop else ""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0
