"""Text and addresses from strangers made plain: what stays, what goes, and what is refused.

Control characters, broken surrogates and bidirectional overrides go (an override can make a title
read as something else); isolates stay where they are closed again. The rest is the author's.
"""

import re
import unicodedata
from urllib.parse import urlsplit

from palabre.errors import Refused
from palabre.i18n import gettext as _

MAX_LINK = 2_000
# More stacked accents on one letter than any language uses are paint over the neighbours.
MAX_MARKS = 8
# No mark is among these: the Latin letters, and punctuation but for U+20D0 to U+20FF.
_MAY_BE_MARK = re.compile(r"[^\x00-\u02ff\u2000-\u20cf\u2100-\u2bff]")

_LINE_ENDS = re.compile("\r\n?|[\u0085\u2028\u2029\v\f]")
# Embeddings and overrides (U+202A–E) are dropped: isolates do the same job without leaking.
_DROPPED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"  # letters and symbols that are drawn as nothing
_ISOLATES = "\u2066\u2067\u2068"
_CLOSE = "\u2069"
_SPACES = re.compile(r"[ \t\n]+")
_LINK = re.compile(r"https?://[^\s<>\"\\^`{|}]+", re.IGNORECASE)
_BARE_HOST = re.compile(r"[\w-]+(\.[\w-]+)+(:[0-9]+)?([/?#]\S*)?")
_PATH = re.compile(r"/(static|uploads)/[A-Za-z0-9._~/-]+")


def line(text: str, field: str, limit: int) -> str:
    """Return `text` on one line, at most `limit` characters; raises Refused for `field`."""
    kept = _SPACES.sub(" ", _readable(text, field)).strip()
    if not kept.isascii() and not any(map(_shows, kept)):
        return ""
    if len(kept) > limit:
        raise Refused(
            _("Ce texte est trop long : {} caractères, {} au plus.").format(len(kept), limit), field
        )
    return kept


def block(text: str, field: str, limit: int) -> str:
    """Return `text` with its paragraphs, at most `limit` bytes of UTF-8; raises Refused."""
    lines = (piece.rstrip() for piece in _readable(text, field).replace("\t", " ").split("\n"))
    kept = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    size = len(kept.encode())
    if size > limit:
        raise Refused(
            _("Ce texte est trop long : {} ko, {} ko au plus.").format(
                -(-size // 1000), limit // 1000
            ),
            field,
        )
    return kept


def link(text: str, field: str, *, own: bool = False) -> str:
    """Return a web address in ASCII, or ""; "exemple.org" gets its https.

    With `own`, a path of this site's files will do. Raises Refused for anything else than http(s).
    """
    kept = line(text, field, MAX_LINK)
    if not kept or (own and _PATH.fullmatch(kept) and ".." not in kept):
        return kept
    if _BARE_HOST.fullmatch(kept):
        kept = f"https://{kept}"
    if _leads_somewhere(kept):
        return kept if kept.isascii() else _in_ascii(kept, field)
    raise _bad_link(field)


def _readable(text: str, field: str) -> str:
    """Drop what can't be read; refuse at once what no form of ours can hold."""
    if len(text) > 1_000_000:
        raise Refused(_("Ce texte est beaucoup trop long."), field)
    kept = _DROPPED.sub("", _LINE_ENDS.sub("\n", text))
    if any(mark in kept for mark in (*_ISOLATES, _CLOSE)):
        kept = "\n".join(map(_balanced, kept.split("\n")))
    kept = unicodedata.normalize("NFC", kept)
    return _without_towers(kept) if _MAY_BE_MARK.search(kept) else kept


def _shows(character: str) -> bool:
    """Whether there is anything to see: joiners, zero-width and other spaces alone are nothing."""
    return unicodedata.category(character)[0] not in "CZ" and character not in _BLANKS


def _balanced(text: str) -> str:
    """Close each isolate within its line and drop a close without its opening."""
    kept, depth = [], 0
    for character in text:
        if character in _ISOLATES:
            depth += 1
        elif character == _CLOSE:
            if not depth:
                continue
            depth -= 1
        kept.append(character)
    return "".join(kept) + _CLOSE * depth


def _without_towers(text: str) -> str:
    kept, height = [], 0
    for character in text:
        height = height + 1 if unicodedata.combining(character) else 0
        if height <= MAX_MARKS:
            kept.append(character)
    return "".join(kept)


def _leads_somewhere(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return bool(_LINK.fullmatch(address) and parts.hostname and parts.port != 0)
    except ValueError:  # a port above 65535, an open bracket
        return False


def _in_ascii(address: str, field: str) -> str:
    import httpx  # only addresses with accents need it

    try:
        return str(httpx.URL(address))
    except (httpx.InvalidURL, UnicodeError):
        raise _bad_link(field) from None


def _bad_link(field: str) -> Refused:
    return Refused(
        _("Cette adresse n’est pas valable : elle commence par https:// ou http://."), field
    )
