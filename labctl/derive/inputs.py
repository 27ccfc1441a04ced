"""Inputs of a derivation: the sample in force, the exclusions, and the choices of a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from labctl.analysis import Spectrum
from labctl.derive.choices import NO_CHOICE, Choices, Excluded
from labctl.derive.excluded_points import without_excluded
from labctl.derive.in_force import in_force
from labctl.derive.isolation import Isolation, isolation_of_run
from labctl.derive.reference_resistor import reference_u_of_run
from labctl.derive.series_resistance import series_ohm_of_run
from labctl.store import Database
from labctl.store.amendments import EXCLUDED
from labctl.store.cells import sensor_offset_k


@dataclass(frozen=True)
class Inputs:
    """The sample, with chosen electrodes and leads, and what to leave out.

    Attributes
    ----------
    known : dict
        The sample in force, before a choice: keys of a row of `samples`.
    excluded : tuple of Excluded
        Exclusions for good, before a choice.
    amendments : tuple of int
        Ids of the amendments in force.
    choices : Choices
    sensor_offset_k : float
        Temperature of the sample minus its sensor, as the station stated when the run began; 0: not stated.
    reference_u : float, optional
        Relative standard uncertainty of |Z| by the checks with a reference resistor before and after the run;
        None: the run is not between two checks.
    isolation : Isolation, optional
        Of the channel of the cell; None: not measured.
    series_ohm : float, optional
        Of the shorted cell through its channel; None: not measured.
    """

    known: dict[str, Any]
    excluded: tuple[Excluded, ...] = ()
    amendments: tuple[int, ...] = ()
    choices: Choices = NO_CHOICE
    sensor_offset_k: float = 0.0
    reference_u: float | None = None
    isolation: Isolation | None = None
    series_ohm: float | None = None

    @property
    def sample(self) -> dict[str, Any]:
        """The sample with the chosen electrodes and leads."""
        chosen: dict[str, Any] = {}
        if self.choices.electrodes:
            chosen["electrodes"] = self.choices.electrodes
        if self.choices.lead_ohm is not None:
            chosen |= {"lead_ohm": self.choices.lead_ohm, "lead_u_ohm": self.choices.lead_u_ohm}
            chosen |= {"fixture_short": None, "fixture_open": None}
        return self.known | chosen

    @property
    def correction_k(self) -> float:
        """K to be added to each reading of the temperature; 0 where no correction is known."""
        return (self.known.get("thermometer_correction_k") or 0.0) + self.sensor_offset_k

    @property
    def left_out(self) -> tuple[Excluded, ...]:
        """Exclusions for good or by choice."""
        return (*self.excluded, *self.choices.excluded())

    def why_excluded(self, spectrum: int, temperature_k: float | None) -> str:
        """Return why a whole spectrum is excluded, by its number and temperature; empty if it is not."""
        reasons = [
            one.reason
            for one in self.left_out
            if one.frequency_hz is None and one.hits(spectrum, temperature_k)
        ]
        return "; ".join(dict.fromkeys(reasons))

    def kept(self, measured: Spectrum, spectrum: int, temperature_k: float | None) -> Spectrum:
        """Return the points of a spectrum that are not excluded and are inside the chosen range."""
        ranges = [
            (one.frequency_hz, one.reason)
            for one in self.left_out
            if one.frequency_hz is not None and one.hits(spectrum, temperature_k)
        ]
        measured = without_excluded(measured, ranges)
        low_hz, high_hz = self.choices.frequency_min_hz, self.choices.frequency_max_hz
        if low_hz is None and high_hz is None:
            return measured
        hz = measured.frequency_hz
        keep = (hz >= (low_hz or 0.0)) & (hz <= (high_hz or np.inf))
        return measured.at(keep)

    def described(self) -> dict[str, Any]:
        """Return sample and exclusions as an analysis keeps them."""
        excluded = [
            {
                "reason": one.reason,
                "spectrum": one.spectrum,
                "frequency_hz": one.frequency_hz and list(one.frequency_hz),
                "temperature_k": one.temperature_k and list(one.temperature_k),
            }
            for one in self.excluded
        ]
        found: dict[str, Any] = {"sample": self.known, "excluded": excluded}
        found |= {"sensor_offset_k": self.sensor_offset_k} if self.sensor_offset_k else {}
        found |= {"isolation": self.isolation.described()} if self.isolation is not None else {}
        found |= {"series_ohm": self.series_ohm} if self.series_ohm is not None else {}
        return found | ({"reference_u": self.reference_u} if self.reference_u is not None else {})

    @classmethod
    def kept_by(cls, analysis: Mapping[str, Any]) -> "Inputs":
        """Return the inputs that the row of an analysis keeps; raises KeyError where it keeps none."""
        inputs = analysis["inputs"]
        return cls(
            inputs["sample"],
            tuple(Excluded.of(one) for one in inputs["excluded"]),
            tuple(analysis["amendments"]),
            Choices.of_options(analysis["options"]),
            inputs.get("sensor_offset_k", 0.0),
            inputs.get("reference_u"),
            Isolation(**inputs["isolation"]) if inputs.get("isolation") else None,
            inputs.get("series_ohm"),
        )


def inputs_of(db: Database, run_id: int, choices: Choices = NO_CHOICE) -> Inputs:
    """Return the inputs of a derivation of a run now."""
    found = in_force(db, run_id)
    excluded = tuple(
        Excluded(f"{EXCLUDED}{one.reason}", one.spectrum, one.frequency_hz, one.temperature_k)
        for one in found.exclusions
    )
    return Inputs(
        found.sample,
        excluded,
        found.amendments,
        choices,
        sensor_offset_k(db, run_id),
        reference_u_of_run(db, run_id),
        isolation_of_run(db, run_id, found.sample),
        series_ohm_of_run(db, run_id),
    )
