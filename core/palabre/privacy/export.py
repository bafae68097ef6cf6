"""Handing out what is held about a person: one zip, to read and for machines.

Rows are read and written a batch at a time, and written in a thread: the site goes on answering,
and nobody's ten thousand events fill the memory. Nothing of it is kept on the server.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import UTC, datetime
from tempfile import TemporaryFile
from typing import Any, BinaryIO
from uuid import UUID

from palabre import i18n, plugins
from palabre.audit import domain as audit
from palabre.database.connection import Row, fetch, transaction
from palabre.errors import NotFound
from palabre.hookvalues import Person, PersonalRecords
from palabre.i18n import gettext as _
from palabre.people.models import User
from palabre.people.permissions import Actor
from palabre.privacy.archive import Archive
from palabre.privacy.inventory import HOLDINGS, Holding

BATCH = 500  # rows in memory at a time
JSON_LIKE = frozenset("{[")


def file_name(now: datetime) -> str:
    """Return what the archive is called: no name and no address, as it lies about in folders."""
    return f"donnees-personnelles-{now:%Y-%m-%d}.zip"


async def export(actor: Actor, user: User, site_name: str, target: BinaryIO) -> tuple[str, ...]:
    """Write the archive of `user` into `target`; returns the plugins whose part is missing.

    The words are in the language of the person's letters.
    """
    person = Person(user.id, user.email, user.display_name)
    language = i18n.language.set(user.language)
    try:
        with TemporaryFile() as page, TemporaryFile() as data:
            archive = Archive(
                page, data, site_name=site_name, name=user.display_name, now=datetime.now(UTC)
            )
            for holding in reversed(HOLDINGS):
                await _write_holding(archive, holding, person)
            silent = await _write_plugins(archive, person)
            await asyncio.to_thread(archive.finish, target, silent)
    finally:
        i18n.language.reset(language)
    await audit.record(
        actor, "account.exported", kind="account", object_id=user.id, complete=not silent
    )
    return silent


async def _write_holding(archive: Archive, holding: Holding, person: Person) -> None:
    titles = {
        name: _(shown.title) if shown.on_page else "" for name, shown in holding.shown.items()
    }
    await asyncio.to_thread(archive.begin, holding.table, _(holding.title), titles)
    async for batch in _batches(holding, person):
        await asyncio.to_thread(archive.add, batch)
    await asyncio.to_thread(archive.end)


async def _batches(holding: Holding, person: Person) -> AsyncIterator[list[dict[str, Any]]]:
    columns = ", ".join(f'{shown.sql} AS "{name}"' for name, shown in holding.shown.items())
    query = (
        "WITH p AS (SELECT $1::uuid AS id, $2::text AS email)"  # noqa: S608  the inventory's own words
        f" SELECT {columns} FROM {holding.table} t, p WHERE {holding.whose} ORDER BY {holding.order}"
    )
    async with transaction() as connection:
        cursor = await connection.raw.cursor(query, person.user_id, person.email)
        while rows := await cursor.fetch(BATCH):
            yield [_plain(row) for row in rows]


def _plain(row: Row) -> dict[str, Any]:
    return {name: _unwrapped(value) for name, value in row.items()}


def _unwrapped(value: object) -> object:
    """Read jsonb, which comes as text, so that machines find it as it was."""
    if isinstance(value, str) and value[:1] in JSON_LIKE:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


async def _write_plugins(archive: Archive, person: Person) -> tuple[str, ...]:
    found = plugins.current()
    titles = {extension.name: extension.title for extension in found.extensions}
    answers = await found.everyone("export_person", person=person)
    silent = list(answers.silent)
    for name, records in answers.given.items():
        try:
            await asyncio.to_thread(_write_records, archive, titles[name], records)
        except (TypeError, ValueError, AttributeError):  # rows of a kind that can't be written
            silent.append(name)
    return tuple(silent)


def _write_records(archive: Archive, plugin: str, records: Iterable[PersonalRecords]) -> None:
    for part in records:
        rows: list[Mapping[str, object]] = [dict(row) for row in part.rows]
        json.dumps(rows, default=str)  # before anything is written
        titles = {str(name): str(name) for row in rows for name in row}
        archive.begin(f"{plugin} · {part.title}", f"{plugin} : {part.title}", titles)
        archive.add(rows)
        archive.end()


async def person_named(words: str) -> User:
    """Return the account with this id or address; raises NotFound."""
    wanted = words.strip().lower()
    try:
        found = await User.get_or_none(id=UUID(wanted))
    except ValueError:
        found = await User.get_or_none(email=wanted)
    if found is None:
        raise NotFound(_("Aucun compte n’a cette adresse ni cet identifiant."))
    return found


async def held(user: User) -> dict[str, int]:
    """Return how many rows the core holds about a person, by French title."""
    counts = {}
    for holding in reversed(HOLDINGS):
        rows = await fetch(
            "WITH p AS (SELECT $1::uuid AS id, $2::text AS email)"  # noqa: S608  the inventory's own words
            f" SELECT count(*) AS n FROM {holding.table} t, p WHERE {holding.whose}",
            user.id,
            user.email,
        )
        if rows[0]["n"]:
            counts[holding.title] = int(rows[0]["n"])
    return counts
