"""One PostgreSQL folder: made, started, recovered and stopped. Callers hold the lock.

A folder is made beside its place and moved there when it is complete, so that a process killed
half-way leaves nothing that looks like a database.
"""

import errno
import hashlib
import os
import re
import shutil
import stat
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import psutil

from palabre.database.programs import VERSION, Programs, find
from palabre.errors import Refused
from palabre.i18n import gettext as _

USER = DATABASE = "palabre"
SOCKET = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT = 100  # octets; sockaddr_un holds 108 on Linux and 104 elsewhere (unix(7))
READY_TIMEOUT = 120  # seconds for a start, recovery after a crash included
DYING_TIMEOUT = 10.0  # seconds for the rests of a killed server to go away

# What we change of PostgreSQL 18's defaults, and why. Durability (fsync, synchronous_commit,
# full_page_writes) stays as it is: on.
CONFIGURATION = """\
# Written by Palabre at each start. Put your own settings into local.conf, in this folder.
listen_addresses = ''              # no network: the socket below is the only door
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
port = 5432
max_connections = 60
shared_buffers = 64MB              # with max_connections, most of the idle memory
work_mem = 8MB
maintenance_work_mem = 64MB
wal_level = minimal                # nobody replicates from an embedded server
max_wal_senders = 0
max_logical_replication_workers = 0
max_wal_size = 256MB
random_page_cost = 1.1             # disks that don't spin
jit = off                          # our queries are short
default_text_search_config = 'pg_catalog.simple'
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'                  # messages_of() below reads them
logging_collector = on             # seven files at most, one a day
log_directory = 'log'
log_filename = 'postgresql-%a.log'
log_rotation_age = 1d
log_truncate_on_rotation = on
log_checkpoints = off
log_error_verbosity = terse        # the details of an error are people's data
include 'local.conf'
"""


