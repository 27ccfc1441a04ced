"""`[accuracy.*]` of a station file."""

import datetime
import json
import math

import pytest

from labctl.accuracy import CLASSES, CurrentRange, ThermometerCalibration
from labctl.analysis import AnalyserAccuracy
from labctl.config.doubts import doubts_about_accuracy, doubts_about_temperatures
from labctl.config.station import read_station
from labctl.errors import ConfigurationError
from labctl.testing import STATION

TODAY = datetime.date(2026, 11, 30)


@pytest.fixture
def station(tmp_path):
    def _station(text: str):
        path = tmp_path / "station.toml"
        path.write_text(STATION + text, encoding="utf-8")
        return read_station(path)

    return _station


def test_without_a_table_the_figures_of_the_driver_hold_with_their_source(station):
    accuracy = station("").accuracy
    assert accuracy.analyser.given_by == "driver"
    assert accuracy.analyser.value[0].gain == 0.001
    assert "1260A brochure" in accuracy.analyser.source


def test_what_neither_station_nor_driver_states_is_not_stated(station):
    accuracy = station("").accuracy
    assert accuracy.thermometer is None
    assert "thermometer: not stated" in accuracy.in_words(["oven", "fra"])
    assert accuracy.in_words(["oven"]) == ["thermometer: not stated", "sensor to sample: not stated"]


def test_the_station_comes_before_the_driver(station):
    text = """
[accuracy.analyser]
gain = 0.0005
phase_deg = 0.05
source = "certificate 17"
date = 2026-03-02
valid_until = 2027-03-02
"""
    found = station(text).accuracy.analyser
    assert (found.given_by, found.source, found.instrument) == ("station", "certificate 17", "analyser")
    assert found.value[0].phase_rad == pytest.approx(math.radians(0.05))
    assert found.valid_until == datetime.date(2027, 3, 2)


def test_an_analyser_has_ranges_of_frequency_and_impedance(station):
    text = """
[accuracy.analyser]
source = "data sheet, p. 7"
[[accuracy.analyser.range]]
frequency_hz = [1, 1e5]
impedance_ohm = [10, 1e6]
gain = 0.001
phase_deg = 0.1
[[accuracy.analyser.range]]
gain = 0.01
"""
    first, second = station(text).accuracy.analyser.value
    assert (first.frequency_hz, first.impedance_ohm) == ((1.0, 1e5), (10.0, 1e6))
    assert second.phase_rad is None


def test_a_thermometer_has_a_class_by_name(station):
    found = station('\n[accuracy.thermometer]\nclass = "PT100 A wire"\n').accuracy.thermometer
    assert found.value == CLASSES["PT100 A wire"]
    assert "IEC 60751" in found.source


def test_a_thermometer_has_a_calibration_of_the_instrument_named(station):
    text = '\n[accuracy.thermometer.oven]\noffset_uncertainty_k = 0.05\nsource = "certificate 3"\n'
    assert station(text).accuracy.thermometer.value == ThermometerCalibration(0.05)


def test_a_potentiostat_has_gain_and_zero_by_range(tmp_path):
    text = (
        STATION.replace('roles = ["fra"]', 'roles = ["fra"]\n', 1)
        + """
[instruments.source]
driver = "drivers.keithley2450:Keithley2450"
address = "GPIB0::18::INSTR"
roles = ["potentiostat"]
[accuracy.potentiostat]
potential_gain = 0.0002
potential_zero_v = 3e-4
source = "certificate 4"
[[accuracy.potentiostat.range]]
up_to_a = 1e-3
gain = 0.0002
zero_a = 6e-8
[[accuracy.potentiostat.range]]
up_to_a = 1e-6
gain = 0.001
zero_a = 1e-10
"""
    )
    path = tmp_path / "station.toml"
    path.write_text(text, encoding="utf-8")
    found = read_station(path).accuracy.potentiostat.value
    assert found.currents == (CurrentRange(1e-6, 0.001, 1e-10), CurrentRange(1e-3, 0.0002, 6e-8))
    assert found.potential_zero_v == 3e-4


