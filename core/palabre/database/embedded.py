"""The embedded PostgreSQL: one server per data folder, shared by every Palabre process on it.

    DATA/serve.lock       held alone by `palabre serve`: a second one is refused
    DATA/database.lock    held for a moment by whoever starts or stops the server
    DATA/database.users   held together by all processes that use the server; the last one to
                          leave is the one that can take it alone, and stops the server
    DATA/postgresql/      PostgreSQL's own folder; local.conf in it is the administrator's

The locks belong to the kernel: a process killed with -9 gives them back, its server goes on and
the next process reuses it. The server listens on a socket in a folder that only its own account
can enter, never on the network.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from palabre.database import locks
from palabre.database.cluster import Cluster, words_for
from palabre.errors import Refused
from palabre.i18n import gettext as _
from palabre.settings import Settings

START_TIMEOUT = 180.0  # seconds; somebody else's crash recovery may take this long
CHECK_EVERY = 1.0  # seconds between two looks at the server while serving

log = structlog.get_logger(__name__)


@contextmanager
def serving(data_dir: Path) -> Iterator[str]:
    """Own the data folder and its server, as `palabre serve` does; gives the database's address.

    Starts the server or takes over the one left running, starts it again should it die meanwhile,
    and stops it at the end unless another process still uses it.
    Raises Refused when another `palabre serve` has the folder, or when the server can't start.
    """
    folder = _prepared(data_dir)
    with _owned(folder), joined(folder) as url:
        over = threading.Event()
        keeper = threading.Thread(target=_keep, args=(folder, over), daemon=True)
        keeper.start()
        try:
            yield url
        finally:
            over.set()
            keeper.join()


@contextmanager
def joined(data_dir: Path, configuration: str = "") -> Iterator[str]:
    """Use the folder's server for a while, as the other commands do; gives the database's address.

    Starts it when nobody did, with `configuration` (lines of postgresql.conf) added to ours; at
    the end, stops it only when nobody else uses it. Raises Refused when the server can't start.
    """
    folder = _prepared(data_dir)
    cluster = Cluster(folder / "postgresql", configuration)
    with locks.opened(folder / "database.users") as users:
        try:
            with locks.alone(folder / "database.lock", START_TIMEOUT):
                locks.share(users)
                cluster.start()
            yield cluster.url
        finally:
            with locks.alone(folder / "database.lock", START_TIMEOUT):
                if locks.try_alone(users):
                    cluster.stop()


@contextmanager
def database(settings: Settings, *, own: bool = False) -> Iterator[str]:
    """Give the address of the settings' database for a while: an external one, or the embedded.

    `own` is for the one process that serves.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    with serving(settings.data_dir) if own else joined(settings.data_dir) as url:
        yield url


def _prepared(data_dir: Path) -> Path:
    """Return the folder's absolute path, made and writable; raises Refused."""
    folder = data_dir.expanduser().resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locks.opened(folder / "database.lock"):
            return folder
    except OSError as error:
        raise Refused(words_for(error, folder)) from error


@contextmanager
def _owned(folder: Path) -> Iterator[None]:
    with locks.opened(folder / "serve.lock") as lock:
        if not locks.try_alone(lock):
            raise Refused(
                _(
                    "Palabre tourne déjà sur le dossier {folder} (processus {pid}). Arrêtez-le d’abord, "
                    "ou donnez un autre dossier dans PALABRE_DATA_DIR."
                ).format(folder=folder, pid=os.pread(lock, 20, 0).decode().strip() or "?")
            )
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        yield


def _keep(folder: Path, over: threading.Event) -> None:
    """Start the server again when it died; says so once, and tries until it works."""
    cluster = Cluster(folder / "postgresql")
    failing = False
    while not over.wait(CHECK_EVERY):
        if cluster.is_running():
            continue
        try:
            with locks.alone(folder / "database.lock", START_TIMEOUT):
                cluster.start()
        except Refused as error:
            if not failing:
                log.error("database_down", reason=error.message)  # noqa: TRY400 - no trace
            failing = True
        else:
            log.warning("database_restarted", folder=str(folder))
            failing = False
