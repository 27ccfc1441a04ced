"""One program at a time talks to an instrument, also where the programs know it by different names."""

import json
import os
import stat
import subprocess
import sys
import tempfile
import types
from contextlib import ExitStack

import pytest

from labctl.errors import ConfigurationError
from labctl.instruments import locks
from labctl.instruments.lock_files import write_content
from labctl.instruments.locks import (
    HardwareHeld,
    LocksUnusable,
    hardware_locks,
    joint_hardware_locks,
    lock_folder,
    now_doing,
    serial_identity,
)

OVEN, ANALYSER = "GPIB0::12::INSTR", "GPIB0::4::INSTR"
IDENTITY = "LSCI,MODEL336,LSA12AB,2.9"
HOLD = """
import sys
from labctl.instruments.locks import hardware_locks
with hardware_locks([{address!r}], "job 3 'series'", "rig", {identities!r}):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    folder = tmp_path / "locks"
    monkeypatch.setenv("LABCTL_LOCK_DIR", str(folder))
    return folder


@pytest.fixture
def hold_elsewhere():
    """Let another process hold an instrument."""
    with ExitStack() as started:

        def hold(address=OVEN, identities=()):
            command = [sys.executable, "-c", HOLD.format(address=address, identities=list(identities))]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            process = started.enter_context(subprocess.Popen(command, text=True, **pipes))
            started.callback(process.kill)
            assert process.stdout.readline() == "held\n"
            return process

        yield hold


def lock_file(folder):
    (path,) = folder.iterdir()
    return path


def refused(*addresses, **options):
    with pytest.raises(HardwareHeld) as refusal, hardware_locks(addresses, "a check", **options):
        pass
    return refusal.value


def test_a_second_program_is_refused_in_a_sentence_that_names_the_first(hold_elsewhere):
    first = hold_elsewhere()
    refusal = refused(ANALYSER, "gpib::12")
    assert isinstance(refusal, ConfigurationError)
    assert str(refusal).startswith(
        f"{OVEN}: in use by python (pid {first.pid}) for job 3 'series' on station 'rig', since "
    )
    assert refusal.holder.pid == first.pid


def test_what_was_taken_before_the_refusal_is_given_back(hold_elsewhere):
    hold_elsewhere(OVEN)
    refused("GPIB0::1::INSTR", OVEN)
    with hardware_locks(["GPIB0::1::INSTR"], "a check"):
        pass


def test_other_instruments_of_the_same_bus_are_free(hold_elsewhere):
    hold_elsewhere(OVEN)
    with hardware_locks([ANALYSER], "a check"):
        pass


def test_a_program_that_was_killed_holds_nothing(hold_elsewhere, folder):
    first = hold_elsewhere()
    first.kill()
    first.wait()
    assert str(first.pid) in lock_file(folder).read_text()  # its file is left
    with hardware_locks([OVEN], "a check"):
        assert str(first.pid) not in lock_file(folder).read_text()
    assert lock_file(folder).read_text().strip() == ""


def test_a_frozen_program_still_holds(hold_elsewhere):
    if os.name != "posix":
        pytest.skip("no SIGSTOP here")
    first = hold_elsewhere()
    import signal

    first.send_signal(signal.SIGSTOP)
    assert refused(OVEN).holder.pid == first.pid


def test_another_part_of_the_same_process_is_refused_unless_it_joins():
    with hardware_locks([OVEN], "its queue"):
        assert refused(OVEN).holder.doing == "its queue"
        with joint_hardware_locks([OVEN], "its instruments"):
            pass
        assert refused(OVEN).holder.doing == "its queue"
    with hardware_locks([OVEN], "a check"):
        pass


def test_the_last_of_those_who_joined_gives_the_instrument_back(hold_elsewhere):
    first, second = joint_hardware_locks([OVEN], "one"), joint_hardware_locks([OVEN], "two")
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    refused(OVEN)
    second.__exit__(None, None, None)
    hold_elsewhere(OVEN)


def test_an_instrument_at_two_addresses_is_one_where_its_serial_number_tells(hold_elsewhere):
    hold_elsewhere("COM3", [("COM3", IDENTITY)])
    newer = IDENTITY.replace("2.9", "3.0")
    refusal = refused(OVEN, identities=[(OVEN, newer)])
    assert refusal.source == "identity:LSCI,MODEL336,LSA12AB"


def test_served_rigs_are_held_by_address_and_not_by_their_serial_numbers(hold_elsewhere):
    first, second = "TCPIP::localhost::4000::SOCKET", "TCPIP0::127.0.0.1::4001::SOCKET"
    hold_elsewhere(first, [(first, IDENTITY)])
    with hardware_locks([second], "a check", identities=[(second, IDENTITY)]):
        pass
    refused("TCPIP0::127.0.0.1::4000::SOCKET")


@pytest.mark.parametrize(
    ("identity", "serial"),
    [
        (IDENTITY, "LSCI,MODEL336,LSA12AB"),
        (" KEITHLEY, MODEL 2450 ,04512345, 1.7", "KEITHLEY,MODEL 2450,04512345"),
        ("IDN:OXFORD INSTRUMENTS:MERCURY ITC:232150255:2.6", "OXFORD INSTRUMENTS,MERCURY ITC,232150255"),
        ("HEWLETT-PACKARD,4284A,0,REV01.20", ""),
        ("Keysight Technologies,E4980A,MY00000000,A.02.10", ""),
        ("Temptronic Corporation, ATS-545, SIMULATED, 6.1", ""),
        ("JULABO CF31 VERSION 5.0", ""),
        ("a,b,17", ""),
        ("", ""),
    ],
)
def test_only_a_serial_number_tells_an_instrument_from_others(identity, serial):
    assert serial_identity(identity) == serial


def test_what_the_holder_does_is_told_as_it_changes():
    with hardware_locks([OVEN], "its queue", "rig"):
        with now_doing("job 3 'series'"):
            assert "for job 3 'series' on station 'rig'" in str(refused(OVEN))
        assert "for its queue on station 'rig'" in str(refused(OVEN))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "null",
        '{"pid": 1}',
        '{"program": "x", "station": "", "doing": "", "pid": 1, "since_s": 1e300}',
    ],
)
def test_a_file_that_tells_nothing_is_another_program(hold_elsewhere, folder, content):
    hold_elsewhere()
    descriptor = os.open(lock_file(folder), os.O_RDWR)
    write_content(descriptor, content)
    os.close(descriptor)
    assert "in use by another program" in str(refused(OVEN))


def test_a_name_left_by_a_dead_program_is_not_given_for_the_living(hold_elsewhere, folder):
    """As where the living one may lock the file of another user and not write it."""
    hold_elsewhere()
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    told = {"program": "labctl run", "pid": dead.pid, "station": "", "doing": "", "since_s": 0}
    descriptor = os.open(lock_file(folder), os.O_RDWR)
    write_content(descriptor, json.dumps(told))
    os.close(descriptor)
    assert refused(OVEN).holder == locks.UNKNOWN


def test_control_characters_of_another_user_do_not_reach_the_terminal(folder):
    with hardware_locks([OVEN], "\x1b[2J"):
        assert "\x1b" not in str(refused(OVEN))


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
def test_folder_and_files_are_for_every_user_whatever_the_umask(folder):
    before = os.umask(0o077)
    try:
        with hardware_locks([OVEN], "a check"):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o1777
            assert stat.S_IMODE(lock_file(folder).stat().st_mode) == 0o666
    finally:
        os.umask(before)


def test_the_file_of_another_user_that_may_only_be_read_is_locked_all_the_same(monkeypatch):
    with hardware_locks([OVEN], "a check"):
        pass
    real_open = os.open

    def refusing(path, flags, *mode):
        if str(path).endswith(".lock") and flags & os.O_RDWR:
            raise PermissionError(13, "Permission denied", str(path))
        return real_open(path, flags, *mode)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refusing)
        holding = hardware_locks([OVEN], "a check")
        holding.__enter__()
    refused(OVEN)
    holding.__exit__(None, None, None)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root acts as two users")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_two_users_share_the_locks(monkeypatch):
    """Root makes folder and file; `nobody` is refused while root holds the instrument, and not afterwards."""
    with tempfile.TemporaryDirectory() as shared:
        os.chmod(shared, 0o755)
        monkeypatch.setenv("LABCTL_LOCK_DIR", f"{shared}/locks")
        with hardware_locks([OVEN], "its queue"):
            assert f"(pid {os.getpid()}) for its queue" in said_by_nobody()
        assert said_by_nobody() == "held"


def said_by_nobody():
    """What came of the lock for another user, in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setuid(65534)
        try:
            with hardware_locks([OVEN], "a check"):
                os.write(writing, b"held")
        except ConfigurationError as refusal:
            os.write(writing, str(refusal).encode())
        os._exit(0)
    os.close(writing)
    with open(reading) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_a_link_in_the_place_of_a_lock_file_is_not_followed(folder, tmp_path):
    """Where every user may write, another one could have this process overwrite a file of its own."""
    with hardware_locks([OVEN], "a check"):
        path = lock_file(folder)
    path.unlink()
    mine = tmp_path / "thesis.txt"
    mine.write_text("a year of work")
    path.symlink_to(mine)
    with pytest.raises(LocksUnusable), hardware_locks([OVEN], "a check"):
        pass
    assert mine.read_text() == "a year of work"


