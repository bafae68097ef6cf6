"""Migrations: plain SQL files that only grow in number, run once each, in order.

A package (the core, or a plugin) has a folder of files `NNNN_name.sql`. A file runs after the
previous one of its package and after those its header names:

    -- depends: core/0002_events, festival/0001_programme

A plugin's first file runs after all of the core's, unless its header names files of the core.
Each file runs in one transaction, under one advisory lock for the whole database; a file that
fails leaves nothing. What ran is in the table `core_migration`, with the file's SHA-256: a file
that changed afterwards is refused. A plugin's file may touch only what carries its prefix.
"""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import asyncpg

from palabre.database.client import CONNECT_TIMEOUT, opening, reachable
from palabre.database.migration_files import Migration, MigrationRefused, Package, ordered
from palabre.database.ownership import Snapshot, foreign_changes, snapshot
from palabre.errors import Refused
from palabre.i18n import gettext as _

__all__ = [
    "CORE",
    "LOCK",
    "Applied",
    "MigrationRefused",
    "Package",
    "history",
    "migrate",
    "migrate_apart",
    "session",
]

CORE = Package("core", Path(__file__).parent.parent / "migrations", "core_")

LOCK = 0x70616C61627265  # the advisory lock's number: "palabre" in ASCII
LOCK_TIMEOUT = 600  # seconds to wait for another migrator
SESSION = {
    "application_name": "palabre migrate",
    # A migrator killed with -9 gives its lock back within seconds, not when its statement ends.
    "client_connection_check_interval": "2s",
}

HISTORY = """
CREATE TABLE IF NOT EXISTS core_migration (
    package text NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (package, name)
)
"""


@dataclass(frozen=True)
class Applied:
    """A migration that ran (or would, in a dry run): `core/0001_people`, and its seconds."""

    key: str
    seconds: float


async def migrate(
    url: str, packages: Sequence[Package] = (), *, dry_run: bool = False
) -> list[Applied]:
    """Bring the database at `url` up to date: the core and `packages`; returns what ran, in order.

    With `dry_run`, changes nothing and returns what would run.
    Raises Refused, naming the file and the cure, and DatabaseUnavailable.
    """
    applied: list[Applied] = []
    await _migrate(url, packages, applied, dry_run=dry_run)
    return applied


async def migrate_apart(
    url: str, packages: Sequence[Package]
) -> tuple[list[Applied], dict[str, str]]:
    """Do as `migrate`, without the plugins that fail: a plugin must not keep the site from starting.

    Returns what ran and, for each plugin left out, why. Raises Refused when the core itself fails.
    """
    applied: list[Applied] = []
    failures: dict[str, str] = {}
    while True:
        working = [package for package in packages if package.name not in failures]
        try:
            await _migrate(url, working, applied)
        except MigrationRefused as error:
            if error.package == CORE.name:
                raise
            failures[error.package] = error.message
        else:
            return applied, failures


async def _migrate(
    url: str, packages: Sequence[Package], applied: list[Applied], *, dry_run: bool = False
) -> None:
    """Do the work of `migrate`; what ran is in `applied` even when a later file fails."""
    every = {CORE.name: CORE, **{package.name: package for package in packages}}
    migrations = ordered(every.values())
    async with session(url) as connection:
        if not dry_run:
            await _lock(connection)
            await connection.execute(HISTORY)
        for migration in _pending(migrations, await history(connection)):
            done = Applied(migration.key, 0.0) if dry_run else await _apply(connection, migration)
            applied.append(done)


