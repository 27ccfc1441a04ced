import pytest

from labctl.config.protocol import parse_protocol
from labctl.errors import ConfigurationError
from procedures.dc_polarisation import DCPolarisation

DC = "procedures.dc_polarisation:DCPolarisation"
QUICK = "frequency_min_hz = 10.0\nrest_min = 0.5\nhold_max_min = [4]\n"


def test_every_potential_is_held_from_rest_with_a_spectrum_before(cell_station, measure_cell, no_evaluation):
    station = cell_station(electrodes="blocking", electronic_share=0.01)
    measured = measure_cell(station, QUICK + "potentials_v = [0.05, -0.05]", DC, electrodes="blocking")
    assert (measured.outcome.status, measured.cell_on) == ("finished", False)
    first, second = measured.rows("SELECT * FROM polarisations ORDER BY number")
    assert first["potential_v"] == pytest.approx(0.05, abs=1e-5)
    assert second["potential_v"] == pytest.approx(-0.05, abs=1e-5)
    assert first["initial_spectrum_id"] != second["initial_spectrum_id"]
    assert (first["steady_spectrum_id"], first["status"]) == (None, "finished")
    assert measured.rows("SELECT count(*) n FROM spectra") == [{"n": 2}]
    last = measured.rows("SELECT current_a FROM polarisation_points WHERE polarisation_id = 2")[-1]
    assert last["current_a"] < 0


def test_spectra_may_be_left_out(cell_station, measure_cell, no_evaluation):
    measured = measure_cell(
        cell_station(electrodes="blocking"), QUICK + "spectra = false", DC, electrodes="blocking"
    )
    assert measured.outcome.status == "finished"
    assert measured.rows("SELECT * FROM spectra") == []


def test_no_current_between_blocking_electrodes_is_no_fault(cell_station, measure_cell, no_evaluation):
    measured = measure_cell(cell_station(electrodes="blocking"), QUICK, DC, electrodes="blocking")
    assert measured.outcome.status == "finished"
    (row,) = measured.rows("SELECT ended_by FROM polarisations")
    assert row["ended_by"] == "maximum time"


def test_an_electronic_share_of_one_percent_is_found_within_a_tenth(cell_station, measure_cell):
    station = cell_station(electrodes="blocking", electronic_share=0.01)
    measured = measure_cell(station, QUICK, DC, electrodes="blocking")
    (row,) = measured.rows("SELECT * FROM transference_numbers")
    assert row["quantity"] == "electronic"
    assert row["value"] == pytest.approx(0.01, rel=0.1)
    assert row["low_95"] <= 0.01 <= row["high_95"]
    assert row["initial_resistance_ohm"] is None


def test_a_purely_ionic_sample_gets_a_bound_in_words(cell_station, measure_cell):
    measured = measure_cell(cell_station(electrodes="blocking"), QUICK, DC, electrodes="blocking")
    (row,) = measured.rows("SELECT * FROM transference_numbers")
    assert row["value"] < 0.01
    assert row["flags"]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ("potentials_v = [0.05, 0.0]", "potentials_v"),
        ("potentials_v = [0.05, 0.1]\nhold_max_min = [5, 5, 5]", "hold_max_min"),
        ("hold_max_min = [1]", "hold_min_min"),
    ],
)
def test_lists_that_do_not_fit_are_refused(parameters, words):
    text = (
        '[sample]\nname = "film"\nthickness_mm = 0.1\narea_cm2 = 1.0\n'
        f'[[procedure]]\nuse = "{DC}"\n{parameters}\n'
    )
    with pytest.raises(ConfigurationError, match=words):
        parse_protocol(text, "protocol.toml")


def test_the_plan_shows_every_potential():
    procedure = DCPolarisation()
    procedure.set_parameters({"temperatures_degc": [60.0], "potentials_v": [0.05, 0.1]})
    assert [step.potential_v for step in procedure.plan() if step.label.startswith("hold")] == [0.05, 0.1]
