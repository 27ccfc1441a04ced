"""Packages that only some formats need."""

import importlib
from typing import Any

from labctl.errors import InvalidRequest

HOW = "needs the extra `export`; in the folder of labctl: python -m pip install -e '.[export]'"


def needed(package: str, kind: str) -> Any:
    """Return a package; raises InvalidRequest that says how to install it."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise InvalidRequest(f"--format {kind} {HOW} ({error})") from error
