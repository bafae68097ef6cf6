"""What is kept of a failure: where it happened and which way, never whose data it met.

A trace names files, lines and functions and shows the program's own lines: no variables. Of an
exception's message only those words are kept that stand in the program itself (the plugin's files,
the files of the trace) or in Python's and PostgreSQL's usual sentences; every other word, each
address and each longer number becomes "…". So a name that a plugin wrote into its message stays out
of the database, of the log and of the administrators' page.
"""

import builtins
import linecache
import re
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import TracebackType

from palabre.plugins import watchdog
from palabre.plugins.watchdog import Blocked, watch

MESSAGE_LENGTH = 300  # characters
TRACE_LENGTH = 6_000
FRAMES = 25  # the innermost ones of each error
CAUSES = 4  # an error and what led to it
SOURCE_BYTES = 2_000_000  # of a plugin's files, read for their words
DIGITS = 6  # in a whole message; more may be somebody's telephone number
OWN = Path(__file__).parent  # the dispatcher's frames say nothing about a plugin

_USUAL = (  # what Python says of its own accord, then what PostgreSQL says
    "a an and are argument arguments as at attempted attribute attributes awaited base be by byte"
    " bytes call callable can cannot character code codec compare computed connection could"
    " convert coroutine data decode defined dictionary did directory division does encode end"
    " error event exceeded exit expected expression failed file first float for found from"
    " function generator given got has have in index infinity input instance instances int"
    " integer invalid is it item iterable iterator key keyword kind length limit line list literal"
    " local long loop low many mapping match maximum may memory method missing module more must"
    " name names nan negative never no none not number object of on only open operand operands"
    " operation or out outside overflow parameter permission point position positional range read"
    " recursion reached refused replace required result return sequence set size slice start state"
    " str string subscriptable such support supported take takes task than that the time timeout to"
    " too tuple type unbound unexpected unhashable unpack unsupported use used value values variable"
    " was while with without write wrong yet zero"
    " aborted ambiguous already array block cast check column commands constraint current database"
    " deadlock denied detected duplicate exist exists field foreign format ignored insert into"
    " null operator out parameter primary privilege query relation row rows schema statement syntax"
    " table transaction unique until unknown update value violates"
)
_KNOWN = frozenset(_USUAL.split()) | set(dir(builtins))
_WORD = re.compile(r"\w+")
_ADDRESS = re.compile(r"\S+@\S+|\w+://\S+")
_MASKED = re.compile(r"…(?:[\s'\"`’,;:/.=-]*…)+")


@dataclass(frozen=True, slots=True)
class Trouble:
    """A failure without anybody's data; `fingerprint` is the same for the same way of failing."""

    place: str
    kind: str
    message: str
    trace: str
    fingerprint: str

    @property
    def summary(self) -> str:
        """Where and what, in one line."""
        return f"{self.place} : {self.kind}" + (f": {self.message}" if self.message else "")


def describe(place: str, error: BaseException, folder: Path | None) -> Trouble:
    """Return what is to be kept of `error`, which the plugin in `folder` raised in `place`."""
    chain = list(_causes(error))
    files = {frame.filename for cause in chain for frame in _frames(cause.__traceback__)}
    words = _words_of(OWN) | _words_of(folder) | frozenset().union(*map(_words_in, sorted(files)))
    parts = [_part(cause, words) for cause in chain]
    places = [f"{frame.filename}:{frame.lineno}" for frame in _frames(error.__traceback__)]
    marks = "\n".join([place, *map(_kind, chain), *places])
    return Trouble(
        place=place,
        kind=_kind(error),
        message=_scrubbed(_said(error), words),
        trace="\n\n".join(parts)[:TRACE_LENGTH],
        fingerprint=sha256(marks.encode()).hexdigest()[:32],
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    for _deeper in range(CAUSES):
        yield error
        following = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if following is None:
            return
        error = following


def _part(error: BaseException, words: frozenset[str]) -> str:
    message = _scrubbed(_said(error), words)
    lines = [f"{_kind(error)}: {message}" if message else _kind(error)]
    for frame in _frames(error.__traceback__):
        lines.append(f"  {_short(frame.filename)}:{frame.lineno}, {frame.name}")
        lines += [f"    {frame.line.strip()[:200]}"] if frame.line else []
    return "\n".join(lines)


def _frames(trace: TracebackType | None) -> list[traceback.FrameSummary]:
    frames = traceback.extract_tb(trace) if trace else []
    return [frame for frame in frames if Path(frame.filename).parent != OWN][-FRAMES:]


def _kind(error: BaseException) -> str:
    kind = type(error)
    own = kind.__module__ == "builtins" or kind.__module__.startswith("palabre.plugins")
    return kind.__qualname__ if own else f"{kind.__module__}.{kind.__qualname__}"


def _said(error: BaseException) -> str:
    """Return the first line of the error's message; a stranger's `__str__` may do anything."""
    try:
        with watch.step(watchdog.LOOP_LIMIT):
            return str(error).partition("\n")[0][: 4 * MESSAGE_LENGTH]
    except (Exception, Blocked):  # noqa: BLE001  then it says nothing
        return ""


def _scrubbed(message: str, words: frozenset[str]) -> str:
    few = sum(character.isdigit() for character in message) <= DIGITS

    def masked(found: re.Match[str]) -> str:
        word = found[0]
        kept = few if word.isdigit() else word in words or word.lower() in _KNOWN or word in _KNOWN
        return word if kept else "…"

    shown = "".join(sign if sign.isprintable() else " " for sign in message)
    safe = _WORD.sub(masked, _ADDRESS.sub("…", shown))
    return " ".join(_MASKED.sub("…", safe).split())[:MESSAGE_LENGTH]


def _short(filename: str) -> str:
    """Return a file's path as it is imported, without where this machine keeps it."""
    for folder in sorted(filter(None, sys.path), key=len, reverse=True):
        if filename.startswith(f"{folder}/"):
            return filename[len(folder) + 1 :]
    return "/".join(Path(filename).parts[-3:])


@lru_cache(maxsize=64)
def _words_of(folder: Path | None) -> frozenset[str]:
    """Return the words in a plugin's program, its invented people left out."""
    if folder is None:
        return frozenset()
    words: set[str] = set()
    left = SOURCE_BYTES
    for file in sorted(folder.rglob("*")):
        if file.suffix in {".py", ".sql", ".html"} and not file.stem.startswith("demo"):
            text = file.read_text(encoding="utf-8", errors="replace")[: max(0, left)]
            left -= len(text)
            words.update(_WORD.findall(text))
    return frozenset(words)


@lru_cache(maxsize=256)
def _words_in(filename: str) -> frozenset[str]:
    """Return the words of one file of a trace; none of it when it isn't there to be read."""
    return frozenset(_WORD.findall("".join(linecache.getlines(filename))))