def test_a_folder_that_cannot_be_written_is_one_sentence(folder):
    folder.write_text("a file in its place")
    with pytest.raises(LocksUnusable) as refusal, hardware_locks([OVEN], "a check"):
        pass
    assert str(folder) in str(refusal.value)
    assert "LABCTL_LOCK_DIR" in str(refusal.value)


def test_a_read_only_folder_is_one_sentence(monkeypatch):
    real_open = os.open

    def read_only(path, flags, *mode):
        if flags & os.O_CREAT:
            raise OSError(30, "Read-only file system", str(path))
        return real_open(path, flags, *mode)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", read_only)
        words = "instruments cannot be locked: Read-only file system; make the folder writable"
        with pytest.raises(LocksUnusable, match=words), hardware_locks([OVEN], "a check"):
            pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_keeps_nothing_when_its_parent_is_done(hold_elsewhere):
    reading, writing = os.pipe()
    with hardware_locks([OVEN], "its queue"):
        child = os.fork()
        if child == 0:
            os.close(writing)
            os.read(reading, 1)  # until the parent has closed its end
            os._exit(0)
    os.close(reading)
    hold_elsewhere(OVEN)
    os.close(writing)
    os.waitpid(child, 0)


def test_the_folder_is_the_same_for_all_users_of_the_computer(monkeypatch, tmp_path):
    monkeypatch.delenv("LABCTL_LOCK_DIR")
    closed, shared = tmp_path / "closed", tmp_path / "shared"
    closed.mkdir(mode=0o755)
    shared.mkdir()
    shared.chmod(0o1777)
    monkeypatch.setattr(locks, "SHARED_FOLDERS", (tmp_path / "absent", closed, shared))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "of one user"))
    if sys.platform != "win32":
        assert lock_folder() == shared / "labctl"


