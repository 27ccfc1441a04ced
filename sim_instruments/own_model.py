"""Base class for user-defined instruments with binary messages, and its loading from a YAML file.

The device has the entry `wire: {framer: frames, model: "module:Class"}`; the module lies beside the file.
"""

import importlib
import sys
from pathlib import Path
from typing import Any

from sim_instruments.wire.device import SimDevice
from sim_instruments.world.world import World


class OwnModel:
    """Model of a user-defined instrument; subclasses define `reset()`, `cut()`, `answer()` and `energised`.

    `self.world` has the simulated cell and oven: `world.terminals` holds the cell at a potential and gives
    the current, `world.oven` has the temperatures, `world.time_s` is the present time.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.reset()

    def reset(self) -> None:
        """Return to the settings after power-on."""
        raise NotImplementedError

    @property
    def energised(self) -> bool:
        """Whether heater, cell or source is on."""
        raise NotImplementedError

    def cut(self, buffer: bytearray) -> bytes | None:
        """Remove the first complete message from `buffer` and return it; None if more bytes are needed."""
        raise NotImplementedError

    def answer(self, frame: bytes) -> bytes | None:
        """Return the reply to a message, None for no reply."""
        raise NotImplementedError

    def plug_in(self, port: SimDevice) -> None:
        """Ignore the port: this model sends nothing unsolicited."""

    def not_understood(self, message: str) -> None:
        """Send no reply."""

    def declined(self, message: str, code: int) -> None:
        """Send no reply."""


def own_model(file: Path, reference: str) -> type[OwnModel]:
    """Return the class `module:Class` of a module beside a YAML file; raises ValueError if it is invalid."""
    module_name, _, name = reference.partition(":")
    sys.path.insert(0, str(file.resolve().parent))
    try:
        found: Any = getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError, ValueError) as problem:
        raise ValueError(f"{file}: wire: model: {reference!r} cannot be imported: {problem}") from problem
    finally:
        sys.path.remove(str(file.resolve().parent))
    if not (isinstance(found, type) and issubclass(found, OwnModel)):
        raise ValueError(f"{file}: wire: model: {reference!r} is no sim_instruments.own_model.OwnModel")
    return found