@asynccontextmanager
async def session(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Give a connection of its own to the database at `url`, closed at the end."""
    with opening(url):
        connection = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT, server_settings=SESSION)
    with reachable():
        try:
            yield connection
        finally:
            await connection.close()


async def _lock(connection: asyncpg.Connection) -> None:
    """Take the lock until the session ends, so that two migrators run one after the other."""
    await connection.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}s'")
    try:
        await connection.execute(f"SELECT pg_advisory_lock({LOCK})")
    except asyncpg.LockNotAvailableError as error:
        raise Refused(
            _(
                "Une autre migration tient la base de données depuis plus de {minutes} minutes. "
                "Attendez qu’elle finisse, ou arrêtez-la, puis recommencez."
            ).format(minutes=LOCK_TIMEOUT // 60)
        ) from error
    await connection.execute("RESET lock_timeout")


async def history(connection: asyncpg.Connection) -> dict[str, str]:
    """Return the SHA-256 of each migration that ran, by key."""
    if await connection.fetchval("SELECT to_regclass('core_migration')") is None:
        return {}
    rows = await connection.fetch("SELECT package, name, sha256 FROM core_migration")
    return {f"{row['package']}/{row['name']}": row["sha256"] for row in rows}


def _pending(migrations: Sequence[Migration], history: Mapping[str, str]) -> list[Migration]:
    """Return what has not run yet; raises Refused when the past and the files disagree."""
    known = {migration.key for migration in migrations}
    installed = {migration.package.name for migration in migrations}
    for key in sorted(history.keys() - known):
        if key.split("/")[0] in installed:
            raise MigrationRefused(
                _(
                    "La base de données connaît la migration {key}, dont le fichier manque : elle a été "
                    "préparée par une version plus récente. Installez cette version-là, ou restaurez une "
                    "sauvegarde. Rien n’a été changé."
                ).format(key=key),
                key.split("/")[0],
            )
    for migration in migrations:
        if history.get(migration.key, migration.sha256) != migration.sha256:
            raise MigrationRefused(
                _(
                    "Le fichier {path} a changé depuis qu’il a été appliqué. Une migration appliquée ne "
                    "change plus : remettez le fichier d’origine et écrivez une nouvelle migration. Rien "
                    "n’a été changé."
                ).format(path=migration.path),
                migration.package.name,
            )
    return [migration for migration in migrations if migration.key not in history]


async def _apply(connection: asyncpg.Connection, migration: Migration) -> Applied:
    began = time.monotonic()
    guarded = migration.package.name != "core"
    try:
        async with connection.transaction():
            before = await snapshot(connection) if guarded else Snapshot()
            await connection.execute(_as_one_statement(migration.sql))
            if guarded:
                _refuse_foreign(
                    migration, await foreign_changes(connection, before, migration.package.prefix)
                )
            await connection.execute(
                "INSERT INTO core_migration (package, name, sha256) VALUES ($1, $2, $3)",
                *(migration.package.name, migration.name, migration.sha256),
            )
    except asyncpg.PostgresError as error:
        if isinstance(error, asyncpg.PostgresConnectionError | asyncpg.OperatorInterventionError):
            raise
        raise MigrationRefused(_failure(migration, error), migration.package.name) from error
    await connection.execute("RESET ALL")
    return Applied(migration.key, time.monotonic() - began)


def _as_one_statement(sql: str) -> str:
    """Wrap a file so that COMMIT or ROLLBACK in it is an error, not the end of our transaction."""
    tag = token_hex(8)  # a file can't contain what it can't know
    return f"DO $do_{tag}$ BEGIN EXECUTE $sql_{tag}${sql}$sql_{tag}$; END $do_{tag}$"


def _refuse_foreign(migration: Migration, changes: Sequence[str]) -> None:
    if changes:
        raise MigrationRefused(
            _(
                "La migration {path} touche à ce qui n’appartient pas à « {name} » : {changes}. Une extension "
                "ne crée et ne modifie que ce dont le nom commence par « {prefix} ». Rien n’a été changé."
            ).format(
                path=migration.path,
                name=migration.package.name,
                changes=", ".join(changes),
                prefix=migration.package.prefix,
            ),
            migration.package.name,
        )


def _failure(migration: Migration, error: asyncpg.PostgresError) -> str:
    position = int(error.internal_position or 0)
    line = migration.sql.count("\n", 0, max(position - 1, 0)) + 1
    where = f"{migration.path}:{line}" if position else str(migration.path)
    return _(
        "La migration {where} a échoué : {error}. Rien de ce fichier n’a été appliqué. Corrigez-le, puis "
        "relancez « palabre migrate »."
    ).format(where=where, error=error.message)
