"""Make this checkout ready to run: one virtual environment, pinned and checked by hash.

Called by `make run`, `make test` and the rest, with nothing but Debian's python3 at hand, so the
standard library is all there is. Running it again costs a few hundredths of a second: a stamp in
`.venv` holds a hash of everything that decides what is inside.

    python3 tools/setup.py            the environment and Pango
    python3 tools/setup.py --tests    Chromium too, for the tests that drive a browser, and a real
                                      identity provider for those that come in by one
"""

import argparse
import ctypes
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "palabre-setup.json"
OLDEST_PYTHON = (3, 11)

# What WeasyPrint loads at run time, and one font so that a PDF has letters.
PANGO_LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
PANGO_PACKAGES = (
    "libpango-1.0-0",
    "libpangoft2-1.0-0",
    "libharfbuzz-subset0",
    "fonts-dejavu-core",
)
# What drives it is a Node that comes with playwright; that one loads libatomic.
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_LIBRARIES = ("libatomic.so.1",)
BROWSER_PACKAGES = ("chromium", "libatomic1")
# An identity provider from npm, pinned by the lock beside it; the Node is the browser tests' own.
PROVIDER = ROOT / "tests/provider"
PROVIDER_STAMP = PROVIDER / "node_modules/palabre-setup"


class MissingPieceError(Exception):
    """Something that this machine needs and that only its owner can install; one line."""


