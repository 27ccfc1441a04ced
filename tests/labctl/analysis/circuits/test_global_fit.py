import numpy as np
import pytest

from labctl.analysis import Spectrum, fit_globally, parse_circuit

FREQUENCY_HZ = np.logspace(6, 0, 49)
CIRCUIT = "R0-p(R1,CPE1)-CPE2"
RESISTANCES_OHM = (1e6, 1e5, 1e4, 2e3)


def series(exponents, seed=1):
    rng, spectra = np.random.default_rng(seed), []
    for r1, n1 in zip(RESISTANCES_OHM, exponents, strict=True):
        z = parse_circuit(CIRCUIT).impedance([20.0, r1, 2e-10, n1, 1e-6, 0.85], FREQUENCY_HZ)
        noise = rng.standard_normal((2, 49))
        spectra.append(Spectrum(FREQUENCY_HZ, z + 2e-3 * np.abs(z) * (noise[0] + 1j * noise[1])))
    return spectra


def test_what_is_shared_sharpens_the_hottest_resistance():
    fit = fit_globally(series([0.93] * 4), CIRCUIT, ["R0", "CPE1_Q", "CPE1_n"])
    hottest, alone = fit.own[-1]["R1"], fit.separate[-1].parameters["R1"]
    assert fit.flags == ()
    assert hottest.value == pytest.approx(2e3, rel=0.01)
    assert hottest.standard_uncertainty < 0.3 * alone.standard_uncertainty
    assert fit.shared["CPE1_n"].value == pytest.approx(0.93, rel=0.005)


def test_sharing_what_is_shared_is_rarely_rejected():
    p_values = [fit_globally(series([0.93] * 4, seed), CIRCUIT, ["CPE1_n"]).p_value for seed in range(20)]
    assert sum(p < 0.05 for p in p_values) <= 4


def test_what_is_not_shared_is_found_out():
    fit = fit_globally(series([0.85, 0.88, 0.91, 0.94]), CIRCUIT, ["CPE1_n"])
    assert fit.p_value < 1e-6
    assert "not the same" in fit.flags[0]


def test_requests_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="R7"):
        fit_globally(series([0.9] * 4), CIRCUIT, ["R7"])
    with pytest.raises(ValueError, match="shared"):
        fit_globally(series([0.9] * 4), CIRCUIT, [])
    with pytest.raises(ValueError, match="spectra"):
        fit_globally(series([0.9] * 4)[:1], CIRCUIT, ["R0"])
