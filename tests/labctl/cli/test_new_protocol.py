"""`labctl new protocol`: a protocol of spectra at several temperatures."""

import pytest
from typer.testing import CliRunner

from labctl.cli.new import app
from labctl.config.protocol import read_protocol
from labctl.errors import ConfigurationError


def new(folder, *options):
    return CliRunner().invoke(app, ["protocol", "first_sweep", "--folder", str(folder), *options])


def parameters(folder):
    (entry,) = read_protocol(folder / "first_sweep.toml").procedures
    return entry.parameters


def test_a_long_series_measures_its_first_temperature_again(tmp_path):
    assert new(tmp_path, "--temperatures-degc", "40:90:1").exit_code == 0
    assert parameters(tmp_path)["repeat_first"] is True


def test_a_short_series_does_not_grow_by_more_than_a_tenth(tmp_path):
    assert new(tmp_path, "--temperatures-degc", "30, 60, 90").exit_code == 0
    found = parameters(tmp_path)
    assert found["temperatures_degc"] == "30, 60, 90"
    assert "repeat_first" not in found


def test_an_existing_file_is_not_replaced(tmp_path):
    assert new(tmp_path).exit_code == 0
    again = new(tmp_path)
    assert isinstance(again.exception, ConfigurationError)


@pytest.mark.parametrize("temperatures", ["warm", "30"])
def test_temperatures_that_are_no_series_write_no_repetition(tmp_path, temperatures):
    found = new(tmp_path, "--temperatures-degc", temperatures)
    assert found.exit_code != 0 or "repeat_first" not in parameters(tmp_path)
