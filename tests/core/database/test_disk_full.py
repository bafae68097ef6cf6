"""A full disk: a clear sentence, nothing corrupted, and all is well again once there is room."""

import asyncio
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from palabre.database import connection, embedded
from palabre.errors import DatabaseUnavailable, Refused

MountMaker = Callable[[int], Path]
SIZE = 500_000  # octets of a row
ROOM_LEFT = 30_000_000  # octets


@pytest.fixture
def disk(shelf: Path) -> Iterator[MountMaker]:
    """Mount a small disk of so many mebibytes; needs root and the right to mount."""
    mounted = []

    def mount(size: int) -> Path:
        folder = Path(tempfile.mkdtemp(dir=shelf))
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}m", "tmpfs", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            reason = f"may not mount a small disk here: {done.stderr.strip()}"
            if os.environ.get("CI") == "true" and os.geteuid() == 0:
                pytest.fail(reason)
            pytest.skip(reason)
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", folder], check=True)


def test_a_first_start_on_a_full_disk_says_so_and_leaves_nothing(disk: MountMaker) -> None:
    data = disk(20) / "data"

    with pytest.raises(Refused, match="Le disque est plein"), embedded.serving(data):
        pass

    assert not (data / "postgresql").exists()
    assert list(data.glob("postgresql.new-*")) == []


def test_a_disk_that_fills_up_costs_only_what_was_not_confirmed(disk: MountMaker) -> None:
    root = disk(160)
    data, ballast = root / "data", root / "ballast"
    with embedded.serving(data) as url:
        room = os.statvfs(data)
        ballast.write_bytes(bytes(room.f_bavail * room.f_frsize - ROOM_LEFT))
        confirmed = asyncio.run(save_until_full(url))
        second = root / "second"
        with pytest.raises(Refused, match="Le disque est plein"), embedded.joined(second):
            pass

        ballast.unlink()

        asyncio.run(save_again(url))
    with embedded.serving(data) as url:
        assert asyncio.run(sizes(url)) == dict.fromkeys([-1, *range(confirmed)], SIZE)


async def save_until_full(url: str) -> int:
    """Save until the disk is full; returns how many were confirmed."""
    confirmed = 0
    async with connection.connected(url):
        await connection.execute("CREATE TABLE note (id int, text text STORAGE EXTERNAL)")
        while True:
            try:
                await save(confirmed)
            except DatabaseUnavailable:
                return confirmed
            confirmed += 1


async def save_again(url: str) -> None:
    """Save once the server is back, which it may need a moment for."""
    async with connection.connected(url):
        for _ in range(100):
            try:
                return await save(-1)
            except DatabaseUnavailable:
                await asyncio.sleep(0.1)
    pytest.fail("saving never worked again")


async def save(number: int) -> None:
    await connection.execute("INSERT INTO note VALUES ($1, $2)", number, "x" * SIZE)


async def sizes(url: str) -> dict[int, int]:
    async with connection.connected(url):
        rows = await connection.fetch("SELECT id, length(text) FROM note")
    return {row["id"]: row["length"] for row in rows}
