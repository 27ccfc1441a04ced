"""Declaration of a driver class, also without inheritance from labctl's Instrument."""

import inspect
from collections.abc import Mapping
from typing import Any

from labctl.capabilities import Capabilities


class CannotDeclare(Exception):
    """The class method `capabilities` of a driver fails; the message says how."""


def declared(driver_class: type, settings: Mapping[str, Any]) -> Capabilities:
    """Return the declaration of a driver for its settings; empty without a class method `capabilities`.

    Raises CannotDeclare where that method fails; its cause is a ConfigurationError where the driver
    refuses settings.
    """
    ask = getattr(driver_class, "capabilities", None)
    if not inspect.ismethod(ask):
        return Capabilities()
    try:
        found = ask(settings)
    except Exception as failure:
        raise CannotDeclare(f"capabilities() fails: {type(failure).__name__}: {failure}") from failure
    return found if isinstance(found, Capabilities) else Capabilities()
