"""Several cells behind a switch, through the drivers and the bench of a station."""

import math

import pytest

from labctl.clock import VirtualClock
from labctl.config.station import read_station
from labctl.errors import InstrumentError
from sim_instruments.rig import build

STATION = """
[limits]
temperature_degc = [0, 200]
potential_v = 1
current_a = 0.1

[simulation.options]
description = "switch"
noise_fraction = 0.0
OPTIONS

[instruments.oven]
driver = "drivers.lakeshore33x:LakeShore336"
address = "GPIB0::12::INSTR"
roles = ["oven"]

[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"
roles = ["fra"]

[instruments.relays]
driver = "drivers.keithley_switches:Keithley7001"
address = "GPIB0::7::INSTR"
roles = ["switch"]

[instruments.meter_a]
driver = "drivers.keithley_multimeters:Keithley2000"
address = "GPIB0::16::INSTR"
roles = ["thermometer"]

[instruments.meter_b]
driver = "drivers.keithley_multimeters:Keithley2000"
address = "GPIB0::17::INSTR"
roles = ["thermometer"]

[cells.A]
switch_channels = ["1!1", "1!11"]
thermometer = "meter_a"

[cells.B]
switch_channels = ["1!2", "1!12"]
thermometer = "meter_b"
"""
HERTZ = [1e4]


@pytest.fixture
def rig_of(monkeypatch):
    """The rig that a station builds."""
    built = []

    def keep(*args, **options):
        built.append(build(*args, **options))
        return built[-1]

    monkeypatch.setattr("sim_instruments.rig.build", keep)
    return built


@pytest.fixture
def opened(tmp_path, rig_of):
    """Open the bench of the station; give it and its rig."""
    from contextlib import contextmanager

    @contextmanager
    def open_it(options=""):
        path = tmp_path / "station.toml"
        path.write_text(STATION.replace("OPTIONS", options))
        with read_station(path).open(VirtualClock()) as bench:
            yield bench, rig_of[-1]

    return open_it


def impedance_ohm(bench, cell):
    with bench.connected(cell) as cell_bench:
        (point,) = cell_bench.fra.sweep(HERTZ, 0.01)
    return complex(point.z_real_ohm, point.z_imag_ohm)


def own_ohm(rig, cell):
    placed = rig.world.cell.placed[cell]
    return placed.cell.impedance_ohm(HERTZ[0], rig.world.cell_temperature_k(cell), rig.world.time_s)


def test_each_cell_shows_its_own_impedance(opened):
    with opened() as (bench, rig):
        for cell in ("A", "B"):
            seen_ohm, true_ohm = impedance_ohm(bench, cell), own_ohm(rig, cell)
            assert abs(seen_ohm - true_ohm) < 0.02 * abs(true_ohm)
        assert rig.world.cell.connected == ()


def test_each_thermometer_reads_its_own_cell(opened):
    with opened() as (bench, rig):
        rig.world.oven.start_at(373.15)
        read_k = {name: bench.cell(name).thermometer.temperature_k for name in ("A", "B")}
        assert read_k["A"] == pytest.approx(373.15 + 0.004 * (373.15 - 295.15), abs=0.02)
        assert read_k["B"] == pytest.approx(373.15 - 0.003 * (373.15 - 295.15), abs=0.02)


@pytest.mark.parametrize("kind", ["relay_stuck_open", "relay_stuck_closed"])
def test_a_relay_that_the_switch_reports_stuck_stops_the_measurement(opened, kind):
    with opened() as (bench, rig):
        rig.faults.add(kind, value="1!1" if kind == "relay_stuck_open" else "1!5", duration_s=60.0)
        rig.world.now()
        with pytest.raises(InstrumentError, match="closed"):
            impedance_ohm(bench, "A")
        bench.clock.sleep(120)


def test_a_dead_relay_shows_an_open_cell_although_the_switch_reports_it_closed(opened):
    with opened() as (bench, rig):
        rig.faults.add("relay_dead", value="1!1")
        rig.world.now()
        assert abs(impedance_ohm(bench, "A")) > 1e7


def test_a_welded_relay_puts_two_cells_in_parallel(opened):
    with opened() as (bench, rig):
        for channel in ("1!2", "1!12"):
            rig.faults.add("relay_welded", value=channel, duration_s=3600.0)
        rig.world.now()
        seen_ohm = impedance_ohm(bench, "A")
        both_ohm = 1 / (1 / own_ohm(rig, "A") + 1 / own_ohm(rig, "B"))
        assert abs(seen_ohm - both_ohm) < 0.02 * abs(both_ohm)
        assert abs(seen_ohm - own_ohm(rig, "A")) > 0.02 * abs(seen_ohm)


def test_exchanged_cables_show_the_other_cell(opened):
    with opened() as (bench, rig):
        rig.faults.add("wrong_cell", value="A,B")
        rig.world.now()
        true_ohm = own_ohm(rig, "B")
        assert abs(impedance_ohm(bench, "A") - true_ohm) < 0.02 * abs(true_ohm)


