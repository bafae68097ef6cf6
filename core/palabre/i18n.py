"""Words in the reader's language.

French sentences are the msgids, so French can never be missing; other languages are catalogues in
`locale/<language>/LC_MESSAGES/palabre.po` of the core and of each plugin, read once when first
used. The language belongs to the request being answered and travels in a context variable.
"""

import gettext as _stdlib
from collections.abc import Iterable
from contextvars import ContextVar
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

BASE_LANGUAGE = "fr"
LANGUAGES = {"fr": "Français", "en": "English"}

language: ContextVar[str] = ContextVar("palabre_language", default=BASE_LANGUAGE)
_folders: list[Path] = [Path(__file__).parent / "locale"]


def add_catalogues(folders: Iterable[Path]) -> None:
    """Add the `locale` folders of plugins and themes; the core's own stays first."""
    _folders.extend(folder for folder in folders if folder not in _folders)
    _catalogue.cache_clear()


def gettext(message: str) -> str:
    """Return `message` (French) in the language of the current request."""
    if language.get() == BASE_LANGUAGE:
        return message
    return _catalogue(language.get()).gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """Return the form for `number`; French counts 0 and 1 as singular."""
    if language.get() == BASE_LANGUAGE:
        return singular if abs(number) < 2 else plural
    return _catalogue(language.get()).ngettext(singular, plural, number)


def marked(message: str) -> str:
    """Return `message` unchanged: a mark for translators where data is written, not yet shown.

    Whoever shows it calls `gettext(message)` at that moment, in the reader's language.
    """
    return message


@lru_cache
def _catalogue(code: str) -> _stdlib.NullTranslations:
    merged: _stdlib.NullTranslations = _stdlib.NullTranslations()
    for folder in reversed(_folders):
        for path in (folder / code / "LC_MESSAGES").glob("*.po"):
            compiled = BytesIO()
            with path.open("rb") as source:
                write_mo(compiled, read_po(source, locale=code))
            compiled.seek(0)
            catalogue = _stdlib.GNUTranslations(compiled)
            catalogue.add_fallback(merged)
            merged = catalogue
    return merged
