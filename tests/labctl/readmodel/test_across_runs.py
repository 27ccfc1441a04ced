"""Overviews, searches and comparisons across runs."""

import math

import numpy as np
import pytest

from labctl.analysis import fit_arrhenius
from labctl.analysis.laws.law_function import function_of
from labctl.errors import InvalidRequest
from labctl.readmodel.across_runs import OverviewRun
from labctl.readmodel.against_pressure import compare_pressures
from labctl.readmodel.best_numbers import sample_overviews
from labctl.readmodel.comparing import beside_literature, compare_cells, compare_runs
from labctl.readmodel.finding import Wanted, found_among

KELVIN = np.linspace(303.15, 363.15, 7)
PRESSURES_MPA = (10.0, 20.0, 50.0)
BOLTZMANN_EV_K = 8.617333262e-5


def law_row(scale=1.0, energy_ev=0.5, relative_u=0.01, kelvin=KELVIN):
    sigma = scale * 1e3 / kelvin * np.exp(-energy_ev / BOLTZMANN_EV_K * (1 / kelvin - 1 / 333.15))
    fit = fit_arrhenius(kelvin, sigma, standard_uncertainty_s_m=relative_u * sigma)
    energy = {"value": energy_ev, "standard_uncertainty": fit.activation_energy_ev.standard_uncertainty}
    return {
        "law": "arrhenius",
        "form": fit.form,
        "curve": function_of(fit).as_dict(),
        "parameters": {"activation_energy": energy},
        "activation_energy_ev": energy_ev,
        "standard_uncertainty_ev": energy["standard_uncertainty"],
    }


def run(
    number=1,
    *,
    clock="real",
    status="finished",
    law=None,
    points=(),
    transference=(),
    specimen="",
    mount=1,
    started_s=0.0,
    **sample,
):
    known = {"name": f"pellet {number}", "composition": "MgSc2Se4", "cation": "Mg2+"}
    known |= {"thickness_m": 1e-3, "thickness_u_m": 0.0, "area_m2": 1e-4, "area_u_m2": 0.0} | sample
    row = {"run_id": number, "procedure": "procedures.eis:EIS", "started_s": started_s}
    row |= {"clock": clock, "status": status}
    return OverviewRun(row, known, specimen or str(number), mount, law, points, transference)


def names(found):
    return [each.run.id for each in found]


def test_a_conductivity_is_that_of_the_law_and_says_where_it_is_extrapolated():
    measured = run(law=law_row(), thickness_u_m=2e-5)
    inside, outside = measured.conductivity_at(333.15), measured.conductivity_at(298.15)
    assert inside.value_s_m == pytest.approx(1e3 / 333.15, rel=1e-6)
    assert (inside.origin, outside.origin) == ("law", "extrapolated")
    assert inside.relative_u > 0.02


def test_the_conductivity_kept_with_a_law_is_taken_as_it_was_kept():
    kept = {"conductivity_at_25_degc": {"value": 2e-3, "standard_uncertainty": 4e-5}}
    curve = {"curve": {"$unreadable": "the curve is not needed"}, "low_k": 303.15, "high_k": 363.15}
    law = law_row() | {"parameters": kept} | curve
    found = run(law=law | {"knows_common": 1}).conductivity_at(298.15)
    assert (found.value_s_m, found.relative_u, found.origin) == (2e-3, 0.02, "extrapolated")
    assert run(law=law | {"knows_common": 0}).conductivity_at(298.15) is None


@pytest.mark.parametrize("lost", ["value", "standard_uncertainty"])
def test_a_law_that_kept_no_whole_uncertainty_is_calculated(lost):
    kept = {"value": 2e-3, "standard_uncertainty": 4e-5} | {lost: None}
    law = law_row() | {"low_k": 303.15, "high_k": 363.15, "knows_common": 1}
    calculated = run(law=law_row()).conductivity_at(298.15)
    assert (
        run(law=law | {"parameters": {"conductivity_at_25_degc": kept}}).conductivity_at(298.15) == calculated
    )


