"""Two instruments at one address of a station file.

It is right only where a setting distinguishes them, as the units of instruments on one serial line do, or
where both are views of one instrument, such as its two loops. Any other pair is refused or named.
"""

import inspect
import itertools
from collections.abc import Sequence

from labctl.config.instrument_entries import InstrumentEntry
from labctl.plain_text import shown


def clash(entries: Sequence[InstrumentEntry]) -> tuple[str, str]:
    """Return an instrument and the reason why another cannot have the same address; ("", ""): none.

    Different settings or different drivers may be two views of one instrument, except on a serial line, and
    except for drivers that accept different models only.
    """
    from labctl.instruments.wires import canonical_address

    for first, second in itertools.combinations(entries, 2):
        if canonical_address(first.address) == canonical_address(second.address):
            problem = _clash(first, second)
            if problem:
                at = f"is {shown(second.address)}, the address of {shown(first.name)} as well: "
                return second.name, at + problem
    return "", ""


def _clash(first: InstrumentEntry, second: InstrumentEntry) -> str:
    from labctl.instruments.wires import canonical_address

    units = [unit_of(entry) for entry in (first, second)]
    if all(units):
        key = units[0].split(" ")[0]
        at_fault = f"both have {units[0]} on one line; give each its own settings.{key}"
        return at_fault if units[0] == units[1] else ""
    alone = next((e for e in (first, second) if getattr(e.driver_class, "line_address", None) == ""), None)
    if alone and canonical_address(first.address).startswith("ASRL"):
        return f"{alone.driver} needs a serial line of its own; correct one address"
    models = [set(getattr(entry.driver_class, "models", ())) for entry in (first, second)]
    if all(models) and not models[0] & models[1]:
        return f"{first.driver} and {second.driver} are different instruments; correct one address"
    if first.driver_class is second.driver_class and dict(first.settings) == dict(second.settings):
        return (
            "both are the same instrument with the same settings; give one of them all roles, or correct it"
        )
    return ""


def unit_of(entry: InstrumentEntry) -> str:
    """Return setting and value of an instrument among others on its line: `unit = 1`; "" for none."""
    key = getattr(entry.driver_class, "line_address", "")
    if not key:
        return ""
    parameter = inspect.signature(entry.driver_class).parameters.get(key)
    default = None if parameter is None or parameter.default is parameter.empty else parameter.default
    value = entry.settings.get(key, default)
    return "" if value is None else f"{key} = {value}"
