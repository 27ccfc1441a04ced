"""Faults of oven, cell, sensors and wall clock.

Faults of one kind can overlap. The latest is in force; when it ends, the latest of those still active; when
the last one ends, the value from before the first fault is restored.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from sim_instruments.wire.faults import IN_THE_WORLD, Fault, FaultPlan
from sim_instruments.world.relays import Relays
from sim_instruments.world.world import World

Undo = Callable[[], None]

AT_PANEL = {"switched_off": "switch_off_at_panel", "restarted": "restart", "set_at_panel": "set_at_panel"}

CELL_FAULTS = {"cell_open": "open", "cell_short": "shorted"}


class WorldFaults:
    """Applies the world faults of a plan and reverts them after their `duration_s`."""

    def __init__(self, plan: FaultPlan, world: World, instruments: Mapping[str, Any]) -> None:
        self._plan, self._world, self._instruments = plan, world, instruments
        self._overrides: dict[tuple[int, str], OverriddenAttribute] = {}
        plan.on_order = self._schedule
        plan.on_world_strike = self._apply

    def _schedule(self, fault: Fault) -> None:
        """Schedule a fault without a command; the wire triggers those with a command.

        Raises ValueError for a cell or a channel that the rig does not have.
        """
        self._check_value(fault)
        if fault.kind in IN_THE_WORLD and not fault.command:
            self._world.at(fault.after_s, lambda: self._trigger(fault))

    def _check_value(self, fault: Fault) -> None:
        if fault.kind in CELL_FAULTS:
            _cell(self._world.cell, fault)
        elif fault.kind == "wrong_cell":
            _swapped(self._world.cell, fault)
        elif fault.kind.startswith("relay_"):
            self._relays(fault)

    def _trigger(self, fault: Fault) -> None:
        if fault.count > 0:
            self._plan.record(fault, fault.instrument, "", self._world.time_s)

    def _apply(self, fault: Fault) -> None:
        undo = self._relay(fault) if fault.kind.startswith("relay_") else self._effect(fault)
        if not math.isinf(fault.duration_s):
            self._world.at(self._world.time_s + fault.duration_s, undo)

    def _effect(self, fault: Fault) -> Undo:
        oven, cell = self._world.oven, self._world.cell
        match fault.kind:
            case "heater_stuck_on":
                return self._set(oven, "heater_stuck_w", _amount(fault, 100.0))
            case "heater_dead":
                return self._set(oven, "heater_dead", True)
            case "never_settles":
                return self._set(oven, "restless_k", _amount(fault, 2.0))
            case "cell_open" | "cell_short":
                return self._set(_cell(cell, fault), CELL_FAULTS[fault.kind], True)
            case "wrong_cell":
                return self._set(cell, "swapped", _swapped(cell, fault))
            case "clock_jump":
                return self._jump(_amount(fault, 3600.0))
            case "switched_off" | "restarted" | "set_at_panel":
                return self._at_panel(fault)
            case "sensor_fault":
                return self._each(fault, "sensor_fault", 128)
            case _:
                return self._each(fault, "overload", True)

    def _each(self, fault: Fault, attribute: str, value: Any) -> Undo:
        """Set an attribute of every addressed instrument that has it."""
        targets = [
            model
            for address, model in self._instruments.items()
            if fault.instrument in ("", address) and hasattr(model, attribute)
        ]
        undos = [self._set(model, attribute, value) for model in targets]

        def undo_all() -> None:
            for undo in undos:
                undo()

        return undo_all

    def _at_panel(self, fault: Fault) -> Undo:
        """Do something at the panel of every addressed instrument that can have it done; it stays so."""
        action = AT_PANEL[fault.kind]
        values = (_amount(fault, 20.0),) if fault.kind == "set_at_panel" else ()
        for address, model in self._instruments.items():
            if fault.instrument in ("", address) and hasattr(model, action):
                getattr(model, action)(*values)
        return lambda: None

    def _relay(self, fault: Fault) -> Undo:
        """Break a relay of every addressed switch that has the channel."""
        channel, broken = str(fault.value), fault.kind.removeprefix("relay_")
        sets: list[set[str]] = [getattr(relays, broken) for relays in self._relays(fault)]
        for channels in sets:
            channels.add(channel)

        def mend() -> None:
            for channels in sets:
                channels.discard(channel)

        return mend

    def _relays(self, fault: Fault) -> list[Any]:
        """The relays of every addressed switch that has the channel; ValueError if there are none."""
        switches = {address: getattr(model, "relays", None) for address, model in self._instruments.items()}
        chosen = [
            relays
            for address, relays in switches.items()
            if isinstance(relays, Relays)
            and fault.instrument in ("", address)
            and str(fault.value) in relays.channels
        ]
        if not chosen:
            raise ValueError(f"value: no switch has the channel {fault.value!r}")
        return chosen

    def _set(self, thing: object, attribute: str, value: Any) -> Undo:
        return self._overrides.setdefault(
            (id(thing), attribute), OverriddenAttribute(thing, attribute)
        ).override(value)

    def _jump(self, seconds: float) -> Undo:
        jump = getattr(self._world.clock, "jump", lambda seconds: None)
        jump(seconds)
        return lambda: jump(-seconds)


class OverriddenAttribute:
    """An attribute overridden by one or more faults."""

    def __init__(self, thing: object, attribute: str) -> None:
        self._thing, self._attribute = thing, attribute
        self._before: Any = None
        self._active: dict[object, Any] = {}

    def override(self, value: Any) -> Undo:
        """Set the attribute; return the function that ends this fault."""
        if not self._active:
            self._before = getattr(self._thing, self._attribute)
        fault = object()
        self._active[fault] = value
        setattr(self._thing, self._attribute, value)
        return lambda: self._end(fault)

    def _end(self, fault: object) -> None:
        del self._active[fault]
        setattr(self._thing, self._attribute, [self._before, *self._active.values()][-1])


def _cell(cell: Any, fault: Fault) -> Any:
    """The cell that a fault names, else the object in front of the relays, or the only cell."""
    if fault.value is None:
        return cell
    placed = getattr(cell, "placed", {})
    if fault.value not in placed:
        raise ValueError(f"value: no cell {fault.value!r}; there are {', '.join(placed) or 'none by name'}")
    return placed[fault.value].cell


def _swapped(cell: Any, fault: Fault) -> dict[str, str]:
    first, comma, second = str(fault.value).partition(",")
    placed = getattr(cell, "placed", {})
    if not comma or first not in placed or second not in placed:
        raise ValueError(f"value: two cells as in 'A,B' are needed, got {fault.value!r}")
    return {first: second, second: first}


def _amount(fault: Fault, default: float) -> float:
    return default if fault.value is None else float(fault.value)
