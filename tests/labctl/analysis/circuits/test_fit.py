import pickle
from typing import Any

import numpy as np
import pytest

from labctl.analysis import Spectrum, fit_circuit, fit_circuits, parse_circuit

FREQUENCY_HZ = np.logspace(6, -1, 57)
A = "R0-p(R1,CPE1)-CPE2"
TRUTH = {"R0": 30.0, "R1": 2e4, "CPE1_Q": 3e-10, "CPE1_n": 0.9, "CPE2_Q": 2e-6, "CPE2_n": 0.85}


def clean(circuit=A, truth=TRUTH):
    return parse_circuit(circuit).impedance(list(truth.values()), FREQUENCY_HZ)


def noisy(sigma_ohm, seed=0):
    noise = np.random.default_rng(seed).standard_normal((2, 57))
    return clean() + sigma_ohm * (noise[0] + 1j * noise[1])


@pytest.mark.parametrize(
    ("circuit", "truth"),
    [
        (A, TRUTH),
        ("p(R1,C1)", {"R1": 3e5, "C1": 2e-11}),
        ("L0-R0-C1", {"L0": 1e-6, "R0": 5.0, "C1": 1e-5}),
        ("R0-p(R1,C1)-Ws1", {"R0": 100.0, "R1": 1e3, "C1": 1e-8, "Ws1_R": 500.0, "Ws1_tau": 0.3}),
        ("R0-Wo1", {"R0": 10.0, "Wo1_R": 50.0, "Wo1_tau": 0.05}),
        ("R0-G1", {"R0": 10.0, "G1_R": 200.0, "G1_tau": 1e-3}),
        ("R0-p(C1,R1-W1)", {"R0": 20.0, "C1": 1e-6, "R1": 500.0, "W1": 300.0}),
        ("R0-p(R1,CPE1)-p(R2,CPE2)-CPE3",
         {"R0": 50.0, "R1": 1e4, "CPE1_Q": 2e-10, "CPE1_n": 0.95, "R2": 5e4, "CPE2_Q": 3e-8, "CPE2_n": 0.85,
          "CPE3_Q": 5e-6, "CPE3_n": 0.9}),
    ],
)  # fmt: skip
def test_without_noise_the_truth_comes_back_from_nobodys_guess(circuit, truth):
    fit = fit_circuit(Spectrum(FREQUENCY_HZ, clean(circuit, truth)), circuit)
    assert list(fit.parameters) == list(truth)
    assert fit.converged
    np.testing.assert_allclose(fit.values, list(truth.values()), rtol=1e-4)


def test_alike_arcs_are_numbered_from_the_fastest():
    truth = {"R1": 5e4, "C1": 3e-8, "R2": 1e4, "C2": 2e-10}
    fit = fit_circuit(Spectrum(FREQUENCY_HZ, clean("p(R1,C1)-p(R2,C2)", truth)), "p(R1,C1)-p(R2,C2)")
    assert fit.parameters["R1"].value == pytest.approx(1e4, rel=1e-4)
    assert fit.parameters["R2"].value == pytest.approx(5e4, rel=1e-4)


def test_a_given_start_leads_to_the_same_place():
    start = {name: value * 3 if not name.endswith("_n") else value for name, value in TRUTH.items()}
    spectrum = Spectrum(FREQUENCY_HZ, noisy(5.0))
    np.testing.assert_allclose(
        fit_circuit(spectrum, A, start=start).values, fit_circuit(spectrum, A).values, rtol=1e-3
    )


def test_a_known_noise_states_the_uncertainty_by_itself():
    known = fit_circuit(Spectrum(FREQUENCY_HZ, noisy(5.0)), A, weights=np.full(57, 5.0))
    doubled = fit_circuit(Spectrum(FREQUENCY_HZ, noisy(5.0)), A, weights=np.full(57, 10.0))
    assert known.rms == pytest.approx(1.0, rel=0.2)
    ratio = doubled.parameters["R1"].standard_uncertainty / known.parameters["R1"].standard_uncertainty
    assert ratio == pytest.approx(2.0 / max(known.rms, 1.0), rel=0.01)


def test_unit_weights_suit_a_noise_that_is_the_same_everywhere():
    errors = {"unit": [], "modulus": []}
    for seed in range(15):
        spectrum = Spectrum(FREQUENCY_HZ, noisy(20.0, seed))
        for weights, found in errors.items():
            found.append(fit_circuit(spectrum, A, weights=weights).parameters["R1"].value / 2e4 - 1)
    assert np.std(errors["unit"]) < np.std(errors["modulus"])


def test_a_sum_carries_the_correlation_of_its_parts():
    fit = fit_circuit(Spectrum(FREQUENCY_HZ, noisy(20.0)), A)
    total, parts = fit.sum_of(["R0", "R1"]), [fit.parameters[name] for name in ("R0", "R1")]
    assert total.value == pytest.approx(sum(part.value for part in parts))
    assert total.standard_uncertainty < np.hypot(*(part.standard_uncertainty for part in parts))


