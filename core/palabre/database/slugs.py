"""Words without accents, case and punctuation: for addresses, for matching, for searching."""

import re
import unicodedata

MAX_SLUG = 80
_LIGATURES = str.maketrans(
    {
        "œ": "oe",
        "Œ": "OE",
        "æ": "ae",
        "Æ": "AE",
        "ß": "ss",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "ı": "i",
    }
)
# Unicode's marks begin at U+0300: only these characters need to be asked one by one.
_MAY_BE_MARK = re.compile(r"[^\x00-\u02ff]")


def fold(text: str) -> str:
    """Return `text` in lower case and without accents; other alphabets stay themselves."""
    split = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    return _MAY_BE_MARK.sub(_without_mark, split).casefold()


def _without_mark(found: re.Match[str]) -> str:
    return "" if unicodedata.combining(found[0]) else found[0]


def slugify(text: str, limit: int = MAX_SLUG) -> str:
    """Return `text` as a piece of an address: letters, digits and single hyphens, at most `limit`.

    Letters of other alphabets are kept (an address may carry them, percent-encoded); a text
    without any letter or digit gives "".
    """
    words = re.findall(r"[^\W_]+", fold(text))
    slug = ""
    for word in words:
        longer = f"{slug}-{word}" if slug else word
        if len(longer) > limit:
            break
        slug = longer
    return slug or "".join(words)[:limit]
