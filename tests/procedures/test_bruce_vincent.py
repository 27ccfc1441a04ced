import itertools
from dataclasses import replace

import pandas as pd
import pytest
from pymeasure.experiment import Procedure, Results, Worker

from labctl.clock import VirtualClock
from labctl.config.protocol import parse_protocol
from labctl.errors import ConfigurationError, NotMadeSafe
from labctl.measure.run import StopRequest
from labctl.testing import watched
from procedures.bruce_vincent import BruceVincent

CELL, FRA = "GPIB0::6::INSTR", "GPIB0::4::INSTR"
pytestmark = pytest.mark.usefixtures("no_evaluation")
QUICK = """\
frequency_min_hz = 1.0
points_per_decade = 5
rest_min = 0.5
"""
SHORT = QUICK + "hold_max_min = 3\n"


def states(measured):
    return [row["status"] for row in measured.rows("SELECT status FROM polarisations")]


def points(measured):
    return measured.rows("SELECT * FROM polarisation_points ORDER BY number")


def test_a_polarisation_lies_between_its_two_spectra(cell_station, measure_cell):
    measured = measure_cell(cell_station(), QUICK)
    assert (measured.outcome.status, measured.cell_on) == ("finished", False)
    (row,) = measured.rows("SELECT * FROM polarisations")
    before, during = measured.rows("SELECT * FROM spectra ORDER BY number")
    assert (row["initial_spectrum_id"], row["steady_spectrum_id"]) == (before["id"], during["id"])
    assert before["bias_v"] == row["rest_potential_v"]
    assert during["bias_v"] == row["potential_v"] == pytest.approx(row["rest_potential_v"] + 0.01)
    assert row["started_s"] >= before["ended_s"]
    assert row["ended_s"] >= during["ended_s"]
    assert (row["status"], row["ended_by"]) == ("finished", "steady")
    assert row["rest_drift_v_s"] == pytest.approx(0, abs=1e-7)


def test_the_current_is_logged_densely_at_first_and_read_back_with_its_potential(cell_station, measure_cell):
    seen = points(measure_cell(cell_station(), QUICK))
    elapsed_s = [point["elapsed_s"] for point in seen]
    assert elapsed_s == sorted(elapsed_s)
    gaps_s = [b - a for a, b in itertools.pairwise(elapsed_s)]
    assert max(gaps_s[:5]) < 1
    assert 5 < max(gaps_s) < 31
    assert sum(t < 10 for t in elapsed_s) > 8
    assert all(point["potential_v"] == pytest.approx(0.01, abs=1e-5) for point in seen)
    assert seen[0]["temperature_k"] == pytest.approx(303.15, abs=0.5)


def test_the_resting_cell_is_recorded_too(cell_station, measure_cell):
    records = [row["data"] for row in measure_cell(cell_station(), SHORT).rows("SELECT data FROM records")]
    rest = [row for row in records if row["phase"] == "rest"]
    assert len(rest) > 20
    assert max(row["elapsed_s"] for row in rest) == pytest.approx(30, abs=1)


def test_a_hold_that_never_gets_steady_ends_at_its_longest_time(cell_station, measure_cell):
    measured = measure_cell(cell_station(time_constant_s=20000.0), SHORT)
    (row,) = measured.rows("SELECT * FROM polarisations")
    assert row["ended_by"] == "maximum time"
    assert points(measured)[-1]["elapsed_s"] == pytest.approx(180, abs=2)


def test_relaxation_and_repeat_polarise_again_with_spectra_of_their_own(cell_station, measure_cell):
    measured = measure_cell(cell_station(), SHORT + "repeats = 2\nrelaxation_min = 10")
    assert states(measured) == ["finished", "finished"]
    rows = measured.rows("SELECT * FROM polarisations ORDER BY number")
    linked = [row[name] for row in rows for name in ("initial_spectrum_id", "steady_spectrum_id")]
    assert linked == [row["id"] for row in measured.rows("SELECT id FROM spectra ORDER BY number")]
    (second,) = measured.rows("SELECT started_s FROM spectra WHERE number = 2")
    assert second["started_s"] - rows[0]["ended_s"] >= 600


