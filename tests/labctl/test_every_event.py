"""Every consumer of events takes every event: recording, progress display, steering, attempt, rehearsal."""

import io
import pickle
from functools import partial
from types import SimpleNamespace
from typing import ClassVar, get_args

import pytest
from pymeasure.experiment import Procedure, Results, Worker
from rich.progress import Progress

import labctl
from labctl.cli.progress import _Line
from labctl.clock import VirtualClock
from labctl.instruments.limits import Limits
from labctl.measure.events import (
    AnyEvent,
    CheckPointMeasured,
    CurrentMeasured,
    Emitted,
    Event,
    MonitorRead,
    NoteWritten,
    OwnTopic,
    PointMeasured,
    PolarisationEnded,
    PolarisationEvaluated,
    PolarisationStarted,
    ProgressMade,
    RowMeasured,
    RunEnded,
    SpectrumEnded,
    SpectrumEvaluated,
    SpectrumStarted,
    StepStarted,
    TemperatureRead,
    ThermalStepEnded,
    event,
)
from labctl.pymeasure.results import SQLiteResults, SQLiteWorker
from labctl.queue.attempt import Attempt, Watched
from labctl.queue.estimates import Pace, TimeLeft
from labctl.queue.progress import Progress as JobProgress
from labctl.queue.rehearsal import _Watcher
from labctl.queue.steering import Steering
from procedures.temperature_stepped_eis import TemperatureSteppedEIS

CONDUCTIVITY = {
    "temperature_k": None,
    "conductivity_s_m": 1e-2,
    "standard_uncertainty_s_m": 1e-4,
    "bound": None,
    "flags": ["the temperature is not known"],
}
FIT = {
    "preferred": True,
    "branch": "all",
    "law": "vtf",
    "form": "T^-0.5",
    "activation_energy_ev": 0.1,
    "standard_uncertainty_ev": 0.01,
    "flags": ["few points"],
}
NUMBER = {
    "quantity": "rho_plus",
    "temperature_k": 333.15,
    "value": 0.3,
    "standard_uncertainty": 0.02,
    "flags": ["the current was not steady"],
}
IN_ORDER = (  # as one run tells them; each class at least once
    StepStarted(step=0, of=1, setpoint_k=333.15),
    TemperatureRead(time_s=1.0, temperature_k=333.0, setpoint_k=333.15, phase="dwell"),
    MonitorRead(time_s=1.5, instrument="room", quantity="relative_humidity_percent", value=30.0),
    ThermalStepEnded(
        number=0,
        name="dry",
        setpoint_k=353.15,
        hold_s=60.0,
        started_s=0.0,
        settled_s=0.5,
        ended_s=1.0,
        mean_k=353.0,
        min_k=300.0,
        max_k=353.2,
        state="finished",
    ),
    SpectrumStarted(step=0, amplitude_v=0.1, bias_v=0.2),
    PointMeasured(time_s=2.0, frequency_hz=1e3, z_real_ohm=9.0, z_imag_ohm=-1.0, temperature_k=334.0),
    SpectrumEnded(state="aborted"),
    CheckPointMeasured(repeats=0, time_s=2.5, frequency_hz=1e3, z_real_ohm=9.1, z_imag_ohm=-1.0),
    PolarisationStarted(step=0, potential_v=0.5),
    CurrentMeasured(time_s=3.0, elapsed_s=0.1, potential_v=0.5, current_a=1e-6, extra={"tank": 4}),
    PolarisationEnded(state="aborted"),
    RowMeasured(values_by_column={"tank": 3, "temperature_k": 335.0}),
    ProgressMade(percent=50.0),
    OwnTopic(own_topic="weather", record={"rain": True}),
    SpectrumEvaluated(conductivity=CONDUCTIVITY, fits=[FIT]),
    SpectrumEvaluated(conductivity=None, fits=[]),
    PolarisationEvaluated(transference_number=NUMBER),
    PolarisationEvaluated(transference_number={"quantity": "electronic", "flags": ["no current is left"]}),
    PolarisationEvaluated(transference_number=None),
    NoteWritten(run_id=1, time_s=4.0, level="warning", kind="retry", message="asked again"),
    RunEnded(run_id=1, status="finished", reason=""),
)
EMITTED = tuple(one for one in IN_ORDER if isinstance(one, Emitted))
SAMPLE = {"name": "pellet", "thickness_mm": 1.0, "diameter_mm": 10.0}


@event
class Unheard(Event):
    """An event that no consumer knows."""


