"""The words in a feed: what became of an event, and the practical lines under its description.

A feed has the same bytes for every subscriber, so it speaks one language, French, whoever saved
the event and in whatever language their pages were: these words do not go through gettext.
"""

from collections.abc import Iterable

from babel import Locale, UnknownLocaleError

from palabre.events.values import Accessibility, Audience, Content, Place, Price, Status
from palabre.feeds.lines import clean, one_line
from palabre.feeds.values import Extension

CANCELLED = "Annulé : "
# In front of the title: Outlook ignores STATUS, and Google knows only "cancelled", which it hides.
_PREFIXES = {
    Status.CANCELLED: CANCELLED,
    Status.POSTPONED: "Reporté : ",
    Status.FULL: "Complet : ",
    Status.MOVED_ONLINE: "En ligne : ",
    Status.RESCHEDULED: "Nouvelle date : ",
}
_SENTENCES = {
    Status.CANCELLED: "Cet événement est annulé.",
    Status.POSTPONED: "Cet événement est reporté ; la nouvelle date n’est pas encore connue.",
    Status.FULL: "C’est complet : il n’y a plus de place.",
    Status.MOVED_ONLINE: "Cet événement a lieu en ligne, et non sur place.",
    Status.RESCHEDULED: "La date de cet événement a changé : voici la nouvelle.",
}
GONE = "Cet événement est annulé ou a été retiré de l’agenda."
_PRICES = {Price.FREE: "gratuit", Price.OPEN: "prix libre", Price.PAID: "payant"}
_AUDIENCES = {
    Audience.FAMILIES: "familles",
    Audience.CHILDREN: "enfants",
    Audience.YOUNG: "jeunes",
    Audience.ADULTS: "adultes",
    Audience.PROFESSIONALS: "professionnels",
}
_ACCESSIBILITY = {
    Accessibility.MOTOR: "handicap moteur",
    Accessibility.HEARING: "handicap auditif",
    Accessibility.VISUAL: "handicap visuel",
    Accessibility.PSYCHIC: "handicap psychique",
    Accessibility.INTELLECTUAL: "handicap intellectuel",
}


def summary(title: str, status: Status) -> str:
    """Return the title with what became of the event in front, unless it says so itself."""
    title = one_line(title)
    prefix = _PREFIXES.get(status, "")
    if title.casefold().startswith(prefix.rstrip(" :").casefold()):
        return title
    return prefix + title


def status_sentence(status: Status) -> str:
    """Return a sentence for an event that does not take place as planned, "" for others."""
    return _SENTENCES.get(status, "")


def address(place: Place) -> str:
    """Return a place on one line, as an envelope would have it, no part said twice."""
    commune = f"{place.postal_code} {place.commune}".strip()
    country = "" if place.country.upper() in {"FR", ""} else _country(place.country)
    parts: list[str] = []
    for part in (place.name, place.address, commune, country):
        one = one_line(part)
        if one and not any(one.casefold() in earlier.casefold() for earlier in parts):
            parts.append(one)
    return ", ".join(parts)


def practical(content: Content, organisers: tuple[str, ...], link: str | None) -> str:
    """Return the practical lines of an event; `link` is the organiser's own page, in ASCII."""
    return "\n".join(
        f"{label} : {value}"
        for label, value in (
            ("Organisé par", ", ".join(one_line(name) for name in organisers)),
            ("Tarif", _price(content)),
            ("Public", _AUDIENCES.get(content.audience, "")),
            ("Accessibilité", ", ".join(_ACCESSIBILITY[code] for code in content.accessibility)),
            ("En ligne", one_line(content.online_url)),
            ("Informations et réservation", link or one_line(content.url)),
        )
        if value
    )


def added(extensions: Iterable[Extension]) -> str:
    """Return what plugins say of an event, a line for each thing."""
    said = (pair for extension in extensions for pair in extension.lines)
    return "\n".join(f"{one_line(label)} : {clean(text).strip()}" for label, text in said)


def translations(content: Content) -> list[str]:
    """Return the event in its other languages, each headed by the language's own name."""
    return [
        "\n".join(
            part
            for part in (
                f"— {_language(code)} —",
                one_line(words.title),
                clean(words.description).strip(),
            )
            if part
        )
        for code, words in sorted(content.translations.items())
    ]


def _price(content: Content) -> str:
    known = (_PRICES.get(content.price, ""), one_line(content.price_text))
    return " – ".join(part for part in known if part)


def _language(code: str) -> str:
    try:
        return str(Locale.parse(code.replace("-", "_")).display_name or code).capitalize()
    except (ValueError, UnknownLocaleError):
        return code


def _country(code: str) -> str:
    return str(Locale("fr").territories.get(code.upper(), code))
