import numpy as np
import pytest

from labctl.analysis import parse_circuit

FREQUENCY_HZ = np.logspace(6, -2, 41)
EVERY_ELEMENT = "L0-R0-p(R1,CPE1)-p(C2,R2-Ws2)-p(R3,C3)-Wo4-G5-W6-CPE7"


def values(circuit, seed=0):
    rng = np.random.default_rng(seed)
    return np.array(
        [rng.uniform(0.5, 0.95) if n.endswith("_n") else 10 ** rng.uniform(-3, 3) for n in circuit.names]
    )


def test_a_resistor_beside_a_capacitor_halves_at_its_corner():
    z = parse_circuit("p(R1,C1)").impedance([100.0, 1e-6], [1 / (2 * np.pi * 1e-4)])
    assert z[0] == pytest.approx(50 - 50j)


def test_a_semi_infinite_warburg_lies_at_45_degrees():
    z = parse_circuit("W1").impedance([7.0], [4 / (2 * np.pi)])
    assert z[0] == pytest.approx(7 / 2 * (1 - 1j))


@pytest.mark.parametrize(("symbol", "limit"), [("Ws1", 50.0), ("G1", 50.0)])
def test_a_short_ended_diffusion_becomes_its_resistance(symbol, limit):
    assert parse_circuit(symbol).impedance([50.0, 1.0], [1e-7])[0] == pytest.approx(limit, rel=1e-5)


def test_an_open_ended_diffusion_becomes_a_third_of_its_resistance_and_a_capacitor():
    z = parse_circuit("Wo1").impedance([30.0, 2.0], [1e-6])[0]
    assert z.real == pytest.approx(10.0, rel=1e-6)
    assert z.imag == pytest.approx(-30.0 / (2 * np.pi * 1e-6 * 2.0), rel=1e-6)


@pytest.mark.parametrize("symbol", ["Ws1", "Wo1"])
def test_finite_and_infinite_diffusion_agree_at_high_frequency(symbol):
    f = np.array([1e6])
    infinite = parse_circuit("W1").impedance([3.0 / np.sqrt(2 * 0.5)], f)
    assert parse_circuit(symbol).impedance([3.0, 0.5], f) == pytest.approx(infinite, rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_analytic_derivatives_are_the_numerical_ones(seed):
    circuit = parse_circuit(EVERY_ELEMENT)
    x = np.log(values(circuit, seed))
    z, dz = circuit.log_jacobian(x, FREQUENCY_HZ)
    step = 1e-6
    for i in range(x.size):
        shift = step * np.eye(x.size)[i]
        up, down = (
            circuit.log_jacobian(x + shift, FREQUENCY_HZ)[0],
            circuit.log_jacobian(x - shift, FREQUENCY_HZ)[0],
        )
        assert np.abs((up - down) / (2 * step) - dz[i]).max() < 1e-6 * np.abs(z).max()


def test_an_arc_is_the_same_whichever_branch_is_named_first():
    arc, turned = parse_circuit("R0-p(R1,CPE1)"), parse_circuit("R0-p(CPE1,R1)")
    z, dz = arc.log_jacobian(np.log([3.0, 50.0, 1e-4, 0.8]), FREQUENCY_HZ)
    other, other_dz = turned.log_jacobian(np.log([3.0, 1e-4, 0.8, 50.0]), FREQUENCY_HZ)
    np.testing.assert_allclose(other, z, rtol=1e-12)
    np.testing.assert_allclose(other_dz, dz[[0, 2, 3, 1]], rtol=1e-9)


def test_many_parameter_sets_at_once_are_each_by_itself():
    circuit = parse_circuit(EVERY_ELEMENT)
    sets = np.array([values(circuit, seed) for seed in range(4)])
    together = circuit.impedance(sets, FREQUENCY_HZ)
    assert together.shape == (4, FREQUENCY_HZ.size)
    for one, z in zip(sets, together, strict=True):
        np.testing.assert_allclose(circuit.impedance(one, FREQUENCY_HZ), z, rtol=1e-12)


def test_scaled_units_and_back_change_nothing():
    circuit = parse_circuit(EVERY_ELEMENT)
    x = np.log(values(circuit))
    back, change = circuit.to_si(circuit.from_si(x, 3e4, 2e3), 3e4, 2e3)
    np.testing.assert_allclose(back, x, rtol=1e-12)
    assert change.shape == (x.size, x.size)


def test_a_circuit_in_scaled_units_is_the_same_circuit():
    circuit = parse_circuit(EVERY_ELEMENT)
    x, z_scale, w_scale = np.log(values(circuit)), 3e4, 2e3
    scaled = circuit.log_jacobian(circuit.from_si(x, z_scale, w_scale), FREQUENCY_HZ / w_scale)[0]
    np.testing.assert_allclose(scaled * z_scale, circuit.log_jacobian(x, FREQUENCY_HZ)[0], rtol=1e-9)


@pytest.mark.parametrize(
    ("description", "problem"),
    [
        ("", "too early"),
        ("R0-", "too early"),
        ("R0-p(R1,C1", "too early"),
        ("R0-p(R1)", "two branches"),
        ("R0-R0", "twice"),
        ("R0)C1", "not expected"),
        ("R0-X1", "cannot read"),
        ("R0--C1", "missing before"),
    ],
)
def test_a_description_that_makes_no_sense_says_where(description, problem):
    with pytest.raises(ValueError, match=problem):
        parse_circuit(description)


def test_an_unknown_parameter_is_named():
    with pytest.raises(ValueError, match="R9"):
        parse_circuit("R0-C1").index("R9")


def test_the_wrong_number_of_parameters_is_refused():
    with pytest.raises(ValueError, match="parameters"):
        parse_circuit("R0-C1").impedance([1.0], [1.0])
