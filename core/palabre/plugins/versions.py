"""Which code runs, which is installed, which the database was prepared for; and when they differ."""

from collections.abc import Sequence
from hashlib import sha256

import asyncpg
from packaging.version import Version

from palabre.i18n import gettext as _
from palabre.plugins.extension import Extension
from palabre.plugins.loading import installed

APPLICATION = "palabre plugins "  # the name of the connection with which a process listens


def older(extension: Extension) -> str:
    """Return why a plugin can't be used because the database knows a later version; "" if not."""
    manifest, seen = extension.loaded.manifest, extension.state.version
    if manifest is None or not seen or Version(manifest.version) >= Version(seen):
        return ""
    return _(
        "La version {version} est installée, mais la base de données a déjà été préparée par la"
        " version {seen} : ses données pourraient être abîmées. Réinstallez la version {seen} ou une"
        " plus récente, ou restaurez une sauvegarde. Rien n’a été changé."
    ).format(version=manifest.version, seen=seen)


def restart_reasons(extensions: Sequence[Extension], only: str = "") -> list[str]:
    """Return why this process has to be restarted: what was installed, updated or removed since.

    With `only`, as far as the plugin of that name is concerned.
    """
    here = {point.name: point.dist.version if point.dist else "" for point in installed()}
    running = {extension.name: extension for extension in extensions}
    said = [
        _("« {name} » vient d’être installée.").format(name=name)
        for name in here
        if name not in running and only in {"", name}
    ]
    for name, extension in running.items():
        if only not in {"", name}:
            continue
        if name not in here:
            said.append(_("« {name} » n’est plus installée.").format(name=name))
        elif extension.loaded.version != here[name]:
            said.append(
                _("« {name} » a été mise à jour : {old} tourne, {new} est installée.").format(
                    name=name, old=extension.loaded.version, new=here[name]
                )
            )
    return said


def fingerprint(extensions: Sequence[Extension]) -> str:
    """Return a word that differs when other plugins, or other versions of them, are loaded."""
    loaded = [f"{extension.name} {extension.loaded.version}" for extension in extensions]
    return APPLICATION + sha256("\n".join(loaded).encode()).hexdigest()[:16]


async def stale_processes(connection: asyncpg.Connection, extensions: Sequence[Extension]) -> int:
    """Return how many processes run with other plugins, or versions, than `extensions`."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND starts_with(application_name, $1) AND application_name <> $2",
        APPLICATION,
        fingerprint(extensions),
    )
    return count
