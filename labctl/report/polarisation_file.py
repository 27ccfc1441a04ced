"""A polarisation that was measured elsewhere: its file, the statements of a person, and the rows of both.

A file has current against time, and mostly the potential. It lacks the potential at rest and its spectra: a
person names them, or they stay unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from labctl.analysis import Transient

NOT_HELD_V, NOT_HELD_SHARE = 2e-3, 0.05
MOST_NOT_HELD = 0.05
NOT_HELD = "the cell is not at its potential"
ENDED_BY = "not known: imported"
FROM_FIRST_ROW = "time counts from the first row: when the step was applied is not in the file"
STATED = "the potential is the one stated: the file has no column of it"
NO_NUMBER = (
    "no transference number: it needs the spectra before and after (--before, --after, or names such as "
    "x_before, x_hold, x_after in one import without --temperatures)"
)


@dataclass(frozen=True)
class PolarisationRequest:
    """Statements of a person about the one polarisation of a request.

    `before` and `after` are files with the spectrum just before and at the end of the hold, `potential_v` is
    the potential held, `rest_v` the potential at rest, `step` chooses one of several steps in the file. None
    where it was not stated.
    """

    before: Path | None = None
    after: Path | None = None
    potential_v: float | None = None
    rest_v: float | None = None
    step: int | None = None

    @property
    def made(self) -> bool:
        """Whether anything was stated."""
        return self != NO_REQUEST

    def with_spectra(self, hold: Path) -> list[Path]:
        """Return the files of the run in the order measured."""
        return [path for path in (self.before, hold, self.after) if path is not None]


NO_REQUEST = PolarisationRequest()


@dataclass(frozen=True)
class Hold:
    """A polarisation with its potentials. `held` (n,) marks the rows at the potential held."""

    transient: Transient
    potential_v: float
    rest_v: float | None
    held: np.ndarray
    remarks: tuple[str, ...]


def hold_of(transient: Transient, request: PolarisationRequest) -> Hold:
    """Return a transient with its potentials.

    Raises
    ------
    ValueError
        The file has no potential and none is stated, or its potential is not held.
    """
    remarks = [*transient.warnings, FROM_FIRST_ROW]
    if transient.potential_v is None:
        if request.potential_v is None:
            raise ValueError(
                "it has no column of the potential: state the potential held, e.g. --potential-mv 10"
            )
        held, remarks = np.ones(len(transient), dtype=bool), [*remarks, STATED]
        return Hold(transient, request.potential_v, request.rest_v, held, tuple(remarks))
    median_v = float(np.median(transient.potential_v))
    held = np.abs(transient.potential_v - median_v) <= NOT_HELD_V + NOT_HELD_SHARE * abs(median_v)
    off = int((~held).sum())
    if off > MOST_NOT_HELD * held.size:
        low_mv, high_mv = 1e3 * transient.potential_v.min(), 1e3 * transient.potential_v.max()
        raise ValueError(
            f"its potential goes from {low_mv:.4g} to {high_mv:.4g} mV: it is not one step of the potential "
            "that is held; choose one step of the file with --step, or give a table of the hold alone"
        )
    if off:
        remarks.append(f"{off} of {held.size} rows are not at {1e3 * median_v:.4g} mV: not used")
    stated_v = median_v if request.potential_v is None else request.potential_v
    return Hold(transient, stated_v, request.rest_v, held, tuple(remarks))


def hold_rows(
    hold: Hold, kelvin: float | None, started_s: float, spectra: Sequence[int]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the row of a polarisation and the rows of its points.

    `spectra` are the numbers in the run of the spectra before and after; the temperature is one reading.
    """
    transient = hold.transient
    row: dict[str, Any] = {"potential_v": hold.potential_v, "rest_potential_v": hold.rest_v}
    row |= {"started_s": started_s, "ended_by": ENDED_BY}
    row |= dict(zip(("initial_spectrum", "steady_spectrum"), spectra, strict=False))
    potential_v = transient.potential_v
    if potential_v is None:
        potential_v = np.full(len(transient), hold.potential_v)
    columns = zip(transient.elapsed_s, potential_v, transient.current_a, hold.held, strict=True)
    points = [
        {
            "time_s": started_s + float(elapsed_s),
            "elapsed_s": float(elapsed_s),
            "potential_v": float(volt),
            "current_a": float(ampere),
            "temperature_k": None if place else kelvin,
            "status": "ok" if held else NOT_HELD,
        }
        for place, (elapsed_s, volt, ampere, held) in enumerate(columns)
    ]
    return row, points
