"""Public measurements, imported by the command line, give the published numbers."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import labctl.cli

KJ_MOL_PER_EV = 96.485


@pytest.fixture
def imported(tmp_path):
    """Import files of one sample, and give what `labctl show` has of the last run."""
    db = tmp_path / "lab.db"

    def run(*arguments):
        invoke = CliRunner().invoke
        done = invoke(labctl.cli.app, ["import", *map(str, arguments), "--into", str(db)])
        assert done.exit_code == 0, done.output
        return json.loads(invoke(labctl.cli.app, ["show", "last", "--db", str(db), "--json"]).stdout)

    return run


def resistances_ohm(content):
    return [point["total_resistance_ohm"] for point in content["conductivities"]]


def test_an_oxide_pellet_has_its_published_conductivities(imported, shared_data):
    degc = (140, 160, 180, 200)
    files = [shared_data / f"oxide_pellet_eis/s04147-{each}deg.txt" for each in degc]
    options = ("--sample", "oxide", "--thickness-mm", 2.1, "--diameter-mm", 8, "--temperatures", "from-name")
    content = imported(*files, *options)
    published_ohm = np.array([146200 + 2.012e6, 79490 + 6.673e5, 39840 + 2.430e5, 22460 + 9.502e4])
    sigma_s_m = [point["conductivity_s_m"] for point in content["conductivities"]]
    np.testing.assert_allclose(sigma_s_m, 2.1e-3 / (np.pi / 4 * 8e-3**2) / published_ohm, rtol=0.02)
    assert [point["temperature_k"] - 273.15 for point in content["conductivities"]] == pytest.approx(degc)


def test_an_electrolyte_has_its_published_resistances_and_activation_energy(imported, shared_data):
    file = shared_data / "carbonate_eis/PYA_25082021_BM169_1_spectra.csv"
    options = ("--sample", "LP", "--thickness-mm", 4.72026, "--area-mm2", 10, "--temperatures", "from-file")
    content = imported(file, *options)
    published_ohm = [3061.9, 2404.3, 1959.0, 1645.2, 1392.2, 1284.4, 1157.6, 1007.8, 893.35]
    assert resistances_ohm(content) == pytest.approx(published_ohm, rel=0.02)
    (arrhenius,) = [fit for fit in content["fits"] if (fit["law"], fit["form"]) == ("arrhenius", "ln_sigma")]
    assert arrhenius["activation_energy_ev"] * KJ_MOL_PER_EV == pytest.approx(10.43, rel=0.02)
    pre_exponential = arrhenius["parameters"]["pre_exponential"]
    assert (pre_exponential["unit"], pre_exponential["value"] / 100) == ("S/m", pytest.approx(0.23, abs=0.01))


def test_a_thiophosphate_has_its_published_resistance(imported, shared_data):
    file = shared_data / "spectra/PEIS_LPSCl_IonBlocking_-25C.txt"
    options = ("--sample", "LPSCl", "--thickness-mm", 1, "--diameter-mm", 10, "--temperatures", "from-name")
    content = imported(file, *options)
    assert 1453 <= resistances_ohm(content)[0] <= 1499
    assert content["conductivities"][0]["temperature_k"] == pytest.approx(248.15)


@pytest.mark.parametrize(("name", "numbers"), [("peis.issue_225.no_ece", 1), ("peis", 0)])
def test_a_binary_file_gives_what_its_text_export_gives(imported, shared_data, name, numbers):
    options = ("--sample", "cell", "--thickness-mm", 1, "--diameter-mm", 12)
    binary, text = (
        imported(shared_data / f"eclab_binary/{name}.{ending}", *options) for ending in ("mpr", "mpt")
    )
    assert [file["format"] for file in binary["imported_files"]] == ["EC-Lab binary"]
    assert [file["format"] for file in text["imported_files"]] == ["EC-Lab"]
    assert len(resistances_ohm(binary)) == numbers
    assert resistances_ohm(binary) == pytest.approx(resistances_ohm(text), rel=1e-6)
    reasons = [[row["flags"] for row in content["without_number"]] for content in (binary, text)]
    assert reasons[0] == reasons[1]
    assert len(reasons[0]) == 1 - numbers


def test_one_file_of_each_maker_is_imported(imported, shared_data):
    folder = shared_data / "vendor_files"
    files = [path for path in sorted(folder.iterdir()) if path.name.startswith("exampleData")]
    imported(*files, "--sample", "dummy", "--thickness-mm", 1, "--diameter-mm", 10)
    assert len(files) == 8
