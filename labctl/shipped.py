"""Packages installed beside labctl and imported by name: drivers, procedures, the simulated rig.

labctl imports none of them; TOML files name their modules. `drivers` and `procedures` are common names: a
laboratory's own folder, the working directory or another distribution may hold a package of the same name
that sys.path finds first. The packages are therefore loaded from the folder in which labctl itself lies.
Modules that others keep in packages of these names remain importable behind them.

In a script, where Python itself imports, the package that sys.path finds first stays as it is; modules
that it does not have are found here (`BehindOthers`).
"""

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from pkgutil import extend_path
from types import ModuleType

PACKAGES = ("drivers", "procedures", "sim_instruments")
HOME = Path(__file__).resolve().parents[1]


class BehindOthers:
    """Finds `drivers.NAME` beside labctl where another package `drivers` has no module of that name."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        """Return the spec of a module of PACKAGES; None for other names and for the packages themselves."""
        file = _file_of(name) if "." in name and is_shipped(name) else None
        if file is None:
            return None
        searched = [str(file.parent)] if file.name == "__init__.py" else None
        return importlib.util.spec_from_file_location(name, file, submodule_search_locations=searched)


def find_behind_others() -> None:
    """Let import statements find what ships with labctl after everything else was asked."""
    if BehindOthers not in sys.meta_path:
        sys.meta_path.append(BehindOthers)


def is_shipped(name: str) -> bool:
    """Return whether a module of this dotted name is installed beside labctl."""
    return name.partition(".")[0] in PACKAGES and _file_of(name) is not None


def shipped_module(name: str) -> ModuleType:
    """Import a module that is installed beside labctl.

    Raises
    ------
    ImportError
        It is not there, cannot be imported, or another module has taken its name in this process.
    """
    prefer_shipped(name)
    module = importlib.import_module(name)
    wanted, found = _file_of(name), getattr(module, "__file__", None)
    if wanted is not None and found is not None and Path(found).resolve() != wanted:
        raise ImportError(f"the name {name} is taken in this process by {found}; labctl's is {wanted}")
    return module


def prefer_shipped(name: str) -> None:
    """Make the package of a dotted name lead to the one installed beside labctl, where there is one."""
    package = name.partition(".")[0]
    if package not in PACKAGES or not (HOME / package / "__init__.py").is_file():
        return
    known = sys.modules.get(package)
    if known is None:
        _load(package)
        return
    searched = list(getattr(known, "__path__", []))
    if not searched or Path(searched[0]).resolve() != HOME / package:
        known.__path__ = [str(HOME / package), *searched]


def _load(package: str) -> None:
    file = HOME / package / "__init__.py"
    spec = importlib.util.spec_from_file_location(
        package, file, submodule_search_locations=[str(file.parent)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[package] = module
    spec.loader.exec_module(module)
    module.__path__ = list(extend_path(module.__path__, package))


def _file_of(name: str) -> Path | None:
    place = HOME.joinpath(*name.split("."))
    for file in (place / "__init__.py", place.parent / f"{place.name}.py"):
        if file.is_file():
            return file
    return None
