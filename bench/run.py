"""`make bench`: run the measures, print a table of target and figure, keep a JSON.

    python -m bench.run                  everything, the sizes of the design
    python -m bench.run pages startup    some of it
    python -m bench.run --quick          a tenth of the events, short loads: for a first look

A figure that misses its target never fails the run: machines differ, ratios in one run do not.
"""

import argparse
import importlib
import json
import platform
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bench.tools import Bench, Measure, need
from tools.setup import ROOT

AREAS = (
    "startup",
    "feeds",
    "edits",
    "pages",
    "permissions",
    "dispatch",
    "logins",
    "importing",
    "growth",
)
RESULTS = ROOT / "bench" / "results"


def main() -> int:
    """Run the areas asked for; returns 0 unless one of them could not be measured at all."""
    parser = argparse.ArgumentParser(description="Measure Palabre; prints a table, keeps a JSON.")
    parser.add_argument("areas", nargs="*", metavar="AREA", help=", ".join(AREAS))
    parser.add_argument("--quick", action="store_true", help="a tenth of the events, short loads")
    options = parser.parse_args()
    unknown = set(options.areas) - set(AREAS)
    if unknown:
        parser.error(f"no such area: {', '.join(sorted(unknown))}; there are {', '.join(AREAS)}")
    need("nginx", "wrk", "taskset")
    results = {area: run(area, quick=options.quick) for area in options.areas or AREAS}
    keep(results, quick=options.quick)
    return 0


def run(area: str, *, quick: bool) -> list[Measure]:
    """Run one area in a folder of its own and print its table as soon as it is known."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix=f"palabre-bench-{area}-") as folder:
        module = importlib.import_module(f"bench.{area}")
        measures: list[Measure] = module.measure(Bench(Path(folder), quick=quick))
    print(f"\n{area} ({time.perf_counter() - began:.0f} s)")
    print(table(measures), flush=True)
    return measures


def table(measures: list[Measure]) -> str:
    """Return the measures as aligned text: what, target, measured, ratio (1 or more is good)."""
    rows = [("measure", "target", "measured", "ratio", "")]
    for measure in measures:
        ratio = "" if measure.ratio is None else f"{measure.ratio:.2f}"
        verdict = {None: "", True: "met", False: "MISSED"}[measure.met]
        figure = f"{_number(measure.value)} {measure.unit}".strip()
        rows.append((measure.name, measure.target, figure, ratio, verdict))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    aligned = [
        "  ".join(
            cell.ljust(width) if column in {0, 4} else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in aligned)


def keep(results: dict[str, list[Measure]], *, quick: bool) -> None:
    """Write the figures of this run to bench/results."""
    now = datetime.now(UTC)
    head = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    kept = {
        "at": now.isoformat(timespec="seconds"),
        "commit": head.stdout.strip(),
        "python": platform.python_version(),
        "quick": quick,
        "areas": {
            area: [
                {
                    "name": measure.name,
                    "value": measure.value,
                    "unit": measure.unit,
                    "target": measure.target,
                    "ratio": measure.ratio,
                }
                for measure in measures
            ]
            for area, measures in results.items()
        },
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{now:%Y%m%d-%H%M%S}.json"
    path.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"\nkept in {path.relative_to(ROOT)}")


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    sys.exit(main())
