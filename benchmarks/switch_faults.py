"""Faults of a switch in nights of three samples: does a spectrum of a wrong cell enter a law?

    python benchmarks/switch_faults.py [--trials 200] [--results FILE]

Each trial is a night of three samples at four temperatures with one fault, drawn by its number: a relay stuck
open or closed (the switch reports it), welded or dead (it does not), the cables of two cells exchanged, an
open or a shorted cell. The simulated rig notes at every point which cells are truly connected. A trial passes
where every finished spectrum that was not measured on its own cell alone is excluded from the results.

Half of the trials have an earlier run of the same mounts in the file, at two temperatures, without a fault:
only by such a run can leads be recognised that are exchanged before the first spectrum of a night. The other
half says "which cell it is (declared, not seen)". Each trial is a line of FILE; those in it are not repeated.
"""

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from figures import state_share

from labctl.cli.demo_samples import files
from labctl.config.protocol import parse_protocol
from labctl.config.station import Station, read_station
from labctl.derive.in_force import in_force
from labctl.errors import NotMadeSafe
from labctl.measure.cell_checks import CONTRADICTION
from labctl.measure.events import PointMeasured, SpectrumEnded, SpectrumStarted
from labctl.measure.run import Outcome, StopRequest, run_protocol
from labctl.store import Database, Store
from sim_instruments.rig import build

CHOSEN = {"A": 0, "C": 2, "F": 5}
"""Cells with materials whose resistances differ at every temperature, by their place among SAMPLES."""
KINDS = ("relay_stuck_open", "relay_stuck_closed", "relay_welded", "relay_dead", "wrong_cell", "cell_open")
KINDS = (*KINDS, "cell_short", "two_closed")
FAULT_AFTER_H = (0.5, 0.95)
TELLING = (CONTRADICTION, "sample left out")


def plan(number: int) -> dict[str, Any]:
    """Return the fault of one trial."""
    draw = random.Random(number)
    kind = KINDS[number % len(KINDS)]
    cell, other = draw.sample(sorted(CHOSEN), 2)
    place = CHOSEN[cell]
    channels = [f"1!{place + 1}", f"1!{place + 21}"]
    return {
        "kind": kind,
        "cell": cell,
        "other": other,
        "channels": channels if kind == "two_closed" else [draw.choice(channels)],
        "after_s": 3600 * draw.uniform(*FAULT_AFTER_H),
        "earlier_run": number // len(KINDS) % 2 == 1,
    }


def order(rig: Any, fault: dict[str, Any]) -> None:
    """Plan the fault in a rig; `two_closed` welds both relays of a cell, so that it stays connected."""
    after_s, kind = fault["after_s"], fault["kind"]
    if kind == "two_closed":
        for channel in fault["channels"]:
            rig.faults.add("relay_welded", value=channel, after_s=after_s)
    elif kind.startswith("relay"):
        rig.faults.add(kind, value=fault["channels"][0], after_s=after_s)
    elif kind == "wrong_cell":
        rig.faults.add(kind, value=f"{fault['cell']},{fault['other']}", after_s=after_s)
    else:
        rig.faults.add(kind, value=fault["cell"], after_s=after_s)


def night(number: int, folder: Path, temperatures_degc: str = "50:95:15") -> tuple[Station, Any]:
    """Write and read the files of one trial."""
    station_text, protocol_text = files(8, number, 1.0, 10.0, temperatures_degc)
    (folder / "station.toml").write_text(station_text, encoding="utf-8")
    head, *tables = protocol_text.split("\n[[sample]]")
    last, procedure = tables[-1].split("\n[[procedure]]")
    tables[-1] = last
    kept = [table for table in tables if any(f'cell = "{cell}"' in table for cell in CHOSEN)]
    procedure = procedure.replace("points_per_decade = 10", "points_per_decade = 3")
    procedure = procedure.replace("dwell_min = 30", "dwell_min = 2").replace("frequency_min_hz = 1.0", "")
    text = "\n[[sample]]".join([head, *kept]) + "\n[[procedure]]" + procedure
    return read_station(folder / "station.toml"), parse_protocol(text, "night.toml")


class Truth:
    """Which cells were truly connected at the points of each spectrum."""

    def __init__(self) -> None:
        self.rig: Any = None
        self.seen: set[tuple[str, ...]] = set()
        self.finished: list[frozenset[tuple[str, ...]]] = []

    def see(self, event: Any) -> None:
        """Follow the events of all runs; one cell is measured at a time."""
        match event:
            case SpectrumStarted():
                self.seen = set()
            case PointMeasured():
                self.seen.add(tuple(self.rig.world.cell.connected))
            case SpectrumEnded() if event.state == "finished":
                self.finished.append(frozenset(self.seen))
            case _:
                pass


