"""Packages of the extra `report`, imported when a report needs them."""

from importlib import import_module
from typing import Any

from labctl.errors import InvalidRequest

PIP = "in the folder of labctl: pip install -e '.[report]'"


def imported(module: str) -> Any:
    """Return a module; raises InvalidRequest with the line to type where its package is not installed."""
    try:
        return import_module(module)
    except ImportError as error:
        package = {"docx": "python-docx"}.get(module.partition(".")[0], module.partition(".")[0])
        raise InvalidRequest(
            f"a report of this format needs the package {package} of the extra `report`; {PIP}"
        ) from error
