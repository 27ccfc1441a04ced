"""Passwords and tokens that other users can read are told."""

import os

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.config.readable_secrets import secrets_others_can_read
from labctl.config.station import read_station

STATION = """
[limits]
temperature_degc = [0, 100]
potential_v = 1
current_a = 0.01
[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"
roles = ["fra"]
[simulation]
"""
PROTOCOL = """
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.eis:EIS"
"""
pytestmark = pytest.mark.skipif(os.name != "posix", reason="permissions of Windows are not read")


@pytest.fixture
def station_file(tmp_path):
    path = tmp_path / "station.toml"
    path.write_text(STATION)
    return path


def told(path):
    return secrets_others_can_read(read_station(path))


def test_a_file_of_addresses_is_for_its_owner_only(station_file, tmp_path):
    station_file.write_text(STATION + '[night.notify]\nurls_file = "urls.txt"\n')
    urls = tmp_path / "urls.txt"
    urls.write_text("tgram://123:secret/456\n")
    for mode, who in ((0o644, "every user"), (0o640, "its group")):
        urls.chmod(mode)
        (sentence,) = told(station_file)
        assert sentence == (
            f"{urls} holds passwords or tokens, and {who} of this computer can read it: chmod 600 {urls}"
        )
    (tmp_path / "protocol.toml").write_text(PROTOCOL)
    checked = CliRunner().invoke(app, ["check", str(tmp_path / "protocol.toml"), "-s", str(station_file)])
    assert "chmod 600" in checked.output
    urls.chmod(0o600)
    assert told(station_file) == []


@pytest.mark.parametrize(
    ("line", "is_secret"),
    [
        ("# mailto://ann:secret@lab.org", True),
        ('[night.interlocks]\nwatched_file = "/tmp/door"', False),
        ("# a token is in the other file", False),
    ],
)
def test_a_station_file_is_told_only_where_it_holds_a_secret(station_file, line, is_secret):
    station_file.write_text(f"{STATION}{line}\n")
    station_file.chmod(0o644)
    assert bool(told(station_file)) is is_secret
