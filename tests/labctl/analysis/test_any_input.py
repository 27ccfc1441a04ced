"""Arbitrary input arrays give a result with a flag or a ValueError that names the argument."""

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labctl.analysis import (
    Spectrum,
    compensate,
    drt,
    fit_circuit,
    ionic_resistance,
    ionic_resistance_series,
    kramers_kronig,
    parse_circuit,
)

ANY_FLOAT = st.floats(allow_nan=True, allow_infinity=True, width=64)
POWERS = st.floats(-14, 19).map(lambda power: 10.0**power)
PART = st.one_of(st.floats(-1e9, 1e9), POWERS, POWERS.map(lambda x: -x), st.sampled_from([0.0, 1.0, -1.0]))
FREQUENCY = st.one_of(st.floats(1e-3, 1e7), POWERS, st.sampled_from([10.0, 100.0]))
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@st.composite
def spectra(draw, most=16):
    size = draw(st.integers(0, most))
    frequency, real, imaginary = (
        np.array(draw(st.lists(part, min_size=size, max_size=size)), float)
        for part in (FREQUENCY, PART, PART)
    )
    for array in (frequency, real, imaginary):
        for place in draw(st.lists(st.integers(0, max(size - 1, 0)), max_size=2)) if size else ():
            array[place] = draw(ANY_FLOAT)
    return Spectrum(frequency, [complex(a, b) for a, b in zip(real, imaginary, strict=True)])


def damaged(seed, harm):
    """A valid spectrum with one defect."""
    rng = np.random.default_rng(seed)
    frequency = np.logspace(6, -1, 40)
    z = parse_circuit("p(R1,CPE1)-CPE2").impedance(
        [10 ** rng.uniform(0, 8), 1e-10, 0.9, 1e-6, 0.9], frequency
    )
    harm(frequency, z)
    return Spectrum(frequency, z)


HARMS = {
    "all nan": lambda f, z: z.fill(np.nan),
    "all zero": lambda f, z: z.fill(0),
    "constant": lambda f, z: z.fill(1e3),
    "purely imaginary": lambda f, z: z.real.fill(0),
    "negative resistance": lambda f, z: np.negative(z.real, out=z.real),
    "conjugate": lambda f, z: np.conjugate(z, out=z),
    "one frequency": lambda f, z: f.fill(1e3),
    "negative frequencies": lambda f, z: np.negative(f, out=f),
    "frequencies repeated": lambda f, z: f.__setitem__(slice(20, 40), f[:20].copy()),
    "huge": lambda f, z: np.multiply(z, 1e120, out=z),
    "tiny": lambda f, z: np.multiply(z, 1e-120, out=z),
    "half nan": lambda f, z: z.__setitem__(slice(None, None, 2), np.nan),
    "noise only": lambda f, z: z.__setitem__(slice(None), np.random.default_rng(1).standard_normal(40)),
    "saturated": lambda f, z: z.__setitem__(slice(20, 40), z[20]),
    "infinite frequency": lambda f, z: f.__setitem__(0, np.inf),
}


@QUICK
@given(spectra(), st.sampled_from(["blocking", "reversible"]))
def test_a_resistance_never_fails_on_what_was_measured(spectrum, electrodes):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = ionic_resistance(spectrum, electrodes)
    assert found.flags or found.total_ohm.value > 0


@pytest.mark.parametrize("electrodes", ["blocking", "reversible"])
@pytest.mark.parametrize("harm", HARMS)
def test_a_damaged_spectrum_gives_a_flag_or_a_number(harm, electrodes):
    found = ionic_resistance(damaged(1, HARMS[harm]), electrodes)
    assert found.flags
    if harm in ("all nan", "all zero", "one frequency", "negative frequencies", "noise only"):
        assert found.bound is not None or not found.total_ohm.value > 0


@settings(QUICK, max_examples=10)
@given(st.lists(spectra(12), min_size=0, max_size=3), st.data())
def test_a_series_never_fails_on_what_was_measured(many, data):
    temperatures = data.draw(st.lists(st.floats(1.0, 2000.0), min_size=len(many), max_size=len(many)))
    assert len(ionic_resistance_series(many, temperatures)) == len(many)


def result_or_refusal(names, function, *arguments):
    """The result, or None after a ValueError that names one of the arguments."""
    try:
        return function(*arguments)
    except ValueError as error:
        message = str(error)
    assert any(name in message for name in names), message
    return None


@QUICK
@given(spectra(), st.sampled_from(["R0-CPE1", "p(R1,CPE1)-CPE2", "R0-p(R1,C1-Ws2)-L3", "G1-Wo2"]))
def test_a_circuit_fit_gives_finite_parameters_or_names_the_spectrum(spectrum, circuit):
    fit = result_or_refusal(["spectrum"], fit_circuit, spectrum, circuit)
    assert fit is None or (np.isfinite(fit.values) & (fit.values > 0)).all()


@QUICK
@given(spectra())
def test_the_kramers_kronig_test_answers_or_names_the_spectrum(spectrum):
    test = result_or_refusal(["spectrum"], kramers_kronig, spectrum)
    assert test is None or test.passed in (True, False)


@settings(QUICK, max_examples=15)
@given(spectra())
def test_relaxation_times_are_not_negative_or_the_spectrum_is_named(spectrum):
    times = result_or_refusal(["spectrum"], drt, spectrum, 1e-2)
    assert times is None or (times.gamma_ohm >= 0).all()


@QUICK
@given(spectra(), spectra(), spectra())
def test_compensation_keeps_every_point_or_names_the_fixture(measured, short, open_circuit):
    found = result_or_refusal(["short", "open_circuit"], compensate, measured, short, open_circuit)
    assert found is None or len(found) == len(measured)


ANYTHING = st.one_of(st.none(), st.text(), st.lists(st.one_of(ANY_FLOAT, st.text(), st.none())))


@QUICK
@given(st.one_of(ANYTHING, st.lists(ANYTHING)))
def test_anything_for_a_frequency_is_a_spectrum_or_refused_by_name(frequency):
    spectrum = result_or_refusal(["frequency_hz"], Spectrum, frequency, np.zeros(3))
    assert spectrum is None or len(spectrum) == 3


@QUICK
@given(st.text(alphabet="RCLWGPEpso0123(),- _", max_size=25))
def test_any_description_is_a_circuit_or_refused_by_name(description):
    circuit = result_or_refusal(["circuit"], parse_circuit, description)
    assert circuit is None or circuit.names
