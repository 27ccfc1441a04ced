from itertools import pairwise

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
        for one, other in pairwise(rows):
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


def test_a_part_that_takes_too_long_ends_and_says_how_much_passed(cell_station, measure_cell):
    slow = QUICK.replace("hold_max_min = 30", "hold_max_min = 1").replace("parts = 2", "parts = 1")
    measured = measure_cell(cell_station(carriers=SILVER_BROMIDE), slow, ELECTROLYSIS, cation="Ag+")
    assert measured.outcome.status == "finished"
    assert "C of 0.02 C passed in its time" in measured.outcome.reason
    (held,) = measured.rows("SELECT * FROM polarisations")
    assert held["ended_by"] == "maximum time"


def test_a_cable_that_comes_off_ends_it_with_the_cell_off(cell_station, measure_cell):
    def cut(bench, rig):
        rig.faults.add("cell_open", after_s=120.0)
        return bench

    station = cell_station(carriers=SILVER_BROMIDE)
    measured = measure_cell(station, QUICK, ELECTROLYSIS, cation="Ag+", before=cut)
    assert (measured.outcome.status, measured.cell_on) == ("failed", False)
    assert "the circuit is open" in measured.outcome.reason


def test_a_current_beyond_its_limit_ends_it_with_the_cell_off(cell_station, measure_cell):
    limited = QUICK + "current_limit_a = 2e-5\n"
    measured = measure_cell(cell_station(carriers=SILVER_BROMIDE), limited, ELECTROLYSIS, cation="Ag+")
    assert (measured.outcome.status, measured.cell_on) == ("failed", False)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ("potential_v = 0.5\ndecomposition_v = 0.5", "below decomposition_v"),
        ("potential_v = 0.0", "must not be zero"),
        ("temperatures_degc = [30, 40]", "holds one temperature"),
    ],
)
def test_an_electrolysis_that_cannot_be_meant_is_refused(parameters, words):
    text = (
        '[sample]\nname = "film"\nthickness_mm = 0.1\narea_cm2 = 1.0\n'
        f'[[procedure]]\nuse = "{ELECTROLYSIS}"\n{parameters}\n'
    )
    with pytest.raises(ConfigurationError, match=words):
        parse_protocol(text, "protocol.toml")


def test_the_plan_settles_once_and_holds_every_part():
    procedure = Electrolysis()
    procedure.set_parameters({"parts": 3, "potential_v": 0.2, "hold_max_min": 10.0})
    labels = [step.label.split()[0] for step in procedure.plan()]
    assert labels == ["settle", "rest", "hold", "rest", "hold", "rest", "hold"]
    assert [step.potential_v for step in procedure.plan() if step.label.startswith("hold")] == [0.2] * 3
