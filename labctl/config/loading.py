"""Objects named in TOML as `module:Name`: drivers, procedures and rigs are found by name, never imported."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from labctl.config.table import Table


def load_named(table: Table, key: str, reference: str) -> Any:
    """Import what `reference` (`module:Name`) names; a module beside the TOML file is found as well.

    Raises ConfigurationError that says which part of the name is wrong.
    """
    module_name, colon, name = reference.partition(":")
    if not (colon and module_name and name):
        raise table.error(
            key, f"is {reference!r}; give module:Name, as in 'drivers.lakeshore33x:LakeShore336'"
        )
    with _importable_from(Path(str(table.source)).parent):
        try:
            module = importlib.import_module(module_name)
        except ModuleNotFoundError as error:
            raise table.error(
                key, f"names the module {module_name!r}, which does not exist: {error}"
            ) from error
    try:
        return getattr(module, name)
    except AttributeError as error:
        own = (n for n, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__)
        public = ", ".join(n for n in own if not n.startswith("_")) or "nothing of its own"
        raise table.error(
            key, f"names {name!r}, which {module_name} does not have; it has {public}"
        ) from error


@contextmanager
def _importable_from(folder: Path) -> Iterator[None]:
    sys.path.insert(0, str(folder.resolve()))
    try:
        yield
    finally:
        sys.path.remove(str(folder.resolve()))
