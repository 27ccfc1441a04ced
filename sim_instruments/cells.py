"""Construction of a rig's cell from a material, a circuit or measured spectra."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Protocol, get_args

from sim_instruments.materials import material
from sim_instruments.replay import read_replay
from sim_instruments.world.carriers import CarrierCell, Layer, MovingIon, Passes
from sim_instruments.world.cell import Cell, CircuitCell, Interphase
from sim_instruments.world.dummy import Dummy
from sim_instruments.world.laws import Law, law_from
from sim_instruments.world.switched import PlacedCell, SwitchedCells

_CHOICES = {field.name: field.type for field in fields(CircuitCell)}
_GEOMETRY = ("thickness_m", "area_m2", "electrodes")


_PLACE = ("offset_k", "offset_share", "contact_ohm")
_STRAY = {"isolation_ohm": 1e12, "crosstalk_f": 1e-14}


class CellOptions(Protocol):
    """The options of a rig that define its cell."""

    @property
    def material(self) -> str: ...  # noqa: D102
    @property
    def cell(self) -> Mapping[str, Any] | None: ...  # noqa: D102
    @property
    def thickness_m(self) -> float: ...  # noqa: D102
    @property
    def area_m2(self) -> float: ...  # noqa: D102
    @property
    def electrodes(self) -> str: ...  # noqa: D102
    @property
    def carriers(self) -> Mapping[str, Any] | None: ...  # noqa: D102
    @property
    def dummy(self) -> Mapping[str, float] | None: ...  # noqa: D102
    @property
    def replay(self) -> str | Path | None: ...  # noqa: D102


def make_cell(options: CellOptions, in_gas: Callable[[Law], Law] | None = None) -> Cell:
    """Make the cell; `in_gas` makes its law answer a gas. Raises TypeError or ValueError for an option."""
    if options.dummy is not None:
        return Cell(_dummy(options.dummy))
    if options.replay is not None:
        return Cell(read_replay(options.replay))
    chosen = material(options.material)
    circuit: dict[str, Any] = {
        "law": chosen.law,
        "transference_number": chosen.transference_number,
        "electronic_share": chosen.electronic_share,
    }
    melts_at_k = chosen.melts_at_k
    if options.cell is not None:
        own = dict(options.cell)
        melts_at_k = _amount("melts_at_k", own.pop("melts_at_k", melts_at_k))
        circuit |= _circuit_entries(own)
    if in_gas is not None:
        circuit["law"] = in_gas(circuit["law"])
    if options.carriers is not None:
        law = circuit["law"]
        return Cell(_carrier_cell(law, options.thickness_m, options.area_m2, options.carriers), melts_at_k)
    geometry = {name: getattr(options, name) for name in _GEOMETRY}
    return Cell(CircuitCell(**geometry, **circuit), melts_at_k)


def _dummy(entries: Mapping[str, Any]) -> Dummy:
    known = [field.name for field in fields(Dummy)]
    if unknown := sorted(set(entries) - set(known)):
        raise TypeError(f"dummy: {', '.join(unknown)} unknown; there are {', '.join(known)}")
    amounts = {name: _amount(name, value) for name, value in entries.items()}
    if not amounts.get("resistance_ohm"):
        raise ValueError("dummy: resistance_ohm: a number above zero is needed")
    return Dummy(**amounts)


def _carrier_cell(law: Law, thickness_m: float, area_m2: float, given: Mapping[str, Any]) -> CarrierCell:
    """Make a cell of several carriers. Raises TypeError or ValueError naming the invalid entry."""
    entries = dict(given)
    ions = {name: _ion(name, one) for name, one in _table("ions", entries.pop("ions", {})).items()}
    layer = _layer(_table("layer", entries.pop("layer", {})))
    known = sorted({field.name for field in fields(CarrierCell)} - {"law", "ions", "layer", *_GEOMETRY})
    if unknown := sorted(set(entries) - set(known)):
        there = ", ".join(["ions", "layer", *known])
        raise TypeError(f"carriers: {', '.join(unknown)} unknown; there are {there}")
    amounts = {
        name: _finite(f"carriers: {name}", value) if name == "offset_v" else _amount(name, value)
        for name, value in entries.items()
    }
    return CarrierCell(law, thickness_m, area_m2, ions, layer=layer, **amounts)


def _ion(name: str, given: Any) -> MovingIon:
    own = _table(f"carriers: {name}", given)
    if unknown := sorted(set(own) - {field.name for field in fields(MovingIon)}):
        raise TypeError(f"carriers: {name}: {', '.join(unknown)} unknown")
    if own.get("passes", "both") not in get_args(Passes):
        raise ValueError(f"carriers: {name}: passes: one of {', '.join(get_args(Passes))} is needed")
    ion = MovingIon(**own)
    if not (ion.charge and ion.share > 0 and ion.activity_ratio > 0):
        raise ValueError(f"carriers: {name}: share and activity_ratio above zero, a charge not zero")
    return ion


def _layer(given: dict[str, Any]) -> Layer:
    if unknown := sorted(set(given) - {field.name for field in fields(Layer)}):
        raise TypeError(f"carriers: layer: {', '.join(unknown)} unknown")
    return Layer(**{name: _amount(f"layer: {name}", value) for name, value in given.items()})


def _circuit_entries(entries: dict[str, Any]) -> dict[str, Any]:
    checked = {}
    for key, value in entries.items():
        if key in _GEOMETRY or key not in _CHOICES:
            known = sorted(set(_CHOICES) - set(_GEOMETRY) | {"melts_at_k"})
            raise TypeError(f"cell: {key!r} is unknown; there are {', '.join(known)}")
        checked[key] = _entry(key, value)
    return checked


def _entry(key: str, value: Any) -> Any:
    if key in ("law", "grain_boundary_law"):
        return law_from(_table(key, value))
    if key == "interphase":
        known = {field.name for field in fields(Interphase)}
        unknown = set(_table(key, value)) - known
        if unknown:
            raise TypeError(f"cell: interphase: {sorted(unknown)} unknown; there are {sorted(known)}")
        return Interphase(**{name: _interphase_entry(name, v) for name, v in value.items()})
    return _amount(key, value)


def _interphase_entry(key: str, value: Any) -> Any:
    if key == "law":
        return law_from(_table("interphase: law", value))
    return _amount(f"interphase: {key}", value)


def _table(key: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"cell: {key}: a table is needed, got {value!r}")
    return dict(value)


def _amount(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise ValueError(f"cell: {key}: a number not below zero is needed, got {value!r}")
    return float(value)


@dataclass(frozen=True)
class _OneCell:
    """The options of one of several cells; those not given are the rig's."""

    material: str
    cell: Mapping[str, Any] | None
    thickness_m: float
    area_m2: float
    electrodes: str
    carriers: Mapping[str, Any] | None
    dummy: Mapping[str, float] | None
    replay: str | Path | None = None


