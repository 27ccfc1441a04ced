"""Writing and reading measured rows: labctl beside pymeasure's CSV recorder and QCoDeS, interleaved.

    python benchmarks/store.py [--rounds 3] [--rows 20000] [--long 100000]

Every writer gets the same rows of eight numbers, one at a time, as a procedure emits them. `labctl` stores
them as impedance points (spectrum, number, five floats, status), `labctl records` as the JSON rows of a
procedure with columns of its own. QCoDeS gets an environment of its own, made on the first run. Each
measurement is a fresh process. Rates count until everything is stored; emit is the wait of the procedure.
"""

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import venv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from figures import state

COLUMNS = 8
QCODES = Path(tempfile.gettempdir()) / "labctl-benchmark-qcodes"
WRITERS = ("labctl", "labctl records", "pymeasure", "qcodes")
Emit = Callable[[int, Sequence[float]], None]


def rows(count: int) -> list[list[float]]:
    """Return the same full-precision numbers for everybody."""
    numbers = random.Random(1)
    return [[numbers.uniform(0.1, 1e6) for _ in range(COLUMNS)] for _ in range(count)]


def labctl_store(folder: Path) -> tuple[Any, int, int]:
    from labctl.store import Store

    store = Store.open(folder / "lab.db")
    sample = {"name": "a", "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "blocking"}
    run = {"sample_id": store.find_or_add_sample(sample), "procedure": "p:C", "started_s": 0.0}
    run_id = store.insert("runs", run)
    return store, run_id, store.insert("spectra", {"run_id": run_id, "number": 0, "started_s": 0.0})


def write_labctl(folder: Path, use: Callable[[Emit], None]) -> None:
    store, _, spectrum_id = labctl_store(folder)

    def emit(number: int, row: Sequence[float]) -> None:
        time_s, frequency_hz, z_real_ohm, z_imag_ohm, temperature_k, *_ = row
        point = {
            "spectrum_id": spectrum_id,
            "number": number,
            "time_s": time_s,
            "frequency_hz": frequency_hz,
            "z_real_ohm": z_real_ohm,
            "z_imag_ohm": z_imag_ohm,
            "temperature_k": temperature_k,
            "status": "ok",
        }
        store.append("impedance_points", point)

    use(emit)
    store.close()


def write_labctl_records(folder: Path, use: Callable[[Emit], None]) -> None:
    store, run_id, _ = labctl_store(folder)

    def emit(number: int, row: Sequence[float]) -> None:
        data = {f"x{index}": value for index, value in enumerate(row)}
        store.append("records", {"run_id": run_id, "number": number, "time_s": 0.0, "data": data})

    use(emit)
    store.close()


def write_pymeasure(folder: Path, use: Callable[[Emit], None]) -> None:
    from pymeasure.experiment import Procedure, Results, Worker

    class Measuring(Procedure):
        DATA_COLUMNS = tuple(f"x{index}" for index in range(COLUMNS))

        def execute(self) -> None:
            use(lambda _, row: self.emit("results", dict(zip(self.DATA_COLUMNS, row, strict=True))))

    worker = Worker(Results(Measuring(), str(folder / "lab.csv")))
    worker.start()
    while worker.is_alive():
        threading.Thread.join(worker, 0.01)


def write_qcodes(folder: Path, use: Callable[[Emit], None]) -> None:
    from qcodes.dataset import (  # pyright: ignore[reportMissingImports]
        Measurement,
        initialise_or_create_database_at,
        load_or_create_experiment,
    )

    initialise_or_create_database_at(str(folder / "lab.db"))
    measurement = Measurement(exp=load_or_create_experiment("e", "s"))
    names = [f"x{index}" for index in range(COLUMNS)]
    measurement.register_custom_parameter(names[0])
    for name in names[1:]:
        measurement.register_custom_parameter(name, setpoints=(names[0],))
    with measurement.run() as saver:
        use(lambda _, row: saver.add_result(*zip(names, row, strict=True)))


def read_labctl(folder: Path) -> int:
    import labctl

    with labctl.open(folder / "lab.db") as db:
        return len(db.points(1))


def read_labctl_records(folder: Path) -> int:
    import labctl

    with labctl.open(folder / "lab.db") as db:
        return len(db.records())


def read_pymeasure(folder: Path) -> int:
    import pandas as pd

    return len(pd.read_csv(folder / "lab.csv", comment="#"))


def read_qcodes(folder: Path) -> int:
    from qcodes.dataset import (  # pyright: ignore[reportMissingImports]
        initialise_or_create_database_at,
        load_by_id,
    )

    initialise_or_create_database_at(str(folder / "lab.db"))
    return len(load_by_id(1).to_pandas_dataframe().reset_index())


WRITE: dict[str, Any] = dict(
    zip(WRITERS, (write_labctl, write_labctl_records, write_pymeasure, write_qcodes), strict=True)
)
READ: dict[str, Any] = dict(
    zip(WRITERS, (read_labctl, read_labctl_records, read_pymeasure, read_qcodes), strict=True)
)


def measure_writing(writer: str, folder: Path, count: int) -> dict[str, float]:
    data, waits_s = rows(count), []
    began: list[float] = []

    def use(emit: Emit) -> None:
        began.extend((time.perf_counter(), cpu_s()))
        for number, row in enumerate(data):
            start_s = time.perf_counter()
            emit(number, row)
            waits_s.append(time.perf_counter() - start_s)

    WRITE[writer](folder, use)
    took_s, used_s = time.perf_counter() - began[0], cpu_s() - began[1]
    size = sum(file.stat().st_size for file in folder.iterdir())
    return {
        "rows_s": count / took_s,
        "cpu_us": used_s / count * 1e6,
        "p99_ms": statistics.quantiles(waits_s, n=100)[-1] * 1e3,
        "bytes": size / count,
    }


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure_reading(writer: str, folder: Path) -> dict[str, float]:
    import pandas  # noqa: F401  the reader's import is not the reading

    if writer == "qcodes":
        import qcodes.dataset  # noqa: F401  # pyright: ignore[reportMissingImports]
    began_s = time.perf_counter()
    found = READ[writer](folder)
    return {"read_s": time.perf_counter() - began_s, "rows": found}


def write_until_killed(writer: str, folder: Path) -> None:
    """About 500 rows a second, each announced once emit has returned."""
    pause = threading.Event()

    def use(emit: Emit) -> None:
        for number, row in enumerate(rows(100_000)):
            emit(number, row)
            os.write(1, f"{number}\n".encode())
            pause.wait(0.002)

    WRITE[writer](folder, use)


def measure_polling(folder: Path) -> dict[str, float]:
    """Milliseconds of a poll for fifty new rows, with 1e3 and with 1e6 rows stored."""
    store, run_id, spectrum_id = labctl_store(folder)
    point = {
        "spectrum_id": spectrum_id,
        "time_s": 1.0,
        "frequency_hz": 1e3,
        "z_real_ohm": 2.5,
        "z_imag_ohm": -1.5,
    }
    stored, found = 0, {}
    with store.read() as db:
        for size in (1_000, 1_000_000):
            while stored < size:
                store.append("impedance_points", point | {"number": stored})
                stored += 1
            polls_ms = []
            for _ in range(50):
                key = (spectrum_id, stored - 1)
                for _ in range(50):
                    store.append("impedance_points", point | {"number": stored})
                    stored += 1
                store.flush()
                began_s = time.perf_counter()
                new = db.rows_since("impedance_points", run_id, key)
                polls_ms.append((time.perf_counter() - began_s) * 1e3)
                assert len(new) == 50
            found[f"poll_ms_{size:.0e}"] = statistics.median(polls_ms)
    store.close()
    return found


def python_of(writer: str) -> str:
    if writer != "qcodes":
        return sys.executable
    python = QCODES / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        print(f"making an environment for QCoDeS in {QCODES}", flush=True)
        venv.create(QCODES, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "qcodes"], check=True)
    return str(python)


