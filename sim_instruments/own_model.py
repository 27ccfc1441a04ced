"""Base class for user-defined instruments with binary messages, and its loading from a YAML file.

The device has the entry `wire: {framer: frames, model: "module:Class"}`; the module lies beside the file.
"""

import importlib
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from sim_instruments.wire.device import SimDevice
from sim_instruments.world.world import World

_trusted: Collection[Path] | None = None


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


def execute_only_from(folders: Collection[Path] | None) -> None:
    """Execute the models only of files in these folders; None: of any."""
    global _trusted
    _trusted = folders


def own_model(file: Path, reference: str) -> type[OwnModel]:
    """Return the class `module:Class` of a module beside a YAML file; raises ValueError if it is invalid.

    The module, and what it imports from the folder, is executed anew at each call.
    """
    module_name, _, name = reference.partition(":")
    folder = file.resolve().parent
    if _trusted is not None and folder not in _trusted:
        raise ValueError(f"{file}: wire: model: {reference!r}: code in {folder} is not trusted (--trust)")
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
    sys.modules.setdefault(name, module)  # dataclasses look for it there
    exec(compile(path.read_bytes(), str(path), "exec", dont_inherit=True), vars(module))
    return module


@contextmanager
def _modules_of(folder: Path) -> Iterator[None]:
    """Let modules of a folder be imported, after all others; remove them from sys.modules afterwards.

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
