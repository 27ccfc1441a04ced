"""The files used by a run, with their hashes at the time of loading."""

import hashlib
from pathlib import Path

from labctl.config.loading import CodeIdentity, code_of
from labctl.config.protocol import ProcedureEntry, Protocol
from labctl.config.station import Station


def code_of_run(station: Station, protocol: Protocol, entry: ProcedureEntry) -> tuple[CodeIdentity, ...]:
    """Return the files that determine this run: station, protocol, procedure, drivers, rig."""
    texts = (*as_read(Path(station.source), station.text), *as_read(Path(protocol.source), protocol.text))
    return (*texts, *(entry.code or code_of(entry.procedure_class)), *code_of_station(station))


def code_of_station(station: Station) -> tuple[CodeIdentity, ...]:
    """Return the files of code of a station: its drivers and, if simulated, its rig."""
    drivers = [file for entry in station.instruments for file in entry.code or code_of(entry.driver_class)]
    return (*drivers, *(station.simulation.code if station.simulation else ()))


def as_read(path: Path, text: str) -> tuple[CodeIdentity, ...]:
    """Return the identity of a text file read before; without size and hash if it has changed since."""
    try:
        content = path.read_bytes()
        is_same = path.read_text("utf-8").rstrip("\n") == text.rstrip("\n")
    except (OSError, UnicodeDecodeError):
        return ()
    if not is_same:
        return (CodeIdentity(str(path.absolute()), None, None),)
    return (CodeIdentity(str(path.absolute()), len(content), hashlib.sha256(content).hexdigest()),)
