"""The files of the demo, and what it prints."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

import labctl
from labctl.cli import app, demo_review, demo_samples
from labctl.cli.demo import prepare
from labctl.cli.demo_beside import Beside
from labctl.cli.demo_files import written
from labctl.errors import ConfigurationError
from sim_instruments.materials import materials


def test_the_demo_repeats_its_first_temperature_where_that_costs_little_time(tmp_path):
    _, long = prepare(tmp_path / "long", 1, temperatures_degc="50:110:1")
    assert long.procedures[0].parameters["repeat_first"] is True
    _, short = prepare(tmp_path / "short", 1)
    assert "repeat_first" not in short.procedures[0].parameters


def test_the_demo_of_several_samples_prints_each_value_beside_the_one_put_in(tmp_path):
    options = ["--samples", "2", "--temperatures-degc", "60:100:20", "--json", "--out", str(tmp_path)]
    result = CliRunner().invoke(app, ["demo", *options])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert [one["sample"] for one in found] == ["Mg3(BH4)4(NH2)2", "Mg(en)(BH4)2"]
    assert [one["put_in_ev"] for one in found] == [0.84, 1.3]
    with labctl.open(tmp_path / "demo.db") as db:
        assert [row["cell"] for row in db.rows("SELECT cell FROM runs ORDER BY id")] == ["A", "B"]
    for one in found:
        assert one["low_95_ev"] <= one["put_in_ev"] <= one["high_95_ev"]


def test_eight_samples_can_be_prepared_and_a_ninth_is_refused_in_words(tmp_path):
    station, protocol = prepare(tmp_path, 1, samples=8)
    assert list(protocol.in_cells) == list(station.cells) == list("ABCDEFGH")
    with pytest.raises(ConfigurationError, match="--samples: is 9; the rig has 8 materials"):
        prepare(tmp_path, 1, samples=9)


def test_spectra_to_replay_belong_to_one_sample(tmp_path):
    with pytest.raises(ConfigurationError, match="--replay, which has one sample"):
        prepare(tmp_path, 1, replay=tmp_path, samples=2)


def test_the_review_is_measured_in_several_nights_beside_its_printed_values(tmp_path, monkeypatch):
    pellets, polymers, _ = demo_review.NIGHTS
    few = (replace(pellets, samples=pellets.samples[:2]), replace(polymers, samples=polymers.samples[-1:]))
    monkeypatch.setattr(demo_review, "NIGHTS", few)
    options = ["--review", "--temperatures-degc", "60:100:20", "--json", "--out", str(tmp_path)]
    result = CliRunner().invoke(app, ["demo", *options])
    assert result.exit_code == 0, result.output
    content = json.loads(result.stdout)
    first, second, third = content["compared"]
    assert (first["material"], first["published_s_m"], first["references"]) == (
        "Mg3(BH4)4(NH2)2",
        pytest.approx(0.0041),
        [161],
    )
    assert (first["verdict"], first["origin"]) == ("inside", "law")
    assert (second["material"], second["origin"]) == ("Mg(en)(BH4)2", "extrapolated")
    assert third["material"] == "PTHF-epoxy:Al(NO3)3"
    assert "The simulator was given these values" in content["caption"]
    assert "3 materials, measured in 2 simulated nights" in content["caption"]
    assert (tmp_path / "review.png").stat().st_size > 20_000
    assert (tmp_path / "night-2" / "protocol.toml").is_file()


def test_the_review_holds_every_material_with_a_temperature_law_once():
    named = [sample.material for night in demo_review.NIGHTS for sample in night.samples]
    assert sorted(named) == sorted(materials())


@pytest.mark.parametrize("night", demo_review.NIGHTS, ids=lambda night: night.title)
def test_a_night_of_the_review_is_within_the_limits_of_its_oven(night, tmp_path):
    texts = demo_samples.night(
        night.title, night.samples, 1, 1.0, 10.0, night.temperatures_degc, night.highest_degc, night.oven
    )
    _, protocol = written(tmp_path, texts)
    assert len(protocol.in_cells) == len(night.samples)
    printed = [demo_review.printed_at_k(materials()[sample.material]) for sample in night.samples]
    assert max(printed) < night.highest_degc + 273.15 + 60


def test_a_value_that_the_review_does_not_print_is_outside():
    known = ("x", (1,), 1, 300.0)
    assert Beside(*known, 2.0, 1.0, 0.9, 1.1, "law").verdict == "OUTSIDE"
    assert Beside(*known, 1.05, 1.0, 0.9, 1.1, "law").verdict == "inside"
    assert Beside(*known, 1.0).verdict == "no value"


@pytest.mark.parametrize(
    ("other", "named"), [(["--samples", "2"], "--samples"), (["--replay", "."], "--replay")]
)
def test_the_review_has_samples_of_its_own(other, named, tmp_path):
    with pytest.raises(ConfigurationError, match=f"{named}: is given with --review"):
        CliRunner().invoke(app, ["demo", "--review", *other, "--out", str(tmp_path)], catch_exceptions=False)
