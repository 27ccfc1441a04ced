"""A driver under test, and the simulated rig for its test.

`find_candidate("mylab.oven:Oven", "mylab/oven.yaml")` is what `pytest --labctl-driver ... --labctl-rig ...`
runs. A RIG is one of

* `file.yaml`: the instrument as pyvisa-sim describes it, as `labctl new driver` writes it;
* `station.toml`: a station file that names the driver, for settings or a partner;
* `file.py:build` or `module:build`: a function that takes a clock and `seed` and returns a rig;
* the name of a stand-in shipped with labctl; not needed for a driver shipped with labctl.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from labctl.clock import VirtualClock
from labctl.config.loading import CannotLoad, load_reference
from labctl.config.stand_ins import stand_ins_of
from labctl.config.station import ROLES, read_station
from labctl.errors import ConfigurationError
from labctl.shipped import shipped_module
from labctl.testing.adapters import RecordingConnection

NOT_TRIED = ("watchdog",)
PROTOCOL_OF = {role: protocol.__name__ for role, protocol in ROLES.items() if role not in NOT_TRIED}
TOLD_BY = {
    "oven": "setpoint_k",
    "fra": "sweep",
    "potentiostat": "hold",
    "switch": "closed_channels",
    "atmosphere": "quantity",
}
MEMBER_OF_A_MONITOR = "readings"
MEMBER_OF_A_THERMOMETER = "temperature_k"
SHIPPED_RIG = "sim_instruments.rig:build"
REGISTRY = "sim_instruments.stand_ins"
ADDRESS = "GPIB0::2::INSTR"
ADDRESSES = {"asrl": "ASRL2::INSTR", "tcpip": "TCPIP0::127.0.0.1::502::SOCKET"}
"""Addresses for drivers with settings of these interfaces, the first that applies."""
QUIET_CELL: Mapping[str, Any] = {
    "electrodes": "reversible",
    "noise_fraction": 1e-6,
    "thickness_m": 1e-3,
    "area_m2": 1e-4,
    "cell": {
        "law": {
            "law": "arrhenius",
            "conductivity_s_m": 0.01,
            "temperature_k": 295.15,
            "activation_energy_ev": 0.0,
            "form": "ln_sigma",
        }
    },
}
"""1000 ohm at any temperature: a different value is wrong, and there is no noise."""


@dataclass(frozen=True)
class Partner:
    """The instrument that a candidate works `with`."""

    driver_class: type
    address: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Trial:
    """A candidate connected to its stand-in; no message has been sent."""

    driver: Any
    rig: Any
    clock: VirtualClock
    sent: list[str]
    connections: tuple[RecordingConnection, ...]

    @property
    def addresses(self) -> list[str]:
        """Addresses of the driver and, if it has one, its partner."""
        return [connection.address for connection in self.connections]

    @property
    def energised(self) -> bool | None:
        """Whether heater, cell or source is on or a relay closed; None if the stand-in does not know."""
        states = [getattr(self.rig.instruments[address], "energised", None) for address in self.addresses]
        known = [on for on in states if on is not None]
        return any(known) if known else None

    @property
    def longest_timeout_s(self) -> float:
        """The longest time-out requested by the driver."""
        return max(connection.longest_timeout_s for connection in self.connections)


@dataclass(frozen=True, eq=False)
class Candidate:
    """A driver class and how to connect it to a stand-in.

    Attributes
    ----------
    reference : str
        `module:Class`, as a station file names it.
    build : Callable
        Takes a clock and `seed`, returns a rig with `visa_library`, `instruments`, `faults`, `close()`.
    """

    reference: str
    driver_class: Any
    build: Callable[..., Any]
    address: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    partner: Partner | None = None

    @property
    def roles(self) -> list[str]:
        """Possible roles, by its members; what can do nothing but read a temperature is a thermometer."""
        found = [role for role, member in TOLD_BY.items() if hasattr(self.driver_class, member)]
        is_thermometer = not found and hasattr(self.driver_class, MEMBER_OF_A_THERMOMETER)
        watches = hasattr(self.driver_class, MEMBER_OF_A_MONITOR)
        return [*found, *["thermometer"] * is_thermometer, *["monitor"] * watches]

    @property
    def claimed_roles(self) -> list[str]:
        """Roles named in its docstring or in an inherited docstring."""
        text = "".join(base.__doc__ or "" for base in own_bases(self.driver_class))
        return [role for role, protocol in PROTOCOL_OF.items() if f"labctl.bench.{protocol}`" in text]

    def on(self, adapter: Any) -> Any:
        """Return the driver on an adapter, with its partner, if it has one, on another of the same kind."""
        partner = {}
        if self.partner:
            partner["partner"] = self.partner.driver_class(type(adapter)(), **self.partner.settings)
        return self.driver_class(adapter, **partner, **self.settings)

    @contextmanager
    def connected(self, seed: int = 1) -> Iterator[Trial]:
        """Connect to a new rig in virtual time; the rig is closed afterwards."""
        clock, sent = VirtualClock(), []
        rig = self.build(clock, seed=seed)
        try:
            connections, partner = [], {}
            if self.partner:
                connections.append(self._connection(self.partner, rig, clock, sent))
                with_ = self.partner.driver_class(connections[0], **self.partner.settings)
                partner = {"partner": with_}
            connections.append(self._connection(self, rig, clock, sent))
            driver = self.driver_class(connections[-1], **partner, **self.settings)
            yield Trial(driver, rig, clock, sent, tuple(connections))
        finally:
            rig.close()

    @staticmethod
    def _connection(
        device: "Candidate | Partner", rig: Any, clock: VirtualClock, sent: list[str]
    ) -> RecordingConnection:
        of: Any = device.driver_class
        return RecordingConnection(
            of.__name__,
            device.address,
            clock,
            sent=sent,
            visa_library=rig.visa_library,
            write_interval_s=of.write_interval_s,
            quiet_after_s=of.quiet_after_s,
            quiet_after_opening_s=of.quiet_after_opening_s,
            **of.connection_settings,
        )


def own_bases(driver_class: type) -> list[type]:
    """Return the class and its bases, without bases from labctl, pymeasure or Python."""
    strangers = ("labctl.instrument", "labctl.instruments.roles", "pymeasure", "builtins", "typing")
    return [base for base in driver_class.__mro__ if not base.__module__.startswith(strangers)]


def find_candidate(reference: str, rig: str = "") -> Candidate:
    """Return the driver named `module:Class` with its rig; raises ConfigurationError."""
    driver_class = named(reference, "--labctl-driver")
    if not (inspect.isclass(driver_class) and hasattr(driver_class, "connection_settings")):
        raise ConfigurationError("--labctl-driver", "", f"{reference} is no driver: no labctl Instrument")
    candidate = _with_rig(reference, driver_class, rig)
    if not candidate.roles:
        wanted = ", ".join([*TOLD_BY.values(), MEMBER_OF_A_THERMOMETER, MEMBER_OF_A_MONITOR])
        raise ConfigurationError("--labctl-driver", "", f"{reference} has no role: it has none of {wanted}")
    _check_settings(candidate)
    return candidate


def _with_rig(reference: str, driver_class: type, rig: str) -> Candidate:
    if Path(rig).suffix in (".yaml", ".yml"):
        return _described(reference, driver_class, {"description": str(Path(rig).resolve())})
    if Path(rig).suffix == ".toml":
        return _stationed(reference, driver_class, rig)
    if rig.endswith(".py") or ":" in rig:
        builder = f"{rig}:build" if rig.endswith(".py") else rig
        return _built(reference, driver_class, named(builder, "--labctl-rig"))
    name = rig or _shipped_stand_in(reference)
    candidate = _described(reference, driver_class, {"instruments": {_address_for(driver_class): name}})
    return replace(candidate, settings=_settings_for(name, reference))


def _settings_for(name: str, reference: str) -> Mapping[str, Any]:
    """Return the settings that a shipped stand-in needs its own driver to have."""
    registry = shipped_module(REGISTRY)
    stand_in = {**registry.MODELS, **registry.VARIANTS}[name]
    return stand_in.settings if stand_in.driver == reference else {}


def _described(reference: str, driver_class: type, instruments: Mapping[str, Any]) -> Candidate:
    options = {**QUIET_CELL, **instruments}
    build = named(SHIPPED_RIG, "--labctl-rig")
    return _built(reference, driver_class, lambda clock, seed=1: build(clock, seed=seed, **options))


def _built(reference: str, driver_class: type, build: Callable[..., Any]) -> Candidate:
    try:
        rig = build(VirtualClock(), seed=1)
    except (TypeError, ValueError, OSError) as problem:
        raise ConfigurationError("--labctl-rig", "", f"cannot be built: {problem}") from problem
    addresses = list(rig.instruments)
    rig.close()
    if len(addresses) != 1:
        found = ", ".join(addresses) or "none"
        problem = f"has the instruments {found}; give a station file (.toml) that says which is the driver's"
        raise ConfigurationError("--labctl-rig", "", problem)
    return Candidate(reference, driver_class, build, addresses[0])


def _stationed(reference: str, driver_class: type, rig: str) -> Candidate:
    station = read_station(rig)
    entries = {entry.name: entry for entry in station.instruments}
    own = next((entry for entry in entries.values() if entry.driver_class is driver_class), None)
    if own is None:
        raise ConfigurationError(rig, "instruments", f"none has the driver {reference}")
    simulation = station.simulation
    if simulation is None:
        build_rig = shipped_module(SHIPPED_RIG.partition(":")[0]).build
        options = {**QUIET_CELL, "instruments": stand_ins_of(station)}
    else:
        build_rig = simulation.build
        options = {**(QUIET_CELL if simulation.rig == SHIPPED_RIG else {}), **simulation.options}

    def build(clock: VirtualClock, seed: int = 1) -> Any:
        return build_rig(clock, seed=seed, **options)

    with_ = entries.get(own.partner)
    partner = Partner(with_.driver_class, with_.address, with_.settings) if with_ else None
    return Candidate(reference, driver_class, build, own.address, own.settings, partner)


def _check_settings(candidate: Candidate) -> None:
    parameters = inspect.signature(candidate.driver_class).parameters.values()
    needed = {p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is p.empty}
    missing = needed - set(candidate.settings) - ({"partner"} if candidate.partner else set())
    if missing:
        problem = f"{candidate.reference} needs {', '.join(sorted(missing))}; give a station file (.toml)"
        raise ConfigurationError("--labctl-rig", "", problem)


def _shipped_stand_in(reference: str) -> str:
    name = shipped_module(REGISTRY).stand_in_for(reference)
    if name is None:
        raise ConfigurationError("--labctl-rig", "", f"is missing: labctl has no stand-in for {reference}")
    return name


def _address_for(driver_class: Any) -> str:
    """Return an address of an interface that the driver supports."""
    supported = (at for interface, at in ADDRESSES.items() if interface in driver_class.connection_settings)
    return next(supported, ADDRESS)


def named(reference: str, option: str) -> Any:
    """Load the object named by `module:Name` or `file.py:Name`, from this folder or installed.

    Raises ConfigurationError.
    """
    place, colon, name = reference.rpartition(":")
    folder = Path.cwd()
    if colon and place.endswith(".py"):
        folder, reference = Path(place).parent, f"{Path(place).stem}:{name}"
    try:
        return load_reference(reference, folder).value
    except CannotLoad as problem:
        raise ConfigurationError(option, "", f"{reference} cannot be imported: it {problem}") from problem
