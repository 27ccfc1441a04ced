"""Exact record of a pymeasure procedure beside its rows: parameters, metadata and columns.

pymeasure writes parameters with six digits and metadata as text; here every value is kept exactly. A value
that JSON cannot hold is kept as text that pymeasure converts back into the value.
"""

from collections.abc import Mapping
from typing import Any

from labctl.store.encoding import encode


def exact_parameters(procedure: Any) -> dict[str, Any]:
    """Return attribute to value of every parameter."""
    return {name: kept_exactly(value) for name, value in procedure.parameter_values().items()}


def described(procedure: Any) -> dict[str, Any]:
    """Return class, columns, and the displayed name and unit of every parameter."""
    return {
        "class": reference_of(type(procedure)),
        "columns": list(procedure.DATA_COLUMNS),
        "parameters": {
            attribute: {"name": parameter.name, "units": getattr(parameter, "units", None)}
            for attribute, parameter in procedure.parameter_objects().items()
        },
    }


def metadata_of(procedure: Any) -> dict[str, Any]:
    """Return attribute to name, value and unit of every metadata that has been evaluated."""
    return {
        attribute: {"name": metadata.name, "value": kept_exactly(metadata.value), "units": metadata.units}
        for attribute, metadata in procedure.metadata_objects().items()
        if metadata.is_set()
    }


def reference_of(procedure_class: type) -> str:
    """Return `module:Class`."""
    return f"{procedure_class.__module__}:{procedure_class.__qualname__}"


def kept_exactly(value: Any) -> Any:
    """Return the value if JSON can hold it exactly, else its text."""
    try:
        encode(value)
    except (ValueError, TypeError):
        return str(value)
    return dict(value) if isinstance(value, Mapping) else value
