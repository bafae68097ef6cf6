"""The real program, as people start it: `palabre serve` in a process of its own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

START_SECONDS = 60.0  # generous: a cold machine makes a database first
STOP_SECONDS = 30.0
PALABRE = Path(sys.executable).parent / "palabre"


@dataclass
class Served:
    """A running (or stopped) `palabre serve` on a data folder; can be started again."""

    data_dir: Path
    port: int
    environment: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    palabre: Path = PALABRE
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens, without a final slash."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """Everything it printed, all starts together."""
        return self.data_dir.parent / f"{self.data_dir.name}.log"

    @property
    def settings(self) -> dict[str, str]:
        """The environment it runs in: a clean one, and nothing of the caller's PALABRE_*."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PALABRE_")}
        own = {"PALABRE_DATA_DIR": str(self.data_dir), "PALABRE_PORT": str(self.port)}
        return inherited | own | dict(self.environment)

    def launch(self) -> "subprocess.Popen[bytes]":
        """Start it without waiting for anything."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [self.palabre, "serve", *self.arguments],
                env=self.settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return self.process

    def wait(self, seconds: float) -> None:
        """Let it work for a while; it may end before."""
        assert self.process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)

    def start(self) -> float:
        """Start it and wait for its first answer; returns the seconds that took."""
        began = time.perf_counter()
        process = self.launch()
        while time.perf_counter() - began < START_SECONDS:
            if process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}/healthz", timeout=START_SECONDS).status_code < 500:
                    return time.perf_counter() - began
            except httpx.TransportError:
                time.sleep(0.02)
        self.kill()
        raise AssertionError(f"no answer from palabre serve:\n{self.said()}")

    def stop(self, number: int = signal.SIGINT) -> int:
        """Ask it to stop, as Ctrl-C does, and return its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"palabre serve did not stop:\n{self.said()}") from None

    def kill(self) -> None:
        """End it with SIGKILL, as a power cut would; does nothing when it has ended."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def run(self, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run another `palabre` command on the same data folder."""
        return subprocess.run(
            [self.palabre, *arguments],
            env=self.settings,
            check=False,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def said(self) -> str:
        """Return all it printed so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve(data_dir: Path, *arguments: str, **environment: str) -> Iterator[Served]:
    """Give a `palabre serve` that answers; at the end it and its database are stopped."""
    port = int(environment.get("PALABRE_PORT") or free_port())
    served = Served(data_dir, port, environment, arguments)
    served.start()
    try:
        yield served
    finally:
        if served.process is not None and served.process.poll() is None:
            served.stop(signal.SIGTERM)
        else:
            stop_database(data_dir)


def stop_database(data_dir: Path) -> None:
    """Stop the embedded server that a killed process left running; quiet when there is none."""
    pid_file = data_dir / "postgresql" / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split()[0])
        os.kill(pid, signal.SIGINT)  # "fast shutdown" in PostgreSQL's words
    except (OSError, ValueError, IndexError):
        return
    deadline = time.monotonic() + STOP_SECONDS
    while pid_file.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