@pytest.mark.parametrize("after", ["rest", "spectrum at rest", "hold", "spectrum while held"])
def test_a_stop_in_any_phase_switches_the_cell_off_and_keeps_the_points(cell_station, measure_cell, after):
    stop, seen = StopRequest(), []

    def watch(event):
        seen.append(event.phase if event.topic == "results" else "")
        if seen.count(after) == 3:
            stop.request("asked")

    measured = measure_cell(cell_station(), SHORT, on_event=watch, stop=stop)
    assert (measured.outcome.status, measured.cell_on) == ("aborted", False)
    assert seen.count(after) == 3
    held = states(measured)
    assert held == (["aborted"] if after in ("hold", "spectrum while held") else [])
    assert len(points(measured)) == seen.count("hold")


@pytest.mark.parametrize(
    ("kind", "words"),
    [("overload", "flagged this point"), ("cell_open", "the circuit is open"), ("lost", "cannot open")],
)
def test_a_fault_in_mid_polarisation_switches_the_cell_off_within_one_point(
    cell_station, measure_cell, kind, words
):
    seen = []

    def watch(event):
        if event.topic == "results" and event.phase == "hold":
            seen.append(rig["rig"].world.time_s)
            if len(seen) == 20:
                details = {"lost": {"duration_s": 0.01}, "timeout": {"count": 1000}}.get(kind, {})
                rig["rig"].faults.add(kind, instrument=CELL, command="GP1", **details)

    rig = {}

    def before(bench, built):
        rig["rig"] = built
        return bench

    measured = measure_cell(cell_station(), SHORT, before=before, on_event=watch)
    assert measured.outcome.status == "failed"
    assert words in measured.outcome.reason
    assert not measured.cell_on
    assert len(seen) <= 21
    assert states(measured) == ["failed"]
    assert len(points(measured)) == len(seen)


class Failing:
    """A driver that raises at call number `fail_at`, with steps of generators counted as calls."""

    def __init__(self, driver, fail_at, counter):
        self.__dict__.update(_driver=driver, _fail_at=fail_at, _counter=counter)

    def _count(self):
        if next(self._counter) == self._fail_at:
            raise RuntimeError("cable pulled")

    def _counted(self, generator):
        try:
            for item in generator:
                self._count()
                yield item
        finally:
            generator.close()

    def __getattr__(self, name):
        if name in ("make_safe", "identity", "name"):
            return getattr(self._driver, name)
        self._count()
        found = getattr(self._driver, name)
        if name in ("rest", "hold", "sweep"):
            return lambda *args, **kwargs: self._counted(found(*args, **kwargs))
        return found

    def __setattr__(self, name, value):
        self._count()
        setattr(self._driver, name, value)


def pull_the_cable(fail_at):
    def before(bench, rig):
        counter = itertools.count()
        kept = {id(driver): Failing(driver, fail_at, counter) for driver in bench.roles.values()}
        roles = {role: kept[id(driver)] for role, driver in bench.roles.items()}
        return replace(bench, roles=roles, _guards={})

    return before


@pytest.mark.parametrize("call", [0, 1, 20, 60, 120, 160, 200])
def test_an_exception_in_any_driver_call_leaves_the_cell_off(cell_station, measure_cell, call):
    measured = measure_cell(cell_station(), SHORT, before=pull_the_cable(call))
    assert measured.outcome.status == "failed"
    assert "cable pulled" in measured.outcome.reason
    assert not measured.cell_on
    assert measured.rig.instruments[FRA].amplitude_v == 0
    assert states(measured) in ([], ["failed"])


