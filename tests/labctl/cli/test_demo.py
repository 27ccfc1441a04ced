"""The files of the demo."""

from labctl.cli.demo import prepare


def test_the_demo_repeats_its_first_temperature_where_that_costs_little_time(tmp_path):
    _, long = prepare(tmp_path / "long", 1, temperatures_degc="50:110:1")
    assert long.procedures[0].parameters["repeat_first"] is True
    _, short = prepare(tmp_path / "short", 1)
    assert "repeat_first" not in short.procedures[0].parameters
