"""Published temperature series with published fits."""

import csv

import numpy as np
import pytest

from labctl.analysis import TwoSegmentFit, fit_arrhenius, fit_temperature_law, fit_vtf

KB = 8.617333262e-5


def columns(path, *names, where=None):
    rows = list(csv.DictReader(path.read_text().splitlines()))
    kept = [row for row in rows if where is None or row[where[0]] == where[1]]
    return [np.array([float(row[name]) for row in kept]) for name in names]


@pytest.fixture(params=["16.0", "8.0"])
def peo_litfsi(request, measured):
    """Kelvin and S/m of PEO (Mn 4200) with LiTFSI (10.1021/ma00103a034)."""
    path = measured("polymer_conductivity/peo4200_litfsi_eo16_eo8.csv")
    temperature, sigma = columns(path, "T_K", "sigma_S_per_cm", where=("EO_to_Li", request.param))
    return temperature, 100 * sigma


@pytest.fixture
def melting_knee(measured):
    """Kelvin and S/m of PEO with LiCF3SO3 through its melting (10.1016/0167-2738(87)90176-7)."""
    path = measured("polymer_conductivity/peo10_licf3so3_melting_knee.csv")
    temperature, sigma = columns(path, "T_K", "sigma_S_per_cm")
    return temperature, 100 * sigma


@pytest.fixture
def carbonate(measured):
    """Kelvin and S/m of LiPF6 in EC/PC/EMC (10.1038/s41597-023-01936-3)."""
    celsius, sigma = columns(measured("carbonate_eis/for_test_arr.csv"), "temp", "cond")
    return celsius + 273.15, 100 * sigma


@pytest.fixture
def oxide_pellet():
    """Kelvin and S/m from the published bulk and grain-boundary resistances (10.1039/d3ta06237f)."""
    resistance = np.array([146200 + 2.012e6, 79490 + 6.673e5, 39840 + 2.430e5, 22460 + 9.502e4])
    return np.array([140.0, 160.0, 180.0, 200.0]) + 273.15, 0.21e-2 / (np.pi * 0.4e-2**2 * resistance)


def test_nist_mgh10_to_ten_digits(measured):
    lines = measured("nist/MGH10.dat").read_text().splitlines()[60:76]
    y, x = np.array([[float(word) for word in line.split()] for line in lines]).T
    fit = fit_vtf(x, y, prefactor_exponent=0, residuals="sigma", are_kelvin=True)
    found = {
        "b1": fit.pre_exponential.value,
        "b2": -fit.pseudo_activation_energy_ev.value / KB,
        "b3": -fit.vogel_temperature_k.value,
        "sum": fit.solution.chi_square,
    }
    certified = {"b1": 5.6096364710e-03, "b2": 6.1813463463e03, "b3": 3.4522363462e02, "sum": 8.7945855171e01}
    assert found == {name: pytest.approx(value, rel=1e-10) for name, value in certified.items()}
    deviation = [
        fit.pre_exponential.standard_uncertainty,
        fit.pseudo_activation_energy_ev.standard_uncertainty / KB,
        fit.vogel_temperature_k.standard_uncertainty,
    ]
    assert deviation == pytest.approx([1.5687892471e-04, 2.3309021107e01, 7.8486103508e-01], rel=1e-8)


def test_vtf_describes_peo_litfsi(peo_litfsi):
    fit = fit_vtf(*peo_litfsi)
    assert fit.r_squared >= 0.9997
    assert fit.flags == ()


def test_the_carbonate_electrolyte_has_its_published_arrhenius_parameters(carbonate):
    fit = fit_arrhenius(*carbonate, form="ln_sigma")
    assert fit.activation_energy_kj_mol.value == pytest.approx(10.43, abs=0.005)
    assert fit.pre_exponential.value / 100 == pytest.approx(0.23, abs=0.005)
    assert fit.r_squared == pytest.approx(0.992, abs=0.0005)


@pytest.mark.parametrize(("form", "energy_ev"), [("ln_sigma_t", 0.856), ("ln_sigma", 0.818)])
def test_the_oxide_pellet_in_both_forms(oxide_pellet, form, energy_ev):
    assert fit_arrhenius(*oxide_pellet, form).activation_energy_ev.value == pytest.approx(
        energy_ev, abs=0.0005
    )


def test_one_vtf_through_a_melting_knee_is_called_unphysical(melting_knee):
    fit = fit_vtf(*melting_knee)
    assert fit.vogel_temperature_k.value == pytest.approx(283, abs=0.5)
    assert any(flag.startswith("unphysical") for flag in fit.flags)


def test_vtf_is_chosen_for_peo_litfsi(peo_litfsi):
    found = fit_temperature_law(*peo_litfsi, form="ln_sigma")
    assert found.law == "vtf"
    assert not found.outliers.any()


def test_the_melting_knee_is_two_segments_with_its_published_energies(melting_knee):
    found = fit_temperature_law(*melting_knee, form="ln_sigma")
    assert found.law == "two_segments"
    fit = found.preferred
    assert isinstance(fit, TwoSegmentFit)
    assert fit.activation_energy_above_ev.value == pytest.approx(0.375, abs=0.02)
    assert fit.activation_energy_below_ev.value == pytest.approx(1.206, abs=0.02)
    low, high = fit.break_temperature_k.interval()
    assert 56 < low - 273.15 < fit.break_temperature_k.value - 273.15 < high - 273.15 < 62


def test_vtf_is_preferred_for_the_carbonate_electrolyte(carbonate):
    assert fit_temperature_law(*carbonate, form="ln_sigma").law == "vtf"


def spoilt_ones_found(temperature, sigma, factor):
    """Whether each point, multiplied by `factor` alone, is flagged."""
    multiplied = sigma * np.where(np.eye(sigma.size, dtype=bool), factor, 1.0)
    return [
        fit_temperature_law(temperature, one, form="ln_sigma").outliers[i] for i, one in enumerate(multiplied)
    ]


@pytest.mark.drawn(2)
@pytest.mark.parametrize("factor", [10.0, 0.1])
def test_any_point_of_peo_litfsi_off_by_ten_is_flagged(peo_litfsi, factor):
    assert all(spoilt_ones_found(*peo_litfsi, factor))


@pytest.mark.drawn(2)
@pytest.mark.parametrize("factor", [10.0, 0.1])
@pytest.mark.parametrize(
    "name", ["carbonate", "oxide_pellet", pytest.param("melting_knee", marks=pytest.mark.slow)]
)
def test_any_point_of_a_series_off_by_ten_is_flagged(name, factor, request):
    assert all(spoilt_ones_found(*request.getfixturevalue(name), factor))
