"""A sick peer: it drips bytes without end, floods, or says nothing; every exchange ends in its time."""

import os
import select
import socket
import threading
import time
from contextlib import closing, contextmanager, suppress

import pytest

from labctl.clock import RealClock, VirtualClock
from labctl.errors import InstrumentError
from labctl.instruments import connection as connection_module
from labctl.instruments.connection import ACKNOWLEDGED_WITHIN_S, LATE_ANSWERS_S, Connection
from sim_instruments.rig import build

TERMINATORS = {"write_termination": "\n", "read_termination": "\n"}
AT_LONGEST_S = 10.0
GIVES_UP_AFTER_S = 30.0
"""The peers stop then: without a deadline a test fails instead of hanging."""


def drip(send, stopped):
    while not stopped.wait(0.1):
        send(b"x")


def flood(send, stopped):
    while not stopped.is_set():
        send(b"x" * 4096)


def answer_in_pieces(send, stopped):
    for piece in (b"+2", b"95", b".0", b"02", b"6\n"):
        stopped.wait(0.05)
        send(piece)


@contextmanager
def peer_on_a_socket(behave):
    """A server that begins to behave so once it was asked; yields its address."""
    stopped = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        with suppress(OSError):
            line, _ = listening.accept()
            with line:
                line.recv(100)
                line.settimeout(0.2)
                behave(lambda data: _sent(line, data), stopped)
                stopped.wait(GIVES_UP_AFTER_S)

    with listening, in_background(serve, stopped):
        yield f"TCPIP0::127.0.0.1::{listening.getsockname()[1]}::SOCKET"


def _sent(line, data):
    with suppress(TimeoutError):
        line.sendall(data)


@contextmanager
def peer_on_a_serial_line(behave):
    pty = pytest.importorskip("pty")
    tty = pytest.importorskip("tty")
    stopped = threading.Event()
    far, near = pty.openpty()
    tty.setraw(near)
    os.set_blocking(far, False)

    def send(data):
        with suppress(BlockingIOError):
            os.write(far, data)

    def once_asked():
        select.select([far], [], [], GIVES_UP_AFTER_S)
        behave(send, stopped)

    try:
        with in_background(once_asked, stopped):
            yield f"ASRL{os.ttyname(near)}::INSTR"
    finally:
        os.close(far)
        os.close(near)


@contextmanager
def in_background(work, stopped):
    thread = threading.Thread(target=work, daemon=True)
    ends = threading.Timer(GIVES_UP_AFTER_S, stopped.set)
    for one in (thread, ends):
        one.start()
    try:
        yield
    finally:
        stopped.set()
        ends.cancel()
        thread.join(5)


@contextmanager
def connected(address, timeout_ms):
    connection = Connection("oven", address, RealClock(), "@py", timeout=timeout_ms, **TERMINATORS)
    try:
        yield connection
    finally:
        with suppress(Exception):
            connection.close()


PEERS = [peer_on_a_socket, peer_on_a_serial_line]
SICK = [drip, flood]


@pytest.mark.parametrize("behave", SICK)
@pytest.mark.parametrize("peer", PEERS)
def test_bytes_without_an_end_are_given_up_after_the_time_out(peer, behave):
    with peer(behave) as address, connected(address, 500) as connection:
        began_s = time.monotonic()
        connection.write("KRDG? A")
        with pytest.raises(InstrumentError, match=r"time-out after 0.5 s|no end after \d+ bytes") as caught:
            connection.read()
        assert time.monotonic() - began_s < AT_LONGEST_S
        assert caught.value.received.startswith("x")
        assert len(caught.value.received) < 200


@pytest.mark.parametrize("behave", SICK)
@pytest.mark.parametrize("peer", PEERS)
def test_more_bytes_than_come_are_given_up_after_the_time_out(peer, behave):
    with peer(behave) as address, connected(address, 500) as connection:
        began_s = time.monotonic()
        connection.write_bytes(b"?")
        with pytest.raises(InstrumentError, match=r"time-out after 0.5 s|no end after \d+ bytes"):
            connection.read_bytes(1 << 30)
        assert time.monotonic() - began_s < AT_LONGEST_S


@pytest.mark.parametrize("behave", SICK)
@pytest.mark.parametrize("peer", PEERS)
def test_a_deadline_is_shorter_than_a_long_time_out(peer, behave):
    with peer(behave) as address, connected(address, 3_600_000) as connection:
        clock, began_s = RealClock(), time.monotonic()
        with connection.until(clock.monotonic() + 0.5), pytest.raises(InstrumentError):
            ask(connection, "KRDG? A")
        assert time.monotonic() - began_s < AT_LONGEST_S


