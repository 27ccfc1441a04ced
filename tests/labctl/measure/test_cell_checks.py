"""What the read-back of a switch cannot see is found with open channels, or by the cell's own series."""

import math
import random
from dataclasses import replace

import pytest

from labctl.bench import Bench, ImpedancePoint, Limits
from labctl.clock import VirtualClock
from labctl.errors import InstrumentError, NotMadeSafe
from labctl.instruments.cell_switch import BenchCell
from labctl.measure.cell_checks import (
    Sighting,
    contradiction,
    refuse_connected,
    sighting_of,
)
from labctl.measure.events import PointMeasured

BOLTZMANN_EV_K = 8.617333262e-5
GEOMETRIC_F = 1e-11
ROOM_OHM = 2e5


class Analyser:
    name = "analyser"

    def __init__(self, sees):
        self.sees, self.safe, self.stays_on = sees, 0, None

    def sweep(self, frequencies_hz, amplitude_v, integration_s=1.0, bias_v=0.0):
        for hertz in frequencies_hz:
            if isinstance(self.sees, Exception):
                raise self.sees
            yield ImpedancePoint(hertz, self.sees.real, self.sees.imag, 0.0)

    def make_safe(self):
        self.safe += 1
        if self.stays_on:
            raise self.stays_on


def bench_seeing(sees, channels=("1!1",), **options):
    told = []
    cells = {"A": BenchCell("A", {"fra": Analyser(sees)}, channels, **options)}
    limits = Limits((200.0, 500.0), 1.0, 0.1)
    tell = lambda *words, **details: told.append(words)  # noqa: E731 - one line
    return Bench(VirtualClock(), limits, {}, "station", cells=cells, tell=tell), told


@pytest.mark.parametrize("sees", [1e6 - 1e3j, 50 + 0j, 3e5 - 6e5j, 0j])
def test_a_conductance_with_every_channel_open_is_a_cell_that_is_still_connected(sees):
    bench, _ = bench_seeing(sees)
    with pytest.raises(InstrumentError, match="a cell is still connected"):
        refuse_connected(bench, "A")


@pytest.mark.parametrize("sees", [1e3 - 1.6e6j, 1e12 - 1e9j, 5e7 - 1e7j])
def test_a_stray_capacitance_and_an_isolation_are_no_cell(sees):
    bench, told = bench_seeing(sees)
    refuse_connected(bench, "A")
    assert told == []


def test_an_analyser_that_fails_at_an_open_circuit_is_told_and_the_night_goes_on():
    bench, told = bench_seeing(InstrumentError("analyser", "SI", "", "overload"))
    refuse_connected(bench, "A")
    assert "not checked" in told[0][2]
    assert bench.cells["A"].roles["fra"].safe == 1


@pytest.mark.parametrize("sees", [1e12 - 1e9j, InstrumentError("analyser", "SI", "", "overload")])
def test_no_cell_is_connected_to_an_analyser_that_may_be_on_after_the_check(sees):
    bench, told = bench_seeing(sees)
    bench.cells["A"].roles["fra"].stays_on = NotMadeSafe({"analyser": "may be on"})
    with pytest.raises(NotMadeSafe):
        refuse_connected(bench, "A")
    assert told == []


def test_the_station_sets_the_level_of_the_open_check_or_turns_it_off():
    refuse_connected(bench_seeing(5e3 + 0j, open_check_ohm=1e3)[0], "A")
    refuse_connected(bench_seeing(50 + 0j, open_check_ohm=0.0)[0], "A")
    with pytest.raises(InstrumentError, match="still connected"):
        refuse_connected(bench_seeing(5e7 + 0j, open_check_ohm=1e8)[0], "A")


def test_a_cell_that_is_always_connected_is_not_asked():
    refuse_connected(bench_seeing(50 + 0j, channels=())[0], "A")


def sighting(kelvin, factor=1.0, capacitance_f=GEOMETRIC_F, ev=0.8):
    ohm = ROOM_OHM * kelvin * math.exp(ev / BOLTZMANN_EV_K * (1 / kelvin - 1 / 320)) / 320
    return Sighting(kelvin, factor / ohm, capacitance_f)


