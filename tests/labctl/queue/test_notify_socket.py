"""The service manager hears when a supervisor is ready, that it lives, and that it ends."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from labctl.clock import RealClock
from labctl.queue.notify_socket import NotifySocket, kept_by_service

STATION = """
name = "rig"
visa_library = "@sim"
[limits]
temperature_degc = [0, 150]
potential_v = 1.0
current_a = 0.1
[instruments.oven]
driver = "drivers.lakeshore33x:LakeShore336"
address = "GPIB0::12::INSTR"
roles = ["oven"]
"""
posix = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no such sockets")


@pytest.fixture
def manager(tmp_path):
    """Bind a datagram socket as systemd does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind(str(tmp_path / "notify"))
        bound.settimeout(60.0)
        yield bound


@posix
def test_the_first_message_says_ready_and_later_ones_only_alive(manager):
    sender = NotifySocket({"NOTIFY_SOCKET": manager.getsockname()})
    sender.look_succeeded()
    sender.look_succeeded()
    sender.ends()
    assert [manager.recv(99) for _ in range(3)] == [b"READY=1\nWATCHDOG=1", b"WATCHDOG=1", b"STOPPING=1"]


@posix
def test_a_socket_in_the_abstract_name_space_is_found():
    if sys.platform != "linux":
        pytest.skip("only Linux has abstract sockets")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind(f"\0labctl-test-{os.getpid()}")
        NotifySocket({"NOTIFY_SOCKET": f"@labctl-test-{os.getpid()}"}).look_succeeded()
        assert b"READY=1" in bound.recv(99)


def test_processes_started_from_the_service_are_not_told_its_socket():
    environment = {"NOTIFY_SOCKET": "/nowhere"}
    assert NotifySocket(environment).given
    assert environment == {}


def test_without_a_service_manager_nothing_is_sent(caplog):
    sender = NotifySocket({})
    sender.look_succeeded()
    assert not sender.given
    assert not caplog.records


@posix
def test_a_socket_that_is_gone_is_a_warning_and_no_end(caplog, tmp_path):
    NotifySocket({"NOTIFY_SOCKET": str(tmp_path / "gone")}).look_succeeded()
    assert "the service manager did not take" in caplog.text


def test_variables_inherited_from_another_service_do_not_make_this_process_one():
    own = {"NOTIFY_SOCKET": "/n", "SYSTEMD_EXEC_PID": str(os.getpid())}
    assert kept_by_service(own)
    assert kept_by_service({"NOTIFY_SOCKET": "/n"})
    assert not kept_by_service({**own, "SYSTEMD_EXEC_PID": "1"})
    assert not kept_by_service({"INVOCATION_ID": "inherited by every program of a desktop"})


@posix
@pytest.mark.slow
def test_a_supervisor_says_that_it_lives_except_while_it_is_frozen(manager, night, tmp_path):
    (tmp_path / "station.toml").write_text(STATION)
    command = [sys.executable, "-m", "labctl", "supervisor", "--station", str(tmp_path / "station.toml")]
    environment = {**os.environ, "NOTIFY_SOCKET": manager.getsockname()}
    environment.pop("SYSTEMD_EXEC_PID", None)
    process = subprocess.Popen([*command, "--db", str(night.path)], env=environment)
    try:
        assert manager.recv(99) == b"READY=1\nWATCHDOG=1"
        assert manager.recv(99) == b"WATCHDOG=1"
        process.send_signal(signal.SIGSTOP)
        os.waitpid(process.pid, os.WUNTRACED)
        drop_what_was_sent_before(manager)
        RealClock().sleep(1.5)  # six looks long
        with pytest.raises(BlockingIOError):
            manager.recv(99)
        process.send_signal(signal.SIGCONT)
        manager.settimeout(60.0)
        assert manager.recv(99) == b"WATCHDOG=1"
        process.terminate()
        assert process.wait(timeout=60) == 0
        manager.setblocking(False)
        assert drop_what_was_sent_before(manager)[-1] == b"STOPPING=1"
    finally:
        process.kill()
        process.wait()


def drop_what_was_sent_before(manager):
    manager.setblocking(False)
    messages = []
    while True:
        try:
            messages.append(manager.recv(99))
        except BlockingIOError:
            return messages
