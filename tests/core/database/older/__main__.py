"""Write the dump of a database with the newest schema and the rows of rows.sql."""

import asyncio
import tempfile
from pathlib import Path

import asyncpg

from palabre.database import embedded
from palabre.database.migration_files import ordered
from palabre.database.migrations import CORE, migrate
from palabre.database.programs import find

HERE = Path(__file__).parent


async def fill(url: str) -> None:
    """Migrate to the newest schema and add the rows."""
    await migrate(url)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute((HERE / "rows.sql").read_text())
    finally:
        await connection.close()


def main() -> None:
    """Make the database, dump it beside this file and throw it away."""
    with tempfile.TemporaryDirectory() as folder, embedded.joined(Path(folder)) as url:
        asyncio.run(fill(url))
        dump = find(Path(folder) / "postgresql").run("pg_dump", "--inserts", "--no-owner", url)
    # Lines with a backslash are psql's, not SQL.
    lines = [line for line in dump.output.splitlines() if not line.startswith(("\\", "--"))]
    target = HERE / f"{ordered([CORE])[-1].name}.sql"
    target.write_text("\n".join(line for line in lines if line) + "\n")


if __name__ == "__main__":
    main()
