"""A rig: simulated instruments at VISA addresses that share one oven and one cell.

from sim_instruments.rig import build
rig = build(VirtualClock(), seed=1)
manager = pyvisa.ResourceManager(rig.visa_library)
manager.open_resource("GPIB0::12::INSTR").query("KRDG? A")
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from pyvisa.rname import InvalidResourceName, to_canonical_name

from sim_instruments.cells import make_cell, make_cells
from sim_instruments.stand_ins import MODELS, VARIANTS, Parts, StandIn, stand_in_at, stand_ins_of
from sim_instruments.wire.definition import make_device
from sim_instruments.wire.device import SimDevice
from sim_instruments.wire.faults import FaultPlan
from sim_instruments.wire.library import RigLibrary
from sim_instruments.world.gas import LawInGas, gas_from
from sim_instruments.world.noise import ImpedanceNoise
from sim_instruments.world.oven import Oven, OvenProperties
from sim_instruments.world.world import Clock, World
from sim_instruments.world_faults import WorldFaults


@dataclass(frozen=True)
class Options:
    """Options of `build` besides clock and seed; `build` documents them."""

    material: str = "Mg3(BH4)4(NH2)2"
    cell: Mapping[str, Any] | None = None
    carriers: Mapping[str, Any] | None = None
    gas: Mapping[str, Any] | None = None
    thickness_m: float = 1e-3
    area_m2: float = 7.853981633974483e-05
    electrodes: str = "blocking"
    noise_fraction: float | None = None
    replay: str | Path | None = None
    dummy: Mapping[str, float] | None = None
    ambient_k: float = 295.15
    oven: Mapping[str, float] | None = None
    description: str | Path = "default"
    instruments: Mapping[str, Any] | None = None
    cells: Mapping[str, Any] | None = None


_TYPES: dict[str, tuple[type, ...]] = {
    "material": (str,),
    "cell": (Mapping, type(None)),
    "carriers": (Mapping, type(None)),
    "gas": (Mapping, type(None)),
    "thickness_m": (int, float),
    "area_m2": (int, float),
    "electrodes": (str,),
    "noise_fraction": (int, float, type(None)),
    "replay": (str, Path, type(None)),
    "dummy": (Mapping, type(None)),
    "ambient_k": (int, float),
    "oven": (Mapping, type(None)),
    "description": (str, Path),
    "instruments": (Mapping, type(None)),
    "cells": (Mapping, type(None)),
}


@dataclass
class Rig:
    """A simulated rig: `visa_library` for pyvisa and pymeasure, the rest for tests and demonstrations."""

    visa_library: RigLibrary
    instruments: dict[str, Any]
    devices: dict[str, SimDevice]
    world: World
    faults: FaultPlan

    def close(self) -> None:
        """Close every session."""
        manager = self.visa_library.resource_manager
        if manager is not None:
            manager.close()
        self.visa_library.sessions.clear()


def build(clock: Clock, seed: int = 1, **options: Any) -> Rig:
    """Build a rig.

    Parameters
    ----------
    clock :
        `monotonic()` and `sleep(seconds)`; virtual, scaled or real.
    seed : int
        Seed of all random numbers; two rigs with the same seed behave alike.
    material : str
        An entry of materials.toml; the ionic resistance is thickness / (conductivity area).
    cell : mapping
        Parameters of `world.cell.CircuitCell` that replace the parameters of the material, e.g.
        `{"law": {"law": "vtf", ...}, "grain_boundary_share": 0.6}`, and `melts_at_k`.
    carriers : mapping
        Parameters of `world.carriers.CarrierCell` in place of a circuit: `ions` (name = table of
        `MovingIon`), `electrons` and `holes` (shares), `layer`, `offset_v`. All shares add up to 1 and divide
        the conductivity by the law of `material` or `cell`; `electrodes` does not count.
    gas : mapping
        How the conductivity answers a gas whose pressure an instrument of the rig sets (`cellkraft_p10`):
        `terms`, a list of tables `{"share": ..., "exponent": ...}` of the carriers at `reference_pa`, `lag_s`
        and `hysteresis` (relative, while the pressure falls); see `world.gas`. Not with `cells` or `replay`.
    thickness_m, area_m2, electrodes : float, float, "blocking" or "reversible"
    noise_fraction : float
        Noise of real and imaginary part as a fraction of |Z|, at 1 s of integration; default 0.001, or 0
        with `replay`.
    replay : path
        File or folder of measured spectra that replace the simulated cell.
    dummy : mapping
        `resistance_ohm` and `capacitance_f` of a standard that is connected in place of the sample.
    ambient_k : float
        Temperature of the room, and initial temperature of oven and sample.
    oven : mapping
        Parameters of `world.oven.OvenProperties`.
    description : path
        A TOML file with a table `instruments`, address = model; the name of a file in `rigs/`; or a YAML
        file of pyvisa-sim with user-defined stand-ins (see `stand_ins`). The default has a Lake Shore 336, a
        Solartron 1260 and a Solartron 1287.
    instruments : mapping
        Address = model, or the YAML file of a user-defined stand-in, or for a model that can have any
        settings `{"stand_in": model, "settings": {...}}`; replaces `description`.
    cells : mapping
        Several cells behind a switch: name = table with `channels` (or the addresses of its own
        `instruments`, which are always connected to it and to no other), and as far as it differs from the
        rig `material`, `cell`, `thickness_m`, `area_m2`, `electrodes`, `dummy`; `offset_k` and `offset_share`
        (per kelvin above the room) of its temperature, `contact_ohm`, and `thermometer`, the address of the
        multimeter at this cell. Beside them `isolation_ohm` and `crosstalk_f` of an open relay. A description
        in TOML can have it as a table `cells`.

    Raises
    ------
    TypeError, ValueError
        Invalid option; the message names it and the accepted values. Nothing is built.
    """
    chosen = _checked(options)
    oven = Oven(float(chosen.ambient_k), OvenProperties.of(dict(chosen.oven or {})))
    cells = _cells(chosen)
    switched = None if cells is None else make_cells(chosen, cells, float(chosen.ambient_k))
    gas = gas_from(chosen.gas)
    in_gas = None if chosen.gas is None else partial(LawInGas, gas=gas)
    world = World(clock, oven, switched or make_cell(chosen, in_gas), seed, gas)
    if switched is not None:
        switched.closed = world.closed_channels
    noise_fraction = chosen.noise_fraction
    if noise_fraction is None:
        noise_fraction = 0.0 if chosen.replay is not None else 0.001
    parts = Parts(world, ImpedanceNoise(noise_fraction, noise_fraction / 100))
    faults = FaultPlan(world.chance("faults"))
    library, models, devices = RigLibrary.private(), {}, {}
    stand_ins = _stand_ins(chosen)
    alone = _alone(cells or {}, set(map(to_canonical_name, stand_ins)))
    of_cells = {address: Parts(world.seen_from(name), parts.noise) for address, name in alone.items()}
    for given, stand_in in stand_ins.items():
        address = to_canonical_name(given)
        models[address] = stand_in.make(of_cells.get(address, parts))
        devices[address] = make_device(stand_in.name, stand_in.definition, models[address], world, faults)
        library.add(address, devices[address])
    _place_thermometers(cells or {}, world, models)
    WorldFaults(faults, world, models)
    return Rig(library, models, devices, world, faults)


def instruments_of(options: Mapping[str, Any]) -> Mapping[str, str]:
    """Instruments that `build` would create with these options, address = model; raises the same errors."""
    return {address: stand_in.name for address, stand_in in _stand_ins(_checked(dict(options))).items()}


def cells_of(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Tables `cells` of these options, or of their description; empty for one cell without a switch."""
    return _cells(_checked(dict(options))) or {}


