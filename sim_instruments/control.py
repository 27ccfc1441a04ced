"""Control channel of a served rig: one JSON object per line, in request and reply.

{"do": "state"}                                    true state of time, oven, cell, terminals, instruments
{"do": "fault", "kind": "late", "command": "KRDG"} plan a fault, with the arguments of `FaultPlan.add`
{"do": "log"}                                      the faults that occurred
{"do": "clear"}                                    cancel the pending faults
{"do": "stop"}                                     stop serving

Every reply has `ok`; when it is false, `error` gives the reason. Instruments are named by model or address.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from sim_instruments.rig import Rig


class Control:
    """Processes one request line at a time; calls `stop` on the request `stop`."""

    def __init__(self, rig: Rig, names: dict[str, str], stop: Callable[[], None]) -> None:
        self._rig, self._names, self._stop = rig, names, stop
        self._actions: dict[str, Callable[[dict[str, Any]], Any]] = {
            "state": lambda request: true_state(rig),
            "fault": self._fault,
            "log": lambda request: [asdict(strike) for strike in rig.faults.log],
            "clear": lambda request: rig.faults.clear(),
            "stop": lambda request: stop(),
        }

    def answer(self, line: bytes) -> bytes:
        """Return one reply line for one request line."""
        try:
            with self._rig.world.lock:
                self._rig.world.now()
                reply = {"ok": True, "result": self._do(json.loads(line))}
        except (TypeError, ValueError) as error:
            reply = {"ok": False, "error": str(error)}
        return json.dumps(reply).encode() + b"\n"

    def _do(self, request: Any) -> Any:
        if not isinstance(request, dict) or request.get("do") not in self._actions:
            raise ValueError(f"do: one of {', '.join(self._actions)} is needed, got {request!r}")
        action = request.pop("do")
        return self._actions[action](request)

    def _fault(self, request: dict[str, Any]) -> None:
        name = request.get("instrument", "")
        request["instrument"] = self._names.get(name, name)
        if name and request["instrument"] not in self._rig.instruments:
            raise ValueError(f"instrument: {name!r} is none of {', '.join(self._names)}")
        self._rig.faults.add(**request)


def true_state(rig: Rig) -> dict[str, Any]:
    """True state of the rig, as plain numbers."""
    world = rig.world
    return {
        "time_s": world.time_s,
        "oven": _scalars(world.oven),
        "cell": _scalars(world.cell),
        "terminals": _scalars(world.terminals) | {"current_a": world.terminals.current_a(world.time_s)},
        "instruments": {address: _scalars(model) for address, model in rig.instruments.items()},
    }


def _scalars(thing: object) -> dict[str, Any]:
    names = {name for name in (*vars(thing), *vars(type(thing))) if not name.startswith("_")}
    values = {name: getattr(thing, name) for name in sorted(names)}
    return {
        name: _plain(value) for name, value in values.items() if isinstance(value, bool | int | float | str)
    }


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, float) and value in (float("inf"), float("-inf")) else value
