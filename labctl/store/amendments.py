"""Amendments: what became known about a sample or a run after it was stored.

1. A stored row is never changed. The values in force are the stored ones with the amendments applied in the
   order of writing, first the sample's, then the run's: an amendment of one run in particular stays when its
   sample is amended later.
2. An amendment that another one in force revokes is left out; a revocation can be revoked.
3. Exclusions and remarks of a run add up; every other field replaces its values.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labctl.store.electrode_columns import as_text

FIELDS: dict[str, tuple[str, ...]] = {  # field: values of the sample that it holds
    "thickness": ("thickness_m", "thickness_u_m"),
    "thickness after": ("thickness_after_m", "thickness_after_u_m"),
    "thermal expansion": ("thermal_expansion_per_k", "thermal_expansion_u_per_k"),
    "area": ("area_m2", "area_u_m2"),
    "pellet": ("pellet_area_m2", "pellet_area_u_m2"),
    "composition": ("composition",),
    "cation": ("cation",),
    "electrodes": ("electrodes",),
    "leads": ("lead_ohm", "lead_u_ohm"),
    "fixture": ("fixture_short", "fixture_open"),
    "thermometer": ("thermometer_correction_k",),
    "note": ("note",),
}
"""Fields that replace values, with the names of these values: columns of `samples`, and the correction that
is added to every temperature reading."""
EXCLUSION = "exclusion"
REMARK = "remark"
BY_LABCTL = "labctl"
"""Person of an exclusion that the checks of a run made."""
EXCLUDED = "excluded: "
"""Begins the flag of a number that stands on an excluded spectrum; the reason follows."""
NOT_STORED = {"thermometer_correction_k": None}


@dataclass(frozen=True)
class Exclusion:
    """Measured points that no result stands on.

    `spectrum` is the number of a spectrum in its run; `frequency_hz` and `temperature_k` are ranges, ends
    included; None: all. What fulfils every given condition is excluded.
    """

    amendment_id: int
    reason: str
    spectrum: int | None = None
    frequency_hz: tuple[float, float] | None = None
    temperature_k: tuple[float, float] | None = None


def revoked_by(rows: Iterable[Mapping[str, Any]]) -> dict[int, int]:
    """Return the ids of the rows that are revoked, each with the id of the row in force that revokes it.

    Parameters
    ----------
    rows : iterable of mapping
        Rows of `amendments` or of `facts` with `id` and `revokes`, in any order.
    """
    revoked: dict[int, int] = {}
    for row in sorted(rows, key=lambda row: row["id"], reverse=True):
        if row["id"] not in revoked and _revokes(row):
            revoked[int(row["revokes"])] = row["id"]
    return revoked


def in_force(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the rows that stand, in the order of writing: no revoked one, and no revocation."""
    rows = sorted(rows, key=lambda row: row["id"])
    revoked = revoked_by(rows)
    return [row for row in rows if row["id"] not in revoked and not _revokes(row)]


def _revokes(row: Mapping[str, Any]) -> bool:
    """Return whether a row is a revocation; in a frame NaN stands for NULL."""
    return row["revokes"] is not None and row["revokes"] == row["revokes"]


def of_sample_first(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return amendments in the order in which they apply: first the sample's, then the run's."""
    return sorted(rows, key=lambda row: (row["run_id"] is not None, row["id"]))


def amended(sample: Mapping[str, Any], standing: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a stored sample with the amendments that stand applied in order.

    It has the keys of a row of `samples`, and `thermometer_correction_k`: K to be added to every reading of
    the temperature; None where no correction is known.
    """
    values = as_text(sample) | NOT_STORED
    for row in of_sample_first(standing):
        if row["field"] in FIELDS:
            new = _new_values(row)
            values |= {name: new[name] for name in FIELDS[row["field"]] if name in new}
    return values


def exclusions(standing: Sequence[Mapping[str, Any]]) -> tuple[Exclusion, ...]:
    """Return the exclusions among amendments that stand; one without a condition excludes nothing."""
    found = [_exclusion(row) for row in standing if row["field"] == EXCLUSION]
    return tuple(e for e in found if (e.spectrum, e.frequency_hz, e.temperature_k) != (None, None, None))


def remarks(standing: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the remarks among amendments that stand, the oldest first."""
    return tuple(str(_new_values(row).get("remark", "")) for row in standing if row["field"] == REMARK)


def why_excluded(flags: Iterable[str] | None) -> str:
    """Return why the spectrum of a derived row is excluded, by the row's flags; empty if it is not."""
    return next((flag.removeprefix(EXCLUDED) for flag in flags or () if flag.startswith(EXCLUDED)), "")


def _exclusion(row: Mapping[str, Any]) -> Exclusion:
    what = _new_values(row)
    return Exclusion(
        row["id"],
        row["reason"],
        what.get("spectrum"),
        _range(what, "frequency_min_hz", "frequency_max_hz"),
        _range(what, "temperature_min_k", "temperature_max_k"),
    )


def _range(what: Mapping[str, Any], low: str, high: str) -> tuple[float, float] | None:
    first, last = what.get(low), what.get(high)
    if not isinstance(first, int | float) or not isinstance(last, int | float):
        return None
    return float(first), float(last)


def _new_values(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the new values of an amendment; none where a file of other people holds something else."""
    return row["new_value"] if isinstance(row["new_value"], Mapping) else {}
