"""Documents kept by their content: laid out once, read until nobody wants them any more."""

from collections.abc import Sequence

from palabre.database.connection import execute, fetchrow, fetchval
from palabre.documents.values import Document, Made

KEPT_DAYS = 30  # after it was last read

_ASK = """
INSERT INTO core_document (digest, kind, subjects, source) VALUES ($1, $2, $3, $4)
ON CONFLICT (digest) DO UPDATE SET used_at = now()
RETURNING pdf IS NOT NULL
"""


async def find(document: Document) -> bytes | None:
    """Return the PDF of a document if it was made before."""
    pdf: bytes | None = await fetchval(
        "UPDATE core_document SET used_at = now() WHERE digest = $1 AND pdf IS NOT NULL"
        " RETURNING pdf",
        document.digest,
    )
    return pdf


async def ask(document: Document, kind: str, subjects: Sequence[str] = ()) -> bool:
    """Keep what is to be made; returns whether it is made already.

    Args:
        document: what to print.
        kind: whose it is and what, such as "festival.programme".
        subjects: what it shows, such as "event:<id>": `forget_documents` throws it away with one of them.

    """
    return bool(
        await fetchval(_ASK, document.digest, kind, sorted(set(subjects)), document.packed())
    )


async def wanted(digest: bytes) -> Document | None:
    """Return the document to be made; None when it is made, or nobody wants it any more."""
    row = await fetchrow("SELECT source FROM core_document WHERE digest = $1", digest)
    return Document.unpacked(row["source"]) if row and row["source"] else None


async def keep(digest: bytes, made: Made) -> None:
    """Keep a finished document; one that was thrown away meanwhile stays so."""
    await execute(
        "UPDATE core_document SET pdf = $2, pages = $3, made_at = now(), source = NULL"
        " WHERE digest = $1",
        digest,
        made.pdf,
        made.pages,
    )


async def forget_documents(*subjects: str) -> None:
    """Throw away every document that shows one of these, in the caller's transaction.

    For what must not be read any more: a photo whose consent was withdrawn, an erased letter.
    """
    await execute("DELETE FROM core_document WHERE subjects && $1::text[]", list(subjects))


async def forget_old() -> int:
    """Throw away what nobody has read for `KEPT_DAYS`; returns how many documents."""
    rows = await fetchval(
        "WITH gone AS (DELETE FROM core_document WHERE used_at < now() - $1 * interval '1 day'"
        " RETURNING 1) SELECT count(*) FROM gone",
        KEPT_DAYS,
    )
    return int(rows)
