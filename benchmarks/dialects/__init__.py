"""Spectra written in the dialects of many programs, and the outcomes of a reader.

Written from descriptions and public files, without the reader: the meaning of a printed row is computed here
a second time. `outcome` says whether a file was read to the last digit or refused, and raises where it was
read otherwise.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from dialects.makers import MAKER_DIALECTS
from dialects.mixed import Mixed
from dialects.plain import PLAIN_DIALECTS
from dialects.several import SEVERAL_DIALECTS
from dialects.spectra import Complexes, Floats
from dialects.tables import Points, Written

__all__ = ["DIALECTS", "WrongReadingError", "outcome"]
DIGITS = 1e-9


class Read(Protocol):
    """Result of a reader for each sweep."""

    @property
    def frequency_hz(self) -> Floats:
        """(n,) Hz."""
        ...

    @property
    def z_ohm(self) -> Complexes:
        """(n,) ohm."""
        ...

    @property
    def metadata(self) -> Mapping[str, str]:
        """Statements about the sweep."""
        ...


class WrongReadingError(AssertionError):
    """A file was read otherwise than it says."""


DIALECTS = (*PLAIN_DIALECTS, *MAKER_DIALECTS, *SEVERAL_DIALECTS, Mixed())


def outcome(number: int, folder: Path, read: Callable[[Path], Sequence[Read]]) -> tuple[str, str]:
    """The name of the dialect of spectrum `number`, and "read" or "refused".

    Raises
    ------
    WrongReadingError
        When the file was read and a point, its sweep, or the number of sweeps is not as written.
    """
    dialect = DIALECTS[number % len(DIALECTS)]
    written = dialect.write(np.random.default_rng([2101, number]))
    path = folder / f"{number}.txt"
    path.write_bytes(written.content)
    try:
        sweeps = read(path)
    except ValueError:
        return dialect.name, "refused"
    finally:
        path.unlink(missing_ok=True)
    _compare(dialect.name, number, written, sweeps)
    return dialect.name, "read"


def _compare(name: str, number: int, written: Written, read: Sequence[Read]) -> None:
    if len(written.sweeps) != len(read):
        raise WrongReadingError(f"{name} ({number}): {len(written.sweeps)} sweeps written, {len(read)} read")
    for points, values, sweep in zip(written.sweeps, written.values, read, strict=True):
        wrong = _error(points, sweep)
        if not wrong < DIGITS:
            raise WrongReadingError(f"{name} ({number}): the points differ by up to {wrong:.3g}")
        held = {key: float(sweep.metadata.get(key, "nan")) for key in values}
        if any(not abs(held[key] - value) < DIGITS for key, value in values.items()):
            raise WrongReadingError(f"{name} ({number}): the sweep of {values} holds {held}")


def _error(points: Points, sweep: Read) -> float:
    """The largest relative error of a point; infinite where the numbers of points differ."""
    order = np.argsort(sweep.frequency_hz)
    f, z = np.array([point[0] for point in points]), np.array([point[1] for point in points])
    if f.size != len(order):
        return float("inf")
    return float(np.max(np.abs(sweep.frequency_hz[order] / f - 1) + np.abs(sweep.z_ohm[order] / z - 1)))
