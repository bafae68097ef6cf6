"""How long until the first answer, from the virtual environment on, with the embedded database."""

import statistics

from bench.tools import Bench, Measure
from tests.serving import Served, free_port, stop_database

ROUNDS = 5
TARGET = "≤ 4"


def measure(bench: Bench) -> list[Measure]:
    """Start the real program: on an empty folder, again, and with its database still running."""
    served = Served(bench.folder / "data", free_port(), arguments=("--demo",))
    measures = [Measure("first start, demo loaded", served.start(), "s")]
    served.stop()
    measures.append(Measure("next start, database stopped", _median(served), "s", TARGET))
    served.start()
    served.kill()
    again = [_start_after_kill(served) for _ in range(ROUNDS)]
    measures.append(Measure("next start, database running", statistics.median(again), "s", TARGET))
    stop_database(served.data_dir)
    return measures


def _median(served: Served) -> float:
    times = []
    for _ in range(ROUNDS):
        times.append(served.start())
        served.stop()
    return statistics.median(times)


def _start_after_kill(served: Served) -> float:
    seconds = served.start()
    served.kill()
    return seconds
