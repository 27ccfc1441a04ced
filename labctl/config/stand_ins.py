"""The simulated instrument for each instrument of a station, for a rehearsal.

A station file names it: as `stand_in` of the instrument, or as the YAML file of pyvisa-sim in `visa_library`.
Otherwise it is the stand-in for the driver that ships with labctl.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labctl.config.station import InstrumentEntry, Station
from labctl.errors import ConfigurationError
from labctl.shipped import shipped_module

REGISTRY = "sim_instruments.stand_ins"
YAML = (".yaml", ".yml")


def stand_ins_of(station: Station) -> Mapping[str, Any]:
    """Return address = stand-in for a rig of simulated instruments: a name, or the path of a YAML file.

    A stand-in that can have any settings is `{"stand_in": ..., "settings": ...}`, with the instrument's
    settings.

    A watchdog on a wire of its own is left out: no bench opens it.

    Raises ConfigurationError that names an instrument without a stand-in.
    """
    registry = shipped_module(REGISTRY)
    return {entry.address: _stand_in(entry, station, registry) for entry in station.held}


def _stand_in(entry: InstrumentEntry, station: Station, registry: Any) -> Any:
    name = _name_or_file(entry, station, registry)
    shipped = registry.MODELS.get(name)
    if shipped and shipped.described and shipped.driver == entry.driver:
        return {"stand_in": name, "settings": dict(entry.settings)}
    return name


def _name_or_file(entry: InstrumentEntry, station: Station, registry: Any) -> str:
    key = f"instruments.{entry.name}"
    if entry.stand_in:
        return _named(entry.stand_in, station, f"{key}.stand_in", {**registry.MODELS, **registry.VARIANTS})
    library, at, simulator = station.visa_library.rpartition("@")
    if at and simulator == "sim" and Path(library).suffix in YAML:
        return _file(library, station, "visa_library")
    known = registry.stand_in_for(entry.driver)
    if known is None:
        problem = f'no simulator is registered for {entry.driver}; name one with stand_in = "FILE.yaml"'
        raise ConfigurationError(station.source, f"{key}.driver", problem)
    return known


def _named(name: str, station: Station, key: str, models: Mapping[str, Any]) -> str:
    if Path(name).suffix in YAML:
        return _file(name, station, key)
    if name not in models:
        problem = f"is {name!r}; give a YAML file or one of {', '.join(sorted(models))}"
        raise ConfigurationError(station.source, key, problem)
    return name


def _file(name: str, station: Station, key: str) -> str:
    """Return a file beside the station file, or, as pyvisa-sim looks for it, in the working directory."""
    for path in (Path(station.source).parent / name, Path(name)):
        if path.is_file():
            return str(path.resolve())
    raise ConfigurationError(station.source, key, f"names {name}, which is not beside this file")
