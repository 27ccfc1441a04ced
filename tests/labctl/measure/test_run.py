import itertools
from contextlib import contextmanager
from dataclasses import replace

import pytest

import labctl
from labctl.clock import VirtualClock
from labctl.config.protocol import parse_protocol, read_protocol
from labctl.errors import StoreError
from labctl.measure.events import SpectrumEvaluated, SpectrumStarted
from labctl.measure.recording import Recording
from labctl.measure.run import StopRequest, run_protocol
from labctl.store import Store
from labctl.testing import watched
from procedures.spectrum import SpectrumProcedure

OVEN, FRA = "GPIB0::12::INSTR", "GPIB0::4::INSTR"

SHORT = """\
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0

[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [60, 70]
frequencies_hz = [1e6, 2e5, 4e4, 8e3, 1600, 320, 64]
dwell_min = 5
"""


@contextmanager
def night(station, tmp_path):
    """An open station with its rig."""
    station, keeper = watched(station)
    clock = VirtualClock()
    with Store.open(tmp_path / "lab.db") as store, station.open(clock) as bench:
        yield station, bench, store, keeper.rig


def run_short(station, bench, store, stop=None, on_event=None):
    (outcome,) = run_protocol(
        parse_protocol(SHORT, "short.toml"), station, bench, store, stop or StopRequest(), on_event
    )
    return outcome


def outputs(rig):
    return rig.instruments[OVEN].heater_range, rig.instruments[FRA].amplitude_v, rig.instruments[FRA].bias_v


def test_a_finished_run_has_every_point_and_an_end(station, protocol_file, tmp_path):
    with night(station, tmp_path) as (station, bench, store, rig):
        (outcome,) = run_protocol(read_protocol(protocol_file), station, bench, store, StopRequest())
        assert (outcome.status, outcome.reason) == ("finished", "")
        assert outputs(rig) == (0, 0, 0)
    db = labctl.open(tmp_path / "lab.db")
    run = db.run("last")
    assert run["status"] == "finished"
    assert run["ended_s"] > run["started_s"]
    assert run["parameters"]["temperatures_degc"] == [60, 80, 100]
    assert [row["n"] for row in db.rows("SELECT count(*) n FROM impedance_points GROUP BY spectrum_id")] == [
        41
    ] * 3
    instruments = {r["role"]: r["identity"] for r in db.rows("SELECT * FROM run_instruments")}
    assert "MODEL336" in instruments["oven"]
    assert "1260" in instruments["fra"]
    provenance = db.provenance("last")
    assert provenance["labctl_version"] == labctl.__version__
    named = {file["path"].rpartition("/")[2].rpartition("\\")[2] for file in provenance["script_files"]}
    assert {"station.toml", "protocol.toml", "temperature_stepped_eis.py", "solartron1260.py"} <= named
    phases = {row["phase"] for row in db.rows("SELECT DISTINCT phase FROM temperature_log")}
    assert phases == {"approach", "dwell"}


def test_conductivities_and_fits_grow_while_the_run_goes_on(station, tmp_path):
    events = []
    with night(station, tmp_path) as (station, bench, store, _):
        run_short(station, bench, store, on_event=events.append)
    records = [event for event in events if isinstance(event, SpectrumEvaluated)]
    assert [record.conductivity["temperature_k"] for record in records] == pytest.approx(
        [333.15, 343.15], abs=0.1
    )
    assert records[0].fits == []
    assert {fit["law"] for fit in records[1].fits} == {"arrhenius"}


def test_the_same_seed_measures_the_same_night(station, tmp_path):
    def measured(name, seed):
        folder = tmp_path / name
        folder.mkdir()
        seeded = replace(station, simulation=replace(station.simulation, seed=seed))
        with night(seeded, folder) as (opened, bench, store, _):
            run_short(opened, bench, store)
        return labctl.open(folder / "lab.db").rows(
            "SELECT frequency_hz, z_real_ohm, time_s FROM impedance_points"
        )

    assert measured("a", 7) == measured("b", 7)
    assert measured("c", 8) != measured("a2", 7)


def test_a_stop_finishes_the_point_and_keeps_what_was_measured(station, tmp_path):
    stop, seen = StopRequest(), []

    def stop_at_third_point(event):
        seen.append(event.topic)
        if seen.count("results") == 3:
            stop.request("asked by the test")

    with night(station, tmp_path) as (station, bench, store, rig):
        outcome = run_short(station, bench, store, stop, stop_at_third_point)
        assert outputs(rig) == (0, 0, 0)
    assert (outcome.status, outcome.reason) == ("aborted", "asked by the test")
    db = labctl.open(tmp_path / "lab.db")
    assert len(db.rows("SELECT * FROM impedance_points")) == 3
    assert db.rows("SELECT status FROM spectra") == [{"status": "aborted"}]
    assert db.rows("SELECT * FROM conductivities") == []


