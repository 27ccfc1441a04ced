"""Locks by hardware: one program of this computer at a time talks to an instrument.

1. There is one lock for each canonical address, and one for each identity with a serial number, by which an
   instrument is recognised at any address. They are files in a folder that all users share.
2. A second program is refused in a sentence that names the first. A process that holds an instrument may open
   it again.
3. An instrument simulated inside the process needs no lock. One behind a loopback socket does, but is not
   recognised by its identity: the serial numbers of simulated instruments are all alike.
"""

import hashlib
import json
import os
import re
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from labctl.clock import RealClock
from labctl.instruments.lock_errors import FOLDER_VARIABLE, UNKNOWN, HardwareHeld, Holder, LocksUnusable
from labctl.instruments.lock_files import lock_first_byte, open_lock_file, read_content, write_content
from labctl.instruments.wires import canonical_address, is_on_loopback

SHARED_FOLDERS = (Path("/run/lock"), Path("/tmp"))  # the same for every user, unlike TMPDIR
FOLDER = "labctl"
FOR_EVERYBODY = 0o1777
LABCTL_PROGRAMS = ("__main__.py", "labctl", "labctl.exe")
IDENTITY_PARTS = 4
"""Maker, model, serial number, firmware."""
COMMAND_WORD = re.compile(r"[a-z]+(-[a-z]+)*")

Stated = tuple[str, str]


@dataclass
class _Lock:
    """A lock that this process holds, and how many parts of it do."""

    descriptor: int
    holder: Holder
    users: int = 1


_held: dict[str, _Lock] = {}
_guard = threading.RLock()


@contextmanager
def hardware_locks(
    addresses: Iterable[str], doing: str, station: str = "", identities: Iterable[Stated] = ()
) -> Iterator[None]:
    """Hold instruments for as long as the block lasts, against all other parts of this process as well.

    Parameters
    ----------
    addresses : iterable of str
        VISA resource names.
    doing : str
        What for, as in "job 3 'series'": a program that is refused reads it.
    station : str
        Name of the station.
    identities : iterable of (str, str)
        Address of an instrument, and what it states as its identity, where that is known.

    Raises
    ------
    HardwareHeld
        One of them is in use.
    LocksUnusable
        The lock files cannot be made or opened.
    """
    names, holder = _names(addresses, identities), _this_process(doing, station)
    with ExitStack() as held:
        with _guard:
            for name in names:
                if name in _held:
                    raise HardwareHeld(name, _held[name].holder)
            _take_all(names, holder, held)
        yield


@contextmanager
def joint_hardware_locks(
    addresses: Iterable[str], doing: str, station: str = "", identities: Iterable[Stated] = ()
) -> Iterator[None]:
    """Hold instruments as `hardware_locks` does, also where this process holds them already."""
    with ExitStack() as held:
        _take_all(_names(addresses, identities), _this_process(doing, station), held)
        yield


@contextmanager
def now_doing(doing: str) -> Iterator[None]:
    """Let a program that is refused within the block read what this one is doing."""
    with _guard:
        before = {name: lock.holder for name, lock in _held.items()}
        for name, holder in before.items():
            _tell(_held[name], replace(holder, doing=doing, since_s=RealClock().time()))
    try:
        yield
    finally:
        with _guard:
            for name, holder in before.items():
                if name in _held:
                    _tell(_held[name], holder)


def is_simulated_here(visa_library: Any) -> bool:
    """Return whether a VISA library simulates its instruments inside this process."""
    if isinstance(visa_library, str):
        return visa_library.endswith("@sim")
    return type(visa_library).__module__.startswith("pyvisa_sim")


def is_known_by_identity(address: str) -> bool:
    """Return whether the identity of an instrument distinguishes it from all others."""
    return not is_on_loopback(address)


def serial_identity(identity: str) -> str:
    """Return maker, model and serial number of an identity; empty where no serial number is in it.

    An instrument without one states 0 (IEEE 488.2, 10.14). The firmware is left out: it may be renewed.
    """
    separator = ":" if identity.upper().startswith("IDN:") else ","
    stated = identity[len("IDN:") :] if separator == ":" else identity
    parts = [part.strip() for part in stated.split(separator)]
    has_serial = len(parts) >= IDENTITY_PARTS and re.search("[1-9]", parts[2])
    return ",".join(parts[:3]) if has_serial else ""


