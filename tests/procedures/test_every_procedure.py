"""Tests of all shipped procedures."""

import importlib
import inspect
import math
import pkgutil

import pytest
from pymeasure.experiment import FloatParameter, Procedure

import procedures
from labctl.clock import VirtualClock
from labctl.testing import watched
from labctl.units import ZERO_CELSIUS_K

ABSTRACT = {"SpectrumProcedure", "TemperatureSeries", "PolarisationSeries"}


def shipped():
    for module in pkgutil.iter_modules(procedures.__path__):
        for name, found in vars(importlib.import_module(f"procedures.{module.name}")).items():
            own = inspect.isclass(found) and found.__module__ == f"procedures.{module.name}"
            if own and issubclass(found, Procedure) and name not in ABSTRACT:
                yield found


ALL = sorted(shipped(), key=lambda c: c.__name__)
every_procedure = pytest.mark.parametrize("procedure_class", ALL, ids=lambda c: c.__name__)


def test_they_are_the_ones_the_documentation_names():
    assert {c.__name__ for c in ALL} == {
        "BruceVincent",
        "ConditionSeries",
        "DCPolarisation",
        "EIS",
        "Electrolysis",
        "ElectromotiveForce",
        "EquilibrationWatch",
        "HebbWagner",
        "OpenCircuit",
        "TemperatureHold",
        "TemperatureRampEIS",
        "TemperatureSteppedEIS",
    }


@every_procedure
def test_every_quantity_has_a_unit(procedure_class):
    for name, parameter in procedure_class()._parameters.items():
        if isinstance(parameter, FloatParameter):
            assert parameter.units, name


@every_procedure
def test_it_has_a_plan_with_times_from_its_defaults(procedure_class):
    plan = procedure_class().plan()
    assert plan
    assert all(math.isfinite(step.duration_s) and step.duration_s > 0 for step in plan)
    assert procedure_class().get_estimates() == pytest.approx(sum(step.duration_s for step in plan))


@every_procedure
def test_its_columns_are_named_once_with_their_units(procedure_class):
    columns = procedure_class.DATA_COLUMNS
    assert columns
    assert len(set(columns)) == len(columns)
    units = ("_k", "_hz", "_ohm", "_s", "_v", "_a")
    counts = {"spectrum", "polarisation", "step", "branch", "phase", "status"}
    assert all(column.endswith(units) or column in counts for column in columns)


@every_procedure
def test_it_declares_the_roles_it_needs(procedure_class):
    assert set(procedure_class.roles_needed) <= {"oven", "fra", "potentiostat", "thermometer", "atmosphere"}
    assert procedure_class.__doc__


def run(procedure_class, rig, **parameters):
    procedure, emitted = procedure_class(), []
    procedure.set_parameters(parameters)
    procedure.bench = rig.bench
    procedure.emit = lambda topic, record: emitted.append((topic, record))
    procedure.should_stop = lambda: False
    procedure.execute()
    procedure.shutdown()
    assert rig.instruments["GPIB0::12::INSTR"].heater_range == 0
    assert rig.instruments["GPIB0::4::INSTR"].amplitude_v == 0
    return [record for topic, record in emitted if topic == "results"], emitted


def procedure_named(name):
    return next(c for c in ALL if c.__name__ == name)


def test_a_single_spectrum_is_taken_at_the_present_temperature(rig):
    rows, emitted = run(procedure_named("EIS"), rig, frequencies_hz=[1e5, 1e4, 1e3])
    assert [row["frequency_hz"] for row in rows] == [1e5, 1e4, 1e3]
    assert all(abs(row["temperature_k"] - 295.15) < 1 for row in rows)
    assert [r["state"] for topic, r in emitted if topic == "spectrum"] == ["started", "finished"]


def test_a_hold_lasts_as_long_as_configured_after_settling(rig):
    rows, _ = run(procedure_named("TemperatureHold"), rig, temperature_degc=60.0, hold_min=30.0)
    unsteady = [number for number, row in enumerate(rows) if row["phase"] != "dwell"]
    held = rows[unsteady[-1] + 1 :]
    assert held[-1]["time_s"] - held[0]["time_s"] == pytest.approx(1800, abs=10)
    assert all(abs(row["temperature_k"] - 333.15) <= 0.5 for row in held)


