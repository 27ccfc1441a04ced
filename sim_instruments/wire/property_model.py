"""Model of an instrument defined by a YAML file only: its properties keep the values written to them."""

from typing import Any

from sim_instruments.wire.device import SimDevice

_CASTS = {"float": float, "int": lambda text: int(float(text))}


def bind_properties(name: str, definition: dict[str, Any]) -> dict[str, Any]:
    """Bind every property to the attribute of the same name; raises ValueError for unsupported entries."""
    if definition.get("channels"):
        raise ValueError(f"{name}: channels are not simulated; write their properties out")
    properties = definition.get("properties", {})
    for key in properties:
        if not key.isidentifier() or hasattr(PropertyModel, key):
            raise ValueError(f"{name}: {key!r} cannot name a property here")
    for key in _energising(definition):
        if key not in properties:
            raise ValueError(f"{name}: wire: energised: there is no property {key!r}")
    return {**definition, "properties": {key: {**entry, "bind": key} for key, entry in properties.items()}}


def _energising(definition: dict[str, Any]) -> list[str]:
    return list(definition.get("wire", {}).get("energised", ()))


class PropertyModel:
    """Model with one attribute per property. It has no `sensor_fault`, `overload` or similar faults."""

    def __init__(self, definition: dict[str, Any]) -> None:
        self._definition = definition
        error = definition.get("error", {})
        self._error_reply = error if isinstance(error, str) else str(error.get("command", ""))
        self.reset()

    def plug_in(self, port: SimDevice) -> None:
        """Store the port for replies."""
        self._port = port

    def reset(self) -> None:
        """Reset every property to the default of its file."""
        for name, entry in self._definition.get("properties", {}).items():
            cast = _CASTS.get(entry.get("specs", {}).get("type", "str"), str)
            setattr(self, name, cast(entry.get("default", "0")))

    @property
    def energised(self) -> bool | None:
        """Whether an energising property is nonzero; None if the file does not name energising properties."""
        names = _energising(self._definition)
        return any(getattr(self, name) for name in names) if names else None

    def not_understood(self, message: str) -> None:
        """Send the error reply of the file, if it has one."""
        self._send_error(message)

    def declined(self, message: str, code: int) -> None:
        """Send the error reply of the file, if it has one."""
        self._send_error(message)

    def _send_error(self, message: str) -> None:
        if self._error_reply:
            self._port.send(self._error_reply, message)
