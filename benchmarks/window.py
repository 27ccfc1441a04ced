"""The window with a run of a million rows: labctl's beside a stock pymeasure ManagedWindow on the same rows.

    python benchmarks/window.py [--rows 1000000] [--growing 10] [--rate 100] [--rounds 1] [--tab Polarisation]

A polarisation of so many rows is opened and then grows by `rate` rows a second for so many seconds (24 hours
of ten rows a second, accelerated a hundred times: `--rows 1000 --rate 1000 --growing 864`). `--only` measures
one of the two windows; labctl reads the run from its database, pymeasure from its CSV file, which it takes
for the file of a running procedure. Each window is a fresh process without a screen, and another process
writes.

A block is the time between two calls of a timer that is due every millisecond: the delay of a click.
It is given as the clock on the wall has it, and as seconds of the processor that the window's thread used
meanwhile, which other work on the computer does not change. A refresh is the function that brings news to the
plots (labctl: `Window._draw`, pymeasure: `PlotFrame.update_curves`); the painting after it is in the blocks.
Under `idle` stands an event loop with nothing to do: a block it shows too is the computer's, not a window's.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from figures import state

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_API", "pyside6")

WINDOWS = ("labctl", "pymeasure")
IDLE = "idle"
OF_IDLE = ("block_ms", "block_cpu_ms", "late", "cpu", "memory_mb")
FIGURES = (
    ("open_s", "until all is shown / s"),
    ("open_block_ms", "longest block while opening / ms"),
    ("open_block_cpu_ms", "... of its thread's CPU / ms"),
    ("block_ms", "longest block while growing / ms"),
    ("block_cpu_ms", "... of its thread's CPU / ms"),
    ("late", "blocks above 50 ms while growing"),
    ("refresh_ms", "refresh, median of CPU / ms"),
    ("refresh_max_ms", "refresh, longest of CPU / ms"),
    ("cpu", "CPU of its thread while growing / %"),
    ("memory_mb", "memory taken in the last 2/3 of it / MB"),
)


def current_a(number: int) -> float:
    return 1e-6 + 2e-6 * math.exp(-number / 2e5) + 1e-9 * math.sin(number)


# Writers: all rows, then `ready`, then 100 rows a second until the input ends.


def write(window: str, folder: Path, rows: int, rate: int) -> None:
    emit = (write_database if window == "labctl" else write_csv)(folder)
    for number in range(rows):
        emit(number)
    emit(None)
    print("ready", flush=True)
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    while not ended.wait(0.05):
        for _ in range(max(1, rate // 20)):
            rows += 1
            emit(rows)
        emit(None)


def write_database(folder: Path) -> Any:
    from labctl.store import Store

    store = Store.open(folder / "lab.db")
    sample = {"name": "film", "thickness_m": 1e-4, "area_m2": 1e-4, "electrodes": "reversible"}
    run = {"sample_id": store.find_or_add_sample(sample), "procedure": "p:DCPolarisation", "started_s": 0.0}
    run_id = store.insert("runs", run)
    polarisation = {"run_id": run_id, "number": 0, "potential_v": 0.01, "started_s": 0.0}
    polarisation_id = store.insert("polarisations", polarisation)

    def emit(number: int | None) -> None:
        if number is None:
            store.flush()
            return
        row = {"polarisation_id": polarisation_id, "number": number, "time_s": 0.1 * number}
        row |= {"elapsed_s": 0.1 * number, "potential_v": 0.01, "current_a": current_a(number)}
        store.append("polarisation_points", row)

    return emit


def write_csv(folder: Path) -> Any:
    from pymeasure.experiment import Results

    Results(polarisation_procedure()(), str(folder / "lab.csv"))
    file = (folder / "lab.csv").open("a", encoding="utf-8")

    def emit(number: int | None) -> None:
        if number is None:
            file.flush()
        else:
            file.write(f"{0.1 * number!r},{0.1 * number!r},0.01,{current_a(number)!r}\n")

    return emit


def polarisation_procedure() -> Any:
    from pymeasure.experiment import Procedure

    class Polarisation(Procedure):
        DATA_COLUMNS = ("time (s)", "elapsed (s)", "potential (V)", "current (A)")  # pyright: ignore

    Polarisation.__qualname__ = "Polarisation"
    globals()["Polarisation"] = Polarisation  # where Results.load looks for it
    return Polarisation


# Watching a window.


class Watch:
    """Blocks of the event loop and refreshes since the last `begin`."""

    def __init__(self, *refresh: Any) -> None:
        from labctl.gui.qt import Qt, QtCore

        self.blocks: list[tuple[float, float]] = []
        self.refreshes_s: list[float] = []
        if refresh:
            self._wrap(*refresh)
        self._timer = QtCore.QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(1)
        self.begin()

    def begin(self) -> None:
        self._last = time.perf_counter(), time.thread_time()
        self.began = self._last
        self.blocks.clear()
        self.refreshes_s.clear()

    def longest_ms(self) -> tuple[float, float]:
        wall, used = zip(*self.blocks, strict=True)
        return 1e3 * max(wall), 1e3 * max(used)

    def _tick(self) -> None:
        now = time.perf_counter(), time.thread_time()
        self.blocks.append((now[0] - self._last[0], now[1] - self._last[1]))
        self._last = now

    def _wrap(self, owner: Any, name: str) -> None:
        refresh = getattr(owner, name)

        def timed(*arguments: Any) -> Any:
            began_s = time.thread_time()
            result = refresh(*arguments)
            self.refreshes_s.append(time.thread_time() - began_s)
            return result

        setattr(owner, name, timed)


def run_events(until: Any, limit_s: float = 300.0) -> None:
    """Run the event loop until something is so."""
    from labctl.gui.qt import QtCore

    loop, began_s = QtCore.QEventLoop(), time.perf_counter()
    timer = QtCore.QTimer()
    timer.timeout.connect(lambda: loop.quit() if until() or time.perf_counter() > began_s + limit_s else None)
    timer.start(5)
    loop.exec()
    if not until():
        raise SystemExit(f"not reached within {limit_s:g} s")


def for_seconds(seconds: float) -> None:
    end_s = time.perf_counter() + seconds
    run_events(lambda: time.perf_counter() > end_s, limit_s=seconds + 60.0)


def measure(open_it: Any, is_open: Any, watch: Watch, growing_s: float) -> dict[str, float]:
    for_seconds(1.0)
    watch.begin()
    began_s = time.perf_counter()
    open_it()
    run_events(is_open)
    open_s = time.perf_counter() - began_s
    for_seconds(0.3)
    opening = watch.longest_ms()
    watch.begin()
    for_seconds(growing_s / 3)  # in which the first refinements take their working memory
    before_mb = memory_mb()
    for_seconds(2 * growing_s / 3)
    growing = watch.longest_ms()
    took_s, used_s = time.perf_counter() - watch.began[0], time.thread_time() - watch.began[1]
    return {
        "open_s": open_s,
        "open_block_ms": opening[0],
        "open_block_cpu_ms": opening[1],
        "block_ms": growing[0],
        "block_cpu_ms": growing[1],
        "late": sum(wall > 0.05 for wall, _ in watch.blocks),
        "refresh_ms": 1e3 * statistics.median(watch.refreshes_s or [math.nan]),
        "refresh_max_ms": 1e3 * max(watch.refreshes_s, default=math.nan),
        "cpu": 100 * used_s / took_s,
        "memory_mb": memory_mb() - before_mb,
    }


def memory_mb() -> float:
    """Resident memory of this process; NaN where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return math.nan
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def labctl_window(arguments: argparse.Namespace) -> dict[str, float]:
    from labctl.config.station import read_station
    from labctl.gui.application import share_the_interpreter
    from labctl.gui.qt import QtWidgets
    from labctl.gui.window import Window

    application = QtWidgets.QApplication([])
    share_the_interpreter()
    station = arguments.folder / "station.toml"
    station.write_text(STATION, encoding="utf-8")
    window = Window(read_station(station), arguments.folder / "lab.db", lambda: None)
    window.tab_widget.setCurrentIndex([tab.name for tab in window.tabs].index(arguments.tab))
    watch = Watch(window, "_draw")
    window.show()

    def is_open() -> bool:
        shown = list(window._snapshots.values())
        return bool(shown) and shown[0].complete and shown[0].rows >= arguments.rows

    run_events(is_open)  # the window shows a running run by itself
    window.browser.model.tick([1], False)
    found = measure(lambda: window.browser.model.tick([1], True), is_open, watch, arguments.growing)
    window.reader.stop()
    application.processEvents()
    return found