def main() -> int:
    """Prepare the checkout; returns the exit code and prints one line for what is missing."""
    parser = argparse.ArgumentParser(description="Make this checkout ready to run.")
    parser.add_argument("--tests", action="store_true", help="also what the browser tests need")
    wants_tests = parser.parse_args().tests
    try:
        with _one_at_a_time():
            fresh = prepare_environment()
        prepare_pango(may_install=fresh)
        if wants_tests:
            prepare_browser()
            prepare_provider()
    except MissingPieceError as piece:
        print(piece, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as failure:
        command = " ".join(map(str, failure.cmd))
        print(f"Set-up stopped: `{command}` failed, see above.", file=sys.stderr)
        return 1
    except OSError as failure:
        print(f"Set-up stopped: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Set-up stopped; it goes on where it was next time.", file=sys.stderr)
        return 130
    return 0


def prepare_environment() -> bool:
    """Bring `.venv` to what the checkout asks for; True when something was installed."""
    if sys.version_info < OLDEST_PYTHON:
        raise MissingPieceError("Palabre needs Python 3.11 or newer: sudo apt-get install python3")
    distributions = workspace()
    wanted = fingerprint(distributions)
    known = _read_stamp()
    if known.get("fingerprint") == wanted:
        return False
    print("Preparing .venv (once, and again when the pinned requirements change)…", flush=True)
    if known.get("home") != _home() or not _answers([VENV / "bin/python", "-m", "pip", "-V"]):
        make_environment()
    _install(distributions, gone=set(known.get("names", [])) - set(distributions.values()))
    stamp = {"fingerprint": wanted, "home": _home(), "names": sorted(distributions.values())}
    STAMP.write_text(json.dumps(stamp), encoding="utf-8")
    return True


def workspace() -> dict[Path, str]:
    """Return the distributions of this checkout, the core first, as folder → name."""
    folders = [ROOT]
    for group in ("plugins", "themes"):
        folders += sorted(file.parent for file in (ROOT / group).glob("*/pyproject.toml"))
    return {folder: _project_name(folder / "pyproject.toml") for folder in folders}


def fingerprint(distributions: dict[Path, str]) -> str:
    """Return a hash of all that decides what `.venv` holds: pins, projects, this file, Python."""
    digest = hashlib.sha256(_home().encode())
    files = [ROOT / "requirements.txt", Path(__file__).resolve()]
    for file in files + [folder / "pyproject.toml" for folder in distributions]:
        digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def make_environment() -> None:
    """Create an empty `.venv` with pip inside, by the first way that works here."""
    if VENV.exists():
        shutil.rmtree(VENV)
    venv = [sys.executable, "-m", "venv"]
    if not _has_ensurepip():
        apt_install("python3-venv")
    if _has_ensurepip():
        _run([*venv, VENV])
        return
    with tempfile.TemporaryDirectory() as folder:
        wheel = _debian_pip(Path(folder))
        if wheel is None:
            raise MissingPieceError("Palabre needs python3-venv: sudo apt-get install python3-venv")
        _run([*venv, "--without-pip", VENV])
        _run([VENV / "bin/python", wheel / "pip", "install", "-q", "--no-index", wheel])


def prepare_pango(*, may_install: bool) -> None:
    """See that WeasyPrint finds Pango; without it the site runs and PDF pages say what to do."""
    if _loads(PANGO_LIBRARIES):
        return
    if may_install and apt_install(*PANGO_PACKAGES) and _loads(PANGO_LIBRARIES):
        return
    print(f"No PDF until Pango is there: sudo apt-get install {' '.join(PANGO_PACKAGES)}")


def prepare_browser() -> None:
    """See that there is a Chromium; the tests that need one say themselves when they skip."""
    if _has_browser() or (apt_install(*BROWSER_PACKAGES) and _has_browser()):
        return
    print(f"No Chromium, so no browser tests: sudo apt-get install {' '.join(BROWSER_PACKAGES)}")


def prepare_provider() -> None:
    """See that the identity provider is there; the tests that need it say when they skip."""
    wanted = hashlib.sha256((PROVIDER / "package-lock.json").read_bytes()).hexdigest()
    if PROVIDER_STAMP.is_file() and PROVIDER_STAMP.read_text(encoding="utf-8") == wanted:
        return
    install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    if not shutil.which("npm") and not apt_install("npm"):
        print("No identity provider, so no tests of coming in by one: sudo apt-get install npm")
        return
    print("Installing the tests’ identity provider…", flush=True)
    if _answers(install, PROVIDER):
        PROVIDER_STAMP.write_text(wanted, encoding="utf-8")
        return
    print(f"No identity provider for the tests: `{' '.join(install)}` failed in {PROVIDER}")


def _has_browser() -> bool:
    return any(map(shutil.which, BROWSERS)) and _loads(BROWSER_LIBRARIES)


def apt_install(*packages: str) -> bool:
    """Install Debian packages, as root or by a sudo that asks nothing; False where we may not."""
    if not shutil.which("apt-get"):
        return False
    prefix: list[str] = []
    if os.geteuid() != 0:
        if not shutil.which("sudo") or not _answers(["sudo", "-n", "true"]):
            return False
        prefix = ["sudo", "-n"]
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    install = [*apt, "-o", "DPkg::Lock::Timeout=300", "install", "-y", "--no-install-recommends"]
    print(f"Installing {' '.join(packages)}…", flush=True)
    if _answers([*install, *packages]):
        return True
    return _answers([*apt, "update"]) and _answers([*install, *packages])


def _debian_pip(folder: Path) -> Path | None:
    """Fetch Debian's own pip without installing anything: any user may download a package.

    apt checks the signature as for an installation; its lists go to `folder`, since the machine's
    own may be empty and are not ours to fill.
    """
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return None
    for part in ("state/lists/partial", "cache/archives/partial"):
        (folder / part).mkdir(parents=True)
    apt = ["apt-get", "-qq", "-o", f"Dir::State={folder}/state", "-o", f"Dir::Cache={folder}/cache"]
    apt += ["-o", "Dir::State::status=/var/lib/dpkg/status"]
    print("Fetching pip from Debian…", flush=True)
    if not (_answers([*apt, "update"]) and _answers([*apt, "download", "python3-pip-whl"], folder)):
        return None
    for package in folder.glob("*.deb"):
        _run(["dpkg-deb", "-x", package, folder])
    return next(folder.glob("usr/share/python-wheels/pip-*.whl"), None)


def _install(distributions: dict[Path, str], gone: set[str]) -> None:
    pip: list[str | Path] = [VENV / "bin/python", "-m", "pip", "--disable-pip-version-check"]
    _run([*pip, "install", "-q", "--require-hashes", "-r", ROOT / "requirements.txt"])
    editable = [part for folder in distributions for part in ("-e", folder)]
    _run([*pip, "install", "-q", "--no-deps", "--no-build-isolation", *editable])
    if gone:
        _run([*pip, "uninstall", "-q", "-y", *sorted(gone)])


def _project_name(pyproject: Path) -> str:
    import tomllib  # absent before 3.11, where the message about Python's age must still appear

    name = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["name"]
    return str(name)


def _read_stamp() -> dict[str, Any]:
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _home() -> str:
    """Where the checkout lies and which Python it has: a virtual environment can't be moved."""
    release = ".".join(map(str, sys.version_info[:2]))
    return f"{ROOT} {release} {os.path.realpath(sys.executable)}"


def _has_ensurepip() -> bool:
    importlib.invalidate_caches()
    return importlib.util.find_spec("ensurepip") is not None


def _loads(libraries: Sequence[str]) -> bool:
    try:
        for library in libraries:
            ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _run(command: Sequence[str | Path]) -> None:
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def _answers(command: Sequence[str | Path], folder: Path = ROOT) -> bool:
    quiet = subprocess.DEVNULL
    try:
        done = subprocess.run(
            command, check=False, cwd=folder, stdin=quiet, stdout=quiet, stderr=quiet
        )
    except OSError:
        return False
    return done.returncode == 0


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let a second `make` wait for the first; the lock needs no file of its own."""
    with (ROOT / "requirements.txt").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())