def test_a_stop_while_settling_ends_at_the_next_reading(station, tmp_path):
    stop = StopRequest()
    with night(station, tmp_path) as (station, bench, store, rig):
        outcome = run_short(station, bench, store, stop, lambda event: stop.request("now"))
        assert outputs(rig) == (0, 0, 0)
        assert bench.clock.monotonic() < 60
    assert outcome.status == "aborted"


def test_a_temperature_that_never_settles_fails_the_run_with_its_reason(station, tmp_path):
    text = SHORT.replace(
        "dwell_min = 5", "dwell_min = 5\nslope_k_min = 0.0001\nband_k = 0.001\nsettling_timeout_min = 20"
    )
    with night(station, tmp_path) as (station, bench, store, rig):
        (outcome,) = run_protocol(parse_protocol(text, "never.toml"), station, bench, store, StopRequest())
        assert outputs(rig) == (0, 0, 0)
    assert outcome.status == "failed"
    assert outcome.reason.startswith("SettlingTimeout: no stable 333.15 K after 12")


@pytest.mark.parametrize("kind", ["timeout", "garble", "truncate", "lost"])
def test_a_fault_of_the_analyser_fails_the_run_safely_and_names_it(station, tmp_path, kind):
    with night(station, tmp_path) as (station, bench, store, rig):
        details = {"duration_s": 0.01} if kind == "lost" else {}
        rig.faults.add(kind, instrument=FRA, command="SI", skip=9, **details)
        outcome = run_short(station, bench, store)
        assert rig.faults.log, "the fault did not come"
        assert rig.instruments[OVEN].heater_range == 0
        assert rig.instruments[FRA].amplitude_v == 0
    assert outcome.status == "failed"
    assert "analyser" in outcome.reason
    db = labctl.open(tmp_path / "lab.db")
    assert db.run("last")["reason"] == outcome.reason
    assert [row["status"] for row in db.rows("SELECT status FROM spectra")] == ["finished", "failed"]
    assert len(db.rows("SELECT * FROM impedance_points")) == 9


class Spy:
    """Counts driver calls and raises at a given call."""

    def __init__(self, driver, fail_at, counter):
        self.__dict__.update(_driver=driver, _fail_at=fail_at, _counter=counter)

    def _count(self):
        if next(self._counter) == self._fail_at:
            raise RuntimeError("cable pulled")

    def __getattr__(self, name):
        if name not in ("make_safe", "identity", "name"):
            self._count()
        return getattr(self._driver, name)

    def __setattr__(self, name, value):
        self._count()
        setattr(self._driver, name, value)


@pytest.mark.parametrize("call", [0, 1, 2, 3, 10, 100, 200, 215])
def test_an_exception_in_any_driver_call_leaves_the_outputs_off(station, tmp_path, call):
    with night(station, tmp_path) as (station, bench, store, rig):
        counter = itertools.count()
        spied = replace(bench, roles={k: Spy(v, call, counter) for k, v in bench.roles.items()}, _guards={})
        outcome = run_short(station, spied, store)
        assert outputs(rig) == (0, 0, 0)
    assert outcome.status == "failed"
    assert "cable pulled" in outcome.reason
    assert labctl.open(tmp_path / "lab.db").run("last")["status"] == "failed"


def test_an_instrument_that_cannot_be_made_safe_outranks_a_success(station, tmp_path):
    with night(station, tmp_path) as (station, bench, store, rig):
        stuck = rig.faults.add("timeout", instrument=OVEN, command=r"RANGE\?", count=1000)
        outcome = run_short(station, bench, store)
        stuck.count = 0
    assert outcome.status == "failed"
    assert "while making safe" in outcome.reason
    assert "oven" in outcome.reason


def test_a_failing_evaluation_does_not_end_the_measuring(station, tmp_path, monkeypatch):
    def broken(*_):
        raise ValueError("no circuit today")

    monkeypatch.setattr("labctl.measure.recording.derive_spectrum", broken)
    with night(station, tmp_path) as (station, bench, store, _):
        outcome = run_short(station, bench, store)
    assert outcome.status == "finished"
    events = labctl.open(tmp_path / "lab.db").rows("SELECT message FROM events WHERE level = 'warning'")
    assert [event["message"] for event in events] == ["ValueError: no circuit today"] * 2


@pytest.mark.parametrize(
    ("overloaded", "status", "words"),
    [
        ((), "finished", ""),
        ((1,), "finished", "1 of 2 spectra gave no conductivity"),
        ((0, 1), "failed", "measured nothing: none of the 14 points is valid (overload)"),
    ],
)
def test_a_run_says_how_many_of_its_spectra_gave_no_conductivity_and_fails_without_a_valid_point(
    station, tmp_path, monkeypatch, overloaded, status, words
):
    started = itertools.count()
    emit = Recording.emit

    def through_a_loose_cable(self, topic, record):
        if topic == "spectrum" and record["state"] == "started":
            self.number = next(started)
        if topic == "results" and self.number in overloaded:
            record = {**record, "status": "overload"}
        emit(self, topic, record)

    monkeypatch.setattr(Recording, "emit", through_a_loose_cable)
    with night(station, tmp_path) as (station, bench, store, _):
        outcome = run_short(station, bench, store)
    assert (outcome.status, outcome.reason) == (status, words)
    with labctl.open(tmp_path / "lab.db") as db:
        assert db.run("last")["reason"] == words