def make_cells(options: CellOptions, cells: Mapping[str, Any], ambient_k: float) -> SwitchedCells:
    """Make the cells behind a switch. Raises TypeError or ValueError naming the cell and the invalid option.

    Each cell is a table with `channels`, or with the addresses of its own `instruments`, and where it differs
    from the rig `material`, `cell`, `thickness_m`, `area_m2`, `electrodes`, `carriers`, `dummy`; also
    `offset_k`, `offset_share`, `contact_ohm` and `thermometer` of its place. `isolation_ohm` and
    `crosstalk_f` beside the cells are those of an open relay.
    """
    isolation_ohm, crosstalk_f = (_amount(name, cells.get(name, usual)) for name, usual in _STRAY.items())
    placed = {name: _placed(options, name, given) for name, given in cells.items() if name not in _STRAY}
    if not placed:
        raise ValueError("cells: at least one cell is needed, e.g. {A = {channels = ['1!1']}}")
    return SwitchedCells(placed, ambient_k, isolation_ohm, crosstalk_f)


def _placed(options: CellOptions, name: str, given: Any) -> PlacedCell:
    own = _table(f"cells: {name}", given)
    own.pop("thermometer", None)
    instruments = own.pop("instruments", [])
    channels = own.pop("channels", [] if instruments else None)
    if not (_are_texts(channels) and _are_texts(instruments) and (channels or instruments)):
        problem = "channels of the switch, or the addresses of its own instruments, as a list of texts"
        raise ValueError(f"cells: {name}: channels: {problem}; got {channels!r}")
    place = {key: _finite(f"cells: {name}: {key}", own.pop(key)) for key in _PLACE if key in own}
    wanted = [field.name for field in fields(_OneCell) if field.name != "replay"]
    if unknown := sorted(set(own) - set(wanted)):
        known = sorted({*wanted, *_PLACE, "channels", "instruments", "thermometer"})
        raise TypeError(f"cells: {name}: {', '.join(unknown)} unknown; there are {', '.join(known)}")
    try:
        cell = make_cell(_OneCell(**{key: own.get(key, getattr(options, key)) for key in wanted}))
    except (TypeError, ValueError) as problem:
        raise type(problem)(f"cells: {name}: {problem}") from problem
    return PlacedCell(cell, frozenset(channels), **place)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)


def _finite(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{key}: a number is needed, got {value!r}")
    return float(value)