def _checked(options: dict[str, Any]) -> Options:
    for name, value in options.items():
        if name not in _TYPES:
            raise TypeError(f"build: option {name!r} is unknown; there are {', '.join(_TYPES)}")
        if isinstance(value, bool) or not isinstance(value, _TYPES[name]):
            wanted = " or ".join("nothing" if t is type(None) else t.__name__ for t in _TYPES[name])
            raise TypeError(f"build: {name}: {wanted} is needed, got {value!r}")
    chosen = replace(Options(), **options)
    for name in ("thickness_m", "area_m2"):
        if not getattr(chosen, name) > 0:
            raise ValueError(f"build: {name}: a number above zero is needed, got {getattr(chosen, name)!r}")
    if chosen.electrodes not in ("blocking", "reversible"):
        raise ValueError(f"build: electrodes: {chosen.electrodes!r} is neither 'blocking' nor 'reversible'")
    if chosen.noise_fraction is not None and not 0 <= chosen.noise_fraction < 1:
        raise ValueError(f"build: noise_fraction: between 0 and 1, got {chosen.noise_fraction!r}")
    if chosen.gas is not None and (chosen.cells or chosen.replay or chosen.dummy):
        raise ValueError("build: gas: not with cells, replay or dummy")
    if not 70 <= chosen.ambient_k <= 330:
        raise ValueError(f"build: ambient_k: 70 to 330 K, got {chosen.ambient_k!r}")
    return chosen


