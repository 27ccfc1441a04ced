from dataclasses import replace

import numpy as np

from labctl.analysis import Spectrum, parse_circuit
from labctl.analysis.circuits.problem import Problem, guesses
from labctl.analysis.circuits.search import FIRST_ITERATIONS, WORTH, fit_problems

TWO_ARCS = "R0-p(R1,CPE1)-p(R2,CPE2)-CPE3"
CIRCUITS = ("R0-CPE1", "p(R1,CPE1)-CPE2", "R0-p(R1,CPE1)-CPE2", TWO_ARCS, "R0-p(R1,CPE1)-TLM4")
VALUES = (20.0, 1e4, 1e-9, 0.92, 3e4, 3e-8, 0.88, 2e-6, 0.85)


def spectrum(seed: int = 1, points: int = 60) -> Spectrum:
    rng, frequency = np.random.default_rng(seed), np.logspace(6, -1, points)
    z = parse_circuit(TWO_ARCS).impedance(VALUES, frequency)
    noise = 3e-3 * (rng.standard_normal(points) + 1j * rng.standard_normal(points))
    return Spectrum(frequency, z * (1 + noise))


def problems_of(one: Spectrum, circuits: tuple[str, ...] = CIRCUITS) -> list[Problem]:
    first = Problem.of(one, parse_circuit(circuits[0]), "modulus")
    return [first.with_circuit(parse_circuit(circuit)) for circuit in circuits]


def test_circuits_fitted_together_get_the_fits_of_each_alone():
    problems = problems_of(spectrum())

    together = fit_problems(problems, guesses(problems, 4))

    for problem, fit in zip(problems, together, strict=True):
        own = replace(problem, z=problem.z.copy())
        alone = fit_problems([own], guesses([own], 4))[0]
        assert fit.circuit == problem.circuit.description
        assert fit.rms == alone.rms or abs(fit.rms / alone.rms - 1) < 1e-3
        if alone.converged and fit.converged:
            np.testing.assert_allclose(fit.values, alone.values, rtol=0.01)
            np.testing.assert_allclose(fit.covariance, alone.covariance, rtol=0.1, atol=1e-30)


def test_spectra_of_different_lengths_are_fitted_together():
    problems = [*problems_of(spectrum(1, 60), CIRCUITS[2:4]), *problems_of(spectrum(2, 45), CIRCUITS[2:4])]

    fits = fit_problems(problems, guesses(problems, 2))

    assert [fit.circuit for fit in fits] == [*CIRCUITS[2:4]] * 2
    assert [fit.frequency_hz.size for fit in fits] == [60, 60, 45, 45]
    assert all(fit.rms < 4e-3 for fit in fits[1::2])


def test_a_circuit_that_fits_far_worse_is_not_followed_to_the_end():
    first, slow = problems_of(spectrum(), (TWO_ARCS, "R0-p(R1,CPE1)-p(R2-Ws2,CPE2)"))
    far = [np.full((1, len(slow.circuit.names)), -2.0)]
    alone = fit_problems([replace(slow, z=slow.z.copy())], far, FIRST_ITERATIONS)[0]
    assert not alone.converged  # that search needs more than the first iterations

    beside = fit_problems([first, slow], [*guesses([first], 4), *far])

    assert (beside[1].rms / beside[0].rms) ** 2 > WORTH[0][0]
    assert not beside[1].converged
    assert beside[1].flags[0] == "fit did not converge"
    assert abs(beside[1].rms / alone.rms - 1) < 1e-6


def test_of_many_starts_the_most_promising_are_followed():
    problems = problems_of(spectrum(), (TWO_ARCS,))
    rng = np.random.default_rng(5)
    good = guesses(problems, 1)[0]
    starts = np.concatenate([good + rng.uniform(-3, 3, (20, good.shape[1])), good])

    (fit,) = fit_problems(problems, [starts])

    np.testing.assert_allclose(fit.values, VALUES, rtol=0.2)
