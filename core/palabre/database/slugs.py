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


def fold(text: str) -> str:
    """Return `text` in lower case and without accents; other alphabets stay themselves."""
    split = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    return "".join(c for c in split if not unicodedata.combining(c)).casefold()


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
