"""Declarations about the cell of a spectrum: electrodes, geometry, leads, fixture and analyser.

A declaration is a statement of a person or a data sheet. The analysis compares it with the spectrum. None
stands for "not declared".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.spectra.analyser_accuracy import AnalyserAccuracy

KINDS = ("blocking", "reversible")
EXAMPLE = "'blocking', 'reversible' or 'blocking/reversible'"
Sides = tuple[str, str]
FixturePoints = tuple[tuple[float, float, float], ...]  # frequency Hz, Z' ohm, Z'' ohm


def electrode_sides(text: str | Sequence[str]) -> Sides:
    """Return the kinds of both electrodes, e.g. of `blocking`, `blocking/reversible` or a pair.

    Raises
    ------
    ValueError
        A kind is neither `blocking` nor `reversible`, or there are more than two.
    """
    parts = text.split("/") if isinstance(text, str) else list(text)
    kinds = [str(part).strip() for part in parts]
    if len(kinds) not in (1, 2) or not set(kinds) <= set(KINDS):
        raise ValueError(f"electrodes must be {EXAMPLE}, got {text!r}")
    return kinds[0], kinds[-1]


def electrode_text(sides: Sides) -> str:
    """Return both kinds as text: one word for two electrodes of one kind, else e.g. `blocking/reversible`."""
    return sides[0] if sides[0] == sides[1] else "/".join(sides)


@dataclass(frozen=True)
class Cell:
    """Declarations about the cell that a spectrum was measured on; None: not known.

    Attributes
    ----------
    electrodes : (str, str) or None
        Kind of each side, `blocking` or `reversible`.
    thickness_m : Estimate or None
        Between the electrodes.
    area_m2 : Estimate or None
        Of one electrode.
    pellet_area_m2 : Estimate or None
        Of the pellet's face, where it is wider than its electrodes.
    lead_ohm : Estimate or None
        Resistance of the leads that is still in the spectrum, from a measured short.
    analyser : AnalyserAccuracy or None
    fixture_short, fixture_open : tuple of (Hz, ohm, ohm) or None
        Spectra of the fixture that is still in the spectrum; `compensate` removes them.
    """

    electrodes: Sides | None = None
    thickness_m: Estimate | None = None
    area_m2: Estimate | None = None
    pellet_area_m2: Estimate | None = None
    lead_ohm: Estimate | None = None
    analyser: AnalyserAccuracy | None = None
    fixture_short: FixturePoints | None = None
    fixture_open: FixturePoints | None = None

    def __post_init__(self) -> None:
        if self.electrodes is not None:
            object.__setattr__(self, "electrodes", electrode_sides(self.electrodes))
        for name in ("thickness_m", "area_m2", "pellet_area_m2"):
            value = getattr(self, name)
            if value is not None and not 0 < value.value < float("inf"):
                raise ValueError(f"{name} must be positive and finite, got {value!r}")

    @classmethod
    def of(cls, electrodes: str | Sequence[str] | None = None, **declared: Any) -> "Cell":
        """Return a cell from plain values: electrodes as text, numbers without uncertainty as Estimates.

        Raises ValueError for electrodes or a length that make no sense, TypeError for an unknown name.
        """
        sides = None if electrodes is None else electrode_sides(electrodes)
        plain = {name: _estimate(value) for name, value in declared.items()}
        return cls(electrodes=sides, **plain)

    @classmethod
    def of_sample(cls, sample: Mapping[str, Any], analyser: AnalyserAccuracy | None = None) -> "Cell":
        """Return the cell of a row of `samples`, with the values in force; missing keys are not known."""
        return cls(
            electrodes=_known_sides(sample.get("electrodes")),
            thickness_m=_measured(sample, "thickness_m", "thickness_u_m"),
            area_m2=_measured(sample, "area_m2", "area_u_m2"),
            pellet_area_m2=_measured(sample, "pellet_area_m2", "pellet_area_u_m2"),
            lead_ohm=_measured(sample, "lead_ohm", "lead_u_ohm", zero=True),
            analyser=analyser,
            fixture_short=_points(sample.get("fixture_short")),
            fixture_open=_points(sample.get("fixture_open")),
        )

    @property
    def electrode_text(self) -> str | None:
        """Electrodes as text, e.g. `blocking/reversible`; None where they are not known."""
        return None if self.electrodes is None else electrode_text(self.electrodes)

    @property
    def blocks(self) -> bool | None:
        """At least one side stops the ions, so that no direct current of ions flows; None: not known."""
        return None if self.electrodes is None else "blocking" in self.electrodes

    def without_fixture(self, lead_ohm: Estimate | None = None) -> "Cell":
        """Return the cell of a spectrum that is corrected for its fixture; `lead_ohm` is what remains."""
        return replace(self, fixture_short=None, fixture_open=None, lead_ohm=lead_ohm)


def _estimate(value: Any) -> Any:
    return Estimate(float(value), 0.0) if isinstance(value, int | float) else value


def _known_sides(text: Any) -> Sides | None:
    """Return None for a text of a newer or foreign file: its meaning is not known here."""
    try:
        return electrode_sides(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _measured(sample: Mapping[str, Any], name: str, u_name: str, zero: bool = False) -> Estimate | None:
    value, uncertainty = sample.get(name), sample.get(u_name) or 0.0
    if not isinstance(value, int | float) or not isinstance(uncertainty, int | float):
        return None
    possible = 0 < value < float("inf") or (zero and value == 0)
    return Estimate(float(value), float(uncertainty)) if possible and uncertainty >= 0 else None


def _points(given: Any) -> FixturePoints | None:
    """Return the points of a fixture; None where there are none, or a foreign file holds something else."""
    try:
        return tuple((float(hz), float(re), float(im)) for hz, re, im in given) if given else None
    except (TypeError, ValueError):
        return None