def as_emitted(one):
    """Topic and record with which a procedure emits an event."""
    if isinstance(one, OwnTopic):
        return one.own_topic, one.record
    plain = isinstance(one, RowMeasured | ProgressMade)
    return one.topic, (dict(one) if isinstance(one, RowMeasured) else one.percent) if plain else one


@pytest.fixture
def shown():
    return io.StringIO()


@pytest.fixture
def show(shown):
    from rich.console import Console

    progress = Progress(console=Console(file=shown, width=200))
    task = progress.add_task("", total=1.0, temperature="", left="")
    return _Line(VirtualClock(), [], progress, task).show


@pytest.fixture
def steering():
    limits = Limits((0.0, 500.0), 1.0, 0.1)
    silent = SimpleNamespace(pending=lambda job, claim: [], in_force=lambda: None)
    job = SimpleNamespace(id=1, claims=1)
    return Steering(job, silent, silent, VirtualClock(), limits, lambda: False, 60.0)


@pytest.fixture
def attempt(steering):
    """An attempt whose heartbeat and interlocks keep in `told` and `judged` what they were given."""
    told, judged, passed_on = [], [], []
    pulse = SimpleNamespace(promise=lambda silence_s: None, tell=lambda **facts: told.append(facts))
    nothing = SimpleNamespace()
    job = SimpleNamespace(id=1, title="job", attempts=0, deaths=0, claims=1)
    made = Attempt(
        job,
        nothing,
        nothing,
        nothing,
        nothing,
        VirtualClock(),
        pulse,
        steering,
        Pace(),
        passed_on.append,
        nothing,
    )
    judge = lambda topic, record: judged.append((topic, dict(record)))  # noqa: E731
    made._interlocks = SimpleNamespace(judge=judge, look_around=lambda: None, take_doubts=list)
    left = TimeLeft(TemperatureSteppedEIS(), Pace())
    watched = Watched(nothing, JobProgress(0, frozenset(), {}, ()), "spectra", 1, left)
    made.see = partial(made._see, watched)
    made.told, made.judged, made.passed_on = told, judged, passed_on
    return made


def test_the_examples_hold_every_event():
    assert {type(one) for one in IN_ORDER} == set(get_args(AnyEvent))


@pytest.mark.parametrize("one", IN_ORDER, ids=lambda one: type(one).__name__)
def test_an_event_survives_pickling_as_pymeasure_publishes_it(one):
    assert pickle.loads(pickle.dumps(one)) == one


def test_the_progress_display_shows_what_is_for_people(show, shown):
    for one in IN_ORDER:
        show(one)
    lines = shown.getvalue()
    assert "      ? °C  (1.000 ± 0.010)e-04 S/cm   so far B = 0.100 ± 0.010 eV (vtf, T^-0.5)" in lines
    assert "60.00 °C  rho+ (Bruce-Vincent) = 0.300 ± 0.020" in lines
    assert "? °C  t_el (Hebb-Wagner) = none" in lines
    for remark in (
        "no current is left",
        "the temperature is not known",
        "few points",
        "the current was not steady",
    ):
        assert remark in lines
    assert "retry: asked again" in lines


@pytest.mark.parametrize("message", ["no answer [/dev/ttyUSB0]", "pellet [bold] of [red]"])
def test_the_progress_display_prints_brackets_as_they_are(show, shown, message):
    show(NoteWritten(run_id=1, time_s=0.0, level="warning", kind="retry", message=message))
    assert f"retry: {message}" in shown.getvalue()


@pytest.mark.parametrize("frequency_hz", [None, "low", [1.0]])
def test_a_column_of_another_kind_does_not_stop_the_progress_display(show, frequency_hz):
    show(RowMeasured(values_by_column={"frequency_hz": frequency_hz}))


def test_steering_knows_where_the_procedure_is_after_every_event(steering):
    places = []
    for one in IN_ORDER:
        steering.see(one)
        places.append((type(one).__name__, steering._place))
    assert places[:12] == [
        ("StepStarted", ""),
        ("TemperatureRead", ""),
        ("MonitorRead", ""),
        ("ThermalStepEnded", ""),
        ("SpectrumStarted", ""),
        ("PointMeasured", "point"),
        ("SpectrumEnded", "step"),
        ("CheckPointMeasured", "step"),
        ("PolarisationStarted", ""),
        ("CurrentMeasured", ""),  # the cell is polarised: no place for a pause
        ("PolarisationEnded", "step"),
        ("RowMeasured", "point"),
    ]
    assert {place for _, place in places[12:]} == {"point"}


