"""Drivers, procedures and rigs that an installed package registers by name, as entry points.

A station or protocol then writes `driver = "oven-3"` in place of `module:Class`. Groups of entry points:
`labctl.drivers`, `labctl.procedures`, `labctl.rigs`. A run always keeps `module:Class`.
"""

import difflib
from importlib.metadata import entry_points
from typing import Any

from labctl.config.table import REQUIRED, Table
from labctl.plain_text import shown

GROUPS = {"driver": "labctl.drivers", "use": "labctl.procedures", "rig": "labctl.rigs"}


def registered(group: str) -> dict[str, tuple[str, ...]]:
    """Return the names of a group, each with the different `module:Class` that packages register for it."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in entry_points(group=group):
        found[entry.name] = tuple(sorted({*found.get(entry.name, ()), entry.value}))
    return dict(sorted(found.items()))


def take_reference(table: Table, key: str, default: Any = REQUIRED) -> str:
    """Return the `module:Class` that the text of `key` is, or for which it is registered.

    Raises ConfigurationError for a name that no installed package registers, or that two register for
    different classes.
    """
    text: str = table.text(key, default)
    return text if ":" in text else _of_name(table, key, text)


def _of_name(table: Table, key: str, name: str) -> str:
    known = registered(GROUPS[key])
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        meant = f"did you mean {near[0]!r}? " if near else ""
        listed = f", or one of the registered names: {', '.join(known)}" if known else ""
        raise table.error(
            key,
            f"is {shown(name)}; {meant}give module:Name, as in 'drivers.lakeshore33x:LakeShore336'{listed}",
        )
    reference, *others = known[name]
    if others:
        both = " and ".join((reference, *others))
        raise table.error(key, f"is {name!r}, which packages register for {both}; give one of these")
    return reference
