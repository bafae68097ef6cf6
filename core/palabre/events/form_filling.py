"""What an event says, as the values of its form; reading them back gives the same event."""

from datetime import datetime, timedelta

from palabre.events.extras import fill_extras
from palabre.events.form_dates import date_key
from palabre.events.forms import LANGUAGES
from palabre.events.repeating import choice_of
from palabre.events.rules import Rule, parse_rule
from palabre.events.typed import Typed
from palabre.events.values import AllDay, Content, Recurrence, Timed, When
from palabre.events.zones import zone_of


def fill(content: Content) -> Typed:
    """Return the form of `content`; the venue's fields are filled by `events.places`."""
    image = content.image
    pairs = [
        ("title", content.title),
        ("description", content.description),
        ("status", content.status.value),
        ("online_url", content.online_url),
        ("url", content.url),
        *(("categories", category) for category in content.categories),
        ("audience", content.audience.value),
        ("price", content.price.value),
        ("price_text", content.price_text),
        *(("accessibility", code.value) for code in content.accessibility),
        ("image_url", image.url if image else ""),
        ("image_alt", image.alt if image else ""),
        ("image_credit", image.credit if image else ""),
        ("language", content.language),
    ]
    for code, words in content.translations.items():
        if code in LANGUAGES:
            pairs += [(f"title_{code}", words.title), (f"description_{code}", words.description)]
    pairs += fill_extras(content.extras)
    pairs += when_pairs(content.when)
    if content.recurrence is not None:
        pairs += _repetition_pairs(content.recurrence, content.when)
    return Typed(pairs)


def empty(zone: str) -> Typed:
    """Return the form of a new event in `zone`, nothing else said."""
    return Typed([("zone", zone)])


def when_pairs(when: When) -> list[tuple[str, str]]:
    """Return the form's values for one date."""
    pairs = [("zone", when.zone)]
    if isinstance(when, AllDay):
        last = when.ends - timedelta(days=1)
        return [
            *pairs,
            ("all_day", "1"),
            ("start_date", str(when.starts)),
            ("end_date", str(last) if last != when.starts else ""),
        ]
    starts = when.starts.astimezone(zone_of(when.zone))
    pairs += [("start_date", str(starts.date())), ("start_time", _clock(starts))]
    if when.ends is None:
        return pairs
    ends = when.ends.astimezone(zone_of(when.zone))
    night = timedelta(days=1) if ends.time() < starts.time() else timedelta()
    plain = ends.date() == starts.date() + night
    return [*pairs, ("end_time", _clock(ends)), ("end_date", "" if plain else str(ends.date()))]


def _repetition_pairs(recurrence: Recurrence, when: When) -> list[tuple[str, str]]:
    pairs = _rule_pairs(parse_rule(recurrence.rule), when) if recurrence.rule else []
    own = when.starts.astimezone(zone_of(when.zone)).time() if isinstance(when, Timed) else None
    for start in recurrence.rdates:
        if isinstance(start, datetime):
            local = start.astimezone(zone_of(when.zone))
            hour = "" if local.time() == own else _clock(local)
            pairs += [("extra_date", str(local.date())), ("extra_time", hour)]
        else:
            pairs += [("extra_date", str(start)), ("extra_time", "")]
    return pairs + [("removed", date_key(start, when)) for start in recurrence.exdates]


def _rule_pairs(rule: Rule, when: When) -> list[tuple[str, str]]:
    first = when.starts
    if isinstance(first, datetime):
        first = first.astimezone(zone_of(when.zone)).date()
    choice, weekdays = choice_of(rule, first)
    pairs = [("repeat", choice), *(("weekdays", name) for name in weekdays)]
    if rule.count is not None:
        pairs.append(("count", str(rule.count)))
    if rule.until is not None:
        until = rule.until
        if isinstance(until, datetime):
            until = until.astimezone(zone_of(when.zone)).date()
        pairs.append(("until", str(until)))
    return pairs


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M}"