@pytest.mark.parametrize(
    ("text", "key", "hint"),
    [
        ("[accuracy.analyzer]\ngain = 0.1\n", "accuracy.analyzer", "did you mean 'analyser'?"),
        ("[accuracy.analyser]\ngain = 0\nsource = 'x'\n", "accuracy.analyser.gain", "no instrument is exact"),
        (
            "[accuracy.analyser]\ngain = -0.1\nsource = 'x'\n",
            "accuracy.analyser.gain",
            "above 0 and at most 0.1",
        ),
        (
            "[accuracy.analyser]\ngains = 0.1\nsource = 'x'\n",
            "accuracy.analyser.gain",
            "is 'gains' meant to be 'gain'?",
        ),
        (
            "[accuracy.thermometer]\nclas = 'PT100 A wire'\n",
            "accuracy.thermometer.class",
            "is 'clas' meant to be",
        ),
        ("[accuracy.analyser]\ngain = 0.5\nsource = 'x'\n", "accuracy.analyser.gain", "0.001 for 0.1 %"),
        ("[accuracy.analyser]\ngain = 0.001\n", "accuracy.analyser.source", "certificate 1234"),
        ("[accuracy.analyser]\nsource = 'x'\n", "accuracy.analyser.gain", "is missing"),
        (
            "[accuracy.analyser]\ngain = 0.001\nphase_rad = 0.1\nsource = 'x'\n",
            "accuracy.analyser.phase_rad",
            "'phase_deg'",
        ),
        (
            "[accuracy.analyser]\ngain = 0.001\nsource = 'x'\ndate = '2026-03-02'\n",
            "accuracy.analyser.date",
            "without quotes",
        ),
        (
            "[accuracy.analyser]\ngain = 0.001\nsource = 'x'\ndate = 2026-03-02\nvalid_until = 2025-03-02\n",
            "accuracy.analyser.valid_until",
            "before date",
        ),
        ("[accuracy.thermometer]\nclass = 'PT100 C'\n", "accuracy.thermometer.class", "'PT100 A wire'"),
        ("[accuracy.thermometer]\nsource = 'x'\n", "accuracy.thermometer.class", "offset_uncertainty_k"),
        (
            "[accuracy.thermometer.ofen]\nclass = 'PT100 A wire'\n",
            "accuracy.thermometer.ofen",
            "name one of: oven",
        ),
        (
            "[accuracy.potentiostat]\ncurrent_gain = 0.01\n",
            "accuracy.potentiostat",
            "no instrument has",
        ),
    ],
)
def test_a_mistake_is_refused_with_what_is_right(station, text, key, hint):
    with pytest.raises(ConfigurationError) as caught:
        station("\n" + text)
    assert caught.value.key == key
    assert hint in caught.value.problem


def test_an_expired_certificate_is_doubted_and_counts_on(station):
    text = "\n[accuracy.analyser]\ngain = 0.0005\nsource = 'x'\nvalid_until = 2026-11-29\n"
    found = station(text)
    (doubt,) = doubts_about_accuracy(found.accuracy, TODAY)
    assert "valid until 2026-11-29" in doubt
    assert found.accuracy.analyser.value[0].gain == 0.0005


def test_a_certificate_on_its_last_day_is_not_doubted(station):
    text = "\n[accuracy.analyser]\ngain = 0.0005\nsource = 'x'\nvalid_until = 2026-11-30\n"
    assert doubts_about_accuracy(station(text).accuracy, TODAY) == []


def test_a_run_keeps_what_was_stated_as_json(station):
    kept = json.loads(json.dumps(station("").accuracy.described()))
    assert kept["thermometer"] is None
    assert AnalyserAccuracy.of(kept["analyser"]["ranges"]).ranges[0].gain == 0.001