STATION = """\
name = "benchmark"

[limits]
temperature_degc = [0, 100]
potential_v = 1.0
current_a = 0.1

[instruments.oven]
driver = "drivers.lakeshore33x:LakeShore336"
address = "GPIB0::12::INSTR"
roles = ["oven"]

[simulation]
rig = "sim_instruments.rig:build"
"""


def pymeasure_window(arguments: argparse.Namespace) -> dict[str, float]:
    from pymeasure.display.widgets import PlotFrame
    from pymeasure.display.windows import ManagedWindow
    from pymeasure.experiment import Procedure, Results
    from qtpy import QtWidgets

    application = QtWidgets.QApplication([])
    watch = Watch(PlotFrame, "update_curves")
    window = ManagedWindow(polarisation_procedure(), x_axis="elapsed (s)", y_axis="current (A)")
    window.show()
    opened: list[Any] = []

    def open_it() -> None:
        """What `open_experiment` does with a file chosen in its dialogue, of a procedure that still runs."""
        results = Results.load(str(arguments.folder / "lab.csv"))
        experiment = window.new_experiment(results)
        for curve in experiment.curve_list or ():
            if curve:
                curve.update_data()
        window.manager.load(experiment)
        results.procedure.status = Procedure.RUNNING
        opened.append(results)

    found = measure(open_it, lambda: bool(opened), watch, arguments.growing)
    application.processEvents()
    return found


