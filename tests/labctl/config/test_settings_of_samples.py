"""Settings of one sample in a protocol of several: they replace parameters of the procedures for it."""

import pytest

from labctl.config.protocol import SWITCHING_S, is_settling, parse_protocol
from labctl.errors import ConfigurationError

SAMPLE = """
[[sample]]
cell = "{0}"
name = "pellet {0}"
thickness_mm = 1.0
diameter_mm = 10
"""
SERIES = """
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [45, 60]
frequency_min_hz = 10
amplitude_v = 0.02
dwell_min = 2
"""


def protocol(settings, procedures=SERIES):
    text = SAMPLE.format("A") + SAMPLE.format("B") + f"[sample.settings]\n{settings}\n" + procedures
    return parse_protocol(text, "night.toml")


def test_settings_of_a_sample_hold_for_it_alone():
    found = protocol("amplitude_v = 0.005\nfrequency_min_hz = 1e3\nfrequency_max_hz = 1e5")
    (first,), (second,) = found.of_cell("A").procedures, found.of_cell("B").procedures
    assert (first.build().amplitude_v, second.build().amplitude_v) == (0.02, 0.005)
    assert min(first.build().frequencies()) == pytest.approx(10)
    assert (min(second.build().frequencies()), max(second.build().frequencies())) == pytest.approx((1e3, 1e5))
    assert second.build().temperatures_degc == [45, 60]


def test_a_procedure_without_the_parameter_is_run_as_it_is():
    eis = '\n[[procedure]]\nuse = "procedures.eis:EIS"\n'
    found = protocol("dwell_min = 5", SERIES + eis)
    series, spectrum = found.of_cell("B").procedures
    assert series.build().dwell_min == 5
    assert dict(spectrum.parameters) == {}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("amplitude = 0.01", "sample.1..settings.amplitude: is not known.*amplitude_v"),
        ("amplitude_v = 12", "sample.1..settings.amplitude_v: is 12, above what is possible"),
        ('amplitude_v = "0.01"', "sample.1..settings.amplitude_v: .*give a number"),
        ("temperatures_degc = [50]", "settings.temperatures_degc: is the same for all samples"),
        ('history = "dry 120 degC 2 h"', "settings.history: is the same for all samples"),
        ("ramp_k_min = 2", "settings.ramp_k_min: is the same for all samples"),
        ("frequency_min_hz = 1e7", "sample.1..settings: .*must be below"),
    ],
)
def test_settings_that_cannot_be_are_refused_with_their_place(settings, words):
    with pytest.raises(ConfigurationError, match=words):
        protocol(settings)


def test_the_estimate_counts_each_window_switching_and_the_longest_dwell_once():
    found = protocol("frequency_min_hz = 1e3\ndwell_min = 7")
    plan = found.plan()
    of_a, of_b = ([s for s in found.of_cell(c).plan() if not is_settling(s)] for c in "AB")
    measured = [step for step in plan if not is_settling(step)]
    assert [step.label[-6:] for step in measured] == ["cell A", "cell B"] * 2
    assert measured[0].duration_s == of_a[0].duration_s + SWITCHING_S
    assert measured[1].duration_s == of_b[0].duration_s + SWITCHING_S < measured[0].duration_s
    assert [s.duration_s for s in plan if is_settling(s)] == [
        s.duration_s for s in found.of_cell("B").plan() if is_settling(s)
    ]


@pytest.mark.parametrize(
    "use",
    [
        "temperature_stepped_eis:TemperatureSteppedEIS",
        "polarisation_series:PolarisationSeries",
        "temperature_hold:TemperatureHold",
        "temperature_ramp_eis:TemperatureRampEIS",
    ],
)
def test_what_samples_share_are_parameters_of_the_procedure(use):
    (entry,) = protocol("", f'[[procedure]]\nuse = "procedures.{use}"\n').procedures
    assert set(entry.procedure_class.shared_by_samples) <= entry.procedure_class()._parameters.keys()
