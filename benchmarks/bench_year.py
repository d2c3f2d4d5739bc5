"""How long a made-up year of 48 members takes: drawn, counted, published, and counted again from its files.

    python benchmarks/bench_year.py [--quick] [--json] [--reports N] [--keep FOLDER]

The seconds of single steps are added up over the processes, which work side by side; "in all" is by the clock on the
wall. The last line is scripts/recompute_figures.py: DuckDB alone, with SQL of its own.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from report import table

from rempart.adapters.home import Home
from rempart.demo.year.making import EVENTS, FIGURES, REPORTS, Made, make_year

YEAR = 2025
QUICK = 20_000
RECOMPUTE = Path(__file__).parents[1] / "scripts" / "recompute_figures.py"


def run(reports: int, folder: Path) -> tuple[dict[str, float], tuple[Made, ...], str]:
    began = time.perf_counter()
    made = make_year(folder, YEAR, reports=reports)
    seconds = {step: sum(each.seconds[step] for each in made) for step in made[0].seconds}
    seconds["in all"] = time.perf_counter() - began
    began = time.perf_counter()
    again = subprocess.run(
        [sys.executable, RECOMPUTE, folder / EVENTS, folder / FIGURES], capture_output=True, text=True, check=False
    )
    seconds["counted again in DuckDB"] = time.perf_counter() - began
    return seconds, made, again.stdout or again.stderr


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help=f"{QUICK:,} reports.")
    arguments.add_argument("--json", action="store_true", help="Figures as JSON instead of a table.")
    arguments.add_argument("--reports", type=int, default=REPORTS)
    arguments.add_argument("--keep", type=Path, help="Where the files shall stay.")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(
            DJANGO_SETTINGS_MODULE="rempart.node.settings", REMPART_MODE="demo", REMPART_HOME=f"{folder}/node"
        )
        Home(Path(folder) / "node").create()
        reports = QUICK if given.quick else given.reports
        seconds, made, said = run(reports, given.keep or Path(folder) / "year")
    events = sum(each.events for each in made)
    if given.json:
        print(json.dumps({"members": len(made), "reports": reports, "events": events, "seconds": seconds}))
    else:
        title = f"{len(made)} members, {reports:,} reports, {events:,} events"
        table(title, ("step", "seconds"), [(step, f"{spent:.1f}") for step, spent in seconds.items()])
        print(said)


if __name__ == "__main__":
    main()