@pytest.mark.parametrize("peer", PEERS)
def test_an_answer_in_pieces_is_read_whole(peer):
    with peer(answer_in_pieces) as address, connected(address, 5000) as connection:
        connection.write("KRDG? A")
        assert connection.read() == "+295.0026"


def test_an_answer_without_an_end_is_given_up_at_a_size(monkeypatch):
    monkeypatch.setattr(connection_module, "LONGEST_REPLY_BYTES", 1000)
    with peer_on_a_socket(flood) as address, connected(address, 3_600_000) as connection:
        connection.write("KRDG? A")
        with pytest.raises(InstrumentError, match="no end after 1001 bytes"):
            connection.read()


# In virtual time.


@pytest.fixture
def rig():
    clock = VirtualClock()
    rig = build(clock, instruments={"ASRL3::INSTR": "huber"})
    with closing(rig):
        yield rig


def huber(rig, **settings):
    return Connection(
        "bath", "ASRL3::INSTR", rig.world.clock, visa_library=rig.visa_library,
        **{"write_termination": "\r\n", "read_termination": "\r\n", "timeout": 3000, **settings},
    )  # fmt: skip


def ask(connection, question):
    connection.write(question)
    return connection.read()


def test_inside_a_deadline_a_silent_instrument_is_given_up_at_it(rig):
    bath, clock = huber(rig), rig.world.clock
    rig.faults.add("timeout", command="M14")
    with bath.until(clock.monotonic() + 1.25), pytest.raises(InstrumentError, match=r"time-out after 1.25 s"):
        ask(bath, "{M14****")
    assert clock.monotonic() == pytest.approx(1.25, abs=0.01)
    clock.sleep(10)
    rig.faults.add("timeout", command="M14")
    with pytest.raises(InstrumentError, match="time-out after 3 s"):
        ask(bath, "{M14****")


def test_an_inner_deadline_does_not_extend_the_outer_one(rig):
    bath, clock = huber(rig), rig.world.clock
    rig.faults.add("timeout", command="M14")
    outer, inner = bath.until(clock.monotonic() + 1), bath.until(clock.monotonic() + 2)
    with outer, inner, pytest.raises(InstrumentError, match="time-out after 1 s"):
        ask(bath, "{M14****")
    assert bath.deadline_s is None


def test_after_the_deadline_nothing_is_sent(rig):
    bath, clock = huber(rig), rig.world.clock
    with bath.until(clock.monotonic()), pytest.raises(InstrumentError, match="no time is left"):
        bath.write("{M14****")
    assert bath.last_sent == ""


def test_a_silence_that_lasts_longer_than_the_deadline_is_not_waited_for(rig):
    bath, clock = huber(rig, timeout=100), rig.world.clock
    rig.faults.add("timeout", command="M14")
    with pytest.raises(InstrumentError, match="time-out"):
        ask(bath, "{M14****")
    began_s = clock.monotonic()
    with bath.until(began_s + 1), pytest.raises(InstrumentError, match="must stay silent"):
        bath.write("{M14****")
    assert clock.monotonic() == began_s


def test_an_acknowledgement_that_does_not_come_delays_no_other_off_message(rig):
    bath, clock = huber(rig), rig.world.clock
    rig.faults.add("timeout", count=3)
    began_s = clock.monotonic()
    with bath.urgently():
        for message, problem in (("{M140000", "time-out after 0.5 s"), ("{M160000", "not read")):
            with pytest.raises(InstrumentError, match=problem):
                ask(bath, message)
    assert clock.monotonic() - began_s < ACKNOWLEDGED_WITHIN_S + 0.2
    assert bath.last_sent == "{M160000"
    assert len(rig.faults.log) == 2
    rig.faults.clear()
    assert ask(bath, "{M14****") == "{S140000"
    assert clock.monotonic() - began_s > LATE_ANSWERS_S


@pytest.mark.parametrize("delay_s", [0.1, 0.6, 1.5])
def test_a_late_acknowledgement_answers_no_question(rig, delay_s):
    bath = huber(rig)
    rig.faults.add("late", command="M16", delay_s=delay_s)
    with bath.urgently(), suppress(InstrumentError):
        ask(bath, "{M160000")
    assert ask(bath, "{M14****") == "{S140000"
