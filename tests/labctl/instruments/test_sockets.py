"""Sockets that an instrument closes when it was not asked for a while, and which messages are repeated."""

import socket
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from typer.testing import CliRunner

from drivers.eurotherm import Eurotherm2400
from drivers.huber import Huber
from drivers.oxford_mercury import OxfordMercuryITC
from labctl.cli import app
from labctl.clock import RealClock, ScaledClock
from labctl.config.station import read_station
from labctl.errors import InstrumentError
from labctl.instruments import connection as connection_module
from labctl.instruments.connection import Connection
from labctl.instruments.sockets import is_closed_by_other_side, only_asks
from sim_instruments.serve import Server

MODBUS_READS = "[0-9a-f]{2} 0[34]( [0-9a-f]{2})*"


class Host:
    """Instrument at a socket: `talk` gets each connection, and what is received is kept."""

    def __init__(self, *talks):
        self.heard = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"TCPIP0::127.0.0.1::{self._listener.getsockname()[1]}::SOCKET"
        threading.Thread(target=self._serve, args=(talks,), daemon=True).start()

    def _serve(self, talks):
        with suppress(OSError):  # the listener was closed
            for talk in talks:
                client, _ = self._listener.accept()
                with client:
                    talk(self, client)

    def close(self):
        self._listener.close()

    def hear(self, client):
        self.heard.append(client.recv(4096))
        return self.heard[-1]


def answers(*replies):
    def talk(host, client):
        for reply in replies:
            if host.hear(client):
                client.sendall(reply)

    return talk


def hangs_up(host, client):
    """Take a message and close the connection instead of an answer."""
    host.hear(client)


def answers_forever(host, client):
    while host.hear(client):
        client.sendall(b"2.5\n")


@pytest.fixture
def connected(monkeypatch):
    """Connect to a host with these talks, one for each connection; every message comes after a pause."""
    monkeypatch.setattr(connection_module, "PAUSE_S", 0.0)
    hosts = []

    def connect(*talks, **settings):
        host = Host(*talks)
        hosts.append(host)
        ends = {"write_termination": "\n", "read_termination": "\n", "timeout": 2000}
        return host, Connection("bath", host.address, RealClock(), "@py", **{**ends, **settings})

    yield connect
    for host in hosts:
        host.close()


def test_a_socket_closed_during_a_pause_is_opened_again_before_a_command_is_sent(connected):
    host, bath = connected(answers(b"1.5\n"), answers_forever)
    bath.write("T?")
    assert bath.read() == "1.5"
    _until_closed(bath)
    bath.write("SET 3")
    bath.write("T?")
    bath.read()
    bath.close()
    assert b"".join(host.heard).count(b"SET 3\n") == 1


def _until_closed(bath):
    assert is_closed_by_other_side(bath.connection, within_s=5.0)


def test_a_question_lost_with_its_socket_is_repeated_once(connected):
    host, bath = connected(hangs_up, answers_forever)
    bath.write("T?")
    assert bath.read() == "2.5"
    assert host.heard[:2] == [b"T?\n", b"T?\n"]
    bath.close()


def test_a_question_is_not_repeated_twice(connected):
    host, bath = connected(hangs_up, hangs_up, answers_forever)
    bath.write("T?")
    with pytest.raises(InstrumentError, match="connection"):
        bath.read()
    assert host.heard == [b"T?\n", b"T?\n"]
    bath.close()


@pytest.mark.parametrize("message", ["*TRG", "SYST:ERR?", ":TRIG:SING;*OPC?", ':READ? "defbuffer1"'])
def test_a_message_that_acts_is_not_repeated(connected, message):
    host, bath = connected(hangs_up, answers_forever)
    bath.write(message)
    with pytest.raises(InstrumentError):
        bath.read()
    assert host.heard == [f"{message}\n".encode()]
    bath.close()


