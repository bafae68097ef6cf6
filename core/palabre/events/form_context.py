"""What the event form's page shows besides what was typed: choices, rows, usual categories."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from babel.dates import get_day_names

from palabre.database.connection import fetch
from palabre.errors import Refused
from palabre.events import labels
from palabre.events.domain.validation import FIRST_YEAR, LAST_YEAR
from palabre.events.form_dates import MAX_EXTRA_DATES
from palabre.events.form_filling import fill
from palabre.events.forms import LANGUAGES
from palabre.events.inputs import read_date
from palabre.events.repeating import CHOICES, CUSTOM, rule_of
from palabre.events.rules import WEEKDAYS
from palabre.events.typed import Typed
from palabre.events.values import AllDay, Content, Recurrence
from palabre.events.words import recurrence_in_words
from palabre.i18n import gettext as _
from palabre.i18n import language
from palabre.web.text import FALLBACK_LOCALE, LOCALES

USUAL_CATEGORIES = 14
_BLANK_ROWS = 2
_MORE_ROWS = 6
# Those of the programme and of its overseas neighbours; any other IANA name can be typed.
ZONES = (
    "Europe/Paris",
    "Africa/Dakar",
    "Asia/Yerevan",
    "Europe/London",
    "America/Cayenne",
    "America/Guadeloupe",
    "America/Martinique",
    "Indian/Reunion",
    "UTC",
)
_USUAL = """
SELECT category, count(*) FROM core_event, unnest(categories) AS category
WHERE publication = 'published' GROUP BY category ORDER BY count(*) DESC, category LIMIT $1
"""


def context_of(typed: Typed, before: Content | None) -> dict[str, Any]:
    """Return the choices of the form, named in the reader's language, and its rows of dates."""
    return {
        "typed": typed,
        "repeats": _repeats(before, typed),
        "weekdays": _weekdays(),
        "extra_rows": _extra_rows(typed),
        "zones": ZONES,
        "statuses": _named(labels.STATUSES),
        "audiences": _named(labels.AUDIENCES),
        "prices": _named(labels.PRICES),
        "accessibilities": [
            (code.value, _(name), _(hint)) for code, (name, hint) in labels.ACCESSIBILITIES.items()
        ],
        "languages_of_words": [(code, _(name)) for code, name in LANGUAGES.items()],
        "publications": {state.value: _(name) for state, name in labels.PUBLICATIONS.items()},
    }


async def usual_categories(chosen: Sequence[str]) -> list[tuple[str, str]]:
    """Return the categories to tick: the chosen ones, then those used most on this site."""
    usual = [row["category"] for row in await fetch(_USUAL, USUAL_CATEGORIES)]
    return [(category, category) for category in dict.fromkeys([*chosen, *usual])]


def _named(names: Any) -> list[tuple[str, str]]:  # noqa: ANN401  any table of labels
    return [(value.value, _(name)) for value, name in names.items()]


def _repeats(before: Content | None, typed: Typed) -> list[tuple[str, str]]:
    """Return the repetitions to choose from; the monthly ones say their day once there is a date."""
    options = [(choice, _monthly(choice, typed) or _(name)) for choice, name in CHOICES.items()]
    if before and before.recurrence and fill(before).one("repeat") == CUSTOM:
        words = recurrence_in_words(Recurrence(before.recurrence.rule), before.when)
        options.append((CUSTOM, _("Comme maintenant : {rhythm}").format(rhythm=words)))
    return options


def _monthly(choice: str, typed: Typed) -> str:
    if not choice.startswith("monthly"):
        return ""
    try:
        first = read_date(typed.one("start_date"), "start_date")
        if not FIRST_YEAR <= first.year <= LAST_YEAR:
            return ""
        rule = rule_of(choice, (), first)
        words = recurrence_in_words(Recurrence(str(rule)), AllDay(first, first, "UTC"))
    except Refused:
        return ""
    return words[:1].upper() + words[1:]


def _weekdays() -> list[tuple[str, str]]:
    names = get_day_names("wide", locale=LOCALES.get(language.get(), FALLBACK_LOCALE))
    return [(code, str(names[number])) for number, code in enumerate(WEEKDAYS)]


def _extra_rows(typed: Typed) -> list[tuple[str, str]]:
    """Return the added dates with some blank rows, more when they were asked for."""
    pairs = zip_longest(typed.many("extra_date"), typed.many("extra_time"), fillvalue="")
    rows = [(day, hour) for day, hour in pairs if day.strip() or hour.strip()]
    blank = _MORE_ROWS if typed.one("do") == "more" else _BLANK_ROWS
    return [*rows, *[("", "")] * blank][:MAX_EXTRA_DATES]
