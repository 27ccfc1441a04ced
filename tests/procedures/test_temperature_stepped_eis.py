import pandas as pd
import pytest
from pymeasure.experiment import Procedure, Results, Worker

from procedures.temperature_stepped_eis import TemperatureSteppedEIS

FEW_HZ = [1e6, 1e5, 1e4, 1e3, 100.0]


def procedure_with(**parameters):
    procedure = TemperatureSteppedEIS()
    procedure.set_parameters(
        {"temperatures_degc": [60.0, 80.0], "frequencies_hz": FEW_HZ, "dwell_min": 1} | parameters
    )
    return procedure


def test_the_same_class_runs_under_stock_pymeasure(rig, tmp_path):
    procedure = procedure_with()
    procedure.bench = rig.bench
    results = Results(procedure, str(tmp_path / "night.csv"))
    worker = Worker(results)
    worker.start()
    worker.join(timeout=60)
    while worker.is_alive():
        worker.join(timeout=1)
    assert procedure.status == Procedure.FINISHED
    frame = pd.read_csv(tmp_path / "night.csv", comment="#")
    assert list(frame.columns) == TemperatureSteppedEIS.DATA_COLUMNS
    assert len(frame) == 10
    assert frame["frequency_hz"].tolist() == FEW_HZ * 2
    assert (frame["z_real_ohm"] > 0).all()
    assert rig.instruments["GPIB0::12::INSTR"].heater_range == 0
    assert rig.instruments["GPIB0::4::INSTR"].amplitude_v == 0


def test_pymeasure_reads_its_parameters_back_from_the_csv(rig, tmp_path):
    path = str(tmp_path / "night.csv")
    Results(procedure_with(temperatures_degc=[60.0, 72.5]), path)
    again = Results.load(path).procedure
    assert again.temperatures_degc == [60.0, 72.5]
    assert again.frequencies_hz == FEW_HZ


def test_every_step_up_and_down_is_visited_once_at_the_top():
    steps = procedure_with(temperatures_degc=[30.0, 50.0, 40.0], return_down=True).steps()
    assert [(round(t - 273.15, 6), branch) for t, branch in steps] == [
        (30.0, "heating"),
        (50.0, "heating"),
        (40.0, "cooling"),
        (50.0, "cooling"),
        (30.0, "cooling"),
    ]


def test_steps_are_listed_once_until_they_are_changed():
    procedure = procedure_with(temperatures_degc=[30.0, 50.0, 40.0])
    listed = procedure.steps()
    assert procedure.steps() is listed
    procedure.revise(1, [70.0])
    assert [round(t - 273.15, 6) for t, _ in procedure.steps()] == [30.0, 70.0]
    procedure.set_parameters({"temperatures_degc": [20.0, 25.0]})
    assert [round(t - 273.15, 6) for t, _ in procedure.steps()] == [20.0, 70.0]


def test_one_temperature_alone_is_isothermal():
    assert procedure_with(temperatures_degc=[25.0]).steps() == [(298.15, "isothermal")]


def test_frequencies_are_log_spaced_from_high_to_low():
    frequencies = procedure_with(
        frequencies_hz=[], frequency_max_hz=1e6, frequency_min_hz=0.1, points_per_decade=10
    ).frequencies()
    assert len(frequencies) == 71
    assert frequencies[0] == pytest.approx(1e6)
    assert frequencies[-1] == pytest.approx(0.1)
    assert sorted(frequencies, reverse=True) == frequencies


def test_the_estimate_is_near_what_the_simulated_night_takes(rig):
    procedure = procedure_with(dwell_min=20)
    procedure.bench = rig.bench
    procedure.emit, procedure.should_stop = (lambda topic, record: None), (lambda: False)
    start_s = rig.clock.monotonic()
    procedure.execute()
    taken_s = rig.clock.monotonic() - start_s
    assert procedure.get_estimates() == pytest.approx(taken_s, rel=0.2)


def test_every_parameter_with_a_number_has_a_unit_or_is_a_count():
    counts = {"points_per_decade"}
    for name, parameter in TemperatureSteppedEIS()._parameters.items():
        if (
            name not in counts
            and isinstance(parameter.default, float | list)
            and not isinstance(parameter.default, bool)
        ):
            assert parameter.units, name


def test_a_temperature_is_recorded_with_every_point(rig):
    procedure, rows = procedure_with(), []
    procedure.bench = rig.bench
    procedure.emit = lambda topic, record: rows.append(record) if topic == "results" else None
    procedure.should_stop = lambda: False
    procedure.execute()
    assert set(rows[0]) == set(TemperatureSteppedEIS.DATA_COLUMNS)
    assert all(abs(row["temperature_k"] - row["setpoint_k"]) < 0.5 for row in rows)