def test_a_store_that_fails_ends_the_run_safely(station, tmp_path, monkeypatch):
    from labctl.errors import StoreError

    with night(station, tmp_path) as (station, bench, store, rig):
        append, calls = store.append, itertools.count()

        def disk_full(table, row):
            if next(calls) > 150:
                raise StoreError("lab.db: the disk is full")
            append(table, row)

        monkeypatch.setattr(store, "append", disk_full)
        outcome = run_short(station, bench, store)
        assert outputs(rig) == (0, 0, 0)
    assert outcome.status == "failed"
    assert "the disk is full" in outcome.reason


def test_only_the_first_reason_to_stop_is_kept():
    stop = StopRequest()
    assert not stop()
    stop.request("first")
    stop.request("second")
    assert stop()
    assert stop.reason == "first"


def test_what_a_procedure_measures_beside_a_point_is_kept_too(station, tmp_path):
    with night(station, tmp_path) as (station, bench, store, _):
        protocol = parse_protocol(SHORT, "short.toml")
        recording = Recording(store, bench)
        recording.begin(protocol, protocol.procedures[0], station, protocol.procedures[0].build())
        recording.emit("spectrum", {"state": "started", "step": 0})
        point = {"time_s": 0.0, "frequency_hz": 1.0, "z_real_ohm": 1.0, "z_imag_ohm": 0.0, "step": 0}
        recording.emit("results", point)
        recording.emit("results", {**point, "humidity_percent": 31.5})
        recording.emit("spectrum", {"state": "aborted"})
        recording.end("aborted", "")
    with labctl.open(tmp_path / "lab.db") as db:
        assert len(db.points(1)) == 2
        (record,) = db.rows("SELECT data FROM records")
        assert record["data"] == {"spectrum_id": 1, "point": 1, "humidity_percent": 31.5}


@pytest.mark.parametrize(
    "error", [TypeError("no temperature"), ValueError("too few points"), StoreError("full")]
)
def test_an_evaluation_that_fails_is_an_event_and_the_run_goes_on(station, tmp_path, monkeypatch, error):
    def fails(*_):
        raise error

    for name in ("derive_spectrum", "derive_fits", "derive_run"):
        monkeypatch.setattr(f"labctl.measure.recording.{name}", fails)
    with night(station, tmp_path) as (station, bench, store, _):
        outcome = run_short(station, bench, store)
    assert outcome.status == "finished"
    with labctl.open(tmp_path / "lab.db") as db:
        events = db.rows("SELECT message FROM events WHERE kind = 'evaluation failed'")
        assert {event["message"] for event in events} == {f"{type(error).__name__}: {error}"}
        assert len(db.rows("SELECT * FROM spectra WHERE status = 'finished'")) == 2


def misspells_in_a_dict(self, about, bias_v=0.0, repeats=False):
    self.emit("spectrum", {"state": "started", "amplitude_V": 0.02, **about})


def misspells_in_an_event(self, about, bias_v=0.0, repeats=False):
    self.emit("spectrum", SpectrumStarted(amplitude_V=0.02))


@pytest.mark.parametrize(
    ("misspells", "named"), [(misspells_in_a_dict, "spectrum"), (misspells_in_an_event, "SpectrumStarted")]
)
def test_a_misspelt_field_fails_the_run_by_name_and_line_and_everything_is_safe(
    station, tmp_path, monkeypatch, misspells, named
):
    monkeypatch.setattr(SpectrumProcedure, "take_spectrum", misspells)
    with night(station, tmp_path) as (station, bench, store, rig):
        outcome = run_short(station, bench, store)
        assert outputs(rig) == (0, 0, 0)
    assert (outcome.status, outcome.error) == ("failed", "EventError")
    assert outcome.reason == (
        f"EventError: {named}: 'amplitude_V' is not a field of it; did you mean 'amplitude_v'?"
        f" (test_run.py, line {misspells.__code__.co_firstlineno + 1})"
    )
    with labctl.open(tmp_path / "lab.db") as db:
        assert db.rows("SELECT * FROM spectra") == []


def test_a_set_point_above_the_ceiling_of_the_sample_reaches_no_oven(station, tmp_path):
    """A protocol that was checked against another sample, or a procedure that plans nothing."""
    text = SHORT.replace('name = "pellet"', 'name = "pellet"\ntemperature_max_degc = 65')
    with night(station, tmp_path) as (station, bench, store, rig):
        (outcome,) = run_protocol(parse_protocol(text, "short.toml"), station, bench, store, StopRequest())
        assert outcome.status == "failed"
        assert "65 degC" in outcome.reason
        assert outputs(rig) == (0, 0, 0)
