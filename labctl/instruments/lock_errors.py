"""Errors of locking an instrument, and the description of the program that holds it."""

import time
from dataclasses import dataclass
from pathlib import Path

from labctl.clock import RealClock
from labctl.errors import ConfigurationError

FOLDER_VARIABLE = "LABCTL_LOCK_DIR"


@dataclass(frozen=True)
class Holder:
    """Who holds an instrument; `pid` 0 where that is not known, `since_s` on the clock of the wall."""

    program: str
    pid: int
    station: str
    doing: str
    since_s: float

    @property
    def words(self) -> str:
        """Program, process, what it does, station, since when."""
        if self.pid <= 0:
            return "another program, which left no name"
        doing = f" for {self.doing}" if self.doing else ""
        station = f" on station {self.station!r}" if self.station else ""
        words = f"{self.program} (pid {self.pid}){doing}{station}, since {_hour(self.since_s)}"
        return "".join(letter if letter.isprintable() else "?" for letter in words)  # another user wrote it


UNKNOWN = Holder("", 0, "", "", 0.0)


class HardwareHeld(ConfigurationError):
    """Another program, or another part of this one, holds an instrument. Nothing was touched.

    Attributes
    ----------
    holder : Holder
    """

    def __init__(self, name: str, holder: Holder) -> None:
        self.holder = holder
        super().__init__(name, "", f"in use by {holder.words}; one program at a time may talk to it")


class LocksUnusable(ConfigurationError):
    """The lock files cannot be used. Nothing was touched."""

    def __init__(self, path: Path, error: OSError) -> None:
        problem = (
            f"instruments cannot be locked: {error.strerror}; make the folder writable for every user who "
            f"measures, or name another in {FOLDER_VARIABLE}, the same for all"
        )
        super().__init__(path, "", problem)


def _hour(time_s: float) -> str:
    then, now = time.localtime(time_s), time.localtime(RealClock().time())
    same_day = then[:3] == now[:3]
    return time.strftime("%H:%M" if same_day else "%Y-%m-%d %H:%M", then)
