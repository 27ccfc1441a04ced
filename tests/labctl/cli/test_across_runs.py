"""`labctl samples`, `find`, `compare`: as a person types them, on a file with three measured pellets."""

import json

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.errors import InvalidRequest
from labctl.testing import STATION

pytestmark = pytest.mark.xdist_group("across runs")

PELLET = """\
[sample]
name = "pellet {number}"
cation = "Mg2+"
composition = "Mg3(BH4)4(NH2)2"
thickness_mm = {number}.0
thickness_uncertainty_mm = 0.01
diameter_mm = 10.0
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [40, 70, 100]
frequency_max_hz = 1e6
frequency_min_hz = 10.0
points_per_decade = 6
dwell_min = 5
"""


@pytest.fixture(scope="module")
def file_of_three(tmp_path_factory):
    """Measured once."""
    folder = tmp_path_factory.mktemp("three")
    (folder / "station.toml").write_text(STATION)
    for number in (1, 2, 3):
        (folder / f"{number}.toml").write_text(PELLET.format(number=number))
        words = ["run", str(folder / f"{number}.toml"), "--station", str(folder / "station.toml"), "--quiet"]
        done = CliRunner().invoke(app, [*words, "--db", str(folder / "lab.db")])
        assert done.exit_code == 0, done.output
    return folder / "lab.db"


@pytest.fixture
def said(file_of_three):
    def say(*words):
        environment = {"LABCTL_DB": str(file_of_three), "COLUMNS": "120"}
        result = CliRunner().invoke(app, list(words), env=environment)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.stdout

    return say


def test_samples_are_listed_with_their_best_numbers_and_runs(said):
    listed = json.loads(said("samples", "--json"))["samples"]
    assert [(sample["name"], sample["runs"]) for sample in listed] == [
        (f"pellet {n}", [n]) for n in (1, 2, 3)
    ]
    assert listed[0]["best"]["activation_energy_ev"]["run_id"] == 1
    text = said("samples")
    assert "pellet 3" in text
    assert all(words in text for words in ("extrapolated", "area not", "Ea, ln(sigma T) r3"))


def test_simulated_runs_are_called_so(said):
    assert "3 of 3 run(s) simulated; their numbers count" in said("samples")
    assert "not finished" not in said("samples")
    assert said("find").count("(simulated)") == 3
    assert {run["clock"] for run in json.loads(said("find", "--json"))["runs"]} == {"virtual"}


def test_one_sample_is_shown_with_its_mounts(said):
    assert "specimen 1, mount 1: runs 2" in said("samples", "pellet 2")
    with pytest.raises(InvalidRequest, match="no run of a sample 'pellet 9'"):
        said("samples", "pellet 9")


def test_runs_are_found_by_a_conductivity(said):
    known = json.loads(said("find", "--at-degc", "70", "--json"))["runs"]
    middle = known[1]["conductivity"]["value_s_m"] / 100
    found = json.loads(
        said("find", "--cation", "mg", "--above", f"{middle:.6g}", "--at-degc", "70", "--json")
    )
    assert [run["run_id"] for run in found["runs"]] in ([2, 3], [3])
    assert "0 run(s)" in said("find", "--above", "1")
    with pytest.raises(InvalidRequest, match="'2026-13-01' is no day"):
        said("find", "--since", "2026-13-01")


def test_a_comparison_gives_ratio_interval_and_verdict(said):
    text = said("compare", "1", "2", "--literature")
    assert "run 2 (pellet 2) / run 1 (pellet 1)" in text
    assert "ratio 2, 95 % " in text
    assert "real (p < 1e-6)" in text
    assert "LITERATURE: O'Donnell" in text
    (found,) = json.loads(said("compare", "1", "2", "--json"))["comparisons"]
    low, high = found["ratios"][0]["interval_95"]
    assert low < 2 < high


