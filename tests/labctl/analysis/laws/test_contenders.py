import numpy as np
import pytest

from labctl.analysis.laws.contenders import contenders
from labctl.analysis.laws.temperature_series import temperature_series

KB = 8.617333262e-5
KELVIN = np.array([300.0, 304.0, 311.0, 320.0, 328.0, 337.0, 344.0, 352.0, 361.0, 370.0])


def made(kelvin=KELVIN, exponent=-0.5, form="ln_sigma_t"):
    series = temperature_series(kelvin, np.exp(10.0 - 0.5 / (KB * kelvin)), distinct=2)
    return {
        (one.law, len(one.designs(kelvin, slice(None))[0][0])): one
        for one in contenders(series, form, exponent)
    }


def is_in_the_span(columns, wanted):
    left = wanted - columns @ np.linalg.lstsq(columns, wanted, rcond=None)[0]
    return np.abs(left).max() < 1e-6 * np.abs(wanted - wanted.mean()).max()


def test_the_nodes_of_a_vtf_law_are_vogel_temperatures_from_ten_thousand_to_one_kelvin_below_the_data():
    designs = made()["vtf", 2].designs(KELVIN, slice(None))
    below_k = np.geomspace(1e4, 1.0, 96)
    assert len(designs) == 96
    for columns, below in zip(designs, below_k, strict=True):
        assert is_in_the_span(columns, 1 / (KELVIN - 300.0 + below))


def test_the_nodes_of_a_kink_are_breaks_that_leave_three_temperatures_on_either_side():
    designs = made()["two_segments", 3].designs(KELVIN, slice(None))
    assert len(designs) == 81
    for columns, break_k in zip(designs, np.linspace(311.0, 352.0, 161)[::2], strict=True):
        x = 1 / (KB * KELVIN) - 1 / (KB * break_k)
        assert is_in_the_span(columns, np.where(x < 0, 0.3, 0.9) * x + 2.0)


def test_the_nodes_of_a_step_are_breaks_and_widths():
    """Sixteen widths from a tenth of the spacing of 4 K to a twelfth of the span of 70 K, each third."""
    designs = made()["two_segments", 4].designs(KELVIN, slice(None))
    widths = np.geomspace(0.4, 70.0 / 12, 16)[::3]
    breaks = np.linspace(311.0, 352.0, 161)[::2]
    assert len(designs) == 6 * 81
    x = 1 / (KB * KELVIN)
    for place, (width, break_k) in enumerate((w, b) for w in widths for b in breaks):
        above = 1 / (1 + np.exp(-(KELVIN - break_k) / width))
        assert is_in_the_span(designs[place], above * (1.0 - 0.02 * x) + (1 - above) * (2.0 - 0.03 * x))


@pytest.mark.parametrize(("form", "added"), [("ln_sigma_t", 1.0), ("ln_sigma", 0.0)])
@pytest.mark.parametrize("exponent", [-0.5, 0.0, -1.0])
def test_each_law_adds_its_power_of_the_temperature(form, added, exponent):
    laws = made(exponent=exponent, form=form)
    for key in (("arrhenius", 2), ("two_segments", 3), ("two_segments", 4)):
        assert laws[key].prefactor(KELVIN) == pytest.approx(added * np.log(KELVIN))
    assert laws["vtf", 2].prefactor(KELVIN) == pytest.approx(-exponent * np.log(KELVIN))


@pytest.mark.parametrize(("n", "laws"), [(4, 1), (5, 2), (9, 2), (10, 4)])
def test_a_law_competes_from_its_fewest_temperatures_on(n, laws):
    assert len(made(KELVIN[:n])) == laws


def test_the_uncertainty_of_a_temperature_acts_through_the_mean_slope():
    sigma = np.exp(10.0 - 0.5 / (KB * KELVIN))
    series = temperature_series(
        KELVIN, sigma, distinct=2, standard_uncertainty_s_m=0.01 * sigma, temperature_u_k=0.5
    )
    slope = np.polyfit(KELVIN, np.log(sigma), 1)[0]
    one = contenders(series, "ln_sigma", -0.5)[0]
    assert one.uncertainty(series) == pytest.approx(np.full(10, np.hypot(0.01, 0.5 * slope)))
