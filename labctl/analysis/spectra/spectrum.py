"""An impedance spectrum as measured, before any judgement of its points."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from labctl.analysis.numerics.arrays import Array, BoolArray, ComplexArray, FloatArray
from labctl.analysis.spectra.cell import Cell

POSSIBLE_HZ = (1e-9, 1e15)
POSSIBLE_OHM = (1e-15, 1e20)


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Impedance against frequency, in the order it was measured.

    Nothing is sorted, dropped or repaired here: `usable` says which points an analysis may use.

    Attributes
    ----------
    frequency_hz : (n,) float
    z_ohm : (n,) complex
        True impedance: the imaginary part of a capacitor is negative.
    status : (n,) str or None
        Status that the instrument gave each point; `""` and `"good"` mean that nothing was wrong.
    warnings : tuple of str
        Things left out or guessed by the reader.
    metadata : mapping of str to str
        Statements of the file about itself. A sample's area is never taken from it.
    cell : Cell or None
        Declarations about the cell; a spectrum of a database has the values of its sample in force.

    Raises
    ------
    ValueError
        When the arrays are not one-dimensional and equally long, or hold no numbers.
    """

    frequency_hz: FloatArray
    z_ohm: ComplexArray
    status: tuple[str, ...] | None = None
    warnings: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    cell: Cell | None = None

    def __init__(
        self,
        frequency_hz: ArrayLike,
        z_ohm: ArrayLike,
        status: tuple[str, ...] | list[str] | None = None,
        warnings: tuple[str, ...] = (),
        metadata: Mapping[str, str] | None = None,
        *,
        cell: Cell | None = None,
    ) -> None:
        frequency = _one_dimensional("frequency_hz", frequency_hz, np.float64)
        impedance = _one_dimensional("z_ohm", z_ohm, np.complex128)
        if frequency.size != impedance.size:
            raise ValueError(f"z_ohm has {impedance.size} points, frequency_hz has {frequency.size}")
        if status is not None and len(status) != frequency.size:
            raise ValueError(f"status has {len(status)} entries, frequency_hz has {frequency.size}")
        object.__setattr__(self, "frequency_hz", frequency)
        object.__setattr__(self, "z_ohm", impedance)
        object.__setattr__(self, "status", None if status is None else tuple(status))
        object.__setattr__(self, "warnings", tuple(warnings))
        object.__setattr__(self, "metadata", MappingProxyType(dict(metadata or {})))
        object.__setattr__(self, "cell", cell)

    def __reduce__(self) -> tuple[Any, ...]:
        """Made anew in another process: a read-only mapping cannot be pickled."""
        own = (self.frequency_hz, self.z_ohm, self.status, self.warnings, dict(self.metadata), self.cell)
        return _made_anew, own

    def __len__(self) -> int:
        return self.frequency_hz.size

    @property
    def usable(self) -> BoolArray:
        """(n,) bool: possible as a reading (nan and zero are not), and not refused by the instrument."""
        with np.errstate(all="ignore"):
            modulus = np.abs(self.z_ohm)
            sound = (self.frequency_hz > POSSIBLE_HZ[0]) & (self.frequency_hz < POSSIBLE_HZ[1])
            sound &= (modulus > POSSIBLE_OHM[0]) & (modulus < POSSIBLE_OHM[1])
        if self.status is not None:
            sound &= np.array([word.strip().lower() in ("", "good", "ok") for word in self.status], bool)
        return sound

    def cleaned(self) -> "Spectrum":
        """The usable points, highest frequency first; repeats of a frequency are kept side by side."""
        keep = np.flatnonzero(self.usable)
        falling = bool((self.frequency_hz[1:] <= self.frequency_hz[:-1]).all())
        if falling and keep.size == len(self) and self.status is None:
            return self
        order = keep[np.argsort(-self.frequency_hz[keep], kind="stable")]
        return Spectrum(
            self.frequency_hz[order],
            self.z_ohm[order],
            warnings=self.warnings,
            metadata=self.metadata,
            cell=self.cell,
        )

    def at(self, kept: Array, warnings: tuple[str, ...] | None = None) -> "Spectrum":
        """The points that `kept` selects, (n,) bool or (m,) int, with metadata and cell of the whole.

        `warnings`, where given, replaces the warnings of the whole.
        """
        status = None if self.status is None else tuple(np.array(self.status, object)[kept])
        own = self.warnings if warnings is None else warnings
        return Spectrum(self.frequency_hz[kept], self.z_ohm[kept], status, own, self.metadata, cell=self.cell)

    def of_cell(self, cell: Cell | None) -> "Spectrum":
        """The same points with other declarations about the cell."""
        return Spectrum(self.frequency_hz, self.z_ohm, self.status, self.warnings, self.metadata, cell=cell)


def _made_anew(
    frequency_hz: FloatArray,
    z_ohm: ComplexArray,
    status: tuple[str, ...] | None,
    warnings: tuple[str, ...],
    metadata: dict[str, str],
    cell: Cell | None,
) -> Spectrum:
    return Spectrum(frequency_hz, z_ohm, status, warnings, metadata, cell=cell)


def _one_dimensional(name: str, values: ArrayLike, dtype: type) -> np.ndarray:
    try:
        array = np.array(values, dtype=dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{name} must be an array of numbers: {error}") from None
    if array.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional, got shape {array.shape}")
    array.flags.writeable = False
    return array