def test_the_covariance_is_that_of_the_parameters():
    fit = fit_circuit(Spectrum(FREQUENCY_HZ, noisy(20.0)), A)
    deviations = [estimate.standard_uncertainty for estimate in fit.parameters.values()]
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), deviations, rtol=1e-9)
    assert (np.linalg.eigvalsh(fit.covariance / np.outer(deviations, deviations)) > -1e-9).all()


def test_many_at_once_are_each_as_alone():
    spectra = [Spectrum(FREQUENCY_HZ[: 57 - k], noisy(5.0, k)[: 57 - k]) for k in range(4)]
    for together, spectrum in zip(fit_circuits(spectra, A), spectra, strict=True):
        np.testing.assert_allclose(together.values, fit_circuit(spectrum, A).values, rtol=1e-6)


@pytest.mark.parametrize("circuit", [A, "L0-" + A])
def test_a_fit_ends_at_the_same_place_alone_and_among_others(circuit):
    spectra = [Spectrum(FREQUENCY_HZ, noisy(5.0, k)) for k in range(6)]
    for among, spectrum in zip(fit_circuits(spectra, circuit, starts=1), spectra, strict=True):
        alone = fit_circuit(spectrum, circuit, starts=1)
        np.testing.assert_allclose(among.values, alone.values, rtol=1e-8)
        np.testing.assert_allclose(among.covariance, alone.covariance, rtol=1e-5, atol=0)
        assert among.flags == alone.flags


def test_odd_fits_among_plain_ones_are_said_as_alone():
    """Correlated noise beside white noise; a spectrum without noise does not affect other results."""
    correlated = np.convolve(noisy(5.0, 9) - clean(), np.ones(5) / 2, "same") + clean()
    impedances = (noisy(5.0, 1), correlated, noisy(5.0, 2), noisy(5.0, 3), clean())
    spectra = [Spectrum(FREQUENCY_HZ, z) for z in impedances]
    together = fit_circuits(spectra, A)
    for among, spectrum in zip(together[:4], spectra, strict=False):
        alone = fit_circuit(spectrum, A)
        assert among.autocorrelation == pytest.approx(alone.autocorrelation, abs=1e-6)
        np.testing.assert_allclose(among.covariance, alone.covariance, rtol=1e-4)
    assert [fit.autocorrelation > 0 for fit in together[:4]] == [False, True, False, False]
    np.testing.assert_allclose(together[4].values, list(TRUTH.values()), rtol=1e-6)


def test_a_batch_may_be_parted_among_processes():
    """Everything sent to and returned from the processes is pickled."""
    spectra = [Spectrum(FREQUENCY_HZ, noisy(5.0, k), metadata={"k": str(k)}) for k in range(130)]

    class Elsewhere:
        def map(self, work, parts):
            sent = [pickle.dumps((work, part)) for part in parts]
            assert len(sent) == 2
            return [pickle.loads(pickle.dumps(work(part))) for work, part in map(pickle.loads, sent)]

    executor: Any = Elsewhere()
    found = fit_circuits(spectra, A, executor=executor)
    for there, here in zip(found, fit_circuits(spectra, A), strict=True):
        np.testing.assert_allclose(there.values, here.values, rtol=1e-9)
        assert there.flags == here.flags


def test_what_the_data_do_not_hold_is_said():
    fit = fit_circuit(Spectrum(FREQUENCY_HZ, noisy(5.0, seed=1)), "L0-" + A)
    assert any("L0" in flag for flag in fit.flags)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("circuit", {"circuit": "R0-"}),
        ("start", {"start": {"R0": 1.0}}),
        ("start", {"start": dict.fromkeys(TRUTH, -1.0)}),
        ("weights", {"weights": "heavy"}),
        ("weights", {"weights": [1.0, 2.0]}),
        ("weights", {"weights": np.zeros(57)}),
    ],
)
def test_arguments_that_make_no_sense_are_refused_by_name(name, arguments):
    with pytest.raises(ValueError, match=name):
        fit_circuit(Spectrum(FREQUENCY_HZ, clean()), **{"circuit": A, **arguments})


def test_further_starts_are_followed_where_the_first_ends_beside_the_best():
    """A small resistor in series, described by a fast arc: the best first guess makes it a slow one."""
    truth = [49.0, 12262.0, 1.321e-9, 0.8936, 6.071e-6, 0.864]
    rng = np.random.default_rng(49)
    ratios = []
    for _ in range(10):
        noise = rng.standard_normal((2, 57))
        z = parse_circuit(A).impedance(truth, FREQUENCY_HZ) * (1 + 3e-3 * (noise[0] + 1j * noise[1]))
        spectrum, two_arcs = Spectrum(FREQUENCY_HZ, z), "p(R1,CPE1)-p(R2,CPE2)-CPE3"
        one, several = (fit_circuit(spectrum, two_arcs, starts=count) for count in (1, 4))
        ratios.append(several.rms / one.rms)
    assert max(ratios) <= 1 + 1e-6
    assert min(ratios) < 0.6