def test_without_a_law_the_nearest_spectrum_counts_but_no_bound():
    point = {"conductivity_s_m": 2.0, "standard_uncertainty_s_m": None, "bound": None}
    points = [point | {"temperature_k": 298.9}, point | {"temperature_k": 298.2, "conductivity_s_m": 3.0}]
    found = run(points=points).conductivity_at(298.15)
    assert (found.value_s_m, found.origin) == (3.0, "spectrum")
    assert math.isnan(found.relative_u)
    assert run(points=[points[0] | {"bound": "upper"}]).conductivity_at(298.15) is None


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"sample": "PELLET 1"}, [1]),
        ({"sample": "pellet ?"}, [1, 2]),
        ({"sample": "ellet 3*"}, []),
        ({"composition": "sc2"}, [1, 2, 3]),
        ({"cation": "mg"}, [1, 2]),
        ({"cation": "Ca2+"}, [3]),
        ({"cation": "M"}, []),
        ({"procedure": "eis"}, [1, 2, 3]),
        ({"since_s": 10.0, "until_s": 20.0}, [2]),
        ({"above_s_m": 1.0, "at_k": 333.15}, [1]),
        ({"below_s_m": 1.0, "at_k": 333.15}, [2]),
        ({"above_s_m": 1e-9, "at_k": 298.15}, [1, 2]),
    ],
)
def test_runs_are_found_by_what_they_are(wanted, found):
    runs = [
        run(1, law=law_row()),
        run(2, law=law_row(0.1), started_s=10.0),
        run(3, name="other 3", cation="Ca2+", started_s=20.0),
    ]
    assert names(found_among(runs, Wanted(**wanted))) == found


def test_the_best_number_of_a_sample_is_the_most_certain_one_and_names_its_run():
    number = {"value": 0.4, "quantity": "rho_plus", "standard_uncertainty": 0.01}
    runs = [
        run(1, name="a", law=law_row(relative_u=0.001)),
        run(2, name="a", law=law_row(relative_u=0.05), transference=[number, number | {"value": None}]),
        run(3, name="b"),
    ]
    first, second = sample_overviews(runs)
    assert (first.name, first.runs, first.specimens) == ("a", (1, 2), 2)
    assert (first.at_room_s_m.run_id, first.at_room_s_m.words) == (1, "extrapolated")
    assert (first.energy_ev.value, first.energy_ev.run_id, first.energy_ev.words) == (
        0.5,
        1,
        "Ea, ln(sigma T)",
    )
    assert (first.transference.value, first.transference.run_id) == (0.4, 2)
    assert second.at_room_s_m is second.energy_ev is second.transference is None


def test_simulated_runs_and_runs_that_did_not_finish_are_counted():
    runs = [run(1, name="a", clock="virtual"), run(2, name="a", status="failed"), run(3, name="a")]
    (found,) = sample_overviews(runs)
    assert (len(found.runs), found.simulated, found.not_finished) == (3, 1, 1)


def test_two_runs_of_one_mount_share_their_geometry_in_a_comparison():
    alone = {"law": law_row(relative_u=0.001), "thickness_u_m": 1e-4}
    twice = [
        run(1, specimen="s", **alone),
        run(2, specimen="s", **alone | {"law": law_row(1.05, 0.5, 0.001)}),
    ]
    (shared,) = compare_runs(twice)
    (apart,) = compare_runs([twice[0], run(2, specimen="t", **alone | {"law": law_row(1.05, 0.5, 0.001)})])
    assert all(ratio.is_real for ratio in shared.ratios)
    assert not any(ratio.is_real for ratio in apart.ratios)
    assert "both stand on the same geometry, which does not count in the ratio" in shared.remarks


def test_a_geometry_that_nobody_stated_is_told():
    (found,) = compare_runs([run(1, law=law_row()), run(2, law=law_row(), thickness_u_m=1e-5)])
    assert "geometry: not stated for run 1; it is not in the interval" in found.remarks
    assert "area: not stated for run 2; it is not in the interval" in found.remarks


def test_a_conductivity_without_stated_geometry_is_not_the_best_one_for_want_of_its_uncertainty():
    stated = {"thickness_u_m": 1e-5, "area_u_m2": 1e-6}
    runs = [run(1, name="a", law=law_row(), **stated), run(2, name="a", law=law_row(relative_u=0.001))]
    (both,), (silent,) = sample_overviews(runs), sample_overviews(runs[1:])
    assert (both.at_room_s_m.run_id, both.at_room_s_m.not_stated) == (1, "")
    assert (silent.at_room_s_m.run_id, silent.at_room_s_m.not_stated) == (2, "geometry")


def test_energies_are_compared_where_the_laws_are_of_one_form():
    (found,) = compare_runs([run(1, law=law_row()), run(2, law=law_row(energy_ev=0.6))])
    assert found.energy.difference_ev.value == pytest.approx(0.1)
    assert found.energy.p_value < 1e-3
    (other,) = compare_runs([run(1, law=law_row()), run(2, law=law_row() | {"form": "ln_sigma"})])
    assert other.energy is None


def test_runs_without_common_temperatures_are_compared_where_asked_and_told_to_be_extrapolated():
    far = run(2, law=law_row(kelvin=KELVIN + 100))
    (found,) = compare_runs([run(1, law=law_row()), far])
    assert found.ratios == ()
    (asked,) = compare_runs([run(1, law=law_row()), far], [373.15])
    assert len(asked.ratios) == 1
    assert "the runs have no temperature range in common: what is compared is extrapolated" in asked.remarks


