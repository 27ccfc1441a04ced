"""Series over the water or the oxygen around a simulated sample that answers it: the slope put in."""

from dataclasses import replace

import pytest

import labctl
from drivers.cellkraft import CellkraftP10
from labctl.clock import VirtualClock
from labctl.config.protocol import parse_protocol
from labctl.config.station import read_station
from labctl.measure.run import run_protocol
from labctl.measure.stop import StopRequest
from labctl.readmodel.carrier_pressures import slopes_of
from labctl.readmodel.carriers import carriers_of
from labctl.store import Store

STATION = """
name = "rig"
[limits]
temperature_degc = [0, 150]
potential_v = 1.0
current_a = 0.1
[instruments.oven]
driver = "drivers.lakeshore33x:LakeShore336"
address = "GPIB0::12::INSTR"
roles = ["oven"]
[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"
roles = ["fra"]
[instruments.gas]
driver = "drivers.cellkraft:CellkraftP10"
address = "ASRL9::INSTR"
roles = ["atmosphere"]
settings = { total_pressure_pa = 101325.0, highest_pa = 15000.0 }
[simulation]
clock = "virtual"
[simulation.options]
ambient_k = 323.15
noise_fraction = 0.001
[simulation.options.cell.law]
law = "arrhenius"
conductivity_s_m = 1e-3
temperature_k = 323.15
activation_energy_ev = 0.7
[simulation.options.instruments]
"GPIB0::12::INSTR" = "lakeshore336"
"GPIB0::4::INSTR" = "solartron1260"
"ASRL9::INSTR" = "cellkraft_p10"
"""
PROTOCOL = """
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
electrodes = "blocking"

[[procedure]]
use = "procedures.condition_series:ConditionSeries"
temperatures_degc = [50]
condition = "water_pa"
conditions = [1000, 2000, 4000, 8000]
condition_tolerance = 60
condition_dwell_min = 10
dwell_min = 2
frequency_max_hz = 1e6
frequency_min_hz = 100
points_per_decade = 5
"""


class OxygenMixer(CellkraftP10):
    """The same gas, called oxygen: labctl ships no driver of a mixer."""

    quantity = "oxygen_pa"  # type: ignore[assignment] - of the class instead of a property


@pytest.fixture
def slope_of(tmp_path):
    """Measure one series of a sample that answers its gas; return the lines about it and the verdict."""

    def measure(*terms, protocol=PROTOCOL, **gas):
        (tmp_path / "station.toml").write_text(STATION)
        station = read_station(tmp_path / "station.toml")
        assert station.simulation is not None
        answer = {"terms": [{"share": share, "exponent": exponent} for share, exponent in terms], **gas}
        options = {**station.simulation.options, "gas": answer}
        station = replace(station, simulation=replace(station.simulation, options=options))
        with Store.open(tmp_path / "lab.db") as store, station.open(VirtualClock()) as bench:
            if "oxygen_pa" in protocol:
                bench.atmosphere.__class__ = OxygenMixer
            (outcome,) = run_protocol(
                parse_protocol(protocol, "protocol.toml"), station, bench, store, StopRequest()
            )
        assert outcome.status == "finished", outcome.reason
        with labctl.open(tmp_path / "lab.db") as db:
            found = carriers_of(db, "pellet")
            (slope,) = slopes_of(db, [1])
        (line,) = [one for one in found.lines if "d log sigma" in one.text]
        return slope, line, found.verdicts[0][1]

    return measure


def test_protons_from_water_have_the_slope_put_in_and_are_not_excluded(slope_of):
    slope, line, verdict = slope_of((1.0, 0.5))
    low, high = slope.found.slope.interval()
    assert low <= 0.5 <= high
    assert high - low < 0.05
    assert "not excluded: protons from H2O" in line.text
    assert "carriers that do not come from H2O" not in line.text
    assert verdict.carries == ()  # a slope names no carrier


@pytest.mark.parametrize(("exponent", "words"), [(0.25, "holes beside"), (-0.25, "electrons beside")])
def test_holes_and_electrons_are_told_apart_by_the_oxygen(slope_of, exponent, words):
    slope, line, verdict = slope_of((1.0, exponent), protocol=PROTOCOL.replace("water_pa", "oxygen_pa"))
    low, high = slope.found.slope.interval()
    assert low <= exponent <= high
    assert words in line.text
    assert line.text.count("beside") == 1
    assert verdict.carries == ()


def test_a_sample_that_has_not_followed_the_gas_has_no_single_power(slope_of):
    there_and_back = PROTOCOL.replace("8000]", "8000, 2000]")
    _, line, verdict = slope_of((1.0, 0.5), protocol=there_and_back, lag_s=3000.0, hysteresis=0.1)
    assert any("no single power of the pressure" in flag for flag in line.flags)
    assert any("no single power of the pressure" in why for why in verdict.broken)