def test_an_attempt_tells_readings_and_has_every_measurement_judged(attempt):
    for one in IN_ORDER:
        attempt.see(one)
    assert attempt.passed_on == list(IN_ORDER)
    judged = [one for one in EMITTED if not isinstance(one, ProgressMade)]
    assert attempt.judged == [(one.topic, dict(one)) for one in judged]
    assert [t["temperature_k"] for t in attempt.told if t.get("temperature_k")] == [333.0, 334.0, 335.0]
    assert not attempt.progressed
    attempt.see(PolarisationEnded(state="finished"))
    assert not attempt.progressed
    attempt.see(SpectrumEnded(state="finished"))
    assert attempt.progressed


def test_a_rehearsal_sums_up_points_temperature_and_potential():
    watcher = _Watcher()
    for one in EMITTED:
        watcher.emit(*as_emitted(one))
    assert (watcher.points, watcher.highest_k, watcher.highest_potential_v) == (3, 335.0, 0.5)
    watcher.emit("batch results", {"temperature_k": [300.0, 400.0]})
    assert (watcher.points, watcher.highest_k) == (5, 400.0)


@pytest.fixture
def told_by_a_procedure():
    class TellsEverything(Procedure):
        """Emits one event of every class."""

        DATA_COLUMNS: ClassVar = ["frequency_hz", "current_a", "tank", "temperature_k"]

        def execute(self):
            for one in EMITTED:
                self.emit(*as_emitted(one))

    return TellsEverything()


def test_recording_keeps_every_event_in_its_table(told_by_a_procedure, tmp_path):
    results = SQLiteResults(told_by_a_procedure, tmp_path / "lab.db", SAMPLE)
    assert SQLiteWorker(results).measure() == "finished", results.reason
    with labctl.open(tmp_path / "lab.db") as db:
        (reading,) = db.rows("SELECT * FROM temperature_log")
        assert (reading["temperature_k"], reading["phase"]) == (333.0, "dwell")
        (watched,) = db.rows("SELECT * FROM monitor_readings")
        assert (watched["instrument"], watched["value"], watched["status"]) == ("room", 30.0, "ok")
        (held,) = db.rows("SELECT * FROM thermal_steps")
        assert (held["name"], held["hold_s"], held["state"]) == ("dry", 60.0, "finished")
        (spectrum,) = db.rows("SELECT * FROM spectra")
        assert (spectrum["status"], spectrum["amplitude_v"], spectrum["bias_v"]) == ("aborted", 0.1, 0.2)
        (point,) = db.rows("SELECT * FROM impedance_points")
        assert (point["frequency_hz"], point["temperature_k"], point["status"]) == (1e3, 334.0, "ok")
        (again,) = db.rows("SELECT * FROM check_points")
        assert (again["spectrum_id"], again["repeats"], again["z_real_ohm"]) == (1, 0, 9.1)
        (polarisation,) = db.rows("SELECT * FROM polarisations")
        assert (polarisation["status"], polarisation["potential_v"]) == ("aborted", 0.5)
        (current,) = db.rows("SELECT * FROM polarisation_points")
        assert (current["current_a"], current["temperature_k"]) == (1e-6, None)
        assert list(db.records()["tank"]) == [4, 3]


def test_stock_pymeasure_writes_the_rows_and_leaves_the_other_events_alone(told_by_a_procedure, tmp_path):
    results = Results(told_by_a_procedure, str(tmp_path / "stock.csv"))
    worker = Worker(results)
    worker.run()
    assert told_by_a_procedure.status == Procedure.FINISHED
    written = results.reload() or results.data
    assert list(written["temperature_k"].dropna()) == [334.0, 335.0]
    assert list(written["frequency_hz"].dropna()) == [1e3]
    assert list(written["current_a"].dropna()) == [1e-6]
    assert list(written["tank"].dropna()) == [4, 3]


@pytest.mark.parametrize("consumer", ["show", "steering", "attempt", "rehearsal"])
def test_no_consumer_passes_over_an_event_it_does_not_know(consumer, show, steering, attempt):
    consume = {
        "show": show,
        "steering": steering.see,
        "attempt": attempt.see,
        "rehearsal": _Watcher().see,
    }[consumer]
    with pytest.raises(AssertionError, match="Unheard"):
        consume(Unheard())


def test_recording_refuses_an_event_it_does_not_know(tmp_path):
    class TellsTheUnheard(Procedure):
        DATA_COLUMNS: ClassVar = []

        def execute(self):
            self.emit("", Unheard())

    results = SQLiteResults(TellsTheUnheard(), tmp_path / "lab.db", SAMPLE)
    assert SQLiteWorker(results).measure() == "failed"
    assert results.reason.startswith("AssertionError")
