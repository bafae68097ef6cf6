"""HTML → PDF, in a process of its own that can't harm anybody: see `child`."""

import asyncio
import os
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress

import structlog

from palabre.documents.values import LENGTH, Document, Made, NotMade
from palabre.i18n import gettext as _

PATIENCE = 180  # seconds of the clock, whatever the child does meanwhile
MAX_SOURCE = 64 * 1024 * 1024  # octets of HTML and pictures together
MAX_PDF = 64 * 1024 * 1024  # octets
PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"

log = structlog.get_logger()


def no_progress(_pages: int) -> None:
    """Take no notice of the pages laid out."""


async def make(document: Document, progress: Callable[[int], None] = no_progress) -> Made:
    """Lay a document out as tagged PDF (PDF/UA-1).

    The same document gives the same octets.

    Args:
        document: what to print.
        progress: called with the number of pages laid out so far.

    Raises:
        NotMade: too large, takes too long, or this machine can't make PDF; nothing is kept.

    """
    if document.size > MAX_SOURCE:
        raise _too_much()
    with tempfile.TemporaryDirectory(prefix="palabre-document-") as folder:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-m", "palabre.documents.child"),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            cwd=folder,
            env=_environment(folder),
        )
        try:
            async with asyncio.timeout(PATIENCE):
                return await _talk(child, document, progress)
        except TimeoutError:
            raise _too_much() from None
        finally:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()


def _environment(folder: str) -> dict[str, str]:
    """Return what the child may know: no address of a database, no key, no home."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    places = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME"), folder)
    return {"LANG": "C.UTF-8", **kept, **places}


async def _talk(child: Process, document: Document, progress: Callable[[int], None]) -> Made:
    if child.stdin is None or child.stdout is None or child.stderr is None:
        raise RuntimeError("the child has no pipes")
    noise = asyncio.create_task(child.stderr.read())
    sending = asyncio.create_task(_send(child.stdin, document))
    complaints: list[str] = []
    made: Made | None = None
    with suppress(asyncio.IncompleteReadError):
        while made is None:
            kind, body = await _message(child.stdout)
            if kind == b"P":
                progress(int(body))
            elif kind == b"C":
                complaints.append(body.decode(errors="replace"))
            elif kind == b"N":
                raise NotMade(
                    _(
                        "Ce serveur ne sait pas encore faire de PDF. À installer : {packages}."
                    ).format(packages=PACKAGES)
                )
            else:
                pages = LENGTH.unpack_from(body)[0]
                made = Made(body[LENGTH.size :], pages, tuple(complaints))
    await sending
    if made is None:
        code = await child.wait()
        log.warning("a document was not made", code=code, where=_where(await noise))
        raise _too_much() if _was_stopped(code, await noise) else NotMade(_broken())
    return made


async def _send(pipe: asyncio.StreamWriter, document: Document) -> None:
    with suppress(ConnectionError):  # the child ended: its answer says why
        pipe.write(document.packed())
        await pipe.drain()
        pipe.close()
        await pipe.wait_closed()


async def _message(pipe: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await pipe.readexactly(1 + LENGTH.size)
    size = LENGTH.unpack(head[1:])[0]
    if size > MAX_PDF:
        raise _too_much()
    return head[:1], await pipe.readexactly(size)


def _was_stopped(code: int, noise: bytes) -> bool:
    """Whether a limit ended the child: a signal, or no memory."""
    return code < 0 or b"MemoryError" in noise


def _where(noise: bytes) -> list[str]:
    """Return the last places of a traceback and the error's name, without what it says.

    A document may hold a letter: no word of it belongs into a log.
    """
    lines = noise.decode(errors="replace").splitlines()
    places = [line.strip() for line in lines if line.startswith("  File ")]
    return [*places[-3:], *(line.partition(":")[0] for line in lines[-1:])]


def _too_much() -> NotMade:
    return NotMade(
        _("Ce document est trop gros pour être imprimé d’un coup. Choisissez-en une partie.")
    )


def _broken() -> str:
    return _(
        "Ce document n’a pas pu être mis en page. L’administration du site peut voir pourquoi."
    )
