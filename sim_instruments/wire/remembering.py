"""An instrument of which nothing is known but its YAML file: it remembers what it is told."""

from typing import Any

from sim_instruments.wire.device import SimDevice

_CASTS = {"float": float, "int": lambda text: int(float(text))}


def bound_to_themselves(name: str, definition: dict[str, Any]) -> dict[str, Any]:
    """Bind every property to the attribute of its name; ValueError for what is not simulated."""
    if definition.get("channels"):
        raise ValueError(f"{name}: channels are not simulated; write their properties out")
    properties = definition.get("properties", {})
    for key in properties:
        if not key.isidentifier() or hasattr(Remembering, key):
            raise ValueError(f"{name}: {key!r} cannot name a property here")
    for key in _energising(definition):
        if key not in properties:
            raise ValueError(f"{name}: wire: energised: there is no property {key!r}")
    return {**definition, "properties": {key: {**entry, "bind": key} for key, entry in properties.items()}}


def _energising(definition: dict[str, Any]) -> list[str]:
    return list(definition.get("wire", {}).get("energised", ()))


class Remembering:
    """Its properties are attributes. `sensor_fault`, `overload` and the like are not known to it."""

    def __init__(self, definition: dict[str, Any]) -> None:
        self._definition = definition
        error = definition.get("error", {})
        self._complaint = error if isinstance(error, str) else str(error.get("command", ""))
        self.reset()

    def plug_in(self, port: SimDevice) -> None:
        """Answer through `port`."""
        self._port = port

    def reset(self) -> None:
        """Every property as its file gives it."""
        for name, entry in self._definition.get("properties", {}).items():
            cast = _CASTS.get(entry.get("specs", {}).get("type", "str"), str)
            setattr(self, name, cast(entry.get("default", "0")))

    @property
    def energised(self) -> bool | None:
        """Whether a property that means so is not zero; None where the file does not say which those are."""
        names = _energising(self._definition)
        return any(getattr(self, name) for name in names) if names else None

    def not_understood(self, message: str) -> None:
        """Answered as the file says, or not at all."""
        self._complain(message)

    def declined(self, message: str, code: int) -> None:
        """Likewise."""
        self._complain(message)

    def _complain(self, message: str) -> None:
        if self._complaint:
            self._port.send(self._complaint, message)