def test_cells_of_several_thicknesses_give_material_and_contacts():
    true_sigma, contact_ohm_m2 = law_row(), 1e-4
    runs = []
    for number, thickness_m in enumerate((0.5e-3, 1e-3, 2e-3), start=1):
        sigma_s_m = 1e3 / 333.15
        seen = thickness_m / (thickness_m / sigma_s_m + contact_ohm_m2)
        law = law_row(seen / sigma_s_m, relative_u=0.001)
        runs.append(run(number, law=law, thickness_m=thickness_m, thickness_u_m=1e-7))
    found = compare_cells(runs, "thickness", 333.15)
    assert found.conductivity_s_m.value == pytest.approx(1e3 / 333.15, rel=0.01)
    assert found.contact_ohm_m2.value == pytest.approx(contact_ohm_m2, rel=0.05)
    assert true_sigma["law"] == "arrhenius"


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ([run(1, law=law_row())], "at least two runs"),
        ([run(1, law=law_row()), run(2)], "run 2 has no temperature law"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(runs, said):
    with pytest.raises(InvalidRequest, match=said):
        compare_runs(runs)


def test_cells_that_do_not_differ_are_refused_in_words():
    with pytest.raises(InvalidRequest, match="the cells have one thickness; give runs of cells that differ"):
        compare_cells([run(1, law=law_row()), run(2, law=law_row())], "thickness", 333.15)


def test_cells_compared_outside_their_measured_temperatures_are_told_to_be_extrapolated():
    runs = [run(n, law=law_row(1 / n), thickness_m=n * 1e-3, thickness_u_m=1e-6) for n in (1, 2, 3)]
    assert not any("extrapolated" in flag for flag in compare_cells(runs, "thickness", 333.15).flags)
    assert "extrapolated: run 1, run 2, run 3" in compare_cells(runs, "thickness", 450.0).flags


def test_an_unknown_uncertainty_of_a_cell_is_told_and_not_taken_as_none():
    point = {
        "temperature_k": 333.15,
        "conductivity_s_m": 0.5,
        "standard_uncertainty_s_m": None,
        "bound": None,
    }
    unknown = run(2, points=[point], thickness_m=2e-3, thickness_u_m=1e-6)
    found = compare_cells([run(1, law=law_row(), thickness_u_m=1e-6), unknown], "thickness", 333.15)
    assert "uncertainty of the conductivity not known, and not in the intervals: run 2" in found.flags


def at_pressures(slope_per_mpa, scatter=(0.0, 0.0, 0.0), **about):
    scales = np.exp(slope_per_mpa * np.array(PRESSURES_MPA) + np.array(scatter))
    return [run(n, law=law_row(scale), **about) for n, scale in enumerate(scales, start=1)]


def test_the_slope_of_ln_sigma_against_pressure_is_found_with_an_interval_that_holds_it():
    found = compare_pressures(at_pressures(-0.02), PRESSURES_MPA, 333.15)
    low, high = found.slope_per_mpa.interval()
    assert low < -0.02 < high < 0
    assert found.slope_per_mpa.value == pytest.approx(-0.02, rel=1e-6)
    assert found.is_real


def test_a_pressure_without_effect_is_not_called_real():
    found = compare_pressures(at_pressures(0.0, (0.004, -0.003, 0.001)), PRESSURES_MPA, 333.15)
    assert found.is_real is False


def test_a_shared_geometry_does_not_widen_the_slope_and_others_do():
    about = {"thickness_u_m": 1e-4}
    shared = compare_pressures(at_pressures(0.01, specimen="s", **about), PRESSURES_MPA, 333.15)
    apart = compare_pressures(at_pressures(0.01, **about), PRESSURES_MPA, 333.15)
    assert apart.slope_per_mpa.standard_uncertainty > 3 * shared.slope_per_mpa.standard_uncertainty


def test_a_slope_of_extrapolated_conductivities_says_so():
    found = compare_pressures(at_pressures(0.01), PRESSURES_MPA, 450.0)
    assert "extrapolated: run 1, run 2, run 3" in found.flags


def test_published_values_stand_beside_the_runs_that_were_measured_there():
    rows = beside_literature([run(1, law=law_row(), cation="Mg2+")])
    beside = {(row.published.material, row.published.temperature_k): row.ratios for row in rows}
    (ratio,) = beside["Mg(BH4)2.NH3", 353.15]
    sigma = run(1, law=law_row()).conductivity_at(353.15).value_s_m
    assert ratio == pytest.approx(sigma / 3.3e-2)
    assert beside["Mg0.5Zr2(PO4)3", 773.15] == (None,)
    assert not beside_literature([run(1, law=law_row(), cation="")])
