"""The literature layer holds what the review prints, and nothing else."""

import csv

import pytest

from labctl.readmodel.literature import of_cation, published, source


def test_every_row_is_that_of_the_review(shared_data):
    with (shared_data / "review_materials.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == len(published()) == 58
    for row, ours in zip(rows, published(), strict=True):
        assert (str(ours.number), ours.material) == (row["row"], row["material"])
        assert ";".join(ours.cations) == row["cation"]
        numbers = {
            "sigma_S_per_cm": (ours.conductivity_s_m, 0.01, 0.0),
            "sigma_low": (ours.low_s_m, 0.01, 0.0),
            "sigma_high": (ours.high_s_m, 0.01, 0.0),
            "T_C": (ours.temperature_k, 1.0, -273.15),
            "Ea_eV": (ours.activation_energy_ev, 1.0, 0.0),
            "t_plus": (ours.transference_number, 1.0, 0.0),
        }
        for column, (value, factor, shift) in numbers.items():
            assert (value is None) == (row[column] == "")
            if value is not None:
                assert value * factor + shift == pytest.approx(float(row[column]))
        assert ours.calculated == (row["experimental_or_calc"] == "calculated")


def test_what_is_not_stated_stays_unknown():
    pristine = next(row for row in published() if row.material == "Mg(BH4)2 (pristine)")
    assert (pristine.conductivity_s_m, pristine.high_s_m) == (None, 1e-10)
    at_room = next(row for row in published() if row.material == "PEO:Mg(NO3)2")
    assert (at_room.temperature_k, at_room.temperature_in_words) == (None, "room temperature")


def test_rows_are_found_by_cation_and_name_their_source():
    assert {cation for row in of_cation("Ca2+") for cation in row.cations} >= {"Ca2+"}
    assert all("Ca2+" in row.cations for row in of_cation("Ca2+"))
    assert len(of_cation("")) == 58
    assert "10.3390/batteries7010003" in source()
    assert all(row.references for row in published())
