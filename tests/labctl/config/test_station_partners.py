import pytest

from labctl.config.station import read_station
from labctl.errors import ConfigurationError

STATION = """
[limits]
temperature_degc = [0, 100]
potential_v = 1
current_a = 0.1

[instruments.cell]
driver = "drivers.solartron_pair:Solartron1260With1287"
address = "GPIB0::6::INSTR"
roles = ["fra", "potentiostat"]
with = "analyser"
settings = { standard_resistor_ohm = 100.0 }

[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"
"""


@pytest.fixture
def station_file(tmp_path):
    def write(text):
        path = tmp_path / "station.toml"
        path.write_text(text)
        return path

    return write


def test_an_instrument_may_work_with_another_that_has_no_role_of_its_own(station_file):
    cell, analyser = read_station(station_file(STATION)).instruments
    assert (cell.partner, analyser.partner, analyser.roles) == ("analyser", "", ())


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (('with = "analyser"', 'with = "analyzer"'), r"cell\.with"),
        (('with = "analyser"', 'with = "cell"'), r"cell\.with"),
        (('with = "analyser"', ""), r"cell\.with"),
        (("standard_resistor_ohm = 100.0", ""), r"settings\.standard_resistor_ohm"),
        (('4::INSTR"', '4::INSTR"\nwith = "cell"'), r"analyser\.with"),
        (("solartron_pair:Solartron1260With1287", "solartron1287:Solartron1287"), r"cell\.(roles|with)"),
        (("solartron1260:Solartron1260", "lcr_meters:Agilent4284A"), "works with a Solartron1260"),
    ],
)
def test_what_does_not_fit_together_is_refused_by_key(station_file, change, key):
    with pytest.raises(ConfigurationError, match=key):
        read_station(station_file(STATION.replace(*change)))


def test_an_instrument_that_nobody_uses_is_refused(station_file):
    alone = (
        STATION.replace('with = "analyser"\n', "")
        .replace("solartron_pair:Solartron1260With1287", "solartron1287:Solartron1287")
        .replace('"fra", ', "")
    )
    with pytest.raises(ConfigurationError, match=r"analyser\.roles"):
        read_station(station_file(alone))
