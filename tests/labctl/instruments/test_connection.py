from contextlib import closing
from dataclasses import replace

import pytest

from drivers.eurotherm import Eurotherm2400
from labctl.clock import RealClock, VirtualClock
from labctl.errors import InstrumentError
from labctl.instruments.connection import Connection
from sim_instruments.rig import build
from sim_instruments.serve import Server

OVEN = "GPIB0::12::INSTR"
TERMINATORS = {"write_termination": "\n", "read_termination": "\r\n"}


@pytest.fixture
def world():
    clock = VirtualClock()
    rig = build(clock)
    yield clock, rig
    rig.close()


def connect(world, **settings):
    clock, rig = world
    return Connection("oven", OVEN, clock, visa_library=rig.visa_library, **{**TERMINATORS, **settings})


def ask(connection, question):
    connection.write(question)
    return connection.read()


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("timeout", "time-out after 2 s"),
        ("truncate", "cut before its terminator"),
        ("garble", "not text"),
        ("lost", "lost"),
    ],
)
def test_what_is_not_a_whole_answer_is_an_error_with_who_and_what(world, kind, problem):
    _, rig = world
    connection = connect(world, timeout=2000)
    rig.faults.add(kind, instrument=OVEN, command="KRDG", **({"duration_s": 0.0} if kind == "lost" else {}))
    with pytest.raises(InstrumentError, match=problem) as caught:
        ask(connection, "KRDG? A")
    assert caught.value.instrument == "oven"
    assert caught.value.sent == "KRDG? A"


@pytest.mark.parametrize("kind", ["timeout", "late", "truncate", "garble", "lost"])
def test_after_any_failure_the_next_answer_belongs_to_the_next_question(world, kind):
    clock, rig = world
    connection = connect(world, timeout=2000)
    details = {"late": {"delay_s": 5.0}, "lost": {"duration_s": 0.0}}.get(kind, {})
    rig.faults.add(kind, instrument=OVEN, command="KRDG", **details)
    with pytest.raises(InstrumentError):
        ask(connection, "KRDG? A")
    clock.sleep(10)
    connection.write("*IDN?")
    assert connection.read().startswith("LSCI,MODEL336")


@pytest.mark.parametrize("delay_s", [2.5, 3.5, 6.0])
@pytest.mark.parametrize("pause_s", [0.0, 3.0, 10.0])
def test_an_answer_that_comes_late_on_a_serial_line_answers_no_other_question(delay_s, pause_s):
    clock = VirtualClock()
    rig = build(clock, instruments={"ASRL3::INSTR": "thermotron3800"})
    terminators = {"write_termination": "\r\n", "read_termination": "\r\n"}
    with closing(rig):
        chamber = Connection(
            "chamber", "ASRL3::INSTR", clock, visa_library=rig.visa_library, timeout=2000, **terminators
        )
        for command in ("SETP1,77.0", "RUNM"):
            chamber.write(command)
            clock.sleep(1)
        rig.faults.add("late", command="PVAR1", delay_s=delay_s)
        with pytest.raises(InstrumentError, match="time-out"):
            ask(chamber, "PVAR1?")
        clock.sleep(pause_s)
        assert [float(ask(chamber, "SETP1?")) for _ in range(3)] == [77.0] * 3


def test_messages_are_spaced_as_the_instrument_needs(world):
    clock, _ = world
    connection = connect(world, write_interval_s=0.05, quiet_after_s={"*RST": 3.0})
    connection.write("*CLS")
    connection.write("*RST")
    assert clock.monotonic() == pytest.approx(0.05)
    connection.write("*CLS")
    assert clock.monotonic() == pytest.approx(3.05)


def test_a_session_is_left_alone_after_it_was_opened_and_opened_again(world):
    clock, rig = world
    connection = connect(world, timeout=2000, quiet_after_opening_s=0.5)
    began_s = clock.monotonic()
    ask(connection, "*IDN?")
    assert clock.monotonic() - began_s == pytest.approx(0.5, abs=0.05)
    rig.faults.add("lost", instrument=OVEN, command="KRDG", duration_s=0.0)
    with pytest.raises(InstrumentError):
        ask(connection, "KRDG? A")
    again_s = clock.monotonic()
    ask(connection, "*IDN?")
    assert clock.monotonic() - again_s == pytest.approx(0.5, abs=0.05)


def test_an_address_where_nothing_answers_is_named(world):
    clock, rig = world
    with pytest.raises(InstrumentError, match="cannot open GPIB0::13::INSTR"):
        Connection("oven", "GPIB0::13::INSTR", clock, visa_library=rig.visa_library)