def test_the_contacts_are_separated_by_thickness(said):
    """The simulated cell has one resistance whatever its sample is called: all of it is contact."""
    found = json.loads(said("compare", "1", "2", "3", "--against", "thickness", "--at-degc", "70", "--json"))
    assert found["conductivity_s_m"] is None
    assert found["contact_ohm_m2"]["value"] > 0
    assert "the slope against thickness may be zero" in said(
        "compare", "1", "2", "3", "--against", "thickness", "--at-degc", "70"
    )


def test_the_slope_against_pressure_has_an_interval_and_a_verdict(said):
    """Three pellets of one resistance: sigma is as the thickness 1, 2, 3, and ln sigma as 0, 0.693, 1.099."""
    pressures = "0,6.93147,10.98612"
    words = ("compare", "1", "2", "3", "--against", "pressure", "--values-mpa", pressures, "--at-degc", "70")
    found = json.loads(said(*words, "--json"))
    assert found["slope_per_mpa"]["value"] == pytest.approx(0.1, rel=1e-3)
    assert found["is_real"] is True
    assert "per MPa, 95 % " in said(*words)


@pytest.mark.parametrize(
    ("words", "said_why"),
    [
        (["1", "1"], "run 1 is named twice"),
        (["1", "2", "--against", "mass"], "'mass' is neither thickness, area nor pressure"),
        (["1", "2", "--against", "pressure"], "--against pressure and --values-mpa belong together"),
        (["1", "2", "--values-mpa", "1,2"], "--against pressure and --values-mpa belong together"),
        (["1", "2", "--against", "pressure", "--values-mpa", "1;2"], "cannot read '1;2'"),
        (["1", "2", "--against", "pressure", "--values-mpa", "1"], "1 pressure\\(s\\) for 2 run\\(s\\)"),
        (["1", "2", "--against", "pressure", "--values-mpa", "5,5"], "runs at two pressures or more"),
        (["1", "2", "--against", "pressure", "--values-mpa", "-1,5"], "0 MPa or more"),
        (["1", "2", "--at-degc", "-300"], "above -273.15"),
        (["1", "2", "--against", "area", "--at-degc", "30", "--at-degc", "40"], "give one --at-degc"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(said, words, said_why):
    with pytest.raises(InvalidRequest, match=said_why):
        said("compare", *words)


@pytest.mark.parametrize("words", [("samples",), ("compare", "1", "2")])
def test_what_is_in_no_interval_is_named_with_its_largest_effect(said, words):
    output = said(*words)
    assert "not stated, and in no interval: thermometer, sensor to sample" in output
    assert "the largest: thermometer, if it were only type K class 2" in output


@pytest.mark.parametrize(
    ("words", "runs"),
    [
        (("samples",), ["1", "2", "3"]),
        (("samples", "pellet 2"), ["2"]),
        (("compare", "1", "2"), ["1", "2"]),
        (("compare", "1", "2", "--against", "thickness"), ["1", "2"]),
        (("compare", "1", "2", "--against", "pressure", "--values-mpa", "1,2"), ["1", "2"]),
    ],
)
def test_json_names_what_is_in_no_interval_and_the_largest_effects_first(said, words, runs):
    unknowns = json.loads(said(*words, "--json"))["unknowns"]
    assert list(unknowns) == runs
    for found in unknowns.values():
        assert found["not_stated"][:2] == ["thermometer", "sensor to sample"]
        effects = [one["relative_sigma"] for one in found["largest_unknowns"]]
        assert effects == sorted(effects, reverse=True)
        assert found["largest_unknowns"][0]["source"] == "thermometer"
        assert "type K class 2" in found["largest_unknowns"][0]["if"]
        assert found["largest_unknowns"][0]["energy_ev"] > 0


def test_cells_compared_name_what_is_in_no_interval(said):
    text = said("compare", "1", "2", "3", "--against", "thickness", "--at-degc", "70")
    assert "runs 1, 2, 3: not stated, and in no interval: thermometer, sensor to sample" in text
