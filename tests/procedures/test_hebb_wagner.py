import pytest

from labctl.config.protocol import parse_protocol
from labctl.errors import ConfigurationError
from procedures.hebb_wagner import HebbWagner

HEBB_WAGNER = "procedures.hebb_wagner:HebbWagner"
QUICK = "frequency_min_hz = 10.0\nrest_min = 0.5\nhold_max_min = [4]\n"


def test_the_potentials_are_those_between_the_electrodes_in_the_order_given(
    cell_station, measure_cell, no_evaluation
):
    station = cell_station(electrodes="blocking", electronic_share=0.01)
    measured = measure_cell(
        station, QUICK + "potentials_v = [-0.05, 0.05, 0.1]", HEBB_WAGNER, electrodes="blocking"
    )
    assert (measured.outcome.status, measured.cell_on) == ("finished", False)
    rows = measured.rows("SELECT * FROM polarisations ORDER BY number")
    assert [row["potential_v"] for row in rows] == pytest.approx([-0.05, 0.05, 0.1], abs=1e-9)
    assert [row["status"] for row in rows] == ["finished"] * 3


def test_a_step_counts_from_the_potential_at_rest():
    procedure = HebbWagner()
    assert procedure.step_v(0.1, 0.03) == pytest.approx(0.07)
    assert procedure.step_v(-0.1, 0.03) == pytest.approx(-0.13)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ("potentials_v = [0.05, 0.1]", "3 different potentials"),
        ("potentials_v = [0.05, 0.1, 0.6]\ndecomposition_v = 0.5", "below decomposition_v"),
        ("potentials_v = [-0.5, 0.1, 0.2]\ndecomposition_v = 0.5", "below decomposition_v"),
        ("potentials_v = [0.05, 0.1, 0.0]", "none of them zero"),
    ],
)
def test_potentials_that_make_no_curve_are_refused(parameters, words):
    text = (
        '[sample]\nname = "film"\nthickness_mm = 0.1\narea_cm2 = 1.0\n'
        f'[[procedure]]\nuse = "{HEBB_WAGNER}"\n{parameters}\n'
    )
    with pytest.raises(ConfigurationError, match=words):
        parse_protocol(text, "protocol.toml")


def test_the_plan_shows_every_potential():
    procedure = HebbWagner()
    procedure.set_parameters({"temperatures_degc": [60.0], "potentials_v": [-0.05, 0.05, 0.1]})
    holds = [step.potential_v for step in procedure.plan() if step.label.startswith("hold")]
    assert holds == [-0.05, 0.05, 0.1]