@pytest.mark.slow
def test_an_exception_in_every_seventeenth_driver_call_leaves_the_cell_off(cell_station, measure_cell):
    quick = SHORT.replace("points_per_decade = 5", "points_per_decade = 2").replace("hold_max_min = 3", "")
    failed = 0
    for call in itertools.count(0, 17):
        measured = measure_cell(
            cell_station(), quick + "hold_min_min = 0.3\nhold_max_min = 0.5", before=pull_the_cable(call)
        )
        assert not measured.cell_on
        assert measured.rig.instruments[FRA].amplitude_v == 0
        if measured.outcome.status == "finished":
            break
        failed += 1
    assert failed > 6


def test_the_instrument_cuts_the_cell_off_at_its_own_limit(cell_station, measure_cell):
    measured = measure_cell(
        cell_station(ionic_ohm=200.0, resistor_ohm=100.0), SHORT + "current_limit_a = 1e-5"
    )
    assert measured.outcome.status == "failed"
    assert "error 45" in measured.outcome.reason
    assert not measured.cell_on
    assert states(measured) == ["failed"]


def test_the_same_class_runs_under_stock_pymeasure(cell_station, tmp_path):
    station, keeper = watched(cell_station())
    path = str(tmp_path / "polarisation.csv")
    with station.open(VirtualClock()) as bench:
        procedure = BruceVincent()
        procedure.set_parameters(
            {
                "temperatures_degc": [30.0],
                "frequencies_hz": [1e5, 1e4, 1e3, 10.0],
                "dwell_min": 0.0,
                "rest_min": 0.2,
                "hold_max_min": 2.0,
            }
        )
        procedure.bench = bench
        worker = Worker(Results(procedure, path))
        worker.start()
        worker.join(timeout=60)
        while worker.is_alive():
            worker.join(timeout=1)
        assert procedure.status == Procedure.FINISHED
        assert not keeper.rig.instruments[CELL].cell_on
    frame = pd.read_csv(path, comment="#")
    assert list(frame.columns) == BruceVincent.DATA_COLUMNS
    spectra = frame[frame["phase"].str.startswith("spectrum")]
    assert len(spectra) == 8
    assert spectra["current_a"].isna().all()
    held = frame[frame["phase"] == "hold"]
    assert held["frequency_hz"].isna().all()
    assert (held["current_a"] > 0).all()


