"""Why a run waits, in words."""

import pytest

from labctl.readmodel.settling_text import settling_in_words

PARAMETERS = {"band_k": 0.5, "slope_k_min": 0.1, "dwell_min": 30.0, "settling_timeout_min": 240.0}


def readings(phase, *kelvin, setpoint_k=333.15):
    return [
        {"number": n, "time_s": 1000.0 - 5 * n, "temperature_k": k, "setpoint_k": setpoint_k, "phase": phase}
        for n, k in enumerate(kelvin)
    ]


@pytest.mark.parametrize(
    ("phase", "kelvin", "begin_s", "words"),
    [
        ("dwell", [333.2], 280.0, "dwell: 18 min 00 s of 30 min 00 s left"),
        ("approach", [330.0], 400.0, "waits: 3.15 K below 60.00 °C, band 0.5 K; gives up in 3 h 50 min"),
        ("approach", [335.0], 400.0, "waits: 1.85 K above 60.00 °C, band 0.5 K; gives up in 3 h 50 min"),
        (
            "approach",
            [333.35, 333.25, 333.15],
            400.0,
            "waits in the band: changes by 1.2 K/min, allowed 0.1 K/min; gives up in 3 h 50 min",
        ),
        ("approach", [None], 940.0, "waits for 1 min 00 s: no reading of the temperature"),
    ],
)
def test_the_reason_and_the_time_left_are_said(phase, kelvin, begin_s, words):
    assert settling_in_words(PARAMETERS, readings(phase, *kelvin), begin_s) == words
