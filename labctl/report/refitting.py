"""A stored temperature law as a function again: fitted to the points that it stands on."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labctl.analysis import fit_arrhenius, fit_two_segments, fit_vtf

Row = Mapping[str, Any]
_FIT: dict[str, Any] = {"arrhenius": fit_arrhenius, "vtf": fit_vtf, "two_segments": fit_two_segments}


def fitted_again(points: Sequence[Row], law: Row) -> Any:
    """Fit the law of a row of `law_fits`, in its form, to rows of `conductivities`.

    Raises ValueError where the points allow no such fit.
    """
    form = {"form": law["form"]} if law["law"] != "vtf" else {}
    return _FIT[law["law"]](**_arrays(points), **form)


def _arrays(points: Sequence[Row]) -> dict[str, Any]:
    """What the evaluation gives to the fits: numbers with the part of their uncertainty that is their own."""
    points = [point for point in points if point["bound"] != "lower"]
    sigma = np.array([point["conductivity_s_m"] for point in points])
    relative = np.array([point["relative_uncertainty_resistance"] for point in points], dtype=float)
    numbers = np.array([point["bound"] is None for point in points], dtype=bool)
    stated = bool(np.isfinite(relative[numbers]).all())
    return {
        "temperature_k": np.array([point["temperature_k"] for point in points]),
        "conductivity_s_m": sigma,
        "standard_uncertainty_s_m": sigma * np.where(numbers, relative, 1.0) if stated else None,
        "temperature_u_k": np.array([p["temperature_u_k"] or 0.0 for p in points]) if stated else None,
        "upper_bound": np.array([point["bound"] == "upper" for point in points], dtype=bool),
    }
