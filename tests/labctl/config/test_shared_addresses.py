"""Two instruments at one address are refused where that cannot be right, and only there."""

import pytest

from labctl.config.doubts import doubts_about_instruments
from labctl.config.station import read_station
from labctl.errors import ConfigurationError

LIMITS = """
[limits]
temperature_degc = [0, 100]
potential_v = 1
current_a = 0.1
"""
EUROTHERM, JULABO = "drivers.eurotherm:Eurotherm2400", "drivers.julabo:JulaboCF"
LAKE_SHORE, HUBER = "drivers.lakeshore33x:LakeShore336", "drivers.huber:Huber"
OWN = """
from drivers.lakeshore33x import LakeShore336
from labctl.instrument import Instrument

class SecondSensor(Instrument):
    def __init__(self, adapter, name=None, *, station=1, **kwargs):
        super().__init__(adapter, name, **kwargs)

    temperature_k = 300.0
"""


@pytest.fixture
def pair(tmp_path, monkeypatch):
    """Return a function that reads a station with an oven and a thermometer at one address."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own_sensor.py").write_text(OWN)

    def read(address, oven, thermometer):
        tables = [LIMITS]
        for name, role, (driver, settings) in (
            ("oven", "oven", oven),
            ("sample", "thermometer", thermometer),
        ):
            tables.append(
                f'[instruments.{name}]\ndriver = "{driver}"\naddress = "{address}"\n'
                f'roles = ["{role}"]\nsettings = {{{settings}}}'
            )
        (tmp_path / "station.toml").write_text("\n".join(tables))
        return read_station(tmp_path / "station.toml")

    return read


SERIAL, GPIB = "ASRL3::INSTR", "GPIB0::12::INSTR"


@pytest.mark.parametrize(
    ("address", "oven", "thermometer", "words"),
    [
        (
            SERIAL,
            (EUROTHERM, "unit = 2"),
            (EUROTHERM, "unit = 2"),
            "both have unit = 2 on one line",
        ),
        (SERIAL, (EUROTHERM, ""), (EUROTHERM, "unit = 1"), r"its own settings\.unit"),
        (SERIAL, (JULABO, ""), (LAKE_SHORE, ""), "LakeShore336 needs a serial line of its own"),
        (SERIAL, (EUROTHERM, "unit = 2"), (HUBER, ""), "drivers.huber:Huber needs a serial line of its own"),
        (
            GPIB,
            (LAKE_SHORE, ""),
            (LAKE_SHORE, ""),
            "the same settings; give one of them",
        ),
        (GPIB, (LAKE_SHORE, ""), ("drivers.oxford_itc503:OxfordITC503", ""), "are different instruments"),
    ],
)
def test_an_address_that_two_instruments_cannot_share_is_refused(pair, address, oven, thermometer, words):
    with pytest.raises(ConfigurationError, match=words) as raised:
        pair(address, oven, thermometer)
    assert raised.value.key == "instruments.sample.address"
    assert f"is '{address}', the address of 'oven' as well" in raised.value.problem


@pytest.mark.parametrize(
    ("address", "oven", "thermometer", "doubted"),
    [
        (SERIAL, (EUROTHERM, "unit = 1"), (EUROTHERM, "unit = 2"), False),
        (SERIAL, (JULABO, "rs485_address = 1"), (JULABO, "rs485_address = 2"), False),
        ("TCPIP0::10.0.0.3::502::SOCKET", (EUROTHERM, "unit = 1"), (EUROTHERM, "unit = 2"), False),
        (GPIB, (LAKE_SHORE, "output = 1"), (LAKE_SHORE, 'output = 2, sensor = "B"'), True),
        (GPIB, (LAKE_SHORE, ""), ("own_sensor:SecondSensor", ""), True),
    ],
)
def test_an_address_that_two_instruments_can_share_is_accepted(pair, address, oven, thermometer, doubted):
    station = pair(address, oven, thermometer)
    doubts = [doubt for doubt in doubts_about_instruments(station.instruments) if "same address" in doubt]
    assert bool(doubts) == doubted


def test_drivers_that_do_not_say_how_they_share_a_line_are_accepted_as_before(pair, tmp_path):
    station = pair(SERIAL, (EUROTHERM, ""), ("own_sensor:SecondSensor", "station = 2"))
    assert len(station.instruments) == 2