class Cluster:
    """The server of one folder; `start` and `stop` may be called again and again."""

    def __init__(self, folder: Path, configuration: str = "") -> None:
        self.folder = folder
        self.configuration = configuration

    @property
    def url(self) -> str:
        """The database's address, for asyncpg; read from the running server's own note."""
        return f"postgresql://{USER}@/{DATABASE}?host={quote(str(self._sockets()), safe='')}"

    def is_running(self) -> bool:
        """Whether this folder's server lives (it may still be starting)."""
        return self._process() is not None

    def start(self) -> None:
        """Make the folder when it is missing and start the server unless it runs already.

        Raises Refused with what to do: disk full, wrong owner, other version, damaged folder.
        """
        try:
            programs = find(self.folder)
            self._check_version()
            if self.folder.exists():
                self._take_in(programs)
            else:
                self._make(programs)
            if not self.is_running():
                self._launch(programs)
            self._wait_ready(programs)
        except OSError as error:
            raise Refused(words_for(error, self.folder)) from error

    def stop(self) -> None:
        """Stop the server, if it runs: connections are cut, everything committed is kept."""
        if not self.is_running():
            return
        sockets, programs = self._sockets(), find(self.folder)
        for mode in ("fast", "immediate"):
            done = programs.run("pg_ctl", "stop", "-D", str(self.folder), "-m", mode, "-t", "60")
            if done.code == 0 or not self.is_running():
                break
        if sockets != self.folder:
            shutil.rmtree(sockets, ignore_errors=True)

    def _check_version(self) -> None:
        if not self.folder.exists():
            return
        file = self.folder / "PG_VERSION"
        found = file.read_text().strip() if file.exists() else "?"
        if found != str(VERSION):
            raise Refused(
                _(
                    "Le dossier {folder} vient de PostgreSQL {found} ; cette version de Palabre emploie "
                    "PostgreSQL {version}. Rien n’a été changé. Remettez la version précédente de Palabre "
                    "pour exporter les données, ou déplacez ce dossier pour repartir de zéro."
                ).format(folder=self.folder, found=found, version=VERSION)
            )

    def _take_in(self, programs: Programs) -> None:
        """Give a folder that a plain copy brought back the owner and the mode PostgreSQL asks for."""
        found = self.folder.stat()
        if programs.uid is not None and found.st_uid != programs.uid:
            for path in [self.folder, *self.folder.rglob("*")]:
                programs.give(path)
        if stat.S_IMODE(found.st_mode) & (stat.S_IRWXO | stat.S_IWGRP):
            self.folder.chmod(0o700)

    def _make(self, programs: Programs) -> None:
        for leftover in self.folder.parent.glob(self.folder.name + ".new-*"):
            shutil.rmtree(leftover)
        new = Path(tempfile.mkdtemp(dir=self.folder.parent, prefix=self.folder.name + ".new-"))
        programs.give(new)
        options = (
            f"--username={USER}",
            "--auth=trust",  # whoever can enter the socket's folder is the owner already
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
        )
        done = programs.run("initdb", "-D", str(new), *options)
        if done.code == 0:
            create = f"CREATE DATABASE {DATABASE};\n"
            done = programs.run("postgres", "--single", "-D", str(new), "postgres", stdin=create)
        if done.code != 0:
            shutil.rmtree(new, ignore_errors=True)
            raise Refused(words_for(done.output, self.folder))
        new.rename(self.folder)

    def _launch(self, programs: Programs) -> None:
        sockets = self._configure(programs)
        journal = self.folder / "start.log"
        end = time.monotonic() + DYING_TIMEOUT
        while True:
            journal.unlink(missing_ok=True)
            for stale in (self.folder / "postmaster.pid", sockets / f"{SOCKET}.lock"):
                stale.unlink(missing_ok=True)
            done = programs.run(
                *("pg_ctl", "start", "--wait", "-D", str(self.folder)),
                *("-l", str(journal), "-t", str(READY_TIMEOUT)),
                timeout=READY_TIMEOUT + 30,
            )
            if done.code == 0:
                return
            said = done.output + self._messages()
            # A server killed with -9 leaves children that notice within moments.
            if "shared memory block" not in said or time.monotonic() > end:
                raise Refused(words_for(said, self.folder))
            time.sleep(0.2)

    def _configure(self, programs: Programs) -> Path:
        """Write postgresql.conf; returns the folder of the sockets."""
        sockets = self._make_sockets(programs)
        file = self.folder / "postgresql.conf"
        new = file.with_suffix(".new")
        ours = CONFIGURATION.format(sockets=str(sockets).replace("'", "''"))
        new.write_text(ours + self.configuration)
        programs.give(new)
        new.rename(file)
        local = self.folder / "local.conf"
        if not local.exists():
            local.touch()
            programs.give(local)
        return sockets

    def _make_sockets(self, programs: Programs) -> Path:
        """Return a folder whose name is short enough for a socket, open to the server alone."""
        if len(os.fsencode(self.folder / SOCKET)) <= SOCKET_PATH_LIMIT:
            return self.folder
        uid = programs.uid if programs.uid is not None else os.geteuid()
        name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
        sockets = Path(tempfile.gettempdir()) / f"palabre-{uid}-{name}"
        sockets.mkdir(mode=0o700, exist_ok=True)
        found = sockets.lstat()
        if found.st_uid == os.geteuid() != uid:
            programs.give(sockets)
        elif found.st_uid != uid or stat.S_IMODE(found.st_mode) != 0o700:
            raise Refused(
                _(
                    "Le dossier {folder}, où le serveur pose sa prise, appartient à quelqu’un d’autre. "
                    "Supprimez-le, ou donnez un chemin plus court dans PALABRE_DATA_DIR."
                ).format(folder=sockets)
            )
        return sockets

    def _wait_ready(self, programs: Programs) -> None:
        end = time.monotonic() + READY_TIMEOUT
        while programs.run("pg_isready", "-q", "-h", str(self._sockets()), "-U", USER).code != 0:
            if not self.is_running() or time.monotonic() > end:
                raise Refused(words_for(self._messages(), self.folder))
            time.sleep(0.1)

    def _note(self) -> list[str]:
        """Return the lines of postmaster.pid: pid, folder, start, port, socket folder, …."""
        try:
            return (self.folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _sockets(self) -> Path:
        note = self._note()
        return Path(note[4]) if len(note) > 4 and note[4] else self.folder

    def _process(self) -> psutil.Process | None:
        """Return the server named by postmaster.pid, if it lives and really is this folder's.

        The number may belong to somebody else by now, to a zombie nobody collects in a container,
        or, in a copied folder, to the server of the original.
        """
        try:
            process = psutil.Process(int(self._note()[0]))
            alive = process.status() != psutil.STATUS_ZOMBIE
            return process if alive and str(self.folder) in process.cmdline() else None
        except (IndexError, ValueError, psutil.Error):
            return None

    def _messages(self) -> str:
        """Return the end of what the server wrote lately, at its start or since."""
        files = [self.folder / "start.log", *(self.folder / "log").glob("*.log")]
        written = sorted((f for f in files if f.exists()), key=lambda f: f.stat().st_mtime)
        return "".join(file.read_text(errors="replace")[-2000:] for file in written[-2:])


def words_for(fault: OSError | str, folder: Path) -> str:
    """Turn a system error, or what a PostgreSQL program printed, into a sentence that helps."""
    text = str(fault)
    full = isinstance(fault, OSError) and fault.errno == errno.ENOSPC
    if full or "No space left" in text or "Check free disk space" in text:
        return _(
            "Le disque est plein : la base de données ne peut pas démarrer dans {folder}. Rien n’est perdu. "
            "Libérez de la place, puis relancez."
        ).format(folder=folder)
    if (isinstance(fault, OSError) and fault.errno == errno.EROFS) or "Read-only file" in text:
        return _(
            "Le dossier {folder} est en lecture seule. Donnez-en un autre dans PALABRE_DATA_DIR."
        ).format(folder=folder)
    if (
        isinstance(fault, PermissionError)
        or "ermission denied" in text
        or "wrong ownership" in text
    ):
        return _(
            "Palabre n’a pas le droit d’écrire dans {folder}. Donnez ce dossier au compte qui lance Palabre "
            "(chown -R), ou un autre dossier dans PALABRE_DATA_DIR."
        ).format(folder=folder)
    if isinstance(fault, OSError):
        return _(
            "Le dossier {folder} ne peut pas recevoir la base de données : {reason}. Donnez-en un autre "
            "dans PALABRE_DATA_DIR."
        ).format(folder=folder, reason=fault.strerror)
    last = "\n".join(re.findall(r"[^\n]+", text)[-8:])
    return _(
        "La base de données embarquée n’a pas démarré dans {folder}. PostgreSQL dit :\n{last}"
    ).format(folder=folder, last=last)
