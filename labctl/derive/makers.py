"""Makers of an analysis: person, version of labctl, versions of the methods, choices and inputs."""

import getpass
from collections.abc import Mapping
from typing import Any

from labctl.derive.inputs import Inputs
from labctl.store.analyses import Maker
from labctl.version import __version__

METHOD_VERSIONS = {
    "ionic_resistance_series": "8",
    "temperature_laws": "6",
    "transference_numbers": "6",
    "relaxation_times": "1",
    "part_laws": "4",
}
"""Raised when a method gives other numbers for the same input."""


def maker_of(
    inputs: Inputs,
    created_s: float,
    *,
    person: str = "",
    more: Mapping[str, Any] | None = None,
    content_hash: str | None = None,
) -> Maker:
    """Describe an analysis made now by this labctl, from these inputs and what else is `more`."""
    return Maker(
        created_s,
        person or account(),
        __version__,
        METHOD_VERSIONS,
        inputs.choices.as_options(),
        inputs.described() | dict(more or {}),
        inputs.amendments,
        content_hash,
    )


def account() -> str:
    """Return the name of the account of this process; empty if the system does not know it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
