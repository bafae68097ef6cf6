"""The server that tests share: remade when somebody swept its folder."""

import shutil
import tempfile
from pathlib import Path

import asyncpg

from palabre.database.scratch import databases


async def count_users(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM core_user"))
    finally:
        await connection.close()


def test_a_swept_folder_is_made_again(tmp_path: Path) -> None:
    with databases(tmp_path, []) as made:
        folder = Path(made.run(folder_of(made.address("postgres"))))
    assert folder.is_relative_to(tempfile.gettempdir())
    shutil.rmtree(folder / "global")

    try:
        with databases(tmp_path, []) as made:
            name = made.run(made.create())
            assert made.run(count_users(made.address(name))) == 0
    finally:
        shutil.rmtree(folder.parent)


async def folder_of(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval("SHOW data_directory"))
    finally:
        await connection.close()
