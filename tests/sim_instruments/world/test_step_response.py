import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from sim_instruments.world.cell import CircuitCell, Interphase
from sim_instruments.world.laws import Arrhenius
from sim_instruments.world.step_response import inverse_laplace, step_conductance_s

LAW = Arrhenius(1e-2, 333.15, 0.5)


def stehfest(transform, time_s: float, terms: int = 14) -> float:
    """Gaver-Stehfest inversion with real abscissae only, as an independent reference."""
    half, total = terms // 2, 0.0
    for k in range(1, terms + 1):
        weight = 0.0
        for j in range((k + 1) // 2, min(k, half) + 1):
            binomials = math.factorial(2 * j) * j**half
            weight += binomials / (
                math.factorial(half - j)
                * math.factorial(j)
                * math.factorial(j - 1)
                * math.factorial(k - j)
                * math.factorial(2 * j - k)
            )
        total += (-1) ** (k + half) * weight * transform(k * math.log(2) / time_s).real
    return total * math.log(2) / time_s


def series(time_s: float, series_ohm: float, diffusion_ohm: float, tau_s: float, terms: int = 400) -> float:
    """Current per volt of series resistance and finite-length diffusion, from the roots of tan y = -a y."""
    a = series_ohm / diffusion_ohm
    first, steady = 1 / series_ohm, 1 / (series_ohm + diffusion_ohm)
    total = steady
    for k in range(1, terms + 1):
        y = brentq(lambda y: math.sin(y) + a * y * math.cos(y), (k - 0.5) * math.pi + 1e-12, k * math.pi)
        total += 2 * first * a / (1 + a + (a * y) ** 2) * math.exp(-(y**2) * time_s / tau_s)
    return total


@pytest.mark.parametrize("time_s", [0.1, 1.0, 10.0, 100.0, 1e4])
def test_a_resistor_and_a_capacitor_in_series_decay_exponentially(time_s):
    assert step_conductance_s(lambda s: 100 + 1 / (0.1 * s), time_s) == pytest.approx(
        math.exp(-time_s / 10) / 100, abs=1e-10
    )


@given(st.floats(0.05, 20), st.floats(0.02, 3))
@settings(max_examples=40, deadline=None)
def test_finite_length_diffusion_agrees_with_its_closed_form(ratio, reduced_time):
    import cmath

    def impedance(s):
        root = cmath.sqrt(s * 250.0)
        return 1000 + 1000 * ratio * cmath.tanh(root) / root

    time_s = reduced_time * 250.0
    expected = series(time_s, 1000.0, 1000.0 * ratio, 250.0)
    assert step_conductance_s(impedance, time_s) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("time_s", [0.01, 1.0, 30.0, 1000.0, 1e5])
@pytest.mark.parametrize("electrodes", ["blocking", "reversible"])
def test_the_cells_response_agrees_with_another_inversion(electrodes, time_s):
    cell = CircuitCell(LAW, 1e-4, 1e-4, electrodes=electrodes, electronic_share=0.01)
    direct = cell.step_conductance_s(time_s, 333.15)
    other = stehfest(lambda s: 1 / (s * cell.impedance_at_s_ohm(s, 333.15)), time_s)
    assert direct == pytest.approx(other, rel=2e-3)


def test_the_final_current_and_the_impedance_at_a_tenth_of_a_millihertz_agree():
    cell = CircuitCell(
        LAW, 1e-4, 1e-4, electrodes="reversible", transference_number=0.3, salt_diffusivity_m2_s=1e-10
    )
    z_ohm = cell.impedance_ohm(1e-4, 333.15)
    assert abs(z_ohm.imag) < 0.05 * z_ohm.real
    assert 1 / cell.step_conductance_s(1e6, 333.15) == pytest.approx(z_ohm.real, rel=1e-3)
    assert cell.direct_ohm(333.15) == pytest.approx(z_ohm.real, rel=1e-3)


def test_the_ratio_of_currents_is_the_transference_number_without_an_interphase():
    bare = Interphase(share=0.0)
    cell = CircuitCell(
        LAW, 1e-4, 1e-4, electrodes="reversible", transference_number=0.2, interphase=bare, lead_ohm=0.0
    )
    start, end = cell.step_conductance_s(2e-3, 333.15), cell.step_conductance_s(1e6, 333.15)
    assert end / start == pytest.approx(0.2, rel=0.02)


def test_a_growing_interphase_lowers_the_current():
    grown = CircuitCell(
        LAW, 1e-4, 1e-4, electrodes="reversible", interphase=Interphase(growth_per_sqrt_hour=0.2)
    )
    fresh, later = (grown.step_conductance_s(1e4, 333.15, age) for age in (0.0, 36_000.0))
    assert later < 0.95 * fresh
    exponential = Interphase(growth_share=0.5, growth_time_s=3600)
    assert exponential.growth(1e6) == pytest.approx(1.5)
    assert exponential.growth(3600) == pytest.approx(1 + 0.5 * (1 - math.exp(-1)))


@pytest.mark.parametrize("time_s", [0.0, -1.0, math.nan])
def test_there_is_no_response_before_the_step(time_s):
    with pytest.raises(ValueError, match="time_s"):
        inverse_laplace(lambda s: 1 / s, time_s)
