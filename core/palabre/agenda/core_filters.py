"""The filters of the core: plain data, in the order in which forms show them."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from palabre.agenda import search
from palabre.agenda.filters import Compile, Filter
from palabre.agenda.periods import PERIOD_NAMES, PERIODS
from palabre.agenda.sql import FIRST_DATE, LAST_DATE, Arguments, Moment
from palabre.database.slugs import slugify
from palabre.errors import Refused
from palabre.events.values import Accessibility, Audience, Price
from palabre.i18n import gettext as _
from palabre.i18n import marked

MAX_TEXT = 200  # characters: longer than any title's words, short enough for an address

AUDIENCES: Mapping[str, Audience] = {
    "tous": Audience.EVERYONE,
    "familles": Audience.FAMILIES,
    "enfants": Audience.CHILDREN,
    "jeunes": Audience.YOUNG,
    "adultes": Audience.ADULTS,
    "professionnels": Audience.PROFESSIONALS,
}
PRICES: Mapping[str, Price] = {
    "gratuit": Price.FREE,
    "libre": Price.OPEN,
    "payant": Price.PAID,
}
AUDIENCE_NAMES: Mapping[str, str] = {
    "tous": marked("Tout public"),
    "familles": marked("Familles"),
    "enfants": marked("Enfants"),
    "jeunes": marked("Jeunes"),
    "adultes": marked("Adultes"),
    "professionnels": marked("Professionnels"),
}
PRICE_NAMES: Mapping[str, str] = {
    "gratuit": marked("Gratuit"),
    "libre": marked("Prix libre"),
    "payant": marked("Payant"),
}
ACCESSIBILITY_NAMES: Mapping[str, str] = {
    Accessibility.MOTOR: marked("Handicap moteur"),
    Accessibility.HEARING: marked("Handicap auditif"),
    Accessibility.VISUAL: marked("Handicap visuel"),
    Accessibility.PSYCHIC: marked("Handicap psychique"),
    Accessibility.INTELLECTUAL: marked("Handicap intellectuel"),
}
ONLINE_NAMES: Mapping[str, str] = {"oui": marked("En ligne"), "non": marked("Sur place")}
_ONLINE_WORDS = {"oui": "oui", "1": "oui", "on": "oui", "true": "oui", "non": "non", "0": "non"}

_FRENCH_DATE = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", re.ASCII)
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)


def clean(raw: str) -> str:
    """Return `raw` as one line of visible characters; raises Refused when it is absurdly long."""
    if len(raw) > MAX_TEXT * 4:
        raise Refused(_("Ce texte est trop long pour une recherche."))
    visible = "".join(
        c if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} else " "
        for c in unicodedata.normalize("NFC", raw)
    )
    text = " ".join(visible.split())
    if len(text) > MAX_TEXT:
        raise Refused(_("Ce texte est trop long pour une recherche."))
    return text


def read_date(raw: str) -> str:
    """Return a date as 2026-11-14, from that or from 14/11/2026; raises Refused."""
    text = clean(raw)
    if not text:
        return ""
    numbers = None
    if found := _ISO_DATE.fullmatch(text):
        numbers = found.groups()
    elif found := _FRENCH_DATE.fullmatch(text):
        numbers = found.groups()[::-1]
    try:
        if numbers and FIRST_DATE <= (day := date(*map(int, numbers))) <= LAST_DATE:
            return day.isoformat()
    except ValueError:
        pass
    raise Refused(
        _("« {text} » n’est pas une date du calendrier. Écrivez par exemple 14/11/2026.").format(
            text=_short(text)
        )
    )


def read_slug(raw: str) -> str:
    """Return a name as a piece of an address: "Saint-Égrève" and "saint-egreve" are the same."""
    text = clean(raw)
    slug = slugify(text)
    if text and not slug:
        raise Refused(_("« {text} » n’est pas un nom.").format(text=_short(text)))
    return slug


def one_of(choices: Mapping[str, str]) -> Callable[[str], str]:
    """Return a reader that takes the keys of `choices`, and only them."""

    def read(raw: str) -> str:
        text = clean(raw).casefold()
        if text and text not in choices:
            raise Refused(
                _("« {text} » n’est pas un choix possible. Choisissez parmi : {choices}.").format(
                    text=_short(text), choices=", ".join(choices)
                )
            )
        return text

    return read


def read_online(raw: str) -> str:
    """Return "oui" or "non", also from the values that checkboxes send."""
    text = clean(raw).casefold()
    if not text:
        return ""
    if text not in _ONLINE_WORDS:
        raise Refused(_("Répondez par oui ou par non."))
    return _ONLINE_WORDS[text]


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def _text(values: Sequence[str], arguments: Arguments, moment: Moment) -> str:  # noqa: ARG001 (the shape of every filter)
    return f"e.search @@ {search.query(values[0], arguments)}"


def _from(day: date, arguments: Arguments, moment: Moment) -> str:
    instant = arguments.add(moment.midnight(day))
    return (
        f"CASE WHEN o.all_day THEN o.last_day >= {arguments.add(day)}"
        f" ELSE o.ends_at > {instant} OR o.starts_at >= {instant} END"
    )


def _until(day: date, arguments: Arguments, moment: Moment) -> str:
    instant = arguments.add(moment.day_after(day))
    return (
        f"CASE WHEN o.all_day THEN o.first_day <= {arguments.add(day)}"
        f" ELSE o.starts_at < {instant} END"
    )


def _since(values: Sequence[str], arguments: Arguments, moment: Moment) -> str:
    return _from(date.fromisoformat(values[0]), arguments, moment)


def _before(values: Sequence[str], arguments: Arguments, moment: Moment) -> str:
    return _until(date.fromisoformat(values[0]), arguments, moment)


def _period(values: Sequence[str], arguments: Arguments, moment: Moment) -> str:
    first, last = PERIODS[values[0]](moment.today)
    return f"{_from(first, arguments, moment)} AND {_until(last, arguments, moment)}"


def _organisation(values: Sequence[str], arguments: Arguments, moment: Moment) -> str:  # noqa: ARG001 (the shape of every filter)
    # A merged organisation's slug means the one that was kept: subscribers have it in their address.
    named = (
        "SELECT coalesce(g.merged_into_id, g.id) FROM core_organisation g"  # noqa: S608 (a placeholder, not a value)
        f" WHERE g.slug = ANY({arguments.add(list(values))}::text[])"
    )
    return (
        f"e.organisation_id IN ({named}) OR EXISTS (SELECT 1 FROM core_co_organiser c"  # noqa: S608 (our own condition)
        f" WHERE c.event_id = e.id AND c.organisation_id IN ({named}))"
    )


def _online(values: Sequence[str], arguments: Arguments, moment: Moment) -> str:  # noqa: ARG001 (the shape of every filter)
    condition = "(e.online_url <> '' OR e.status = 'moved_online')"
    return condition if values[0] == "oui" else f"NOT {condition}"


def _among(column: str, codes: Mapping[str, str] | None = None) -> Compile:
    """Return a condition: the column is one of the values, each translated by `codes`."""

    def where(values: Sequence[str], arguments: Arguments, moment: Moment) -> str:  # noqa: ARG001 (the shape of every filter)
        meant = [str(codes[value]) if codes else value for value in values]
        return f"{column} = ANY({arguments.add(meant)}::text[])"

    return where


def _array(column: str, operator: str) -> Compile:
    """Return a condition: the array column overlaps with (&&) or holds all (@>) the values."""

    def where(values: Sequence[str], arguments: Arguments, moment: Moment) -> str:  # noqa: ARG001 (the shape of every filter)
        return f"{column} {operator} {arguments.add(list(values))}::text[]"

    return where


CORE_FILTERS: tuple[Filter, ...] = (
    Filter("q", marked("Mots"), clean, _text),
    Filter(
        "quand", marked("Quand"), one_of(PERIOD_NAMES), _period,
        of_dates=True, rolls=True, choices=PERIOD_NAMES,
    ),
    Filter("du", marked("Du"), read_date, _since, of_dates=True),
    Filter("au", marked("Au"), read_date, _before, of_dates=True),
    Filter(
        "commune", marked("Commune"), read_slug, _among("v.commune_slug"),
        several=True, of_dates=True,
    ),
    Filter("lieu", marked("Lieu"), read_slug, _among("v.slug"), several=True, of_dates=True),
    Filter("organisation", marked("Organisation"), read_slug, _organisation, several=True),
    Filter(
        "categorie", marked("Catégorie"), read_slug, _array("e.category_slugs", "&&"),
        several=True,
    ),
    Filter(
        "public", marked("Public"), one_of(AUDIENCE_NAMES), _among("e.audience", AUDIENCES),
        several=True, choices=AUDIENCE_NAMES,
    ),
    Filter(
        "prix", marked("Prix"), one_of(PRICE_NAMES), _among("e.price", PRICES),
        several=True, choices=PRICE_NAMES,
    ),
    Filter(
        "accessibilite", marked("Accessibilité"), one_of(ACCESSIBILITY_NAMES),
        _array("e.accessibility", "@>"), several=True, choices=ACCESSIBILITY_NAMES,
    ),
    Filter(
        "en_ligne", marked("En ligne"), read_online, _online, choices=ONLINE_NAMES,
    ),
)  # fmt: skip