def measured_degc(rig, **parameters):
    """Run a procedure; return the set points of its spectra."""
    procedure, spectra = procedure_with(**parameters), []
    procedure.bench = rig.bench
    procedure.emit = lambda topic, record: spectra.append(record) if topic == "spectrum" else None
    procedure.should_stop = lambda: False
    procedure.execute()
    return [round(s["setpoint_k"] - 273.15, 1) for s in spectra if s["state"] == "started"]


WIDE_HZ = [float(f"{10 ** (6 - i / 5):.6g}") for i in range(26)]
COARSE = {"temperatures_degc": [40.0, 60.0, 80.0, 100.0, 120.0], "frequencies_hz": WIDE_HZ}


def test_refining_stops_as_soon_as_the_interval_is_narrow_enough(rig):
    temperatures = list(range(40, 130, 5))
    visited = measured_degc(
        rig,
        **(COARSE | {"temperatures_degc": temperatures}),
        refine="activation_energy_ev",
        refine_half_width=0.1,
    )
    assert visited == temperatures[:5]


def test_refining_inserts_temperatures_within_the_range_up_to_the_limit(rig):
    visited = measured_degc(
        rig, **COARSE, refine="activation_energy_ev", refine_half_width=1e-6, refine_insertions=2
    )
    assert visited[:5] == COARSE["temperatures_degc"]
    assert len(visited) == 7
    assert all(40 <= degc <= 120 for degc in visited[5:])


def test_without_refinement_the_list_is_the_list(rig):
    assert measured_degc(rig, **COARSE) == COARSE["temperatures_degc"]


@pytest.mark.parametrize("wanted", [True, False])
def test_a_spectrum_that_drifted_is_repeated_once_if_configured(rig, monkeypatch, wanted):
    monkeypatch.setattr("procedures.temperature_stepped_eis.is_consistent", lambda points: False)
    visited = measured_degc(rig, repeat_inconsistent=wanted)
    assert visited == ([60.0, 60.0, 80.0, 80.0] if wanted else [60.0, 80.0])


def steps_of(procedure):
    return [(round(t - 273.15, 6), branch) for t, branch in procedure.steps()]


def test_the_first_temperature_is_repeated_at_the_end_where_it_is_asked_for():
    procedure = procedure_with(temperatures_degc=[30.0, 50.0, 70.0], repeat_first=True)
    assert steps_of(procedure)[-2:] == [(70.0, "heating"), (30.0, "cooling")]
    assert len(procedure.plan()) == 8


@pytest.mark.parametrize("parameters", [{"return_down": True}, {"temperatures_degc": [30.0, 60.0, 30.0]}])
def test_a_series_that_ends_at_its_first_temperature_is_not_longer_for_a_repetition(parameters):
    without = procedure_with(**parameters)
    assert steps_of(procedure_with(repeat_first=True, **parameters)) == steps_of(without)


def test_a_protocol_without_the_key_has_the_plan_of_before():
    assert steps_of(procedure_with(temperatures_degc=[30.0, 50.0])) == [(30.0, "heating"), (50.0, "heating")]


def test_the_repetition_stays_the_last_step_when_a_person_changes_the_temperatures():
    procedure = procedure_with(temperatures_degc=[30.0, 50.0, 70.0], repeat_first=True)
    procedure.revise(1, [40.0, 80.0])
    assert [t for t, _ in steps_of(procedure)] == [30.0, 40.0, 80.0, 30.0]
    procedure.revise(4, [90.0])  # during the repetition: it is step 3 and stays there
    assert [t for t, _ in steps_of(procedure)] == [30.0, 40.0, 80.0, 30.0, 90.0, 30.0]


def test_inserted_temperatures_come_before_the_repetition(rig):
    temperatures = [50.0, 60.0, 70.0, 80.0, 90.0]
    wanted = {"refine": "activation_energy_ev", "refine_half_width": 1e-6, "refine_insertions": 2}
    measured = measured_degc(
        rig, temperatures_degc=temperatures, frequencies_hz=WIDE_HZ, repeat_first=True, **wanted
    )
    assert measured[:5] == temperatures
    assert len(measured) == 8
    assert measured[-1] == 50.0


def test_a_law_known_early_leaves_out_temperatures_but_not_the_repetition(rig):
    temperatures = [50.0, 55.0, 60.0, 65.0, 70.0, 80.0, 90.0]
    wanted = {"refine": "activation_energy_ev", "refine_half_width": 1.0}
    measured = measured_degc(
        rig, temperatures_degc=temperatures, frequencies_hz=WIDE_HZ, repeat_first=True, **wanted
    )
    assert measured == [50.0, 55.0, 60.0, 65.0, 70.0, 50.0]


def test_a_resumed_run_measures_its_repetition_after_the_temperatures_inserted_before():
    procedure = procedure_with(
        temperatures_degc=[50.0, 60.0], repeat_first=True, refine="activation_energy_ev"
    )
    procedure.finished_steps = frozenset({0, 1, 2})  # the third was an inserted one
    procedure._keep_places_of_inserted()
    assert procedure.inserted == 1
    assert procedure.is_repetition(3)
    assert not procedure.is_repetition(2)