def trial(number: int, fault: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Measure one night with its fault; return wrong attributions, exclusions and reports."""
    if fault["earlier_run"]:
        _measure_before(number, folder)
    station, protocol = night(number, folder)
    assert station.simulation is not None
    truth = Truth()

    def built(clock: Any, seed: int, **options: Any) -> Any:
        truth.rig = build(clock, seed=seed, **options)
        order(truth.rig, fault)
        return truth.rig

    station = replace(station, simulation=replace(station.simulation, build=built))
    outcomes: list[Outcome] = []
    left = ""
    with Store.open(folder / "x.db") as store:
        with store.read() as db:
            first = 1 + db.rows("SELECT coalesce(max(id), 0) AS id FROM runs")[0]["id"]
        try:
            with station.open() as bench:
                outcomes = run_protocol(protocol, station, bench, store, StopRequest(), truth.see)
        except NotMadeSafe as error:
            left = str(error)
    with Database(folder / "x.db") as results:
        spectra = _spectra(results, first)
        told = [
            row["message"]
            for row in results.rows("SELECT kind, message FROM events WHERE run_id >= ?", (first,))
            if row["kind"] in TELLING
        ]
    pairs = list(zip(spectra, truth.finished, strict=True))
    wrong = [one for one, seen in pairs if seen != frozenset({(one["cell"],)})]
    reasons = [*filter(None, [left]), *(one.reason for one in outcomes if one.status == "failed")]
    return {
        "wrong": [one["cell"] for one in wrong],
        "believed": [one["cell"] for one in wrong if not one["why_excluded"]],
        "right_excluded": sum(1 for one in spectra if one["why_excluded"] and one not in wrong),
        "spectra": len(spectra),
        "told": [*dict.fromkeys([*told, *reasons])],
        "statuses": [one.status for one in outcomes],
        "passed": all(one["why_excluded"] for one in wrong),
    }


def _measure_before(number: int, folder: Path) -> None:
    """Measure the same mounts at two temperatures, without a fault."""
    station, protocol = night(number, folder, "50:80:30")
    with Store.open(folder / "x.db") as store, station.open() as bench:
        run_protocol(protocol, station, bench, store, StopRequest())


def _spectra(results: Database, first: int) -> list[dict[str, Any]]:
    """Return the finished spectra in the order measured, each with its cell and why it is excluded."""
    rows = results.rows(
        "SELECT r.id AS run_id, r.cell, s.id, s.number FROM spectra s JOIN runs r ON r.id = s.run_id "
        "WHERE s.status = 'finished' AND r.id >= ? ORDER BY s.id",
        (first,),
    )
    known = {run_id: in_force(results, run_id) for run_id in {row["run_id"] for row in rows}}
    return [{**row, "why_excluded": known[row["run_id"]].why_excluded(row["number"], None)} for row in rows]


def parser() -> argparse.ArgumentParser:
    """Options of this benchmark."""
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--results", type=Path, help="a line of JSON for every trial")
    made.add_argument("--trials", type=int, default=200)
    return made


def main() -> int:
    """Return 1 where a spectrum of another cell was believed."""
    asked = parser().parse_args()
    kept: Path | None = asked.results
    lines = kept.read_text("utf-8").splitlines() if kept and kept.exists() else []
    known = {one["number"]: one for one in map(json.loads, lines)}
    for number in range(asked.trials):
        if number in known:
            continue
        fault = plan(number)
        with tempfile.TemporaryDirectory() as folder:
            known[number] = {"number": number, **fault, **trial(number, fault, Path(folder))}
        if kept:
            with kept.open("a", encoding="utf-8") as file:
                file.write(json.dumps(known[number]) + "\n")
    return 1 if _print(list(known.values())) else 0


def _print(trials: list[dict[str, Any]]) -> int:
    """Print the counts; return how many wrong spectra were believed."""
    of_kind: Callable[[Any], Any] = lambda one: one["kind"]  # noqa: E731 - a key, used three times
    for is_before, name in ((True, "with an earlier run"), (False, "without an earlier run")):
        chosen = [one for one in trials if one["earlier_run"] is is_before]
        faults, passed = (
            Counter(map(of_kind, chosen)),
            Counter(of_kind(one) for one in chosen if one["passed"]),
        )
        untrue = Counter(of_kind(one) for one in chosen if one["wrong"])
        print(f"{name}: {sum(passed.values())} of {len(chosen)} passed")
        for kind, count in faults.items():
            print(f"  {kind}: {count} trials, {untrue[kind]} with a wrong spectrum, {passed[kind]} passed")
    believed, wrong = (sum(len(one[name]) for one in trials) for name in ("believed", "wrong"))
    spared = sum(one["right_excluded"] for one in trials)
    count = sum(one["spectra"] for one in trials)
    print(f"{believed} of {wrong} wrong spectra believed; {spared} of {count - wrong} right ones excluded")
    state_share("switch_faults.passed", sum(one["passed"] for one in trials), len(trials))
    state_share("switch_faults.believed", believed, wrong)
    state_share("switch_faults.right_excluded", spared, count - wrong)
    return believed


if __name__ == "__main__":
    sys.exit(main())
