"""Statements about accuracy as text: a station and its runs say the same."""

import json

import pytest

from labctl.config.accuracy_text import accuracy_lines
from labctl.config.station import read_station
from labctl.testing import STATION

ROLES = ("oven", "fra", "potentiostat")


@pytest.fixture
def described(tmp_path):
    """Return what a run of a station with these tables keeps."""

    def _described(text):
        path = tmp_path / "station.toml"
        path.write_text(STATION + text, encoding="utf-8")
        accuracy = read_station(path).accuracy
        kept = json.loads(json.dumps(accuracy.described()))
        assert accuracy_lines(kept, ROLES) == accuracy.in_words(ROLES)
        return kept

    return _described


def test_a_class_is_named_with_its_range(described):
    kept = described('[accuracy.thermometer]\nclass = "PT100 A wire"\n')
    assert accuracy_lines(kept, ["oven"]) == [
        "thermometer: PT100 A wire, -100 to 450 degC (PT100 A wire, IEC 60751:2022)",
        "sensor to sample: not stated",
    ]


def test_a_class_of_a_newer_labctl_is_named_without_its_range():
    stated = {"thermometer": {"class": "type Z class 1", "source": "a standard"}}
    assert accuracy_lines(stated, ["thermometer"])[0] == "thermometer: type Z class 1 (a standard)"


def test_a_calibration_is_named_with_its_uncertainty(described):
    kept = described('[accuracy.thermometer]\noffset_uncertainty_k = 0.02\nsource = "certificate 4"\n')
    words = "thermometer: calibrated, u = 0.02 K at 0 degC (certificate 4)"
    assert accuracy_lines(kept, ["oven"])[0] == words


def test_the_ranges_of_an_analyser_are_shown(described):
    text = '[accuracy.analyser]\ngain = 0.002\nphase_deg = 0.2\nfrequency_hz = [1, 1e6]\nsource = "page 3"\n'
    assert accuracy_lines(described(text), ["fra"]) == ["analyser: 0.2 %, 0.2 deg, 1 to 1e+06 Hz (page 3)"]


def test_a_range_without_an_upper_end_has_its_lower_one_alone():
    ends = {"frequency_hz": [10, None], "impedance_ohm": [0.0, None]}
    stated = {"ranges": [{"gain": 0.002, "phase_rad": None, **ends}], "source": "page 3"}
    assert accuracy_lines({"analyser": stated}, ["fra"]) == [
        "analyser: 0.2 %, phase not stated, from 10 Hz (page 3)"
    ]


@pytest.mark.parametrize(
    ("currents", "potential_gain", "words"),
    [
        ([0.001, 0.002], 0.0005, "current 0.1 to 0.2 %, potential 0.05 %"),
        ([0.001, 0.001], None, "current 0.1 %, potential not stated"),
        ([], 0.0005, "current not stated, potential 0.05 %"),
    ],
)
def test_the_figures_of_a_potentiostat_are_shown(currents, potential_gain, words):
    stated = {"currents": [{"gain": gain} for gain in currents], "potential_gain": potential_gain}
    lines = accuracy_lines({"potentiostat": stated | {"source": "data sheet"}}, ["potentiostat"])
    assert lines == [f"potentiostat: {words} (data sheet)"]


def test_a_role_without_an_instrument_has_no_line():
    assert accuracy_lines({}, ["fra"]) == ["analyser: not stated"]