def child(task: str, writer: str, folder: Path, count: int = 0) -> subprocess.Popen[bytes]:
    command = [python_of(writer), __file__, "--task", task, "--writer", writer, "--folder", str(folder)]
    quiet = os.environ | {"OMP_NUM_THREADS": "1", "QCODES_USER_PATH": str(folder.parent)}
    return subprocess.Popen(
        [*command, "--rows", str(count)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=quiet
    )


def answer(task: str, writer: str, folder: Path, count: int = 0) -> dict[str, float]:
    folder.mkdir(exist_ok=True)
    process = child(task, writer, folder, count)
    output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{task} with {writer} failed")
    return json.loads(output.splitlines()[-1])


def rows_lost(writer: str, folder: Path) -> int:
    """Rows with a finished emit that are not in the file after kill -9."""
    folder.mkdir()
    process = child("kill", writer, folder)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(1.0)
    process.kill()
    emitted = int(process.communicate()[0].split()[-2]) + 1
    try:
        stored = answer("read", writer, folder)["rows"]
    except SystemExit:
        stored = 0
    return max(0, emitted - int(stored))


def compare(arguments: argparse.Namespace, folder: Path) -> dict[str, dict[str, float]]:
    measured: dict[str, list[dict[str, float]]] = {writer: [] for writer in WRITERS}
    for number in range(arguments.rounds):
        for writer in WRITERS:
            place = folder / f"{writer}-{number}"
            measured[writer].append(answer("write", writer, place, arguments.rows))
    table: dict[str, dict[str, float]] = {}
    for writer, found in measured.items():
        table[writer] = {name: statistics.median(one[name] for one in found) for name in found[0]}
        place = folder / f"{writer}-long"
        table[writer]["bytes"] = answer("write", writer, place, arguments.long)["bytes"]
        reads = [answer("read", writer, place)["read_s"] for _ in range(arguments.rounds)]
        table[writer]["read_s"] = statistics.median(reads)
        lost = [rows_lost(writer, folder / f"{writer}-kill-{number}") for number in range(arguments.rounds)]
        table[writer]["lost"] = max(lost)
    return table


def show(table: dict[str, dict[str, float]], arguments: argparse.Namespace) -> None:
    heads = ("writer", "rows/s", "CPU us/row", "emit p99 ms", "bytes/row", "read back s", "lost by kill -9")
    keys = ("rows_s", "cpu_us", "p99_ms", "bytes", "read_s", "lost")
    print(
        f"median of {arguments.rounds} rounds of {arguments.rows} rows; bytes and reading: {arguments.long}"
    )
    print("".join(f"{head:>16}" for head in heads))
    for writer, found in table.items():
        print(f"{writer:>16}" + "".join(f"{found[key]:>16.4g}" for key in keys))
        for head, key in zip(heads[1:], keys, strict=True):
            state(f"store.{writer}.{key}", found[key], head)
    print("Lost: rows whose emit had returned. labctl had acknowledged none of them; pymeasure never syncs.")
    for peer in ("pymeasure", "qcodes"):
        ratio = table["labctl"]["rows_s"] / table[peer]["rows_s"]
        print(f"labctl / {peer}: {ratio:.2f} times the row rate")
        state(f"store.row_rate_to_{peer}", ratio)
        state(f"store.read_time_of_{peer}", table[peer]["read_s"] / table["labctl"]["read_s"])


def work(arguments: argparse.Namespace) -> None:
    folder = arguments.folder
    if arguments.task == "write":
        print(json.dumps(measure_writing(arguments.writer, folder, arguments.rows)))
    elif arguments.task == "read":
        print(json.dumps(measure_reading(arguments.writer, folder)))
    elif arguments.task == "poll":
        print(json.dumps(measure_polling(folder)))
    else:
        write_until_killed(arguments.writer, folder)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--long", type=int, default=100_000)
    parser.add_argument("--task", choices=("write", "read", "kill", "poll"), help=argparse.SUPPRESS)
    parser.add_argument("--writer", choices=WRITERS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser


def main() -> None:
    arguments = parser().parse_args()
    if arguments.task:
        return work(arguments)
    with tempfile.TemporaryDirectory() as name:
        show(compare(arguments, Path(name)), arguments)
        polls = answer("poll", "labctl", Path(name) / "poll")
        print(
            "labctl, poll for 50 new rows:",
            ", ".join(f"{key[8:]} stored {ms:.3f} ms" for key, ms in polls.items()),
        )
    return None


if __name__ == "__main__":
    main()
