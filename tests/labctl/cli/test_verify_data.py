"""Public data give the published values, and one that does not is told."""

import json
import shutil

import pytest
from typer.testing import CliRunner

import labctl.cli
from labctl.cli.published_data import DATA, Compared
from labctl.errors import ConfigurationError


def verified(*words):
    return CliRunner().invoke(labctl.cli.app, ["verify", "data", *map(str, words)])


def test_every_published_value_is_found_again(shared_data):
    done = verified(shared_data, "--json")
    content = json.loads(done.stdout)
    assert done.exit_code == 0, done.output
    assert content["absent"] == []
    assert {row["data"] for row in content["compared"]} == {each.name for each in DATA}
    assert [row for row in content["compared"] if row["verdict"] not in ("inside", "agrees")] == []
    assert sum(row["verdict"] == "inside" for row in content["compared"]) >= 20


def test_a_value_that_does_not_agree_is_outside_and_the_exit_code_is_1(shared_data, tmp_path):
    name = "transference/evans_vincent_bruce_1987.csv"
    (tmp_path / "transference").mkdir()
    text = (shared_data / name).read_text(encoding="utf-8")
    (tmp_path / name).write_text(text.replace(",0.44\n", ",0.62\n"), encoding="utf-8")
    done = verified(tmp_path)
    assert done.exit_code == 1
    assert "OUTSIDE" in done.output
    assert "oxide_pellet_eis" in done.output.replace("\n", "")  # what is not in the folder is named


def test_a_series_whose_files_are_exchanged_is_outside(shared_data, tmp_path):
    (tmp_path / "oxide_pellet_eis").mkdir()
    for here, there in ((140, 200), (160, 160), (180, 180), (200, 140)):
        file = shared_data / f"oxide_pellet_eis/s04147-{here}deg.txt"
        shutil.copy(file, tmp_path / f"oxide_pellet_eis/s04147-{there}deg.txt")
    done = verified(tmp_path, "--json")
    assert done.exit_code == 1
    verdicts = [row["verdict"] for row in json.loads(done.stdout)["compared"]]
    assert verdicts.count("OUTSIDE") == 2


def test_a_folder_without_the_data_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="has none of the public data"):
        CliRunner().invoke(labctl.cli.app, ["verify", "data", str(tmp_path)], catch_exceptions=False)


@pytest.mark.parametrize(
    ("compared", "verdict"),
    [
        (Compared("x", "1", 1.0, 1.1, 0.9, 1.3), "inside"),
        (Compared("x", "1", 1.0, 1.01, 1.005, 1.015), "agrees"),
        (Compared("x", "1", 1.0, 1.05, 1.04, 1.06), "OUTSIDE"),
        (Compared("x", "1", 1.0, 1.05), "OUTSIDE"),
        (Compared("x", "1", 1.0, 1.1, published_high=1.2), "inside"),
        (Compared("x", "1", 1.0, float("nan")), "OUTSIDE"),
    ],
)
def test_a_verdict_says_whether_the_printed_value_is_in_the_interval(compared, verdict):
    assert compared.verdict == verdict
