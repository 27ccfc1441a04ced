"""Procedures offered by the window: the shipped ones and those in a file that the user opens."""

import inspect
from dataclasses import dataclass
from pathlib import Path

from labctl.config.loading import CannotLoad, load_module
from labctl.errors import ConfigurationError
from labctl.shipped import shipped_module

CATALOGUE = "procedures.catalogue"  # loaded by name: labctl imports no procedure


@dataclass(frozen=True)
class Offered:
    """A procedure class, `module:Class` as a protocol names it, and the folder it was found in."""

    procedure_class: type
    reference: str
    folder: Path | None = None

    @property
    def title(self) -> str:
        """Name in a list."""
        return self.procedure_class.__name__

    @property
    def summary(self) -> str:
        """The first sentence of its docstring."""
        return (inspect.getdoc(self.procedure_class) or "").partition("\n\n")[0].replace("\n", " ")


def shipped() -> list[Offered]:
    """Return the procedures shipped with labctl, the most used first."""
    found = shipped_module(CATALOGUE).PROCEDURES
    return [Offered(cls, f"{cls.__module__}:{cls.__name__}") for cls in found]


def in_file(path: Path) -> list[Offered]:
    """Return the pymeasure procedures that a Python file defines.

    Raises
    ------
    ConfigurationError
        The file cannot be loaded or defines no procedure.
    """
    from pymeasure.experiment import Procedure

    if path.suffix != ".py" or "." in path.stem:
        raise ConfigurationError(str(path), "", "is not a Python file that can be imported: give NAME.py")
    try:
        module, _ = load_module(path.stem, path.parent)
    except CannotLoad as problem:
        raise ConfigurationError(str(path), "", str(problem)) from problem
    own = [
        found
        for found in vars(module).values()
        if inspect.isclass(found) and issubclass(found, Procedure) and found.__module__ == path.stem
    ]
    if not own:
        raise ConfigurationError(str(path), "", "defines no pymeasure Procedure")
    return [Offered(cls, f"{path.stem}:{cls.__name__}", path.parent) for cls in own]
