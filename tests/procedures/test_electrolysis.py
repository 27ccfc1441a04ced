import pytest

from labctl.config.protocol import parse_protocol
from labctl.errors import ConfigurationError
from procedures.electrolysis import Electrolysis

ELECTROLYSIS = "procedures.electrolysis:Electrolysis"
QUICK = "rest_min = 0.2\npotential_v = 0.1\ncharge_c = 0.02\nparts = 2\nhold_max_min = 30\n"
SILVER_BROMIDE = {"ions": {"Ag+": {"share": 0.7}, "Br-": {"share": 0.2, "charge": -1}}, "electrons": 0.1}


def counted_c(measured):
    charge_c = 0.0
    for held in measured.rows("SELECT id FROM polarisations"):
        rows = measured.rows(
            f"SELECT elapsed_s, current_a FROM polarisation_points WHERE polarisation_id = {held['id']} "
            "ORDER BY number"
        )
        for one, other in zip(rows, rows[1:], strict=False):
            charge_c += (one["current_a"] + other["current_a"]) / 2 * (other["elapsed_s"] - one["elapsed_s"])
    return charge_c


def test_the_charge_asked_for_passes_in_parts_and_is_the_true_one(cell_station, measure_cell):
    measured = measure_cell(cell_station(carriers=SILVER_BROMIDE), QUICK, ELECTROLYSIS, cation="Ag+")
    assert (measured.outcome.status, measured.outcome.reason, measured.cell_on) == ("finished", "", False)
    held = measured.rows("SELECT * FROM polarisations ORDER BY number")
    assert [row["ended_by"] for row in held] == ["charge passed"] * 2
    assert [row["potential_v"] for row in held] == pytest.approx([0.1, 0.1], abs=1e-9)
    truth_c = measured.rig.world.terminals.charges_c(measured.rig.world.time_s)
    assert counted_c(measured) == pytest.approx(0.02, rel=0.05)
    assert counted_c(measured) == pytest.approx(sum(truth_c.values()), rel=0.01)
    assert truth_c["Ag+"] == pytest.approx(0.7 * sum(truth_c.values()), rel=1e-3)
