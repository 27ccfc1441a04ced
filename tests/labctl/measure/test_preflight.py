"""A pre-flight names the fault of a simulated rig, and leaves everything off."""

from dataclasses import replace

import numpy as np
import pytest

from labctl.bench import ImpedancePoint
from labctl.config.sample import Sample
from labctl.measure.preflight import Finding, Preflight, PreflightSettings, judged, preflight

SAMPLE = Sample("pellet", "", "Mg2+", 1e-3, 1e-5, 7.85e-5, 1e-6, "blocking")
SETTINGS = PreflightSettings()


def found(rig, sample=SAMPLE, settings=SETTINGS):
    result = preflight(rig.bench, sample, settings)
    return result, {one.subject: one for one in result.findings}


def test_a_sound_rig_passes_in_about_a_minute_and_is_off_afterwards(rig):
    begun_s = rig.clock.monotonic()
    result, by_subject = found(rig)
    assert {name: one.verdict for name, one in by_subject.items()} == dict.fromkeys(
        ("thermometer", "spectrum", "open or short", "geometry", "contact", "amplitude", "oven"), "ok"
    )
    assert (result.outcome, result.words) == ("passed", "ready")
    permittivity = float(by_subject["geometry"].words.rpartition(" ")[2])
    assert 10 < permittivity < 20  # the pellet of the rig has 15
    assert rig.clock.monotonic() - begun_s < 150
    assert len(result.points) == len(SETTINGS.frequencies_hz)
    assert not rig.bench.oven.output_state.is_on


@pytest.mark.parametrize(
    ("fault", "subject", "words"),
    [
        ("cell_open", ("spectrum", "open or short"), ("the cell is open", "are the leads connected")),
        ("cell_short", ("open or short",), ("the cell is shorted",)),
        ("heater_dead", ("oven",), ("its heater is off, dead or slow",)),
    ],
)
def test_a_fault_of_the_rig_is_named_and_the_oven_is_off(rig, fault, subject, words):
    rig.faults.add(fault)
    result, by_subject = found(rig)
    faults = [one for one in result.findings if one.verdict == "fault"]
    assert [one.subject in subject for one in faults] == [True]
    assert any(one in faults[0].words for one in words)
    assert result.outcome == "faults"
    assert result.words.startswith("do not queue: ")
    assert not rig.bench.oven.output_state.is_on
    assert by_subject["thermometer"].verdict == "ok"


@pytest.mark.parametrize("factor", [0.1, 10.0])
def test_a_thickness_wrong_by_ten_is_named(rig, factor):
    wrong = replace(SAMPLE, thickness_m=factor * SAMPLE.thickness_m)
    result, by_subject = found(rig, wrong, replace(SETTINGS, oven_wait_s=0.0))
    assert by_subject["geometry"].verdict == "fault" or by_subject["open or short"].verdict == "fault"
    assert any("geometry" in one.words or "permittivity" in one.words for one in result.findings)


def test_a_sensor_that_fails_is_a_finding_and_the_rest_is_measured(rig):
    rig.faults.add("sensor_fault", instrument="GPIB0::12::INSTR")
    result, by_subject = found(rig)
    assert by_subject["thermometer"].verdict == "fault"
    assert by_subject["spectrum"].verdict == "ok"
    assert result.outcome == "faults"


class NotLinear:
    """An analyser that sees a cell whose impedance falls with the square of the amplitude."""

    def __init__(self, fra):
        self._fra = fra

    def __getattr__(self, name):
        return getattr(self._fra, name)

    def sweep(self, frequencies_hz, amplitude_v, integration_s=1.0, bias_v=0.0):
        factor = 1 - 500 * amplitude_v**2
        for point in self._fra.sweep(frequencies_hz, amplitude_v, integration_s, bias_v):
            yield point._replace(z_real_ohm=factor * point.z_real_ohm, z_imag_ohm=factor * point.z_imag_ohm)


def test_a_cell_that_is_not_linear_at_this_amplitude_is_named(rig):
    bench = replace(rig.bench, roles={**rig.bench.roles, "fra": NotLinear(rig.bench.roles["fra"])})
    result = preflight(bench, SAMPLE, replace(SETTINGS, amplitude_v=0.02))
    (fault,) = [one for one in result.findings if one.verdict == "fault"]
    assert fault.subject == "amplitude"
    assert "give a smaller amplitude" in fault.words


def spectrum(factor=1.0, count=16, ohm=1.8e6):
    """A good pellet: a resistance parallel to 10 pF, then a spike."""
    frequency_hz = np.logspace(6, 1, count)
    jw = 2j * np.pi * frequency_hz
    z = factor * (ohm / (1 + jw * ohm * 1e-11) + 1 / (1e-6 * jw**0.9))
    return [
        ImpedancePoint(float(f), float(one.real), float(one.imag), 0.0)
        for f, one in zip(frequency_hz, z, strict=True)
    ]


def by_subject_of(*sweeps, amplitude_v=0.01):
    return {one.subject: one for one in judged(sweeps, SAMPLE, amplitude_v)}


def test_an_amplitude_that_is_too_high_is_named():
    sweeps = spectrum(), spectrum(0.9), spectrum(1.02), spectrum()
    assert by_subject_of(*sweeps)["amplitude"].verdict == "fault"
    assert "give a smaller amplitude" in by_subject_of(*sweeps)["amplitude"].words
    assert by_subject_of(*[spectrum()] * 4)["amplitude"].verdict == "ok"


def test_a_contact_that_moves_is_named():
    assert by_subject_of(spectrum(), spectrum(), spectrum(), spectrum(1.05))["contact"].verdict == "fault"


def test_a_sample_that_conducts_too_well_leaves_the_geometry_unknown():
    found = by_subject_of(*[spectrum(ohm=100.0)] * 4)
    assert found["geometry"].verdict == "unknown"


def test_what_is_not_known_is_said_and_is_not_ok():
    result = Preflight((Finding("geometry", "unknown", "not seen"), Finding("oven", "ok", "warms")), ())
    assert (result.outcome, result.words) == ("passed in part", "ready; not known: geometry")
