"""French typography: the spaces that must not break.

Sentences are written with ordinary spaces, so that anybody can type and translate them; what
readers get follows the Imprimerie nationale: a narrow no-break space before ; ! ? and a full
no-break space before : and inside « ».
"""

import re
from functools import lru_cache

NO_BREAK = "\u00a0"
NARROW_NO_BREAK = "\u202f"

_HIGH = re.compile(r"(?<![ \n]) (?=[;!?])")
_WIDE = re.compile(r"(?<![ \n]) (?=[:»])|(?<=«) ")


@lru_cache(maxsize=8192)
def french(text: str) -> str:
    """Return `text` with its ordinary spaces around French punctuation made no-break ones."""
    return _WIDE.sub(NO_BREAK, _HIGH.sub(NARROW_NO_BREAK, text))
