"""Full text search that finds "forêts" by "foret".

The embedded server has no `unaccent`, so accents are folded in Python on both sides. Each word is
kept twice: as its French stem (plural and singular meet) and as it is written (the beginning of a
word finds it while it is being typed).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from palabre.agenda.sql import Arguments
from palabre.database.slugs import fold
from palabre.events.values import Content, Place

MAX_INDEXED = 60_000  # characters of a text: PostgreSQL refuses vectors above 1 MiB
MAX_WORD = 60  # characters: longer runs are addresses or noise
MAX_WORDS = 12  # of a query: each is a condition more

_QUOTED = re.compile(r"[\"«“”»]([^\"«“”»]*)[\"«“”»]")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class SearchText:
    """What an event is found by, folded: `title` weighs most, then `names`, then `words`."""

    title: str
    names: str
    words: str


def search_text(
    content: Content,
    place: Place | None,
    organisations: Iterable[str],
    added: Iterable[str] = (),
) -> SearchText:
    """Return what an event is found by, in all its languages.

    `place` is its venue if it has one, `organisations` the names of its organiser and
    co-organisers, `added` what plugins say of it. `core_event.search` is filled with it by `VECTOR`.
    """
    others = content.translations.values()
    changed = (override.title for override in content.overrides if override.title)
    named = (place.name, place.commune, place.address) if place else ()
    return SearchText(
        title=_folded((content.title, *(t.title for t in others), *changed)),
        names=_folded((*content.categories, *named, *organisations)),
        words=_folded((content.description, *(t.description for t in others), *added)),
    )


def vector(title: str, names: str, words: str) -> str:
    """Return the SQL of `core_event.search` over three placeholders of folded texts."""
    return " || ".join(
        f"setweight(to_tsvector('simple', {text}::text) || to_tsvector('french', {text}::text),"
        f" '{weight}')"
        for text, weight in ((title, "A"), (names, "B"), (words, "C"))
    )


def query(text: str, arguments: Arguments) -> str:
    """Return the SQL of a tsquery that finds `text`, whatever was typed.

    All words are needed; a part in quotes must be found as written; the last word may still be
    incomplete. Empty words of the language ("le", "de") alone find what begins with them.
    """
    rest, phrases = _QUOTED.sub(" ", text), _QUOTED.findall(text)
    parts = [
        f"phraseto_tsquery('french', {arguments.add(' '.join(words))}::text)"
        for phrase in phrases
        if (words := _words(phrase))
    ]
    words = _words(rest)
    parts += [f"plainto_tsquery('french', {arguments.add(word)}::text)" for word in words[:-1]]
    if words:
        last = arguments.add(words[-1])
        parts.append(
            f"(plainto_tsquery('french', {last}::text)"
            f" || to_tsquery('simple', {last}::text || ':*'))"
        )
    return f"({' && '.join(parts)})" if parts else "''::tsquery"


def _folded(texts: Iterable[str]) -> str:
    return " ".join(_WORD.findall(fold(" ".join(texts)[:MAX_INDEXED])))


def _words(text: str) -> list[str]:
    return [word[:MAX_WORD] for word in _WORD.findall(fold(text))[:MAX_WORDS]]
