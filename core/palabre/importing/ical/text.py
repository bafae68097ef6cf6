"""What people wrote, as safe plain text: unescaped, without markup, controls or tricks of direction."""

import html
import re
import unicodedata
from urllib.parse import urlsplit

import nh3

from palabre.i18n import gettext as _
from palabre.importing.ical import limits
from palabre.importing.ical.notes import Notebook

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
# C0 and C1 controls but tab and line feed, non-characters, the byte order mark, lone surrogates.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")
# Embeddings, overrides and isolates (Unicode UAX 9): they can turn the page around them. The marks
# U+200E, U+200F and U+061C, which real Arabic and Hebrew texts need, stay.
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_SEPARATOR = re.compile("\r\n|[\r\u2028\u2029\x0b\x0c]")
_MARKUP = re.compile(
    r"</?(?:p|br|div|span|a|ul|ol|li|b|i|u|em|strong|font|html|body|head|style|script|table|tr|td|img|"
    r"h[1-6]|blockquote|iframe|object|svg|meta|link|form|input|o:p)(?:[\s/][^<>]*)?/?>",
    re.IGNORECASE,
)
_BREAK = re.compile(
    r"<(?:br|/p|/div|/li|/tr|/h[1-6]|/blockquote|/ul|/ol|hr)(?:\s[^<>]*)?/?>", re.IGNORECASE
)
_ITEM = re.compile(r"<li(?:\s[^<>]*)?>", re.IGNORECASE)
_CELL = re.compile(r"</t[dh](?:\s[^<>]*)?>", re.IGNORECASE)
_LINK = re.compile(
    r"<a\s[^<>]*?href\s*=\s*[\"']?(https?://[^\"'\s<>]+)[^<>]*>([^<]*)</a>", re.IGNORECASE
)
_ENTITY = re.compile(r"&(?:[a-z]{2,8}|#\d{2,6}|#x[0-9a-f]{2,5});", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\xa0]+\n")
_MANY_LINES = re.compile(r"\n{3,}")
# UTF-8 read as Windows-1252 and written again: "Ã©" for "é", "â€™" for "’".
_MOJIBAKE = re.compile(
    "Ã[\x80-\xbf\u0192\u201a-\u2122]|Â[\xa0-\xbf]|â€[\u0153\u201d\u2122\u02dc\u201c\xa6]|Ã "
)


def unescape(value: str) -> str:
    r"""Undo the escapes of TEXT (RFC 5545 section 3.3.11): \n, \N, \, \; and a doubled backslash."""
    if "\\" not in value:
        return value
    return _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)


def clean(text: str) -> str:
    """Remove what can't be seen and only does harm; make accents one character each (NFC)."""
    if text.isascii() and text.isprintable():  # nearly every UID and date: nothing to remove
        return text.strip()
    text = _SEPARATOR.sub("\n", text)
    text = _DIRECTION.sub("", _CONTROL.sub("", text))
    return unicodedata.normalize("NFC", text).strip()


def plain(value: str) -> str:
    """Return an escaped TEXT value as one clean line."""
    return " ".join(clean(unescape(value)).split())


def looks_garbled(text: str) -> bool:
    """Whether `text` shows the marks of UTF-8 read as Windows-1252."""
    return _MOJIBAKE.search(text) is not None


def repaired(text: str) -> str:
    """Undo one double encoding where that gives sound text; else return `text` unchanged."""
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        pass
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def from_html(markup: str) -> str:
    """Return the words of an HTML text: paragraphs and lists as lines, links with their address."""
    markup = _LINK.sub(_link_in_words, markup)
    markup = _BREAK.sub("\n", _CELL.sub(" ", _ITEM.sub("\n- ", markup)))
    stripped = nh3.clean(
        markup, tags=set(), clean_content_tags={"script", "style", "head", "title"}
    )
    text = _BLANKS.sub("\n", html.unescape(stripped).replace("\xa0", " "))
    return _MANY_LINES.sub("\n\n", text).strip()


def _link_in_words(match: re.Match[str]) -> str:
    address, words = match[1], match[2].strip()
    if not words or html.unescape(words) in {address, html.unescape(address)}:
        return address
    return f"{words} ({address})"


def is_html(text: str) -> bool:
    """Whether `text` is meant as HTML: it holds a known element, not merely a "<"."""
    return _MARKUP.search(text) is not None


def description(value: str, notes: Notebook, line: int) -> str:
    """Return an escaped DESCRIPTION as plain paragraphs, HTML taken off, cut at the limit."""
    text = unescape(value)
    if is_html(text):
        text = from_html(text[: limits.LINE])
        notes.add(_("Description en HTML : seul le texte est gardé."), line)
    elif _ENTITY.search(text):
        text = html.unescape(text)
    return cut_octets(clean(text), limits.DESCRIPTION, _("Description"), notes, line)


def title(value: str, notes: Notebook, line: int) -> str:
    """Return an escaped SUMMARY as one line, HTML taken off, cut at the limit."""
    text = unescape(value)
    if is_html(text):
        text = from_html(text[: limits.LINE])
    elif _ENTITY.search(text):
        text = html.unescape(text)
    return cut(" ".join(clean(text).split()), limits.TITLE, _("Titre"), notes, line)


def cut(text: str, limit: int, what: str, notes: Notebook, line: int) -> str:
    """Shorten `text` to `limit` characters, with a note when something is lost."""
    if len(text) <= limit:
        return text
    notes.add(
        _("{what} de {length} caractères : coupé à {limit}.").format(
            what=what, length=len(text), limit=limit
        ),
        line,
    )
    return text[: limit - 1].rstrip() + "…"


def cut_octets(text: str, limit: int, what: str, notes: Notebook, line: int) -> str:
    """Shorten `text` to `limit` octets of UTF-8, with a note when something is lost."""
    octets = text.encode()
    if len(octets) <= limit:
        return text
    notes.add(
        _("{what} de {length} ko : coupé à {limit} ko.").format(
            what=what, length=-(-len(octets) // 1000), limit=limit // 1000
        ),
        line,
    )
    return octets[: limit - 3].decode("utf-8", "ignore").rstrip() + "…"


def web_address(value: str) -> str:
    """Return an http(s) address fit for a link, or "" (javascript:, relative, with a password…)."""
    address = clean(value).replace(" ", "%20")
    if any(mark in address for mark in '\n\t<>"\\') or len(address) > limits.ADDRESS:
        return ""
    try:
        parts = urlsplit(address)
        sound = parts.port is None or parts.port > 0  # reading an absurd port raises
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        return ""
    return address if sound else ""