def test_one_cell_opens_and_the_others_stay(opened):
    with opened() as (bench, rig):
        rig.faults.add("cell_open", value="A")
        rig.world.now()
        assert abs(impedance_ohm(bench, "A")) > 1e7
        true_ohm = own_ohm(rig, "B")
        assert abs(impedance_ohm(bench, "B") - true_ohm) < 0.02 * abs(true_ohm)


def test_an_open_switch_passes_little_and_more_at_a_high_frequency(opened):
    with opened() as (_, rig):
        low_ohm, high_ohm = (abs(rig.world.cell_impedance_ohm(hertz)) for hertz in (1.0, 1e5))
        assert low_ohm > 1e10
        assert high_ohm == pytest.approx(1 / (2 * math.pi * 1e5 * 4e-14), rel=0.05)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "relay_dead", "value": "3!1"}, "no switch has the channel '3!1'"),
        ({"kind": "cell_open", "value": "Z"}, "no cell 'Z'; there are A, B, C, D"),
        ({"kind": "wrong_cell", "value": "A"}, "two cells as in 'A,B'"),
    ],
)
def test_a_fault_of_what_the_rig_does_not_have_is_refused(fault, words):
    rig = build(VirtualClock(), description="switch")
    with pytest.raises(ValueError, match=words):
        rig.faults.add(**fault)


@pytest.mark.parametrize(
    ("cells", "error", "words"),
    [
        ({}, ValueError, "at least one cell"),
        ({"A": {}}, ValueError, "cells: A: channels"),
        ({"A": {"channels": ["1!1"], "colour": 1}}, TypeError, "cells: A: colour unknown"),
        ({"A": {"channels": ["1!1"], "material": "ice"}}, ValueError, "cells: A: material: 'ice'"),
        ({"A": {"channels": ["1!1"], "offset_k": "warm"}}, ValueError, "cells: A: offset_k"),
        ({"A": {"channels": ["1!1"], "thermometer": "GPIB0::9::INSTR"}}, ValueError, "no multimeter is at"),
    ],
)
def test_a_wrong_cell_is_named(cells, error, words):
    with pytest.raises(error, match=words):
        build(VirtualClock(), description="switch", cells=cells)


def test_a_potential_that_is_held_steps_onto_the_cell_that_is_connected():
    rig = build(VirtualClock(), description="switch", noise_fraction=0.0)
    world = rig.world
    (relays,) = world.relays
    world.terminals.hold(0.1, world.time_s)
    open_a = world.terminals.current_a(world.time_s + 1.0)
    relays.close(["1!1", "1!11"])
    closed_a = world.terminals.current_a(world.time_s + 1e-3)
    assert abs(closed_a) > 100 * abs(open_a)


OWN = {
    "description": "default",
    "noise_fraction": 0.0,
    "instruments": {
        "GPIB0::4::INSTR": "solartron1260",
        "GPIB0::7::INSTR": "keithley7001",
        "GPIB0::24::INSTR": "keithley2450",
    },
    "cells": {
        "A": {"channels": ["1!1"], "dummy": {"resistance_ohm": 1000.0}},
        "B": {"instruments": ["GPIB0::24::INSTR"], "dummy": {"resistance_ohm": 2000.0}},
    },
}


def test_a_cell_with_instruments_of_its_own_is_seen_by_no_other():
    rig = build(VirtualClock(), **OWN)
    own = rig.instruments["GPIB0::24::INSTR"].world
    assert abs(own.cell_impedance_ohm(1000.0)) == pytest.approx(2000.0, rel=1e-3)
    assert abs(rig.world.cell_impedance_ohm(1000.0)) > 1e8
    (relays,) = rig.world.relays
    relays.close(["1!1"])
    assert abs(rig.world.cell_impedance_ohm(1000.0)) == pytest.approx(1000.0, rel=1e-3)
    assert abs(own.cell_impedance_ohm(1000.0)) == pytest.approx(2000.0, rel=1e-3)


def test_two_cells_are_polarised_at_the_same_time():
    rig = build(VirtualClock(), **OWN)
    own = rig.instruments["GPIB0::24::INSTR"].world
    (relays,) = rig.world.relays
    relays.close(["1!1"])
    own.terminals.hold(0.2, 0.0)
    rig.world.terminals.hold(0.1, 0.0)
    assert own.terminals.current_a(1.0) == pytest.approx(1e-4, rel=1e-3)
    assert rig.world.terminals.current_a(1.0) == pytest.approx(1e-4, rel=1e-3)


def test_an_instrument_of_a_cell_that_the_rig_does_not_have_is_refused():
    cells = {"A": {"instruments": ["GPIB0::9::INSTR"]}}
    with pytest.raises(ValueError, match="cells: A: instruments: no instrument is at GPIB0::9"):
        build(VirtualClock(), **{**OWN, "cells": cells})
