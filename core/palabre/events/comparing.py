"""Two versions of an event side by side, part by part, in words; and one made of both.

A part is what a person changes as one thing: "when" holds the first date, the repetition and the
single dates, for half of each would make no sense.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from palabre.events import extras
from palabre.events.labels import ACCESSIBILITIES, AUDIENCES, PRICES, STATUSES
from palabre.events.recurrence import moved
from palabre.events.values import AllDay, Content, Override
from palabre.events.words import recurrence_in_words, when_in_words
from palabre.i18n import gettext as _
from palabre.i18n import marked

Names = Mapping[UUID, str]
Words = Callable[[Content, Names], str]

MINE = "mine"
THEIRS = "theirs"


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that an event says: its name, its columns of `Content` and how it reads.

    `plugin` is whose fields of `extras` it is, for what a plugin added.
    """

    key: str
    label: str
    attributes: tuple[str, ...]
    words: Words
    plugin: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A part that reads differently before and after."""

    key: str
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A part where two editors' versions differ; `suggested` is "" where both changed it."""

    key: str
    label: str
    mine: str
    theirs: str
    suggested: str


def differences(before: Content, after: Content, names: Names) -> list[Difference]:
    """Return what changed from `before` to `after`, part by part."""
    return [
        Difference(part.key, _(part.label), part.words(before, names), part.words(after, names))
        for part in _parts()
        if _values(part, before) != _values(part, after)
    ]


def choices(base: Content | None, mine: Content, theirs: Content, names: Names) -> list[Choice]:
    """Return the parts where my version and theirs differ.

    `base` is what I had before me when I began: a part that only one of us changed suggests
    that one's version.
    """
    return [
        Choice(
            part.key,
            _(part.label),
            part.words(mine, names),
            part.words(theirs, names),
            _suggested(part, base, mine, theirs),
        )
        for part in _parts()
        if _values(part, mine) != _values(part, theirs)
    ]


def merge(mine: Content, theirs: Content, chosen: Mapping[str, str]) -> Content:
    """Return `theirs` with the parts that `chosen` takes from `mine` (by key: MINE or THEIRS)."""
    parts = [part for part in _parts() if chosen.get(part.key) == MINE]
    taken = {attribute: getattr(mine, attribute) for part in parts for attribute in part.attributes}
    added = {part.plugin: mine.extras.get(part.plugin, {}) for part in parts if part.plugin}
    return replace(theirs, **taken, extras={**theirs.extras, **added})


def venue_ids(*contents: Content) -> set[UUID]:
    """Return the ids of all venues that these versions name."""
    found = {content.venue_id for content in contents}
    found |= {override.venue_id for content in contents for override in content.overrides}
    return {venue_id for venue_id in found if venue_id is not None}


def _suggested(part: Part, base: Content | None, mine: Content, theirs: Content) -> str:
    if base is None:
        return ""
    original = _values(part, base)
    if original == _values(part, theirs):
        return MINE
    return THEIRS if original == _values(part, mine) else ""


def _parts() -> list[Part]:
    """Return the core's parts and one for each plugin with fields of its own."""
    titles: dict[str, str] = {}
    for plugin, section in extras.sections():
        titles.setdefault(plugin, section.title)
    return [*PARTS, *(_part_of(plugin, title) for plugin, title in titles.items())]


def _part_of(plugin: str, title: str) -> Part:
    def words(content: Content, _names: Names) -> str:
        return extras.in_words(plugin, content)

    return Part(plugin, title, (), words, plugin)


def _values(part: Part, content: Content) -> tuple[object, ...]:
    if part.plugin:
        return (content.extras.get(part.plugin, {}),)
    return tuple(getattr(content, attribute) for attribute in part.attributes)


def _when(content: Content, names: Names) -> str:
    lines = [when_in_words(content.when)]
    if not isinstance(content.when, AllDay):
        lines[0] += f" ({content.when.zone})"
    if content.recurrence is not None:
        lines.append(recurrence_in_words(content.recurrence, content.when))
    lines += [_override(override, content, names) for override in content.overrides]
    return "\n".join(lines)


def _override(override: Override, content: Content, names: Names) -> str:
    first = when_in_words(moved(content.when, override.original))
    changes = []
    if override.cancelled:
        changes.append(_("annulée"))
    if override.when is not None:
        changes.append(_("déplacée : {when}").format(when=when_in_words(override.when)))
    if override.status is not None:
        changes.append(_(STATUSES[override.status]))
    changes += [text for text in (override.title, override.description) if text]
    if override.venue_id is not None:
        changes.append(names.get(override.venue_id, _("autre lieu")))
    return f"{first} → {', '.join(changes)}"


def _venue(content: Content, names: Names) -> str:
    return names.get(content.venue_id, _("lieu inconnu")) if content.venue_id else ""


def _partners(content: Content, names: Names) -> str:
    found = (names.get(partner, _("organisation inconnue")) for partner in content.co_organiser_ids)
    return "\n".join(found)


def _price(content: Content, _names: Names) -> str:
    return "\n".join(filter(None, [_(PRICES[content.price]), content.price_text]))


def _accessible(content: Content, _names: Names) -> str:
    return "\n".join(_(ACCESSIBILITIES[code][0]) for code in content.accessibility)


def _image(content: Content, _names: Names) -> str:
    image = content.image
    return "\n".join(filter(None, [image.url, image.alt, image.credit])) if image else ""


def _translations(content: Content, _names: Names) -> str:
    return "\n\n".join(
        f"{code} : {words.title}\n{words.description}".strip()
        for code, words in sorted(content.translations.items())
    )


PARTS = (
    Part("title", marked("Titre"), ("title",), lambda content, _names: content.title),
    Part(
        "description",
        marked("Description"),
        ("description",),
        lambda content, _names: content.description,
    ),
    Part("when", marked("Quand"), ("when", "recurrence", "overrides"), _when),
    Part(
        "status", marked("État"), ("status",), lambda content, _names: _(STATUSES[content.status])
    ),
    Part("venue", marked("Lieu"), ("venue_id",), _venue),
    Part(
        "online_url",
        marked("Lien en ligne"),
        ("online_url",),
        lambda content, _names: content.online_url,
    ),
    Part("url", marked("Page web"), ("url",), lambda content, _names: content.url),
    Part("partners", marked("Avec"), ("co_organiser_ids",), _partners),
    Part(
        "categories",
        marked("Catégories"),
        ("categories",),
        lambda content, _names: ", ".join(content.categories),
    ),
    Part(
        "audience",
        marked("Public"),
        ("audience",),
        lambda content, _names: _(AUDIENCES[content.audience]),
    ),
    Part("price", marked("Prix"), ("price", "price_text"), _price),
    Part("accessibility", marked("Accessibilité"), ("accessibility",), _accessible),
    Part("image", marked("Image"), ("image",), _image),
    Part("language", marked("Langue"), ("language",), lambda content, _names: content.language),
    Part("translations", marked("Traductions"), ("translations",), _translations),
)
