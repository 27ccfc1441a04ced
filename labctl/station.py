"""Former name of `labctl.config.station`, kept for programs that import it."""

from labctl.config.station import InstrumentEntry, Simulation, Station, read_station

__all__ = ["InstrumentEntry", "Simulation", "Station", "read_station"]
