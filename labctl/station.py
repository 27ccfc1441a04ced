"""Former name of `labctl.config.station`, kept for programs that import it."""

from labctl.config.station import ROLES, InstrumentEntry, Simulation, Station, read_station

__all__ = ["ROLES", "InstrumentEntry", "Simulation", "Station", "read_station"]