@pytest.mark.parametrize("line", ["gain = 0.001", "phase_deg = 0.1", "frequency_hz = [1, 10]"])
def test_a_key_beside_the_ranges_is_named(station, line):
    text = f'\n[accuracy.analyser]\nsource = "x"\n{line}\n[[accuracy.analyser.range]]\ngain = 0.001\n'
    with pytest.raises(ConfigurationError, match=rf"{line.split()[0]}:? belongs in the \[\[range\]\] tables"):
        station(text)


def test_the_difference_between_sensor_and_sample_is_read_with_its_source(station):
    text = """
[accuracy.sample_temperature]
offset_k = -0.6
uncertainty_k = 0.2
source = "second sensor in a dummy cell, 2026-03-02"
"""
    accuracy = station(text).accuracy
    assert accuracy.sample_temperature.offset_k == -0.6
    assert accuracy.in_words(["oven"])[1] == (
        "sensor to sample: sample -0.6 K from the sensor, u = 0.2 K (second sensor in a dummy "
        "cell, 2026-03-02)"
    )
    kept = json.loads(json.dumps(accuracy.described()))["sample_temperature"]
    assert (kept["offset_k"], kept["uncertainty_k"]) == (-0.6, 0.2)


@pytest.mark.parametrize(
    ("lines", "key", "hint"),
    [
        ("offset_k = 0.1\nuncertainty_k = 0\nsource = 'x'", "uncertainty_k", "no instrument is exact"),
        ("offset_k = 0.1\nsource = 'x'", "uncertainty_k", "is missing"),
        ("uncertainty_k = 0.1\nsource = 'x'", "offset_k", "is missing"),
        ("offset_k = 0.1\nuncertainty_k = 0.1", "source", "how the difference was measured"),
        ("offset_k = 0.1\nuncertainty_k = 0.1\nsource = 'x'\nofset = 1", "ofset", "offset_k"),
    ],
)
def test_a_difference_between_sensor_and_sample_that_is_not_whole_is_refused(station, lines, key, hint):
    with pytest.raises(ConfigurationError) as caught:
        station(f"[accuracy.sample_temperature]\n{lines}\n")
    assert caught.value.key == f"accuracy.sample_temperature.{key}"
    assert hint in caught.value.problem


def test_a_calibration_names_its_thermocouple_and_whether_it_was_made_in_place(station):
    text = """
[accuracy.thermometer]
offset_uncertainty_k = 0.5
thermocouple = "K"
in_place = true
source = "certificate 9"
"""
    accuracy = station(text).accuracy
    assert accuracy.thermometer.value == ThermometerCalibration(0.5, 0.0, "K", True)
    assert doubts_about_temperatures(accuracy, [300.0, 800.0]) == []


@pytest.mark.parametrize("key", ['thermocouple = "K"', "in_place = true"])
def test_what_belongs_to_a_calibration_is_refused_beside_a_class(station, key):
    with pytest.raises(ConfigurationError, match="belongs to a calibration"):
        station(f'[accuracy.thermometer]\nclass = "type K class 1"\n{key}\n')


@pytest.mark.parametrize(
    ("name", "highest_k", "words"),
    [
        ("PT100 A film", 600.0, ["stated from -30 to 300 degC"]),
        ("type K class 1", 600.0, ["up to 1.7 %"]),
        ("type T class 1", 800.0, ["stated from -40 to 350 degC", "by an amount that is not stated"]),
        ("PT100 A film", 500.0, []),
        ("type K class 1", 470.0, []),
    ],
)
def test_temperatures_at_which_a_class_does_not_hold_raise_a_doubt(station, name, highest_k, words):
    accuracy = station(f'[accuracy.thermometer]\nclass = "{name}"\n').accuracy
    doubts = doubts_about_temperatures(accuracy, [300.0, highest_k])
    assert len(doubts) == len(words)
    assert all(word in doubt for word, doubt in zip(words, doubts, strict=True))