@pytest.mark.parametrize(
    ("address", "library"),
    [
        ("GPIB0::12::INSTR", "@nonsense"),  # ValueError, as where a bus has no library
        ("ASRL/dev/no-such-port::INSTR", "@py"),
        ("COM3", "@py"),
        ("GPIB0::12::INSTR", "no_such_file.yaml@sim"),  # which puts a traceback into its message
    ],
)
def test_what_cannot_be_opened_at_all_is_one_sentence(address, library):
    with pytest.raises(InstrumentError, match=f"^oven: cannot open {address}: .+") as caught:
        Connection("oven", address, RealClock(), visa_library=library)
    assert "\n" not in str(caught.value)
    assert "sent ''" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_visa_library_may_fail_to_open_with_any_exception(monkeypatch):
    def fail(self, **settings):
        raise Exception("could not connect: Name or service not known")  # as pyvisa-py does for a socket

    monkeypatch.setattr("pymeasure.adapters.VISAAdapter.__init__", fail)
    with pytest.raises(InstrumentError, match="cannot open TCPIP0::lab9::7020::SOCKET: could not connect"):
        Connection("oven", "TCPIP0::lab9::7020::SOCKET", RealClock())


def test_a_network_instrument_that_vanishes_is_an_error_and_not_a_wait_without_end():
    with Server({"seed": 1}, RealClock()) as server:
        outlet = server.outlets[0]
        connection = Connection("oven", outlet.address, RealClock(), "@py", timeout=300, **TERMINATORS)
        connection.write("*IDN?")
        assert "MODEL336" in connection.read()
    with pytest.raises(InstrumentError):
        ask(connection, "*IDN?")
    with pytest.raises(InstrumentError):
        ask(connection, "RANGE 1,0")
    connection.close()


def test_a_network_instrument_that_comes_back_is_reached_again():
    with Server({"seed": 1}, RealClock()) as server:
        outlet = server.outlets[0]
        connection = Connection("oven", outlet.address, RealClock(), "@py", timeout=300, **TERMINATORS)
        connection.write("NOT A QUERY?")
        with pytest.raises(InstrumentError, match="time-out"):
            connection.read()
        connection.set_timeout(0.5)
        connection.write("*IDN?")
        assert "MODEL336" in connection.read()
        connection.close()


BATH = "ASRL3::INSTR"
JULABO_LINE = {"write_termination": "\r", "read_termination": "\r\n", "timeout": 2000}
JULABO_PORT = {"asrl": {"baud_rate": 4800, "data_bits": 7, "parity": 2, "stop_bits": 10}}


@pytest.fixture
def bath():
    """Connect to a bath on a serial line with some properties."""
    rigs = []

    def connect(line=None, **settings):
        clock = VirtualClock()
        rig = build(clock, instruments={BATH: "julabo"})
        rigs.append(rig)
        rig.devices[BATH].line = replace(rig.devices[BATH].line, **(line or {}))
        own = {**JULABO_LINE, **JULABO_PORT, **settings}
        return Connection("bath", BATH, clock, visa_library=rig.visa_library, **own)

    yield connect
    for rig in rigs:
        rig.close()


def test_an_echo_of_an_adapter_is_read_away_and_the_answer_is_the_instruments(bath):
    connection = bath({"echo": True}, echo=True)
    connection.write("OUT_SP_00 40.0")
    connection.clock.sleep(1)
    assert [float(ask(connection, "IN_SP_00")) for _ in range(2)] == [40.0] * 2


def test_an_echo_without_its_setting_is_named_in_the_error(bath):
    connection = bath({"echo": True})
    with pytest.raises(InstrumentError, match=r"echoes what is sent: give connection = \{ echo = true \}"):
        ask(connection, "IN_SP_00")


def test_a_setting_for_an_echo_that_does_not_come_is_an_error(bath):
    connection = bath(echo=True)
    with pytest.raises(InstrumentError, match=r"not the echo|time-out"):
        ask(connection, "IN_SP_00")


def test_a_board_that_boots_when_its_port_is_opened_is_left_alone_until_it_is_ready(bath):
    with pytest.raises(InstrumentError, match="time-out"):
        ask(bath({"boots_s": 1.5}), "IN_SP_00")
    connection = bath({"boots_s": 1.5}, settle_s=2.0)
    assert float(ask(connection, "IN_SP_00")) > 0
    assert connection.clock.monotonic() >= 2.0


def test_an_echo_on_a_modbus_line_is_read_away_or_named():
    driver_class, line = Eurotherm2400, Eurotherm2400.connection_settings
    for echo in (True, False):
        clock = VirtualClock()
        with closing(build(clock, instruments={BATH: "eurotherm2400"})) as rig:
            rig.devices[BATH].line = replace(rig.devices[BATH].line, echo=True)
            connection = Connection("oven", BATH, clock, visa_library=rig.visa_library, echo=echo, **line)
            oven = driver_class(connection)
            if echo:
                oven.prepare()
                assert oven.temperature_k == pytest.approx(295, abs=5)
            else:
                with pytest.raises(InstrumentError, match="echoes what is sent"):
                    oven.prepare()
