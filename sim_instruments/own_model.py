"""An instrument of somebody's own whose messages are bytes: the class that its YAML file names.

`wire: {framer: frames, model: "module:Class"}` in a device; the module lies beside the file.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
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
    """Return the class `module:Class` beside a YAML file; ValueError says what is wrong with it.

    The module, and what it imports from the folder, is executed anew at each call.
    """
    module_name, _, name = reference.partition(":")
    folder = file.resolve().parent
    try:
        with _modules_of(folder):
            found: Any = getattr(_module(folder, module_name), name)
    except KeyboardInterrupt:
        raise
    except BaseException as problem:
        words = f"{type(problem).__name__}: {problem}"
        raise ValueError(f"{file}: wire: model: {reference!r} cannot be imported: {words}") from problem
    if not (isinstance(found, type) and issubclass(found, OwnModel)):
        raise ValueError(f"{file}: wire: model: {reference!r} is no sim_instruments.own_model.OwnModel")
    return found


def _module(folder: Path, name: str) -> ModuleType:
    path = folder.joinpath(*name.split(".")).with_suffix(".py")
    if not path.is_file():
        return importlib.import_module(name)
    module = ModuleType(name)
    module.__file__ = str(path)
    with _known_as(name, module):
        exec(compile(path.read_bytes(), str(path), "exec", dont_inherit=True), vars(module))
    return module


@contextmanager
def _known_as(name: str, module: ModuleType) -> Iterator[None]:
    """Enter a module in sys.modules while it is executed: dataclasses look for it there."""
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        yield
    finally:
        del sys.modules[name]
        if before is not None:
            sys.modules[name] = before


@contextmanager
def _modules_of(folder: Path) -> Iterator[None]:
    """Let modules of a folder be imported, behind all others; forget them afterwards.

    Two folders may hold modules of one name, and a file may change.
    """
    names = {path.stem for path in folder.iterdir()}
    free = {name for name in names & set(sys.modules) if not _is_elsewhere(name)}
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in free}
    before = set(sys.modules)
    sys.path.append(str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            if name.partition(".")[0] in names and _lies_in(folder, sys.modules[name]):
                del sys.modules[name]
        sys.modules.update(kept)


def _is_elsewhere(name: str) -> bool:
    finders = (finder for finder in sys.meta_path if hasattr(finder, "find_spec"))
    return any(finder.find_spec(name, None) is not None for finder in finders)


def _lies_in(folder: Path, module: ModuleType) -> bool:
    searched = [getattr(module, "__file__", None), *getattr(module, "__path__", [])]
    return any(place is not None and Path(place).resolve().is_relative_to(folder) for place in searched)
