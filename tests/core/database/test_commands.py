"""`palabre migrate`, on a data folder of its own."""

import os
import subprocess
import sys
from pathlib import Path

from palabre.database.migrations import CORE


def palabre(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from palabre.cli import main; main()", *arguments]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PALABRE_")},
        "PALABRE_DATA_DIR": str(data_dir),
        "PALABRE_SAFE_MODE": "1",
    }
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_migrate_announces_runs_and_is_done(data_dir: Path) -> None:
    files = [f"core/{file.stem}" for file in sorted(CORE.folder.glob("*.sql"))]

    announced = palabre(data_dir, "migrate", "--dry-run")
    first = palabre(data_dir, "migrate")
    second = palabre(data_dir, "migrate")

    assert announced.stdout.splitlines() == [f"À appliquer : {key}" for key in files]
    assert [line.split(" (")[0] for line in first.stdout.splitlines()[:-1]] == [
        f"Appliquée : {key}" for key in files
    ]
    assert second.stdout == "La base de données est à jour.\n"
    assert (announced.returncode, first.returncode, second.returncode) == (0, 0, 0)


def test_a_refusal_is_one_sentence_and_exit_code_2(data_dir: Path) -> None:
    data_dir.write_text("in the way")

    refused = palabre(data_dir, "migrate")

    assert refused.returncode == 2
    assert refused.stderr.startswith(f"Le dossier {data_dir} ne peut pas recevoir la base")
    data_dir.unlink()
