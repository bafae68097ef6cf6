"""The three legal pages: a starting text made from what is known, then the administrators' own.

Every version stays, with who and when; an older one comes back as a new one, so that nothing is
ever lost. While nobody has written a page, its text is made anew at each visit from the publisher's
details, the settings and the register of processing, and so is always up to date.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from palabre.audit import domain as audit
from palabre.database.connection import Connection, Row, fetch, fetchrow, transaction
from palabre.errors import Conflict, NotFound, Refused
from palabre.events.texts import block
from palabre.i18n import gettext as _
from palabre.i18n import language, marked
from palabre.legal.publisher import Publisher
from palabre.people.permissions import Actor
from palabre.privacy.register import lines
from palabre.settings import Settings

TEMPLATES = Path(__file__).parent.parent / "templates" / "legal"
MAX_SOURCE = 100_000  # bytes
TITLES: Mapping[str, str] = {
    "mentions-legales": marked("Mentions légales"),
    "donnees-personnelles": marked("Données personnelles"),
    "accessibilite": marked("Accessibilité"),
}


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a page; `source` is None for the starting text, `author` "" when erased."""

    id: int
    source: str | None
    author: str
    at: datetime


async def newest(page: str) -> Version | None:
    """Return the version that counts, or None when nobody has touched the page."""
    row = await fetchrow(f"{_VERSIONS} ORDER BY t.id DESC LIMIT 1", page)
    return _version(row) if row else None


async def versions(page: str) -> list[Version]:
    """Return all versions, newest first."""
    return [_version(row) for row in await fetch(f"{_VERSIONS} ORDER BY t.id DESC", page)]


async def version(page: str, number: int) -> Version:
    """Return one version; raises NotFound."""
    row = await fetchrow(f"{_VERSIONS} AND t.id = $2", page, number)
    if row is None:
        raise NotFound(_("Cette version n’existe pas."))
    return _version(row)


async def save(actor: Actor, page: str, source: str | None, expected: int) -> None:
    """Make `source` the page's text (None: the starting one).

    `expected` is the version that the author began with, 0 for none.

    Raises:
        Refused: the text is empty or too long.
        Conflict: somebody else saved in between; nothing was changed.

    """
    cleaned = None if source is None else block(source, "source", MAX_SOURCE)
    if cleaned == "":
        raise Refused(
            _("La page serait vide. Reprenez plutôt le texte de départ, en bas de la page."),
            "source",
        )
    async with transaction() as connection:
        await connection.one_at_a_time("legal")
        await _check_newest(connection, page, expected)
        await connection.execute(
            "INSERT INTO core_legal_text (page, source, author_id) VALUES ($1, $2, $3)",
            page,
            cleaned,
            actor.user_id,
        )
        await audit.record(actor, "legal.saved", kind="legal page", object_id=page)


def starting_text(page: str, settings: Settings, publisher: Publisher) -> str:
    """Return the page that is made from what is known, in Markdown, in French."""
    token = language.set("fr")
    try:
        return (
            _environment()
            .get_template(f"{page}.md")
            .render(
                publisher=publisher,
                site=settings.site_name,
                origin=settings.origin,
                register=lines(settings),
                audit_on=_in_french(publisher.audit_on),
                missing="*à compléter*",
                providers=bool(settings.oidc_providers),
            )
        )
    finally:
        language.reset(token)


_VERSIONS = """
SELECT t.id, t.source, coalesce(u.display_name, '') AS author, t.at
FROM core_legal_text t LEFT JOIN core_user u ON u.id = t.author_id
WHERE t.page = $1
"""


async def _check_newest(connection: Connection, page: str, expected: int) -> None:
    newest_id = await connection.fetchval(
        "SELECT coalesce(max(id), 0) FROM core_legal_text WHERE page = $1", page
    )
    if newest_id != expected:
        raise Conflict(
            _(
                "Quelqu’un d’autre a enregistré cette page entre-temps. Votre texte est gardé"
                " ci-dessous : comparez-le avec la page, puis enregistrez de nouveau."
            ),
            newest_id,
        )


def _version(row: Row) -> Version:
    return Version(row["id"], row["source"], row["author"], row["at"])


def _in_french(day: str) -> str:
    return str(format_date(date.fromisoformat(day), "d MMMM y", locale="fr_FR")) if day else ""


@lru_cache
def _environment() -> Environment:
    return Environment(  # noqa: S701  Markdown, not HTML; `markdown.to_html` makes it safe
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
