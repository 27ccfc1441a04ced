import numpy as np
import pytest
from scipy.optimize import nnls

from labctl.analysis import Spectrum, parse_circuit
from labctl.analysis.spectra.relaxation_problem import Regularised, RelaxationProblem, valley_before_electrode


@pytest.fixture
def problem() -> RelaxationProblem:
    frequency = np.logspace(6, -1, 60)
    z = parse_circuit("R0-p(R1,CPE1)-CPE2").impedance([20, 1e4, 1e-9, 0.9, 2e-6, 0.9], frequency)
    rng = np.random.default_rng(1)
    noisy = z * (1 + 2e-3 * (rng.standard_normal(60) + 1j * rng.standard_normal(60)))
    clean = Spectrum(frequency, noisy).cleaned()
    return RelaxationProblem(clean, valley_before_electrode(clean), 8)


@pytest.mark.parametrize("strength", [1e-6, 1e-3, 10.0])
def test_the_normal_equations_give_the_solution_of_the_stacked_problem(problem, strength):
    free = problem.electrode_columns(0.9)[:1]
    projector = np.eye(problem.target.size) - free.T @ free / (free @ free.T)
    prior = 1e-3 * np.random.default_rng(2).standard_normal(len(problem.roughness))
    stacked = np.vstack([projector @ problem.columns.T, np.sqrt(strength) * problem.roughness])
    expected = nnls(stacked, np.concatenate([projector @ problem.target, prior]), maxiter=10_000)[0]

    found = Regularised(problem.columns, problem.roughness, strength, free, problem.grams).solve(
        problem.target, prior
    )

    np.testing.assert_allclose(found, expected, atol=1e-6 * expected.max())
