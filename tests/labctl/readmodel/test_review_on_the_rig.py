"""Rows of the review that say what carries the current, as simulated samples measured by the procedures."""

import pytest

from labctl.analysis.transport.carriers import CONDUCTORS
from labctl.derive.facts import Fact, keep_fact
from labctl.readmodel.carriers import carriers_of
from labctl.store import Database
from sim_instruments.world.electrolysis import mass_changes_kg

DC = "procedures.dc_polarisation:DCPolarisation"
ELECTROLYSIS = "procedures.electrolysis:Electrolysis"
HOLD = """\
frequency_min_hz = 10.0
points_per_decade = 6
rest_min = 0.1
hold_min_min = 1
hold_max_min = [2]
longest_interval_s = 3.0
potentials_v = [0.02]
"""
PASS = "rest_min = 0.2\npotential_v = 0.1\ncharge_c = 0.2\nparts = 1\nhold_max_min = 200\n"
PASS += "gain_u_percent = 0.2\nlongest_interval_s = 200\n"
STEP = """\
frequency_min_hz = 1.0
points_per_decade = 6
rest_min = 0.1
hold_min_min = 1
hold_max_min = 5
longest_interval_s = 3.0
"""


def verdict_of(path):
    with Database(path) as db:
        found = carriers_of(db, "film")
    ((_, verdict),) = found.verdicts
    return found, verdict


def blocked(cation, electrons):
    ions = {cation: {"share": 1 - electrons, "charge": 2, "passes": "none"}}
    return {"ions": ions, "electrons": electrons}


@pytest.mark.parametrize(
    ("cation", "electrons"),
    [
        pytest.param("Zn2+", 0.017, id="PVdF-HFP:Zn(Tf)2, ref. 197: 0.983 is the share of all ions"),
        pytest.param("Mg2+", 4e-4, id="MgSc2Se4, ref. 172: few electrons do not say which ion moves"),
    ],
)
def test_few_electrons_say_ions_and_leave_open_which(cell_station, measure_cell, cation, electrons):
    station = cell_station(carriers=blocked(cation, electrons))
    measured = measure_cell(station, HOLD, DC, electrodes="blocking", cation=cation)
    assert measured.outcome.status == "finished"
    _, verdict = verdict_of(measured.path)
    assert verdict.carries == ("ions",)
    assert verdict.limits["electrons"][1] < 0.1
    assert electrons <= verdict.limits["electrons"][1]
    for open_one in ("cation", "anion", "protons", "other ions"):
        assert CONDUCTORS[open_one] in verdict.not_excluded


def weighed(measured, salt):
    cell = measured.rig.world.cell.electrochemistry
    passed = measured.rig.world.terminals.charges_c(measured.rig.world.time_s)
    facts = [Fact("molar-mass", mass, "IUPAC", uncertainty=0.0, ion=ion) for ion, mass in salt.items()]
    for place, change_kg in mass_changes_kg(passed, cell.ions, "Mg2+").items():
        ion = "Mg2+" if place.endswith("metal") else ""
        for when, mass in (("before", 1000.0), ("after", 1000.0 + 1e6 * change_kg)):
            name = f"{place.replace(' ', '-')}-{when}"
            facts.append(Fact(name, mass, "balance", uncertainty=1e-5, ion=ion))
    for one in facts:
        keep_fact(measured.path, "film", one)


@pytest.mark.parametrize(
    ("share", "carrier", "excluded"),
    [
        pytest.param(0.99, "cation", "anion", id="(Mg0.1Hf0.9)4/3.8Nb(PO4)3, ref. 129: 0.99 by Mg2+"),
        pytest.param(0.02, "anion", "cation", id="PEO:MgCl2, ref. 175: primarily an anion conductor"),
    ],
)
def test_an_electrolysis_says_which_ion(cell_station, measure_cell, share, carrier, excluded):
    ions = {
        "Mg2+": {"share": share, "charge": 2, "molar_mass_kg_mol": 0.024305},
        "Cl-": {"share": 1 - share, "charge": -1, "molar_mass_kg_mol": 0.035453},
    }
    measured = measure_cell(cell_station(carriers={"ions": ions}), PASS, ELECTROLYSIS, cation="Mg2+")
    assert measured.outcome.status == "finished"
    weighed(measured, {"Mg2+": 24.305, "Cl-": 35.453})
    _, verdict = verdict_of(measured.path)
    assert set(verdict.carries) == {"ions", carrier}
    assert CONDUCTORS[excluded] not in verdict.not_excluded
    low, high = verdict.limits["cation"]
    assert low <= share <= high


def test_a_current_fraction_is_shown_and_names_no_carrier(cell_station, measure_cell):
    """Mg0.5Zr2(PO4)3, ref. 128: 0.69 without a method; a fraction like it bounds no share."""
    ions = {"Mg2+": {"share": 0.69, "charge": 2}, "PO4^3-": {"share": 0.31, "charge": -3, "passes": "none"}}
    carriers = {"ions": ions, "polarisation_time_s": 20.0, "layer": {"share": 0.2}}
    measured = measure_cell(cell_station(carriers=carriers), STEP, cation="Mg2+")
    assert measured.outcome.status == "finished"
    found, verdict = verdict_of(measured.path)
    assert any("rho+ (Bruce-Vincent)" in line.text for line in found.lines)
    assert verdict.carries == ()
    assert set(verdict.not_excluded) == set(CONDUCTORS.values())


def test_electrodes_that_passivate_never_make_a_cation_conductor_of_an_anion_conductor(
    cell_station, measure_cell
):
    ions = {"Mg2+": {"share": 0.05, "charge": 2}, "Cl-": {"share": 0.95, "charge": -1, "passes": "none"}}
    layer = {"share": 0.5, "growth_share": 3.0, "growth_time_s": 200.0}
    carriers = {"ions": ions, "polarisation_time_s": 20.0, "layer": layer}
    measured = measure_cell(cell_station(carriers=carriers), STEP, cation="Mg2+")
    assert measured.outcome.status == "finished"
    found, verdict = verdict_of(measured.path)
    (fraction,) = [line for line in found.lines if "rho+ (Bruce-Vincent)" in line.text]
    assert fraction.flags
    assert "cation" not in verdict.carries
    assert CONDUCTORS["anion"] in verdict.not_excluded
