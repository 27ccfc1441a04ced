import csv

import pytest

from sim_instruments.materials import material, materials, without_number

ROOM_K = 298.15
NOT_TAKEN = {8, 37, 29, 3, 4, 57}
"""Rows whose number is contradicted, calculated, a range of temperature, or without a unit: see the notes."""


@pytest.fixture
def review(shared_data):
    with (shared_data / "review_materials.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_every_row_of_the_review_is_a_material_or_listed_without_a_number(review):
    used = [row for entry in materials().values() for row in entry.entry["rows"]]
    listed = [row["row"] for row in without_number()]
    assert sorted(used + listed) == [int(row["row"]) for row in review]


def test_every_printed_conductivity_is_the_simulated_one(review):
    by_row = {row: entry for entry in materials().values() for row in entry.entry["rows"]}
    checked = 0
    for row in review:
        number = int(row["row"])
        if not row["sigma_S_per_cm"] or number in NOT_TAKEN:
            continue
        temperature_k = float(row["T_C"]) + 273.15 if row["T_C"] else ROOM_K
        simulated_s_m = by_row[number].law.conductivity_s_m(temperature_k)
        assert simulated_s_m == pytest.approx(float(row["sigma_S_per_cm"]) * 100, rel=1e-3), row["material"]
        checked += 1
    assert checked > 25


def test_every_printed_activation_energy_of_a_conductivity_is_taken(review):
    by_row = {row: entry for entry in materials().values() for row in entry.entry["rows"]}
    printed = [row for row in review if row["Ea_eV"] and int(row["row"]) in by_row and row["row"] != "28"]
    assert len(printed) == 3
    for row in printed:
        entry = by_row[int(row["row"])].entry
        assert entry["activation_energy_ev"] == pytest.approx(float(row["Ea_eV"]))
        assert "activation_energy_ev" not in entry["assumed"]


def test_the_second_value_of_the_aluminas_is_met_in_the_middle_of_its_range():
    assert material("Ca beta''-alumina").law.conductivity_s_m(623.15) == pytest.approx(10.0, rel=0.01)


@pytest.mark.parametrize("name", sorted(materials()))
def test_every_material_conducts_at_any_temperature_and_lists_its_assumed_entries(name):
    entry = material(name)
    values = [entry.law.conductivity_s_m(t) for t in (250.0, 300.0, 350.0, 400.0, 900.0)]
    assert values == sorted(values)
    assert values[0] > 0
    assert 0 < entry.transference_number <= 1
    known = set(entry.entry) | {
        f"{side}.{key}" for side in ("below", "above") for key in entry.entry.get(side, ())
    }
    assert set(entry.assumed) <= known


def test_an_unknown_material_is_refused_with_the_names_there_are():
    with pytest.raises(ValueError, match="MgSc2Se4"):
        material("unobtainium")
