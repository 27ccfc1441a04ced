"""Check an exclusion before it is written."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from labctl.derive.inputs import inputs_of
from labctl.errors import InvalidRequest
from labctl.store import Database
from labctl.store.amendments import EXCLUSION
from labctl.store.queries import amendments as queries
from labctl.units import ZERO_CELSIUS_K

RANGES = (("frequency_min_hz", "frequency_max_hz", "Hz"), ("temperature_min_k", "temperature_max_k", "K"))
KEYS = ("spectrum", *(name for *pair, _ in RANGES for name in pair))
FEWEST_POINTS = 3

Row = dict[str, Any]


def exclusion_rows(db: Database, run: Mapping[str, Any], what: Mapping[str, Any]) -> list[Row]:
    """Return the amendments that exclude spectra, frequencies or temperatures of a run.

    A spectrum is named by its number in this run; ranges hold for the earlier parts of a continued run too.

    Raises
    ------
    InvalidRequest
        Nothing or something unknown is named, a range is the wrong way round, nothing was measured there, or
        it would leave a spectrum without points.
    """
    what = {key: value for key, value in what.items() if value is not None}
    _check_shape(what)
    parts = [run["id"]] if "spectrum" in what else db.part_ids(run["id"])
    hit = {part: _spectra_hit(db, part, what) for part in parts}
    if run["status"] != "running" or "spectrum" in what:
        _require_hit(db, run, what, hit)
    target = {"sample_id": None, "field": EXCLUSION, "old_value": {}, "new_value": what}
    chosen = [part for part in parts if hit[part] or part == run["id"]]
    return [{"run_id": part} | target for part in chosen]


def _check_shape(what: Mapping[str, Any]) -> None:
    if unknown := [key for key in what if key not in KEYS]:
        raise InvalidRequest(f"an exclusion has no {unknown[0]!r}; it has {', '.join(KEYS)}")
    if not what:
        raise InvalidRequest("name what to exclude: a spectrum, a range of frequencies or of temperatures")
    for low, high, unit in RANGES:
        if (low in what) != (high in what):
            raise InvalidRequest(f"a range needs {low} and {high}")
        if low in what and not 0 <= what[low] <= what[high] < math.inf:
            raise InvalidRequest(
                f"the range {what[low]:g} to {what[high]:g} {unit} is none: give the smaller number first"
            )


def _spectra_hit(db: Database, run_id: int, what: Mapping[str, Any]) -> list[Row]:
    """Return the spectra of a run that the exclusion concerns, as `spectra_in_range` gives them."""
    low_hz, high_hz = what.get("frequency_min_hz", 0.0), what.get("frequency_max_hz", math.inf)
    correction_k = inputs_of(db, run_id).correction_k
    found = queries.spectra_in_range(db, run_id, low_hz, high_hz)
    return [row for row in found if row["inside"] and _is_meant(row, what, correction_k)]


def _is_meant(row: Mapping[str, Any], what: Mapping[str, Any], correction_k: float) -> bool:
    if what.get("spectrum", row["number"]) != row["number"]:
        return False
    if "temperature_min_k" not in what:
        return True
    kelvin = row["temperature_k"]
    return (
        kelvin is not None and what["temperature_min_k"] <= kelvin + correction_k <= what["temperature_max_k"]
    )


def _require_hit(
    db: Database, run: Mapping[str, Any], what: Mapping[str, Any], hit: Mapping[int, Sequence[Row]]
) -> None:
    concerned = [row for rows in hit.values() for row in rows]
    if not concerned:
        known = queries.spectra_in_range(db, run["id"], 0.0, math.inf)
        raise InvalidRequest(f"run {run['id']} has no such points; it has {_in_words(known)}")
    if "frequency_min_hz" not in what:
        return
    for row in concerned:
        if row["points"] - row["inside"] < FEWEST_POINTS:
            raise InvalidRequest(
                f"this would leave {row['points'] - row['inside']} of {row['points']} points of spectrum "
                f"{row['number']}: exclude the whole spectrum instead, --spectrum {row['number']}"
            )


def _in_words(known: Sequence[Row]) -> str:
    if not known:
        return "no spectrum"
    kelvin = [row["temperature_k"] for row in known if row["temperature_k"] is not None]
    numbers = f"spectra {known[0]['number']} to {known[-1]['number']}"
    if not kelvin:
        return numbers
    return f"{numbers} at {min(kelvin) - ZERO_CELSIUS_K:.2f} to {max(kelvin) - ZERO_CELSIUS_K:.2f} degC"
