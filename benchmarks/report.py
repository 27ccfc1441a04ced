"""Time that a report of a night takes, by format: wall and CPU time, and size of the file.

    python benchmarks/report.py demo/demo.db [--run last] [--rounds 3]

Each round is a command of its own, so that its start counts. The aim for a usual night (up to 20 spectra) is
5 s on an idle computer; on a busy one the CPU time says more.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ENDINGS = ("html", "pdf", "docx")


def one(database: Path, run: str, output: Path) -> tuple[float, float]:
    """Return wall and CPU time in s of one report."""
    before, begun_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "labctl", "report", run, "--db", str(database), "--output", str(output)]
    subprocess.run(command, check=True, capture_output=True)
    wall_s = time.perf_counter() - begun_s
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    made.add_argument("database", type=Path, nargs="?", default=Path("lab.db"))
    made.add_argument("--run", default="last")
    made.add_argument("--rounds", type=int, default=3)
    return made


def main() -> None:
    """Time every format and print the medians."""
    given = parser().parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for ending in ENDINGS:
            output = Path(folder) / f"report.{ending}"
            times = [one(given.database, given.run, output) for _ in range(given.rounds)]
            wall_s, cpu_s = (statistics.median(column) for column in zip(*times, strict=True))
            size_kb = output.stat().st_size / 1024
            print(f"{ending:5} wall {wall_s:6.2f} s  CPU {cpu_s:6.2f} s  {size_kb:7.0f} KiB")


if __name__ == "__main__":
    main()