def nothing(arguments: argparse.Namespace) -> dict[str, float]:
    from labctl.gui.qt import QtWidgets

    application = QtWidgets.QApplication([])
    found = measure(lambda: None, lambda: True, Watch(), arguments.growing)
    application.processEvents()
    return found


def child(task: str, window: str, arguments: argparse.Namespace, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, __file__, "--task", task, "--window", window, "--folder", str(folder)]
    for name in ("rows", "growing", "rate", "tab"):
        command += [f"--{name}", str(getattr(arguments, name))]
    quiet = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=quiet
    )


def compare_once(window: str, arguments: argparse.Namespace, folder: Path) -> dict[str, float]:
    folder.mkdir()
    if window == IDLE:
        return watched(window, arguments, folder)
    writer = child("write", window, arguments, folder)
    try:
        assert writer.stdout is not None
        if not writer.stdout.readline():
            raise SystemExit(f"writing for {window} failed")
        return watched(window, arguments, folder)
    finally:
        writer.communicate()


def watched(window: str, arguments: argparse.Namespace, folder: Path) -> dict[str, float]:
    process = child("watch", window, arguments, folder)
    output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"watching {window} failed")
    return json.loads(output.splitlines()[-1])


def show(found: dict[str, dict[str, float]], arguments: argparse.Namespace) -> None:
    print(f"{arguments.rows} rows, growing by {arguments.rate} rows/s for {arguments.growing:g} s, ", end="")
    print(f"median of {arguments.rounds} round(s), tab {arguments.tab}")
    print(f"{'':<34}" + "".join(f"{name:>12}" for name in (*WINDOWS, "ratio", IDLE)))
    for key, words in FIGURES:
        ours, theirs = (found.get(window, {}).get(key, math.nan) for window in WINDOWS)
        ratio = f"{theirs / ours:.3g}" if ours and theirs == theirs else ""
        idle = f"{found[IDLE][key]:.4g}" if key in OF_IDLE else ""
        print(f"{words:<34}{ours:>12.4g}{theirs:>12.4g}{ratio:>12}{idle:>12}")
        if ours:
            state(f"window.{key}", theirs / ours)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--growing", type=float, default=10.0, help="seconds")
    parser.add_argument("--rate", type=int, default=100, help="rows a second while growing")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--tab", default="Polarisation")
    parser.add_argument("--only", choices=WINDOWS, help="one of the two windows")
    parser.add_argument("--task", choices=("write", "watch"), help=argparse.SUPPRESS)
    parser.add_argument("--window", choices=(*WINDOWS, IDLE), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser


def main() -> None:
    arguments = parser().parse_args()
    if arguments.task == "write":
        return write(arguments.window, arguments.folder, arguments.rows, arguments.rate)
    if arguments.task == "watch":
        watch = {"labctl": labctl_window, "pymeasure": pymeasure_window, IDLE: nothing}[arguments.window]
        print(json.dumps(watch(arguments)), flush=True)
        os._exit(0)  # a window of either kind leaves threads behind that nobody waits for
    windows = [window for window in WINDOWS if arguments.only in (None, window)]
    rounds: dict[str, list[dict[str, float]]] = {window: [] for window in (*windows, IDLE)}
    with tempfile.TemporaryDirectory() as name:
        for number in range(arguments.rounds):
            for window in rounds:
                place = Path(name) / f"{window}-{number}"
                rounds[window].append(compare_once(window, arguments, place))
    found = {
        window: {key: statistics.median(one[key] for one in several) for key, _ in FIGURES}
        for window, several in rounds.items()
    }
    show(found, arguments)
    return None


if __name__ == "__main__":
    main()