def test_a_series_of_one_law_never_contradicts_itself():
    known = []
    for kelvin in (320.0, 325.0, 340.0, 300.0, 390.0, 321.0, 420.0):
        now = sighting(kelvin)
        assert contradiction(known, now) == ""
        known.append(now)


def test_a_curved_law_of_a_polymer_does_not_contradict_itself():
    known = []
    for kelvin in (300.0, 310.0, 320.0, 340.0, 360.0, 380.0):
        now = Sighting(kelvin, 1e-4 * math.exp(-0.09 / (BOLTZMANN_EV_K * (kelvin - 220))))
        assert contradiction(known, now) == ""
        known.append(now)


@pytest.mark.parametrize("factor", [1e-6, 0.3, 3.0, 1e3])
def test_a_resistance_that_jumps_is_a_contradiction(factor):
    known = [sighting(kelvin) for kelvin in (320, 335, 350)]
    assert "than its own series suggests" in contradiction(known, sighting(360, factor))


def test_a_second_cell_in_parallel_shows_by_its_capacitance():
    known = [sighting(kelvin) for kelvin in (320, 335)]
    two_cells = sighting(350, 1.001, 2 * GEOMETRIC_F)
    assert "20 pF, before it was 10 pF" in contradiction(known, two_cells)


def test_conductance_falling_with_temperature_contradicts_already_the_second_spectrum():
    assert contradiction([sighting(340)], sighting(330, 30.0))


def points_of(ohm, kelvin):
    for hertz in (1e6, 1e5, 1e4, 1e3):
        z_ohm = ohm / (1 + 2j * math.pi * hertz * ohm * GEOMETRIC_F) + 1 / (2j * math.pi * hertz * 1e-6)
        yield PointMeasured(
            time_s=0.0, temperature_k=kelvin, frequency_hz=hertz, z_real_ohm=z_ohm.real, z_imag_ohm=z_ohm.imag
        )


def test_a_spectrum_shows_the_conductance_and_the_geometric_capacitance_of_its_cell():
    points = list(points_of(1e5, 350.0))
    seen = sighting_of(points)
    assert seen is not None
    assert seen.conductance_s == pytest.approx(1e-5, rel=0.05)
    assert seen.capacitance_f == pytest.approx(GEOMETRIC_F, rel=0.05)
    assert sighting_of(points[:1]) is None


def noisy_points(ohm, kelvin, rng):
    for point in points_of(ohm, kelvin):
        modulus_ohm = abs(complex(point.z_real_ohm, point.z_imag_ohm))
        real_ohm, imag_ohm = (
            part + modulus_ohm * rng.gauss(0, 0.02) for part in (point.z_real_ohm, point.z_imag_ohm)
        )
        yield replace(point, z_real_ohm=real_ohm, z_imag_ohm=imag_ohm)


def test_noise_of_a_nearly_resistive_point_is_no_other_capacitance():
    rng = random.Random(1)
    for _ in range(100):
        known = []
        for kelvin in (330.0, 340.0, 350.0, 360.0):
            now = sighting_of(list(noisy_points(ROOM_OHM * math.exp(-(kelvin - 330.0) / 7), kelvin, rng)))
            assert contradiction(known, now) == ""
            known.append(now)


def test_capacitances_at_other_frequencies_are_not_compared():
    at_1_mhz = [Sighting(330.0, 1e-6, 1e-11, highest_hz=1e6)]
    assert contradiction(at_1_mhz, Sighting(331.0, 1e-6, 2e-11, highest_hz=1e4)) == ""
    assert contradiction(at_1_mhz, Sighting(331.0, 1e-6, 2e-11, highest_hz=1e6))


def test_a_conductance_at_another_condition_is_no_contradiction():
    dry = [Sighting(330.0, 1e-6, condition=("dew_point_k", 250.0))]
    wet = Sighting(330.0, 1e-3, condition=("dew_point_k", 290.0))
    assert contradiction(dry, wet) == ""
    assert contradiction([*dry, Sighting(330.0, 1e-6, condition=wet.condition)], wet)
