"""The embedded server: started, shared, left running, killed, damaged."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import psutil
import pytest

from palabre.database import embedded
from palabre.database.cluster import Cluster
from palabre.errors import Refused

NOBODY = 65534  # Debian's account for whoever may do nothing
SERVE = """
import sys, pathlib
from palabre.database import embedded
with getattr(embedded, sys.argv[1])(pathlib.Path(sys.argv[2])) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="session")
def made(shelf: Path) -> Path:
    """A data folder with a stopped server, made once; tests copy it."""
    folder = shelf / "made"
    with embedded.joined(folder) as url:
        ask(url, "CREATE TABLE note (text text)")
    return folder


@pytest.fixture
def data(made: Path, data_dir: Path) -> Path:
    """A data folder of this test's own, with an empty table."""
    subprocess.run(["cp", "-a", made, data_dir], check=True)
    return data_dir


def ask(url: str, *queries: str) -> object:
    async def run() -> object:
        connection = await asyncpg.connect(url, timeout=5)
        try:
            return [await connection.fetchval(query) for query in queries][-1]
        finally:
            await connection.close()

    return asyncio.run(run())


def server_pid(data: Path) -> int:
    return int((data / "postgresql" / "postmaster.pid").read_text().splitlines()[0])


def lives(pid: int) -> bool:
    """Whether the process runs; a zombie, which a container may never collect, does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def eventually(condition: Callable[[], object], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)


@contextmanager
def other_process(how: str, data: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that is `serving` or `joined`; closing its stdin ends it cleanly."""
    command = [sys.executable, "-c", SERVE, how, str(data)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("postgresql://")
            yield process
        finally:
            process.kill()


def test_a_new_folder_is_made_started_and_stopped(data_dir: Path) -> None:
    data = data_dir / "not" / "yet" / "there"

    with embedded.serving(data) as url:
        pid = server_pid(data)
        answer = ask(url, "SELECT lower('FORÊT') || current_setting('fsync')")

    assert answer == "forêton"
    assert not lives(pid)
    assert list(data.glob("postgresql.new-*")) == []


def test_a_second_start_answers_quickly_and_has_the_data(data: Path) -> None:
    with embedded.serving(data) as url:
        ask(url, "INSERT INTO note VALUES ('kept')")
    began = time.monotonic()

    with embedded.serving(data) as url:
        assert ask(url, "SELECT text FROM note") == "kept"
        assert time.monotonic() - began < 4


def test_nobody_else_can_reach_the_socket(data: Path) -> None:
    with embedded.serving(data) as url:
        assert ask(url, "SHOW listen_addresses") == ""
        assert (data / "postgresql").stat().st_mode & 0o077 == 0


def test_a_second_serve_is_refused_and_says_who_has_the_folder(data: Path) -> None:
    with embedded.serving(data) as url:
        with (
            pytest.raises(
                Refused, match=f"tourne déjà sur .*processus {os.getpid()}.*PALABRE_DATA_DIR"
            ),
            embedded.serving(data),
        ):
            pass

        assert ask(url, "SELECT 1") == 1


def test_a_killed_serve_leaves_a_server_that_the_next_one_takes_over(data: Path) -> None:
    with other_process("serving", data) as process:
        left = server_pid(data)
        process.kill()
        process.wait()

    with embedded.serving(data) as url:
        assert server_pid(data) == left
        assert ask(url, "SELECT 1") == 1

    eventually(lambda: not lives(left))


def test_a_command_that_ends_leaves_the_serving_server_alone(data: Path) -> None:
    with embedded.serving(data) as url:
        with other_process("joined", data) as command:
            command.communicate()

        assert ask(url, "SELECT 1") == 1


def test_a_serve_that_ends_leaves_the_server_to_a_running_command(data: Path) -> None:
    with other_process("joined", data) as command:
        with embedded.serving(data) as url:
            pid = server_pid(data)

        assert ask(url, "SELECT 1") == 1
        command.communicate()

    assert not lives(pid)


def test_commands_that_start_together_share_one_server(data_dir: Path) -> None:
    pids: list[object] = []
    together = threading.Barrier(4)

    def command() -> None:
        with embedded.joined(data_dir) as url:
            pids.append(ask(url, "SELECT pg_postmaster_start_time()"))
            together.wait()

    threads = [threading.Thread(target=command) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(pids) == 4
    assert len(set(pids)) == 1


def test_everything_committed_survives_kill_9(data: Path) -> None:
    with other_process("serving", data) as process:
        url = Cluster(data / "postgresql").url
        ask(
            url,
            "INSERT INTO note VALUES ('kept')",
            "BEGIN",
            "INSERT INTO note VALUES ('not committed')",
        )
        server = psutil.Process(server_pid(data))
        for victim in (process, server, *server.children()):
            victim.send_signal(signal.SIGKILL)
        process.wait()

    with embedded.serving(data) as url:
        assert ask(url, "SELECT string_agg(text, ',') FROM note") == "kept"


def test_ctrl_c_during_the_start_leaves_nothing_running(data: Path) -> None:
    command = [sys.executable, "-c", SERVE, "serving", str(data)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        eventually((data / "postgresql" / "start.log").exists)
        process.send_signal(signal.SIGINT)

    assert not Cluster(data / "postgresql").is_running()


def test_a_server_that_dies_while_serving_is_started_again(data: Path) -> None:
    with embedded.serving(data) as url:
        killed = server_pid(data)
        os.kill(killed, signal.SIGKILL)

        eventually(lambda: answers(url))

        assert server_pid(data) != killed


def answers(url: str) -> bool:
    try:
        return ask(url, "SELECT 1") == 1
    except (OSError, asyncpg.PostgresError):
        return False


@pytest.mark.parametrize("pid", [os.getpid, lambda: 4_000_000, lambda: "rubbish"])
def test_a_stale_pid_file_is_no_obstacle(data: Path, pid: Callable[[], object]) -> None:
    note = data / "postgresql" / "postmaster.pid"
    note.write_text(
        f"{pid()}\n{data / 'postgresql'}\n1\n5432\n{data / 'postgresql'}\n\n1 1\nready\n"
    )

    with embedded.serving(data) as url:
        assert ask(url, "SELECT 1") == 1


def test_a_copy_of_a_running_folder_has_its_own_server(data: Path) -> None:
    copy = data.parent / "copy"
    with embedded.serving(data) as url:
        subprocess.run(["cp", "-a", data, copy], check=True)

        with embedded.serving(copy) as other_url:
            ask(other_url, "INSERT INTO note VALUES ('in the copy')")

        assert ask(url, "SELECT count(*) FROM note") == 0


def test_a_backup_brought_back_by_a_plain_copy_works(data: Path) -> None:
    with embedded.serving(data) as url:
        ask(url, "INSERT INTO note VALUES ('saved')")
    back = data.parent / "back"
    subprocess.run(["cp", "-r", data, back], check=True)
    (back / "postgresql").chmod(0o755)

    with embedded.serving(back) as url:
        assert ask(url, "SELECT text FROM note") == "saved"


def test_a_folder_with_a_long_name_works(made: Path, data_dir: Path) -> None:
    data = data_dir / ("long-" * 20) / ("and-longer-" * 10)
    data.parent.mkdir(parents=True)
    subprocess.run(["cp", "-a", made, data], check=True)

    with embedded.serving(data) as url:
        sockets = Path(str(ask(url, "SHOW unix_socket_directories")))
        assert sockets.stat().st_mode & 0o077 == 0

    assert not sockets.exists()


def test_what_a_killed_first_start_left_is_cleared_away(data_dir: Path) -> None:
    left = data_dir / "postgresql.new-x1"
    left.mkdir(parents=True)
    (left / "PG_VERSION").write_text("18")

    with embedded.serving(data_dir) as url:
        assert ask(url, "SELECT 1") == 1

    assert not left.exists()


def test_a_folder_of_another_version_is_refused_untouched(data: Path) -> None:
    version = data / "postgresql" / "PG_VERSION"
    version.write_text("16\n")

    with pytest.raises(Refused, match=r"PostgreSQL 16 ; .* PostgreSQL 18"), embedded.serving(data):
        pass

    assert version.read_text() == "16\n"
    version.write_text("18\n")


def test_a_damaged_folder_says_what_postgresql_said(data: Path) -> None:
    shutil.rmtree(data / "postgresql" / "global")

    with (
        pytest.raises(Refused, match=r"(?s)n’a pas démarré dans .*PostgreSQL dit :\n.*global"),
        embedded.serving(data),
    ):
        pass


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")

    with (
        pytest.raises(Refused, match=r"ne peut pas recevoir la base.*PALABRE_DATA_DIR"),
        embedded.serving(tmp_path / "data"),
    ):
        pass


def test_a_folder_without_the_right_to_write_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    for parent in tmp_path.parents:
        if os.geteuid() == 0 and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o001)

    said = said_without_rights(tmp_path / "data")

    tmp_path.chmod(0o755)
    assert "Palabre n’a pas le droit d’écrire dans" in said


def said_without_rights(folder: Path) -> str:
    """Serve on `folder` as an account that may not write there; returns what it is told.

    Forked rather than started anew: that account may not be allowed to run our interpreter.
    """
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        said = "it started"
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            with embedded.serving(folder):
                pass
        except BaseException as error:  # noqa: BLE001  the child must end here, whatever happens
            said = str(error)
        os.write(theirs, said.encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, encoding="utf-8") as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return said