def test_a_ramp_takes_spectra_all_the_way(rig):
    rows, _ = run(
        procedure_named("TemperatureRampEIS"),
        rig,
        start_degc=50.0,
        end_degc=70.0,
        ramp_k_min=1.0,
        frequencies_hz=[1e6, 1e5, 1e4, 1e3, 100.0],
    )
    by_spectrum = {row["spectrum"]: row["temperature_k"] - ZERO_CELSIUS_K for row in rows}
    temperatures = list(by_spectrum.values())
    assert len(temperatures) > 50
    assert temperatures[0] == pytest.approx(50, abs=1.5)
    assert temperatures[-1] == pytest.approx(70, abs=1.5)
    assert temperatures == sorted(temperatures) or max(temperatures) < 71


def test_a_ramp_begins_and_ends_with_a_spectrum_at_rest(rig):
    options = {"start_degc": 50.0, "end_degc": 54.0, "ramp_k_min": 1.0, "dwell_min": 5.0}
    options["frequencies_hz"] = [1e6, 1e5, 1e4, 1e3, 100.0]
    rows, emitted = run(procedure_named("TemperatureRampEIS"), rig, **options)
    started = [record for topic, record in emitted if topic == "spectrum" and record["state"] == "started"]
    assert [one["band_k"] for one in (started[0], started[-1])] == [1.0, 1.0]
    assert all(one.get("band_k") is None for one in started[1:-1])
    assert [one["setpoint_k"] - ZERO_CELSIUS_K for one in (started[0], started[-1])] == pytest.approx(
        [50, 54]
    )
    settled = [record["phase"] for topic, record in emitted if topic == "temperature"]
    assert settled.count("dwell") >= 2 * 5 * 60 / 5
    by_spectrum = {}
    for row in rows:
        by_spectrum.setdefault(row["spectrum"], []).append(row["temperature_k"])
    spans_k = [max(one) - min(one) for one in by_spectrum.values()]
    assert max(spans_k[0], spans_k[-1]) < 0.05
    assert min(spans_k[1:-2]) > max(spans_k[0], spans_k[-1])


def test_a_ramp_without_its_lag_has_no_spectrum_at_rest(rig):
    options = {"start_degc": 50.0, "end_degc": 52.0, "ramp_k_min": 1.0, "measure_lag": False}
    options |= {"frequencies_hz": [1e6, 1e5], "dwell_min": 1.0}
    _, emitted = run(procedure_named("TemperatureRampEIS"), rig, **options)
    started = [record for topic, record in emitted if topic == "spectrum" and record["state"] == "started"]
    assert started
    assert all(one.get("band_k") is None for one in started)


WIDE_HZ = [float(f"{10 ** (6 - i / 4):.6g}") for i in range(21)]


def test_a_steady_cell_needs_two_spectra_only(rig):
    rows, _ = run(
        procedure_named("EquilibrationWatch"),
        rig,
        temperatures_degc=[60.0],
        frequencies_hz=WIDE_HZ,
        dwell_min=20,
        steady_percent=2.0,
    )
    assert {row["spectrum"] for row in rows} == {0, 1}


def test_a_cell_that_never_agrees_is_watched_as_often_as_allowed(rig):
    rows, _ = run(
        procedure_named("EquilibrationWatch"),
        rig,
        temperatures_degc=[60.0],
        frequencies_hz=WIDE_HZ,
        dwell_min=1,
        steady_percent=0.01,
        interval_min=1,
        spectra_at_most=3,
    )
    assert {row["spectrum"] for row in rows} <= {0, 1, 2}
    assert len({row["spectrum"] for row in rows}) >= 2


def test_open_circuit_records_a_cell_that_is_never_polarised(cell_station):
    station, keeper = watched(cell_station())
    procedure, rows = procedure_named("OpenCircuit")(), []
    procedure.set_parameters({"duration_min": 1.0, "interval_s": 5.0})
    procedure.emit = lambda topic, record: rows.append(record) if topic == "results" else None
    procedure.should_stop = lambda: False
    with station.open(VirtualClock()) as bench:
        procedure.bench = bench
        procedure.execute()
        assert not keeper.rig.instruments["GPIB0::6::INSTR"].cell_on
    assert len(rows) == 13  # the first as soon as the instrument is set up, the others in time
    assert [row["elapsed_s"] for row in rows[1:]] == pytest.approx([5.0 * i for i in range(1, 13)], abs=0.5)
    assert all(row["current_a"] == pytest.approx(0, abs=1e-7) for row in rows)