def _stand_ins(chosen: Options) -> Mapping[str, StandIn]:
    if chosen.instruments is None and Path(chosen.description).suffix in (".yaml", ".yml"):
        found = stand_ins_of(Path(chosen.description))
    else:
        found = _named(chosen)
    for address, stand_in in found.items():
        _check_address(chosen.description, address, stand_in.name)
    return found


def _cells(chosen: Options) -> Mapping[str, Any] | None:
    """Return the cells of the options, or of the description; None for one cell without a switch."""
    if chosen.cells is not None or chosen.instruments is not None:
        return chosen.cells
    place = Path(chosen.description)
    return None if place.suffix in (".yaml", ".yml") else tomllib.loads(_description(place)).get("cells")


def _alone(cells: Mapping[str, Any], present: set[str]) -> Mapping[str, str]:
    """Return the cell of each instrument that has one for itself, by address; ValueError for no address."""
    tables = {name: given for name, given in cells.items() if isinstance(given, Mapping)}
    alone = {
        to_canonical_name(address): name
        for name, given in tables.items()
        for address in given.get("instruments", ())
    }
    for address, name in alone.items():
        if address not in present:
            raise ValueError(f"build: cells: {name}: instruments: no instrument is at {address}")
    return alone


def _place_thermometers(cells: Mapping[str, Any], world: World, models: Mapping[str, Any]) -> None:
    """Put each multimeter that a cell names at this cell; raises ValueError for another address."""
    for name, given in cells.items():
        address = given.get("thermometer") if isinstance(given, Mapping) else None
        if address is None:
            continue
        model = models.get(to_canonical_name(address))
        if not hasattr(model, "seen_k"):
            raise ValueError(f"build: cells: {name}: thermometer: no multimeter is at {address}")
        model.seen_k = partial(world.cell_temperature_k, name)  # type: ignore[union-attr] - it has seen_k


def _named(chosen: Options) -> Mapping[str, StandIn]:
    source = "build: instruments" if chosen.instruments is not None else chosen.description
    names = chosen.instruments
    if names is None:
        names = tomllib.loads(_description(Path(chosen.description))).get("instruments", {})
    return {address: _chosen(source, address, name) for address, name in names.items()}


def _chosen(source: str | Path, address: str, name: Any) -> StandIn:
    if isinstance(name, Mapping):
        try:
            return _chosen(source, address, name["stand_in"]).of(name["settings"])
        except (KeyError, ValueError) as problem:
            raise ValueError(f"{source}: {address}: stand_in and settings: {problem}") from problem
    if Path(name).suffix in (".yaml", ".yml"):
        return stand_in_at(Path(name), address)
    known = MODELS | VARIANTS
    if name not in known:
        raise ValueError(f"{source}: {address}: {name!r} is not one of {', '.join(sorted(known))}")
    return known[name]


def _description(place: Path) -> str:
    if place.suffix == ".toml":
        return place.read_text("utf-8")
    shipped = files("sim_instruments").joinpath("rigs", f"{place}.toml")
    if not shipped.is_file():
        raise ValueError(f"build: description: {place} is neither a TOML file nor a rig shipped with labctl")
    return shipped.read_text("utf-8")


def _check_address(source: str | Path, address: str, name: str) -> None:
    try:
        to_canonical_name(address)
    except InvalidResourceName as problem:
        raise ValueError(f"{source}: {address}: no VISA resource name: {problem}") from problem
    parts = address.split("::")
    if name.startswith("solartron") and parts[0].startswith("GPIB") and int(parts[1]) % 2:
        raise ValueError(f"{source}: {address}: the GPIB address of a Solartron is even")