def test_a_question_is_not_repeated_for_the_rest_of_an_answer(connected):
    host, oven = connected(answers(b"\x01\x03\x02"), answers(b"\x01\x03\x02"), questions=MODBUS_READS)
    oven.write_bytes(bytes.fromhex("01 03 00 01 00 01 d5 ca"))
    assert oven.read_bytes(3) == b"\x01\x03\x02"
    with pytest.raises(InstrumentError):
        oven.read_bytes(4)
    assert len(host.heard) == 1
    oven.close()


def test_the_end_of_a_socket_is_not_waited_for_until_the_time_out(connected):
    _, bath = connected(hangs_up, timeout=60_000)
    bath.write("*TRG")
    with pytest.raises(InstrumentError) as lost:
        bath.read()
    assert "time-out" not in str(lost.value)
    bath.close()


@pytest.mark.parametrize(
    ("message", "questions", "may_be_repeated"),
    [
        ("KRDG? A", "", True),
        ("?VA", "", True),
        (":CORR:LENG?;:CORR:OPEN:STAT?", "", True),
        ("SETP 1,300", "", False),
        ("SETP 1,300;SETP? 1", "", False),
        ("?ER", "", False),
        ("*ESR?", "", False),
        ("READ:DEV:MB1.T1:TEMP:SIG:TEMP", "READ:.*", True),
        ("SET:DEV:MB1.T1:TEMP:LOOP:TSET:300", "READ:.*", False),
        ("01 03 00 01 00 01 d5 ca", MODBUS_READS, True),
        ("01 06 00 02 00 fa 1a 08", MODBUS_READS, False),
    ],
)
def test_only_what_asks_without_acting_may_be_repeated(message, questions, may_be_repeated):
    assert only_asks(message, questions) == may_be_repeated


def test_a_station_whose_controller_closes_idle_sockets_is_measured_without_a_retry(tmp_path, monkeypatch):
    monkeypatch.setattr(connection_module, "PAUSE_S", 0.0)
    instruments = {"GPIB0::12::INSTR": "lakeshore336"}
    with Server({"seed": 1, "closes_idle_s": 0.3, "instruments": instruments}, RealClock()) as server:
        path = tmp_path / "station.toml"
        path.write_text(server.station_toml(), encoding="utf-8")
        with read_station(path).open() as bench:
            _until_closed(bench.oven.adapter)
            bench.oven.setpoint_k = 300.0
            _until_closed(bench.oven.adapter)
            assert bench.oven.temperature_k == pytest.approx(295, abs=5)


@pytest.mark.parametrize(
    ("driver_class", "question", "command"),
    [
        (Huber, "{M01****", "{M0009C4"),
        (Eurotherm2400, "01 03 00 01 00 01 d5 ca", "01 06 00 02 00 fa a8 49"),
        (OxfordMercuryITC, "READ:DEV:MB1.T1:TEMP:SIG:TEMP", "SET:DEV:MB1.T1:TEMP:LOOP:TSET:300"),
    ],
)
def test_drivers_name_the_questions_of_protocols_without_question_marks(driver_class, question, command):
    assert only_asks(question, driver_class.questions)
    assert not only_asks(command, driver_class.questions)


ONE_TEMPERATURE = """
title = "spectrum"
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = "23"
frequency_max_hz = 1e4
frequency_min_hz = 1e3
dwell_min = 2
"""


def test_a_run_without_retries_survives_an_analyser_that_hung_up_while_the_temperature_settled(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    instruments = {"GPIB0::12::INSTR": "lakeshore336", "GPIB0::17::INSTR": "keysight_e4980a"}
    options = {"seed": 1, "closes_idle_s": 60.0, "instruments": instruments}
    with Server(options, ScaledClock(200.0)) as server:
        Path("station.toml").write_text(server.station_toml(), encoding="utf-8")
        Path("p.toml").write_text(ONE_TEMPERATURE, encoding="utf-8")
        ran = CliRunner().invoke(app, ["run", "p.toml", "--quiet", "--without-supervisor"])
    assert ran.exit_code == 0, ran.output
