"""What others made and this repository carries: fetched from npm, checked by hash.

`make vendor` fetches what `vendor.toml` names and writes `vendor.lock`; `make check` only compares
the files with the lock, so it needs neither npm nor a network.
"""

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from base64 import b64encode
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from tools.setup import ROOT

LIST = ROOT / "tools" / "vendor.toml"
LOCK = ROOT / "tools" / "vendor.lock"


@dataclass(frozen=True, slots=True)
class Package:
    """An npm package and what is taken of it: `files` maps its paths to names in the folder `to`."""

    name: str
    version: str
    to: str
    why: str
    files: dict[str, str]

    def targets(self) -> dict[str, Path]:
        """Return where each of its files goes, by its path in the package."""
        return {path: ROOT / self.to / name for path, name in self.files.items()}


def main() -> int:
    """Fetch everything with --update, else print what differs from the lock."""
    if "--update" in sys.argv[1:]:
        LOCK.write_text(json.dumps(_update(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return 0
    found = complaints()
    print("\n".join(found))
    return 1 if found else 0


def complaints() -> list[str]:
    """Return what differs: files that are missing, changed, or that no package brought."""
    locked: dict[str, str] = json.loads(LOCK.read_text(encoding="utf-8"))["files"]
    listed = {_relative(path) for package in _packages() for path in package.targets().values()}
    found = [f"{path} is not in vendor.lock: run make vendor" for path in listed - locked.keys()]
    found += [f"{path} is not in vendor.toml: run make vendor" for path in locked.keys() - listed]
    for path, digest in locked.items():
        file = ROOT / path
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            found.append(f"{path} is not as it was published: run make vendor")
    return sorted(found)


def _packages() -> list[Package]:
    data: dict[str, Any] = tomllib.loads(LIST.read_text(encoding="utf-8"))
    return [Package(**package) for package in data["package"]]


def _update() -> dict[str, dict[str, str]]:
    known: dict[str, str] = {}
    if LOCK.is_file():
        known = json.loads(LOCK.read_text(encoding="utf-8"))["packages"]
    packages: dict[str, str] = {}
    files: dict[str, str] = {}
    for package in _packages():
        label = f"{package.name}@{package.version}"
        with tempfile.TemporaryDirectory() as folder:
            archive = _fetch(label, Path(folder))
            packages[label] = "sha512-" + b64encode(_digest("sha512", archive)).decode()
            if known.get(label, packages[label]) != packages[label]:
                raise SystemExit(f"{label} is not what it was when it was locked: not taken")
            files |= _unpack(package, archive)
    return {"packages": packages, "files": files}


def _fetch(label: str, folder: Path) -> Path:
    subprocess.run(
        ["npm", "pack", "--silent", "--pack-destination", folder, label], check=True, cwd=folder
    )
    (archive,) = folder.glob("*.tgz")
    return archive


def _unpack(package: Package, archive: Path) -> dict[str, str]:
    digests = {}
    with tarfile.open(archive) as tar:
        for path, target in package.targets().items():
            member = tar.extractfile(f"package/{path}")
            if member is None:
                raise SystemExit(f"{package.name} has no file {path}")
            target.parent.mkdir(parents=True, exist_ok=True)
            octets = member.read()
            target.write_bytes(_unpacked_font(octets) if target.suffix == ".ttf" else octets)
            digests[_relative(target)] = _digest("sha256", target).hex()
    return digests


def _unpacked_font(octets: bytes) -> bytes:
    from fontTools.ttLib import woff2

    unpacked = BytesIO()
    woff2.decompress(BytesIO(octets), unpacked)
    return unpacked.getvalue()


def _digest(name: str, file: Path) -> bytes:
    return hashlib.new(name, file.read_bytes()).digest()


def _relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


if __name__ == "__main__":
    sys.exit(main())
