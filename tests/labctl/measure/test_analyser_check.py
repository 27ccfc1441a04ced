"""A standard whose measurement fails is a sentence, and every output is safe."""

import pytest

from labctl.bench import ImpedancePoint
from labctl.config.reference_check import ReferenceCheck, Standard
from labctl.config.station import read_station
from labctl.measure.analyser_check import compared, measured_standard
from labctl.testing import STATION, watched

RESISTOR = Standard("resistor", 1e4, 2.0, "certificate 77")
CHECK = ReferenceCheck((RESISTOR,), frequency_hz=(100.0, 1e4))
ANALYSER = "GPIB0::4::INSTR"


@pytest.fixture
def station(tmp_path):
    (tmp_path / "station.toml").write_text(STATION)
    return watched(read_station(tmp_path / "station.toml"))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "timeout", "instrument": ANALYSER, "count": 1}, "the analyser did not measure"),
        ({"kind": "overload"}, "points are not valid"),
        ({"kind": "cell_open"}, "the leads are open"),
        ({"kind": "cell_short"}, "the leads are shorted"),
    ],
)
def test_a_failure_is_a_sentence_and_leaves_every_output_safe(station, fault, words):
    chosen, keeper = station
    left = []
    with chosen.open(on_left=left.append) as bench:
        keeper.rig.faults.add(**fault)
        found = measured_standard(bench, CHECK, RESISTOR)
    assert words in found.problem
    assert found.row(CHECK)["outcome"] == "failed"
    assert keeper.rig.instruments[ANALYSER].amplitude_v == 0


def points_of(ratio, count=5, status="ok"):
    return [ImpedancePoint(10.0**k, 1e4 * ratio, 0.0, 0.0, status) for k in range(count)]


def test_a_resistor_ten_times_larger_is_called_another_one():
    found = compared(RESISTOR, points_of(10.0))
    assert found.problem == (
        "|Z| is 10 times that of the standard (1e+05 ohm): another standard, or the sample, is connected"
    )


def test_too_few_valid_points_are_no_check():
    found = compared(RESISTOR, [*points_of(1.0, 2), *points_of(1.0, 5, "overload")])
    assert found.found is None
    assert "5 of 7 points are not valid (overload)" in found.problem


def test_the_ratio_has_the_uncertainty_of_the_standard_and_the_spread_over_frequencies():
    row = compared(RESISTOR, points_of(1.01)).row(CHECK)
    assert row["ratio"] == pytest.approx(1.01)
    assert row["ratio_u"] == pytest.approx(2e-4)
    assert row["largest_deviation"] == pytest.approx(0.01)
