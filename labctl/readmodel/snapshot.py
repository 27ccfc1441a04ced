"""A run at one moment, as the window shows it: values made by the reading thread, never changed later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from labctl.readmodel.gaps import with_gaps

Array = np.ndarray[Any, np.dtype[Any]]
Row = Mapping[str, Any]


def _empty() -> Array:
    return np.empty(0)


def _nothing_excluded() -> Array:
    return np.empty(0, dtype=bool)


@dataclass(frozen=True, eq=False)
class RelaxationCurve:
    """The distribution of relaxation times of a spectrum.

    Attributes
    ----------
    tau_s, gamma_ohm, low_ohm, high_ohm : arrays (k,)
        Time constants, resistance per unit of ln(tau), and its 95 % interval.
    peaks : sequence of mappings
        `time_s`, `fastest_s`, `slowest_s`, `resistance_ohm`, `standard_uncertainty_ohm` of each maximum.
    flags : sequence of str
    """

    tau_s: Array
    gamma_ohm: Array
    low_ohm: Array
    high_ohm: Array
    peaks: Sequence[Row] = ()
    flags: Sequence[str] = ()


@dataclass(frozen=True)
class SpectrumCurve:
    """A spectrum as far as it is measured; good points only, in the order measured.

    Attributes
    ----------
    frequency_hz, z_ohm : arrays (n,)
        z_ohm is complex, its imaginary part negative where capacitive.
    bad_points : int
        Points the instrument or procedure marked as not good.
    temperature_k : float, optional
        Mean of the sample over the points; None where it was not measured.
    resistance : mapping, optional
        The row of its total resistance (`resistances`), with `circuit` and `flags`.
    fit_frequency_hz, fit_z_ohm : arrays (m,)
        The circuit's impedance, empty until it is known.
    excluded : array (n,) of bool
        The points that a person excluded, empty where there is none. They are drawn hollow.
    relaxation : RelaxationCurve, optional
        None until the run has ended, and where the spectrum has none.
    """

    id: int
    number: int
    step: int
    branch: str
    status: str
    setpoint_k: float | None
    temperature_k: float | None
    frequency_hz: Array
    z_ohm: Array
    bad_points: int = 0
    resistance: Row | None = None
    fit_frequency_hz: Array = field(default_factory=_empty)
    fit_z_ohm: Array = field(default_factory=_empty)
    excluded: Array = field(default_factory=_nothing_excluded)
    relaxation: RelaxationCurve | None = None

    @property
    def out(self) -> Array:
        """(n,) bool: excluded points; all False where nothing is excluded."""
        return self.excluded if self.excluded.size else np.zeros(self.frequency_hz.size, dtype=bool)


@dataclass(frozen=True)
class SteadyCurrent:
    """The steady current extrapolated from the points so far, with its 95 % interval, in A."""

    current_a: float
    low_a: float
    high_a: float
    words: str = ""


@dataclass(frozen=True)
class PolarisationCurve:
    """The current of one polarisation, thinned to the resolution of a screen; arrays (n,)."""

    id: int
    number: int
    status: str
    potential_v: float
    setpoint_k: float | None
    elapsed_s: Array
    current_a: Array
    steady: SteadyCurrent | None = None


@dataclass(frozen=True)
class TemperatureCurve:
    """The temperatures read, thinned to the resolution of a screen; arrays (n,), NaN for no value.

    From the log and from the points of spectra and polarisations, in the order of time, with a row without
    values in each gap.
    """

    time_s: Array = field(default_factory=_empty)
    temperature_k: Array = field(default_factory=_empty)
    setpoint_k: Array = field(default_factory=_empty)

    @classmethod
    def of_readings(cls, *parts: Sequence[Array]) -> "TemperatureCurve":
        """Return the curve of several sets of time, temperature and set point."""
        columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
        order = np.argsort(columns[0], kind="stable")
        return cls(*with_gaps(*(column[order] for column in columns)))


@dataclass(frozen=True, eq=False)
class MonitorCurve:
    """A quantity of a monitor, thinned to the resolution of a screen; arrays (n,), NaN for no value.

    `value` is in the unit at the end of the name of the quantity.
    """

    instrument: str
    quantity: str
    time_s: Array = field(default_factory=_empty)
    value: Array = field(default_factory=_empty)


@dataclass(frozen=True)
class RunSnapshot:
    """A run with all its parts (earlier runs of the same job before a cut included).

    Attributes
    ----------
    run, sample : mapping
        The row of `runs`, and the sample in force: a row of `samples` with the amendments applied.
    amendments : sequence of rows
        The amendments in force.
    analysis : mapping, optional
        The row of its current analysis, which its derived rows belong to; None: nothing was derived.
    conductivities, fits, part_fits, transference_numbers, events : sequences of rows
        Conductivities carry `branch` of their spectrum.
    records : mapping of str to array (n,)
        The columns of a procedure with columns of its own, thinned; empty for labctl's procedures.
    rows : int
        Measured rows read so far, before thinning.
    complete : bool
        False while older rows are still being read.
    thinned : frozenset of str
        Which of `temperature`, `polarisations`, `records` and `monitors` do not have every row; all
        extremes are there.
    settling : str
        Why it waits for its temperature and for how long, `""` where it does not.
    monitors : sequence of MonitorCurve
        The quantities that monitors of the station read beside the temperature.
    stated : sequence of str
        A line for each instrument and for the geometry: its accuracy with the source, or `not stated`.
    """

    run: Row
    sample: Row
    analysis: Row | None = None
    spectra: Sequence[SpectrumCurve] = ()
    polarisations: Sequence[PolarisationCurve] = ()
    temperature: TemperatureCurve = field(default_factory=TemperatureCurve)
    conductivities: Sequence[Row] = ()
    fits: Sequence[Row] = ()
    part_fits: Sequence[Row] = ()
    transference_numbers: Sequence[Row] = ()
    events: Sequence[Row] = ()
    records: Mapping[str, Array] = field(default_factory=dict)
    rows: int = 0
    complete: bool = True
    amendments: Sequence[Row] = ()
    stated: Sequence[str] = ()
    thinned: frozenset[str] = frozenset()
    settling: str = ""
    monitors: Sequence[MonitorCurve] = ()

    @property
    def id(self) -> int:
        """Number of the run; a `RunOfFile` where it is of another file."""
        return self.run["id"]

    @property
    def thinned_in_words(self) -> str:
        """Which curves do not have every row; `""` where all have."""
        return f"thinned, extremes kept: {', '.join(sorted(self.thinned))}" if self.thinned else ""

    @property
    def title(self) -> str:
        """Its name in a legend."""
        return f"{self.id} {self.sample['name']}"
