"""What the measures share: servers on one core, load from the other, and figures to keep.

Everything happens on 127.0.0.1, for a bounded time, and ends with the bench.
"""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from tests.serving import free_port
from tools.setup import apt_install

PALABRE = Path(sys.executable).parent / "palabre"
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]
# One address for all: another one would have every event's links written anew at the start.
ORIGIN = "http://bench.example"
WAIT_SECONDS = 180.0
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure; `target` is "≤ 50", "≥ 0.3" or "" for a figure without a promise."""

    name: str
    value: float
    unit: str
    target: str = ""

    @property
    def ratio(self) -> float | None:
        """How far the figure is: 1.0 just meets the target, more is better."""
        if not self.target:
            return None
        sign, number = self.target.split()
        wanted = float(number)
        if sign == "≤":
            return wanted / self.value if self.value else float("inf")
        return self.value / wanted

    @property
    def met(self) -> bool | None:
        """Whether the target is met, None without one."""
        return None if self.ratio is None else self.ratio >= 1


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw."""

    requests: int
    seconds: float
    errors: int
    p50: float  # milliseconds, like the next three
    p95: float
    p99: float
    slowest: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


@dataclass
class Bench:
    """The folder, the length and the size of one run."""

    folder: Path
    quick: bool = False
    measures: list[Measure] = field(default_factory=list)

    @property
    def seconds(self) -> int:
        """How long one load lasts."""
        return 2 if self.quick else 6

    def size(self, full: int) -> int:
        """How many events: a tenth in a quick run."""
        return full // 10 if self.quick else full


def need(*programs: str) -> None:
    """Install nginx and wrk where we may; raises SystemExit naming what is missing."""
    missing = [name for name in programs if not shutil.which(name)]
    if missing and not apt_install(*missing):
        sys.exit(
            f"The bench needs {' and '.join(missing)}: sudo apt-get install {' '.join(missing)}"
        )


@contextmanager
def process(
    command: Sequence[str | Path], core: int | str, environment: Mapping[str, str], log: Path
) -> Iterator[psutil.Process]:
    """Give a process pinned to a core, or to several ("0,1"); ends it, and its children, with SIGTERM."""
    with log.open("ab") as output:
        started = subprocess.Popen(
            ["taskset", "-c", str(core), *command],
            env=os.environ | dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield psutil.Process(started.pid)
    finally:
        started.send_signal(signal.SIGTERM)
        try:
            started.wait(30)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


@dataclass(frozen=True, slots=True)
class Server:
    """A web process that answers."""

    url: str
    process: psutil.Process

    def cpu(self) -> float:
        """Return the seconds of CPU that it and its children have used so far."""
        family = [self.process, *self.process.children(recursive=True)]
        times = [member.cpu_times() for member in family]
        return float(sum(time.user + time.system for time in times))

    def memory(self) -> float:
        """Return the memory that is its own, shared pages counted in part (PSS), in MiB."""
        return float(self.process.memory_full_info().pss) / MEBIBYTE


@contextmanager
def palabre(
    bench: Bench, database_url: str, core: int | str = SERVER_CORE, **environment: str
) -> Iterator[Server]:
    """Give a `palabre serve` on a database that somebody else keeps running."""
    port = free_port()
    settings = {
        "PALABRE_DATABASE_URL": database_url,
        "PALABRE_DATA_DIR": str(bench.folder / f"web-{port}"),
        "PALABRE_PORT": str(port),
        "PALABRE_BASE_URL": ORIGIN,
    }
    log = bench.folder / f"palabre-{port}.log"
    with process([PALABRE, "serve"], core, settings | environment, log) as running:
        server = Server(f"http://127.0.0.1:{port}", running)
        wait_for(server.url + "/healthz", running, log)
        yield server


def wait_for(url: str, running: psutil.Process, log: Path) -> None:
    """Wait until `url` answers; raises SystemExit with the log when the process ends first."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=WAIT_SECONDS).status_code < 500:
                return
        except httpx.TransportError:
            time.sleep(0.02)
        if not running.is_running() or running.status() == psutil.STATUS_ZOMBIE:
            break
    sys.exit(f"{url} does not answer:\n{log.read_text(errors='replace')[-4000:]}")


@contextmanager
def nginx(bench: Bench, files: Path, core: int = SERVER_CORE) -> Iterator[Server]:
    """Give a one-worker nginx that serves the files of a folder, `*.gz` beside them included."""
    port, home = free_port(), bench.folder / "nginx"
    home.mkdir(exist_ok=True)
    configuration = home / "nginx.conf"
    configuration.write_text(
        textwrap.dedent(f"""\
        daemon off; worker_processes 1; pid {home}/nginx.pid; error_log {home}/error.log;
        {"user root;" if os.geteuid() == 0 else ""}
        events {{ worker_connections 1024; }}
        http {{
          access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
          types {{ text/calendar ics; application/json json; text/html html; }}
          client_body_temp_path {home}/body; proxy_temp_path {home}/proxy;
          fastcgi_temp_path {home}/fastcgi; uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
          server {{ listen 127.0.0.1:{port}; root {files}; gzip_static on; }}
        }}
        """)
    )
    command: list[str | Path] = ["nginx", "-p", home, "-c", configuration]
    with process(command, core, {}, home / "log") as running:
        wait_for(f"http://127.0.0.1:{port}/", running, home / "log")
        yield Server(f"http://127.0.0.1:{port}", running)


LUA = """\
local paths = {{ {paths} }}
local turn = 0
request = function()
  turn = turn % #paths + 1
  return wrk.format("GET", paths[turn])
end
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("FIGURES %d %d %d %d %d %d %d\\n", summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50),
    latency:percentile(95), latency:percentile(99), latency.max))
end
"""


def wrk(
    bench: Bench,
    server: Server,
    paths: Sequence[str],
    connections: int,
    headers: Mapping[str, str] | None = None,
) -> Load:
    """Ask `server` for the paths in turn from the other core, for the bench's number of seconds."""
    script = bench.folder / "paths.lua"
    script.write_text(LUA.format(paths=", ".join(f'"{path}"' for path in paths)))
    given = [part for item in (headers or {}).items() for part in ("-H", ": ".join(item))]
    command = ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{connections}"]
    command += [f"-d{bench.seconds}s", "--timeout", "30s", "-s", str(script), *given, server.url]
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout
    line = next(line for line in told.splitlines() if line.startswith("FIGURES"))
    requests, micros, errors, *latencies = map(int, line.split()[1:])
    p50, p95, p99, slowest = (value / 1000 for value in latencies)
    return Load(requests, micros / 1_000_000, errors, p50, p95, p99, slowest)