def test_the_folder_of_windows_is_the_public_one(monkeypatch, tmp_path):
    monkeypatch.delenv("LABCTL_LOCK_DIR")
    monkeypatch.setenv("PUBLIC", str(tmp_path))
    monkeypatch.setattr(locks.sys, "platform", "win32")
    assert lock_folder() == tmp_path / "labctl" / "locks"


def test_windows_locks_the_first_byte(monkeypatch, folder):
    """`msvcrt` is played here: it notes what is locked, and refuses a byte that is locked."""
    locked = set()

    def locking(descriptor, mode, count):
        byte = (os.fstat(descriptor).st_ino, os.lseek(descriptor, 0, os.SEEK_CUR))
        assert (mode, count) == (2, 1)
        if byte in locked:
            raise PermissionError(13, "Permission denied")
        locked.add(byte)

    monkeypatch.setitem(sys.modules, "msvcrt", types.SimpleNamespace(locking=locking, LK_NBLCK=2))
    monkeypatch.setattr(sys, "platform", "win32")
    with hardware_locks([OVEN], "its queue", "rig"):
        assert [position for _, position in locked] == [0]
        monkeypatch.setattr(locks, "_held", {})  # as another process would have it
        assert "for its queue on station 'rig'" in str(refused(OVEN))
        monkeypatch.undo()


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["/usr/bin/labctl", "runner", "--station", "station.toml"], "labctl runner"),
        (["/x/labctl/__main__.py", "instruments", "check", "station.toml"], "labctl instruments check"),
        (["/x/labctl/__main__.py", "run", "protocol.toml"], "labctl run"),
        (["measure_pellets.py"], "measure_pellets.py"),
        (["-c"], "python"),
        ([""], "python"),
    ],
)
def test_a_program_is_named_as_a_person_knows_it(monkeypatch, arguments, name):
    monkeypatch.setattr(sys, "argv", arguments)
    assert locks.program() == name