def lock_folder() -> Path:
    """Return the folder of the lock files: one for all users of the computer."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("PUBLIC", r"C:\Users\Public")) / FOLDER / "locks"
    return next(filter(_writable_for_all, SHARED_FOLDERS), SHARED_FOLDERS[-1]) / FOLDER


def program() -> str:
    """Return the name of this program, of labctl with its command."""
    name = Path(sys.argv[0]).name if sys.argv and sys.argv[0] else ""
    if name not in LABCTL_PROGRAMS:
        return name if name not in ("", "-c") else "python"
    words = [word for word in sys.argv[1:3] if COMMAND_WORD.fullmatch(word)]
    return " ".join(["labctl", *words])


def _names(addresses: Iterable[str], identities: Iterable[Stated]) -> list[str]:
    serials = {serial_identity(identity) for address, identity in identities if is_known_by_identity(address)}
    known = {f"identity:{serial}" for serial in serials if serial}
    return sorted({canonical_address(address) for address in addresses} | known)


def _this_process(doing: str, station: str) -> Holder:
    return Holder(program(), os.getpid(), station, doing, RealClock().time())


def _take_all(names: Iterable[str], holder: Holder, held: ExitStack) -> None:
    """Take the locks; each is released when `held` is left."""
    for name in names:
        _take(name, holder)
        held.callback(_release, name)


def _take(name: str, holder: Holder) -> None:
    with _guard:
        if name in _held:
            _held[name].users += 1
            return
        descriptor = _open(name)
        try:
            lock_first_byte(descriptor)
        except OSError:
            first = _read_holder(descriptor)
            os.close(descriptor)
            raise HardwareHeld(name, first) from None
        _held[name] = _Lock(descriptor, holder)
        _tell(_held[name], holder)


def _release(name: str) -> None:
    with _guard:
        lock = _held.get(name)
        if lock is None:  # this process was forked from the holder
            return
        lock.users -= 1
        if lock.users:
            return
        del _held[name]
        with suppress(OSError):  # not this user's to write
            write_content(lock.descriptor, "")
        os.close(lock.descriptor)


def _open(name: str) -> int:
    folder = lock_folder()
    path = folder / _file_name(name)
    try:
        _make(folder)
        return open_lock_file(path)
    except OSError as error:
        raise LocksUnusable(path, error) from error


def _make(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(FOR_EVERYBODY)


def _file_name(name: str) -> str:
    """Return the name of a lock file: readable, and another one for every address."""
    readable = re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-")[:80]
    return f"{readable}-{hashlib.sha256(name.encode()).hexdigest()[:8]}.lock"


def _tell(lock: _Lock, holder: Holder) -> None:
    lock.holder = holder
    with suppress(OSError):  # a file of another user that may only be read
        write_content(lock.descriptor, json.dumps(asdict(holder)))


def _read_holder(descriptor: int) -> Holder:
    """Return who wrote its name; unknown where that process has ended, so that another one must hold it."""
    try:
        told = json.loads(read_content(descriptor))
        texts = {key: str(told[key]) for key in ("program", "station", "doing")}
        holder = Holder(pid=int(told["pid"]), since_s=float(told["since_s"]), **texts)
        readable = bool(holder.words)
    except (OSError, ValueError, TypeError, KeyError, OverflowError):  # half written, or not by labctl
        return UNKNOWN
    return holder if readable and _lives(holder.pid) else UNKNOWN


def _lives(pid: int) -> bool:
    if sys.platform == "win32":  # there os.kill ends the process
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # of another user
        return True
    return True


def _writable_for_all(folder: Path) -> bool:
    try:
        return bool(folder.stat().st_mode & 0o002)
    except OSError:
        return False


def _forget_after_fork() -> None:
    """Leave a forked process without locks: closing its copies releases none of its parent's."""
    global _guard
    _guard = threading.RLock()  # another thread of the parent may have held it
    for lock in _held.values():
        os.close(lock.descriptor)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
