import pytest

from labctl.config.station import read_station
from labctl.errors import ConfigurationError, InstrumentError

STATION = """
[limits]
temperature_degc = [0, 100]
potential_v = 1
current_a = 0.01

[instruments.bath]
driver = "{driver}"
address = "{address}"
roles = ["oven"]
connection = {connection}
identity = "{identity}"

[simulation.options.instruments]
"{address}" = "{model}"
"""
JULABO = {"driver": "drivers.julabo:JulaboCF", "address": "ASRL3::INSTR", "model": "julabo"}
LAKESHORE = {
    "driver": "drivers.lakeshore33x:LakeShore336", "address": "GPIB0::12::INSTR", "model": "lakeshore336",
}  # fmt: skip
EUROTHERM = {
    "driver": "drivers.eurotherm:Eurotherm2400", "address": "ASRL3::INSTR", "model": "eurotherm2400",
}  # fmt: skip


@pytest.fixture
def station(tmp_path):
    def write(instrument, connection="{}", identity=""):
        path = tmp_path / "station.toml"
        path.write_text(
            STATION.format(**instrument, connection=connection, identity=identity), encoding="utf-8"
        )
        return read_station(path)

    return write


def test_what_the_station_file_does_not_say_stays_as_the_driver_has_it(station):
    told = '{ baud_rate = 9600, data_bits = 8, parity = "none", flow_control = "none" }'
    (bath,) = station(JULABO, told).instruments
    assert bath.connection["asrl"] == {
        "baud_rate": 9600,
        "data_bits": 8,
        "parity": 0,
        "stop_bits": 10,
        "flow_control": 0,
    }
    assert bath.connection["write_termination"] == "\r"
    (bath,) = station(JULABO).instruments
    assert bath.connection == bath.driver_class.connection_settings


def test_terminators_may_be_those_of_the_switches_at_the_back(station):
    (oven,) = station(LAKESHORE, '{ read_termination = "\\n" }').instruments
    assert oven.connection["read_termination"] == "\n"
    assert oven.connection["write_termination"] == "\n"


def test_a_port_with_other_settings_than_the_instruments_is_silence_and_with_its_own_an_answer(station):
    with station(JULABO, '{ baud_rate = 4800, parity = "even", stop_bits = 1 }').open() as bench:
        assert bench.oven.temperature_k == pytest.approx(295.15, abs=1)
    with pytest.raises(InstrumentError, match="time-out"), station(JULABO, "{ baud_rate = 9600 }").open():
        pass


@pytest.mark.parametrize(
    ("instrument", "connection", "key", "hint"),
    [
        (JULABO, "{ baudrate = 9600 }", "connection.baudrate", "did you mean 'baud_rate'?"),
        (JULABO, '{ parity = "E" }', "connection.parity", "'even'"),
        (JULABO, "{ stop_bits = 3 }", "connection.stop_bits", "give 1, 1.5 or 2"),
        (JULABO, "{ data_bits = 9 }", "connection.data_bits", "from 5 to 8"),
        (LAKESHORE, "{ baud_rate = 9600 }", "connection.baud_rate", "the address is GPIB0::12::INSTR"),
        (LAKESHORE, "{ settle_s = 2 }", "connection.settle_s", "for a serial port or a socket"),
        (JULABO, "{ settle_s = 90 }", "connection.settle_s", "from 0 to 60"),
        (JULABO, "{ echo = 1 }", "connection.echo", "true or false"),
        (EUROTHERM, '{ read_termination = "\\n" }', "connection.read_termination", "no terminator"),
    ],
)
def test_what_does_not_belong_to_the_link_is_refused(station, instrument, connection, key, hint):
    with pytest.raises(ConfigurationError) as caught:
        station(instrument, connection)
    assert caught.value.key.endswith(key)
    assert hint in caught.value.problem


def test_a_board_that_boots_when_opened_has_time_to_settle_and_to_be_made_safe(station):
    plain, settling = station(JULABO), station(JULABO, "{ settle_s = 1.5, echo = false }")
    assert settling.safe_within_s == plain.safe_within_s + 3.0
    with settling.open() as bench:
        assert bench.clock.monotonic() >= 1.5


@pytest.mark.parametrize(
    "address", ["PRLGX-TCPIP0::192.168.1.7::1234::INTFC", "prlgx-asrl0::/dev/ttyUSB0::INTFC"]
)
def test_a_prologix_adapter_is_refused_with_the_reason(station, address):
    with pytest.raises(ConfigurationError, match="asks a Prologix adapter for an answer once") as caught:
        station({**LAKESHORE, "address": address})
    assert caught.value.key.endswith("bath.address")


def test_an_instrument_that_is_not_the_one_of_the_station_file_is_refused(station):
    said = "LSCI,MODEL336,LSA0001/#######,2.9"
    with station(LAKESHORE).open() as bench:
        is_ = bench.roles["oven"].identity
    with station(LAKESHORE, identity=is_).open():
        pass
    other = station(LAKESHORE, identity=said.replace("0001", "9999"))
    with pytest.raises(InstrumentError, match="another instrument, or other firmware"), other.open():
        pass