@pytest.mark.parametrize(
    ("parameters", "words"),
    [("delta_v_v = 10", "delta_v_v"), ("hold_min_min = 5\nhold_max_min = 3", "hold_min_min")],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_touched(parameters, words):
    text = f"""
[sample]
name = "film"
thickness_mm = 0.1
area_cm2 = 1.0
[[procedure]]
use = "procedures.bruce_vincent:BruceVincent"
{parameters}
"""
    with pytest.raises(ConfigurationError, match=words):
        parse_protocol(text, "protocol.toml")


def test_the_plan_names_rest_spectra_and_hold_with_their_potentials():
    procedure = BruceVincent()
    procedure.set_parameters({"temperatures_degc": [60.0], "repeats": 2})
    plan = procedure.plan()
    assert [step.label.split(" at ")[0] for step in plan] == [
        "settle",
        *["rest", "current", "spectrum", "hold 10 mV", "spectrum", "current"] * 2,
    ]
    assert [step.potential_v for step in plan[1:7]] == [0, 0, 0, 0.01, 0.01, 0]
    assert [step.duration_s for step in plan if step.label.startswith("current at 0 V")] == [60] * 4
    assert {step.current_a for step in plan if step.label.startswith("current")} == {
        procedure.current_limit_a
    }


def test_the_plan_counts_the_other_polarity_and_a_second_step():
    procedure = BruceVincent()
    parameters = {
        "temperatures_degc": [60.0],
        "reverse": True,
        "second_delta_v_v": 0.02,
        "zero_current_min": 0,
    }
    procedure.set_parameters(parameters | {"repeats": 2})
    holds = [step.potential_v for step in procedure.plan() if step.label.startswith("hold")]
    assert holds == [0.01, -0.01, 0.02] * 2
    assert procedure.rows_per_step == 6
    assert not any(step.label.startswith("current") for step in procedure.plan())


def zeros(measured):
    return [
        row["data"]
        for row in measured.rows("SELECT data FROM records ORDER BY number")
        if row["data"]["phase"].startswith("zero")
    ]


def test_the_current_at_0_v_is_recorded_before_and_after_beside_the_polarisation(cell_station, measure_cell):
    measured = measure_cell(cell_station(), SHORT + "zero_current_min = 0.5")
    assert (measured.outcome.status, measured.cell_on) == ("finished", False)
    phases = ("zero before", "zero after")
    before, after = ([row for row in zeros(measured) if row["phase"] == phase] for phase in phases)
    (hold,) = measured.rows("SELECT * FROM polarisations")
    for series in (before, after):
        assert 25 < len(series) <= 31
        assert all(abs(row["potential_v"] - hold["rest_potential_v"]) < 1e-4 for row in series)
    assert before[-1]["time_s"] < hold["started_s"] < hold["ended_s"] <= after[0]["time_s"]
    assert all(abs(row["current_a"]) < 1e-7 for row in before)
    assert after[0]["current_a"] < -1e-7  # the gradient relaxes
    assert max(point["elapsed_s"] for point in points(measured)) <= 181


def test_the_other_polarity_is_a_polarisation_of_its_own(cell_station, measure_cell):
    measured = measure_cell(cell_station(), SHORT + "reverse = true\nrelaxation_min = 20")
    assert states(measured) == ["finished", "finished"]
    first, second = measured.rows("SELECT * FROM polarisations ORDER BY number")
    steps_v = [row["potential_v"] - row["rest_potential_v"] for row in (first, second)]
    assert steps_v == pytest.approx([0.01, -0.01])
    assert second["started_s"] - first["ended_s"] >= 1200


@pytest.mark.parametrize("phase", ["zero before", "zero after"])
@pytest.mark.parametrize(
    ("kind", "words"), [("overload", "flagged this point"), ("lost", "cannot open"), ("", "asked")]
)
def test_a_fault_or_a_stop_at_0_v_switches_the_cell_off_and_loses_nothing(
    cell_station, measure_cell, phase, kind, words
):
    stop, seen, rig = StopRequest(), [], {}

    def watch(event):
        if event.topic != "results" or event.get("phase") != phase:
            return
        seen.append(event)
        if len(seen) == 10 and kind:
            details = {"duration_s": 0.01} if kind == "lost" else {}
            rig["rig"].faults.add(kind, instrument=CELL, command="GP1", **details)
        elif len(seen) == 10:
            stop.request("asked")

    def before(bench, built):
        rig["rig"] = built
        return bench

    measured = measure_cell(cell_station(), SHORT, before=before, on_event=watch, stop=stop)
    assert measured.outcome.status == ("failed" if kind else "aborted")
    assert words in measured.outcome.reason
    assert not measured.cell_on
    assert len(zeros(measured)) >= len(seen) >= 10
    assert states(measured) == (["finished"] if phase == "zero after" else [])


@pytest.mark.parametrize("phase", ["zero before", "zero after"])
def test_a_potentiostat_that_falls_silent_at_0_v_is_switched_off_and_told_as_not_confirmed(
    cell_station, measure_cell, phase
):
    rigs, seen = [], []

    def watch(event):
        if event.topic == "results" and event.get("phase") == phase:
            seen.append(event)
            if len(seen) == 10:
                rigs[0].faults.add("timeout", instrument=CELL, count=1000)

    def before(bench, built):
        rigs.append(built)
        return bench

    with pytest.raises(NotMadeSafe, match=r"cell: not confirmed off: .*time-out"):
        measure_cell(cell_station(), SHORT, before=before, on_event=watch)
    assert len(seen) >= 10
    assert not rigs[0].instruments[CELL].cell_on
