"""An instrument of somebody's own whose messages are bytes: the class that its YAML file names.

`wire: {framer: frames, model: "module:Class"}` in a device; the module lies beside the file.
"""

import importlib
import sys
from pathlib import Path
from typing import Any

from sim_instruments.wire.device import SimDevice
from sim_instruments.world.world import World


class OwnModel:
    """Inherit from it and say `reset()`, `cut()`, `answer()` and `energised`.

    `self.world` has the simulated cell and oven: `world.terminals` holds the cell at a potential and tells
    the current, `world.oven` has the temperatures, `world.time_s` is now.
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
        """Take the first whole message out of what has been heard; None if more bytes are needed."""
        raise NotImplementedError

    def answer(self, frame: bytes) -> bytes | None:
        """Return the answer to a message, None for silence."""
        raise NotImplementedError

    def plug_in(self, port: SimDevice) -> None:
        """Nothing is said unasked."""

    def not_understood(self, message: str) -> None:
        """Silence."""

    def declined(self, message: str, code: int) -> None:
        """Silence."""


def own_model(file: Path, reference: str) -> type[OwnModel]:
    """Return the class `module:Class` beside a YAML file; ValueError says what is wrong with the name."""
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
