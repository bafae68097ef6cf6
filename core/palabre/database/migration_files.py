"""The files of migrations: read, checked and put in an order that respects what they depend on."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

from palabre.errors import Refused
from palabre.i18n import gettext as _

FILE_NAME = re.compile(r"\d{4}_[a-z0-9_]+\.sql")
DEPENDS = re.compile(r"--\s*depends:\s*(.+)", re.IGNORECASE)


class MigrationRefused(Refused):
    """A migration that can't run; `package` names who brought it."""

    def __init__(self, message: str, package: str) -> None:
        super().__init__(message)
        self.package = package


@dataclass(frozen=True)
class Package:
    """Who brings migrations: the core or a plugin, its folder of files, its tables' prefix."""

    name: str
    folder: Path
    prefix: str


@dataclass(frozen=True)
class Migration:
    """One file: its package, its name without `.sql`, its text, and what its header asks for."""

    package: Package
    name: str
    path: Path
    sql: str
    sha256: str
    depends: tuple[str, ...]

    @property
    def key(self) -> str:
        """Its name among all packages: `core/0001_people`."""
        return f"{self.package.name}/{self.name}"


def ordered(packages: Iterable[Package]) -> list[Migration]:
    """Return every migration of these packages, each after all it depends on.

    Where nothing commands an order, the core comes first, then plugins by name: the same list on
    every machine. Raises Refused for a bad file name, an unknown dependency, a cycle, or two
    packages whose prefixes can't be told apart.
    """
    packages = sorted(packages, key=lambda package: (package.name != "core", package.name))
    _check_prefixes(packages)
    migrations = [migration for package in packages for migration in _read(package)]
    by_key = {migration.key: migration for migration in migrations}
    rank = {key: position for position, key in enumerate(by_key)}
    sorter = TopologicalSorter({m.key: _needs(m, migrations) for m in migrations})
    try:
        sorter.prepare()
    except CycleError as error:
        raise MigrationRefused(
            _(
                "Ces migrations s’attendent les unes les autres : {keys}. Corrigez leurs lignes « depends »."
            ).format(keys=" → ".join(error.args[1])),
            max(by_key[key].package.name for key in error.args[1] if key in by_key),
        ) from error
    result: list[Migration] = []
    waiting: set[str] = set()
    while sorter.is_active():
        waiting.update(sorter.get_ready())
        first = min(waiting, key=rank.__getitem__)
        waiting.remove(first)
        sorter.done(first)
        result.append(by_key[first])
    return result


def _check_prefixes(packages: Sequence[Package]) -> None:
    for one in packages:
        for other in packages:
            if one is not other and other.prefix.startswith(one.prefix):
                raise MigrationRefused(
                    _(
                        "Les extensions « {one} » et « {other} » ne peuvent pas vivre ensemble : leurs tables "
                        "commencent pareil ({prefix}). Retirez l’une des deux."
                    ).format(one=one.name, other=other.name, prefix=one.prefix),
                    other.name,
                )


def _read(package: Package) -> list[Migration]:
    files = sorted(package.folder.glob("*.sql"))
    for path in files:
        if not FILE_NAME.fullmatch(path.name):
            raise MigrationRefused(
                _("Le fichier {path} devrait s’appeler comme « 0001_debut.sql ».").format(
                    path=path
                ),
                package.name,
            )
    for one, other in pairwise(files):
        if one.name[:4] == other.name[:4]:
            raise MigrationRefused(
                _(
                    "Deux migrations portent le même numéro : {one} et {other}. Renommez la plus récente."
                ).format(one=one, other=other.name),
                package.name,
            )
    return [_migration(package, path) for path in files]


def _migration(package: Package, path: Path) -> Migration:
    data = path.read_bytes()
    try:
        sql = data.decode()
    except UnicodeDecodeError as error:
        raise MigrationRefused(
            _("Le fichier {path} n’est pas en UTF-8. Enregistrez-le ainsi.").format(path=path),
            package.name,
        ) from error
    header = (line for line in sql.splitlines() if line.startswith("--"))
    found = [match[1] for line in header if (match := DEPENDS.match(line))]
    depends = tuple(key.strip() for line in found for key in line.split(","))
    digest = hashlib.sha256(data).hexdigest()
    return Migration(package, path.stem, path, sql, digest, depends)


def _needs(migration: Migration, everything: Sequence[Migration]) -> set[str]:
    """Return the keys this migration must follow: written in its header, or implied."""
    known = {other.key for other in everything}
    needs = set(migration.depends)
    for key in sorted(needs - known):
        raise MigrationRefused(
            _(
                "La migration {path} dépend de « {key} », qui n’existe pas. Installez l’extension qui l’apporte, "
                "ou corrigez la ligne « depends »."
            ).format(path=migration.path, key=key),
            migration.package.name,
        )
    earlier = [
        m.key for m in everything if m.package == migration.package and m.name < migration.name
    ]
    if earlier:
        needs.add(earlier[-1])
    elif migration.package.name != "core" and not any(key.startswith("core/") for key in needs):
        needs.update(m.key for m in everything if m.package.name == "core")
    return needs
