"""Uncertainty by source in the form that derived rows keep it (column `budget`).

    {"components": {quantity: [component, ...]}, "not_stated": [text, ...]}

A component has the keys source, change, type, common, and where they say something cause,
degrees_of_freedom and distribution ("rectangular": a limit of error). `change` is signed, in the unit of
the quantity.
"""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labctl.analysis import Estimate
    from labctl.analysis.numerics.budget import Component

CONDUCTIVITY = "conductivity"
NOT_KEPT = "budget: not kept by the version that derived it"


def as_kept(estimates: "Mapping[str, Estimate]", not_stated: Iterable[str]) -> dict[str, Any]:
    """Return the budget of estimates by the name of their quantity."""
    components = {name: [_component(part) for part in estimate.parts] for name, estimate in estimates.items()}
    return {"components": components, "not_stated": list(dict.fromkeys(not_stated))}


def with_components(
    budget: Mapping[str, Any], source: str, changes: "Mapping[str, float | None]"
) -> dict[str, Any]:
    """Return a budget with one more component, type B and common, in each quantity that changes."""
    from labctl.analysis.numerics.budget import Component

    components = {
        name: [*parts, _component(Component(source, change, "B", common=True, cause=source))]
        if (change := changes.get(name))
        else parts
        for name, parts in budget["components"].items()
    }
    return {**budget, "components": components}


def budget_of(point: Mapping[str, Any]) -> Any:
    """Return the budget of a point of a law: of its row, or decoded from `budget_text`; None without one."""
    text = point.get("budget_text")
    if not isinstance(text, str | bytes):
        return point.get("budget")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # of a file that other people made
        return None


def components_in(budget: Any, quantity: str) -> "tuple[Component, ...]":
    """Return the components of a quantity that a row keeps; empty where it keeps none that can be read."""
    from labctl.analysis.numerics.budget import Component

    try:
        return tuple(Component.from_dict(one) for one in budget["components"][quantity])
    except (KeyError, TypeError, ValueError):  # of an older labctl, or of a file that other people made
        return ()


def not_stated_in(budget: Any) -> list[str]:
    """Return the names of parts that are not stated; a sentence where the row keeps no budget."""
    if not isinstance(budget, Mapping):
        return [NOT_KEPT]
    named = budget.get("not_stated")
    return [str(one) for one in named] if isinstance(named, list) else []


def listed(budget: Any, quantity: str) -> list[dict[str, Any]]:
    """Return one entry for each source, largest first: source, standard_uncertainty, type, common."""
    from labctl.analysis.numerics.budget import estimate_of

    components = components_in(budget, quantity)
    return estimate_of(0.0, components).budget() if components else []


def leads_not_stated(sample: Mapping[str, Any]) -> list[str]:
    """Return `["leads"]` where neither a lead resistance with its uncertainty nor a short is stated."""
    return [] if sample.get("lead_u_ohm") or sample.get("fixture_short") else ["leads"]


def _component(part: "Component") -> dict[str, Any]:
    """Return a component without what says nothing; nine digits are kept."""
    kept = part.as_dict()
    del kept["standard_uncertainty"]
    kept["change"] = None if kept["change"] is None else float(f"{kept['change']:.9g}")
    if kept["degrees_of_freedom"] is None:
        del kept["degrees_of_freedom"]
    else:
        kept["degrees_of_freedom"] = float(f"{kept['degrees_of_freedom']:.9g}")
    if not part.cause:
        del kept["cause"]
    if part.distribution == "normal":
        del kept["distribution"]
    return kept
