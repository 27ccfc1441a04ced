"""Spectra to resistances and conductivities.

After each spectrum it is judged together with the one before it; when the run ends all of its spectra are,
so that each helps its neighbours in temperature.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, overload

import numpy as np

from labctl.analysis import Cell, Estimate, Resistance, Spectrum, conductivity, ionic_resistance_series
from labctl.analysis.numerics.budget import propagated
from labctl.analysis.resistance.parts import Arc
from labctl.analysis.spectra.fixture import without_declared_fixture
from labctl.derive.budgets import CONDUCTIVITY, as_kept, leads_not_stated
from labctl.derive.drifts import drift_flags
from labctl.derive.geometry import expansion_of, geometry_not_stated, geometry_of
from labctl.derive.inputs import Inputs, inputs_of
from labctl.derive.isolation import with_isolation
from labctl.derive.lag import STILL_K, spectrum_rate_k_s, without_lag
from labctl.derive.linearities import linearity_flags
from labctl.derive.makers import METHOD_VERSIONS, maker_of
from labctl.derive.reference_resistor import with_reference
from labctl.derive.series_resistance import with_series
from labctl.store import Database, Store
from labctl.store.analyses import Maker
from labctl.store.cells import analyser_of_run
from labctl.store.queries import derivations
from labctl.units import ZERO_CELSIUS_K

METHOD = "ionic_resistance_series"
METHOD_VERSION = METHOD_VERSIONS[METHOD]
NEIGHBOURS = 1

OPPOSITE = {"lower": "upper", "upper": "lower", None: None}


@dataclass(frozen=True)
class Temperature:
    """Of the sample during a spectrum.

    Attributes
    ----------
    kelvin : float or None
        Mean of the readings; None without a reading: a set point is not one.
    spread_k : float or None
        Their standard deviation; None where less than two readings leave it unknown. Half their span where
        they left the band about the set point: such a spectrum does not belong to one temperature.
    flags : tuple of str
    lowest_k, highest_k, rate_k_s : float or None
    """

    kelvin: float | None
    spread_k: float | None
    flags: tuple[str, ...] = ()
    lowest_k: float | None = None
    highest_k: float | None = None
    rate_k_s: float | None = None


@dataclass(frozen=True)
class DerivedSpectrum:
    """The rows of one spectrum: its resistances, and its conductivity, None where it gives none."""

    spectrum_id: int
    resistances: list[dict[str, Any]]
    conductivity: dict[str, Any] | None


def derive_spectrum(store: Store, spectrum_id: int, derived_s: float) -> dict[str, Any] | None:
    """Derive one spectrum, seen beside the one before it; return its conductivity row.

    None means that the spectrum gives no conductivity; the flags of the resistance rows say why. The rows
    replace the rows of the provisional analysis of the run.
    """
    with store.read() as db:
        run_id = derivations.spectrum_row(db, spectrum_id)["run_id"]
    while True:
        with store.read() as db:
            inputs = inputs_of(db, run_id)
            derived = spectrum_beside_the_one_before(db, run_id, spectrum_id, inputs, derived_s)
        _write(store, derived, maker_of(inputs, derived_s))
        with store.read() as db:  # an amendment may have come in between
            if inputs_of(db, run_id).amendments == inputs.amendments:
                return derived.conductivity


def spectrum_beside_the_one_before(
    db: Database, run_id: int, spectrum_id: int, inputs: Inputs, derived_s: float
) -> DerivedSpectrum:
    """Evaluate one finished spectrum, seen beside the one before it."""
    seen = derivations.finished_before(db, run_id, spectrum_id, NEIGHBOURS + 1)
    return evaluated_spectra(db, run_id, seen, inputs, derived_s, only=spectrum_id)[-1]


def derive_conductivities(store: Store, run_id: int, derived_s: float) -> list[dict[str, Any] | None]:
    """Derive every finished spectrum of a run, all seen together; return a row (or None) for each.

    The rows replace the rows of the provisional analysis of the run.
    """
    with store.read() as db:
        inputs = inputs_of(db, run_id)
        ids = derivations.finished_spectra(db, run_id)
        derived = evaluated_spectra(db, run_id, ids, inputs, derived_s)
    for one in derived:
        _write(store, one, maker_of(inputs, derived_s))
    return [one.conductivity for one in derived]


def spectra_without_number(store: Store, run_id: int) -> str:
    """How many finished spectra of a run gave no conductivity, and how many a bound only; `""` for none."""
    with store.read() as db:
        found = derivations.spectrum_outcomes(db, run_id)
    told = {"no conductivity": found["silent"], "only a bound": found["bounds"]}
    parts = [f"{count} of {found['finished']} spectra gave {what}" for what, count in told.items() if count]
    return ", ".join(parts)


def evaluated_spectra(
    db: Database,
    run_id: int,
    ids: Sequence[int],
    inputs: Inputs,
    derived_s: float,
    only: int | None = None,
) -> list[DerivedSpectrum]:
    """Evaluate spectra of a run, all seen together, in the order given; `only`: return this one alone."""
    if not ids:
        return []
    sample = inputs.sample
    temperatures = [_temperature(db, spectrum_id, inputs.correction_k) for spectrum_id in ids]
    measured = _Spectra(db, ids, [temperature.kelvin for temperature in temperatures], inputs)
    chosen: dict[str, Any] = {"circuits": (inputs.choices.circuit,)} if inputs.choices.circuit else {}
    found = ionic_resistance_series(
        measured, measured.neighbours_k(), sample["electrodes"], details=False, **chosen
    )
    derived = []
    for spectrum_id, temperature, resistance in zip(ids, temperatures, found, strict=True):
        if only is not None and spectrum_id != only:
            continue
        flags = (*measured.warnings.get(spectrum_id, ()), *resistance.flags)
        made = {"spectrum_id": spectrum_id, "method": METHOD, "method_version": METHOD_VERSION}
        made["derived_s"] = derived_s
        found_of_one = with_reference(replace(resistance, flags=flags), inputs.reference_u)
        found_of_one = with_isolation(found_of_one, inputs.isolation)
        found_of_one = with_series(found_of_one, inputs.series_ohm, sample)
        one = _rows(run_id, made, temperature, found_of_one, sample)
        isolation_ohm = inputs.isolation and inputs.isolation.ohm
        rows = [row | {"isolation_ohm": isolation_ohm} for row in one.resistances]
        derived.append(replace(one, resistances=rows))
    return derived if only is not None else _behind_their_sensor(db, run_id, derived, inputs)


def _behind_their_sensor(
    db: Database, run_id: int, derived: Sequence[DerivedSpectrum], inputs: Inputs
) -> list[DerivedSpectrum]:
    """Return the spectra with the lag of the sample taken off, where the run tells it."""
    rows = without_lag(db, run_id, [one.conductivity for one in derived], inputs.correction_k)
    return [replace(one, conductivity=row) for one, row in zip(derived, rows, strict=True)]


def spectra_for_evaluation(db: Database, ids: Sequence[int], inputs: Inputs) -> Sequence[Spectrum]:
    """Return spectra as `evaluated_spectra` sees them: without fixture and excluded points."""
    kelvin = [_temperature(db, spectrum_id, inputs.correction_k).kelvin for spectrum_id in ids]
    return _Spectra(db, ids, kelvin, inputs)


class _Spectra(Sequence[Spectrum]):
    """The spectra without fixture, read when they are asked for; `warnings` of each, by its id."""

    def __init__(
        self, db: Database, ids: Sequence[int], kelvin: Sequence[float | None], inputs: Inputs
    ) -> None:
        self._db, self._ids, self._kelvin, self._inputs = db, ids, kelvin, inputs
        analyser = analyser_of_run(db, derivations.spectrum_row(db, ids[0])["run_id"]) if ids else None
        self._cell = Cell.of_sample(inputs.sample, analyser)
        self._numbers = [self._number(spectrum_id) for spectrum_id in ids]
        self._excluded = [inputs.why_excluded(*place) for place in zip(self._numbers, kelvin, strict=True)]
        self.warnings: dict[int, tuple[str, ...]] = {}

    def neighbours_k(self) -> list[float | None]:
        """The temperatures by which spectra help their neighbours; None for an excluded one."""
        return [None if out else k for k, out in zip(self._kelvin, self._excluded, strict=True)]

    def _number(self, spectrum_id: int) -> int:
        return derivations.spectrum_row(self._db, spectrum_id)["number"] if self._inputs.left_out else -1

    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, place: int) -> Spectrum: ...
    @overload
    def __getitem__(self, place: slice) -> list[Spectrum]: ...
    def __getitem__(self, place: int | slice) -> Spectrum | list[Spectrum]:
        if isinstance(place, slice):
            return [self[i] for i in range(len(self))[place]]
        spectrum_id = self._ids[place]
        number, excluded = self._numbers[place], self._excluded[place]
        kept = self._inputs.kept(self._db.spectrum(spectrum_id), number, self._kelvin[place])
        spectrum = without_declared_fixture(kept.of_cell(self._cell))
        drift = drift_flags(self._db, spectrum_id)
        drift = (*drift, *linearity_flags(self._db, spectrum_id))
        self.warnings[spectrum_id] = (*filter(None, (excluded,)), *spectrum.warnings, *drift)
        return spectrum


def _write(store: Store, derived: DerivedSpectrum, maker: Maker) -> None:
    where, row = {"spectrum_id": derived.spectrum_id}, derived.conductivity
    store.replace_derived("resistances", where, derived.resistances, maker)
    store.replace_derived("conductivities", where, [row] if row else [], maker)


def _rows(
    run_id: int,
    made: dict[str, Any],
    temperature: Temperature,
    resistance: Resistance,
    sample: dict[str, Any],
) -> DerivedSpectrum:
    if temperature.kelvin is None:
        resistance = replace(resistance, flags=(*resistance.flags, *temperature.flags))
    row = None
    if math.isfinite(resistance.total_ohm.value) and resistance.total_ohm.value > 0:
        flags = list(dict.fromkeys((*resistance.flags, *temperature.flags)))
        row = {"run_id": run_id, "flags": flags}
        row |= {"temperature_k": temperature.kelvin, "temperature_u_k": temperature.spread_k}
        row |= {"temperature_min_k": temperature.lowest_k, "temperature_max_k": temperature.highest_k}
        row |= {"temperature_rate_k_s": temperature.rate_k_s, "lag_k": None, "lag_u_k": None}
        row |= made | _conductivity_columns(resistance, sample, temperature.kelvin)
    return DerivedSpectrum(made["spectrum_id"], _resistance_rows(resistance, made), row)


def _temperature(db: Database, spectrum_id: int, correction_k: float) -> Temperature:
    """Temperature of the sample, corrected; the band is about the set point, as the thermometer shows it."""
    readings_k = derivations.spectrum_temperatures_k(db, spectrum_id)
    if not readings_k:
        return Temperature(None, None, (no_reading_flag(derivations.spectrum_row(db, spectrum_id)),))
    spread_k = float(np.std(readings_k, ddof=1)) if len(readings_k) > 1 else None
    lowest_k, highest_k = min(readings_k), max(readings_k)
    spectrum = derivations.spectrum_row(db, spectrum_id)
    flags = _moved_flags(readings_k)
    if left_band(lowest_k, highest_k, spectrum["setpoint_k"], spectrum["band_k"]):
        flags = (*flags, _left_band_flag(lowest_k, highest_k, spectrum))
        spread_k = max(spread_k or 0.0, (highest_k - lowest_k) / 2) or None
    mean_k = float(np.mean(readings_k)) + correction_k
    ends_k = (lowest_k + correction_k, highest_k + correction_k)
    return Temperature(mean_k, spread_k, flags, *ends_k, spectrum_rate_k_s(db, spectrum_id))


def left_band(
    lowest_k: float | None, highest_k: float | None, setpoint_k: float | None, band_k: float | None
) -> bool:
    """Return whether the temperatures of a spectrum left its band; False where there is none to leave."""
    if lowest_k is None or highest_k is None or setpoint_k is None or band_k is None:
        return False
    return max(highest_k - setpoint_k, setpoint_k - lowest_k) > band_k


def _left_band_flag(lowest_k: float, highest_k: float, spectrum: dict[str, Any]) -> str:
    low, high, set_at = (t - ZERO_CELSIUS_K for t in (lowest_k, highest_k, spectrum["setpoint_k"]))
    return (
        f"the temperature left its band of {spectrum['band_k']:g} K about {set_at:.2f} degC: "
        f"{low:.2f} to {high:.2f} degC during the spectrum"
    )


def _moved_flags(readings_k: Sequence[float]) -> tuple[str, ...]:
    moved_k = max(readings_k) - min(readings_k)
    moved = moved_k > STILL_K
    return (f"the temperature moved by {moved_k:.1f} K during the spectrum",) if moved else ()


def no_reading_flag(row: dict[str, Any]) -> str:
    """Say that a spectrum or polarisation has no temperature reading, and what its set point was."""
    if row["setpoint_k"] is None:
        return "no temperature reading: the temperature is not known"
    set_degc = row["setpoint_k"] - ZERO_CELSIUS_K
    return f"no temperature reading: the set point of {set_degc:.2f} degC is not the temperature"


def _resistance_rows(resistance: Resistance, made: dict[str, Any]) -> list[dict[str, Any]]:
    parts: dict[str, Estimate] = {"total": resistance.total_ohm}
    arcs: dict[str, list[Arc]] = {}
    for arc in resistance.arcs:
        quantity = arc.name.replace(" ", "_")
        parts[quantity] = _sum(parts.get(quantity), arc.resistance_ohm)
        arcs.setdefault(quantity, []).append(arc)
    return [
        {
            "quantity": quantity,
            "resistance_ohm": finite(estimate.value),
            "standard_uncertainty_ohm": finite(estimate.standard_uncertainty),
            "analyser_u_ohm": _analyser_u_ohm(resistance) if quantity == "total" else None,
            "bound": resistance.bound if quantity == "total" else None,
            **_interval_columns(None if quantity == "total" and resistance.bound else estimate, "ohm"),
            "circuit": resistance.circuit,
            "flags": list(resistance.flags),
            "readings": _readings(resistance) if quantity == "total" else None,
            "circuit_fit": _circuit_fit(resistance) if quantity == "total" else None,
            **_capacitance_columns(arcs.get(quantity, ())),
            **_specific_columns(resistance if quantity == "grain_boundary" else None),
            **made,
        }
        for quantity, estimate in parts.items()
        if quantity == "total" or finite(estimate.value) is not None
    ]


def _readings(resistance: Resistance) -> list[dict[str, Any]] | None:
    """Meanings that the spectrum allows, first of the total itself; None where no circuit was found."""
    return [
        {
            "meaning": reading.meaning,
            "resistance_ohm": finite(reading.total_ohm.value),
            "standard_uncertainty_ohm": finite(reading.total_ohm.standard_uncertainty),
        }
        for reading in resistance.readings
    ] or None


def _circuit_fit(resistance: Resistance) -> dict[str, Any] | None:
    """Parameters of the circuit with the frequencies it was fitted to; None where there is no circuit."""
    found = resistance.chosen
    if found is None:
        return None
    parameters = zip(found.names, found.values, found.standard_uncertainties, found.units, strict=True)
    return {
        "parameters": {
            name: {"value": value, "standard_uncertainty": finite(u), "unit": unit}
            for name, value, u, unit in parameters
        },
        "frequency_min_hz": found.frequency_min_hz,
        "frequency_max_hz": found.frequency_max_hz,
        "n_points": found.points,
        "rms": finite(found.rms),
    }


def _capacitance_columns(arcs: Sequence[Arc]) -> dict[str, Any]:
    """Capacitance of a part that is one arc; several have none in common."""
    if len(arcs) != 1:
        return {"capacitance_f": None, "capacitance_u_f": None}
    return {
        "capacitance_f": finite(arcs[0].capacitance_f),
        "capacitance_u_f": finite(arcs[0].capacitance_u_f),
    }


def _specific_columns(resistance: Resistance | None) -> dict[str, Any]:
    specific = None if resistance is None else resistance.specific_boundary_ohm
    return {
        "specific_resistance_ohm": None if specific is None else finite(specific.value),
        "specific_resistance_u_ohm": None if specific is None else finite(specific.standard_uncertainty),
    }


def _analyser_u_ohm(resistance: Resistance) -> float | None:
    """The analyser's part in the uncertainty of the total; None where its accuracy is not stated."""
    share = resistance.analyser
    return None if share is None else finite(share.standard_uncertainty_ohm)


def _sum(first: Estimate | None, second: Estimate) -> Estimate:
    if first is None:
        return second
    u = math.hypot(first.standard_uncertainty, second.standard_uncertainty)
    return Estimate(first.value + second.value, u)


def _conductivity_columns(
    resistance: Resistance, sample: dict[str, Any], temperature_k: float | None
) -> dict[str, Any]:
    thickness_m, area_m2 = geometry_of(sample)
    total_ohm, analyser_u_ohm = resistance.total_ohm, _analyser_u_ohm(resistance)
    stated = math.isfinite(total_ohm.standard_uncertainty) and resistance.bound is None
    analyser = analyser_u_ohm / total_ohm.value if stated and analyser_u_ohm else None
    sigma = conductivity(total_ohm if stated else total_ohm.value, thickness_m, area_m2)
    expansion = expansion_of(sample, temperature_k)
    if expansion is not None:
        value = sigma.value * expansion.value
        sigma = propagated(value, [(expansion.value, sigma), (sigma.value, expansion)])
    return {
        "total_resistance_ohm": total_ohm.value,
        "conductivity_s_m": sigma.value,
        "standard_uncertainty_s_m": sigma.standard_uncertainty if stated else None,
        "relative_uncertainty_resistance": total_ohm.relative_uncertainty if stated else None,
        "relative_uncertainty_analyser": analyser,
        **_interval_columns(sigma if stated else None, "s_m"),
        "bound": OPPOSITE[resistance.bound],
        "budget": as_kept({CONDUCTIVITY: sigma} if stated else {}, _not_stated(resistance, sample)),
    }


def _interval_columns(estimate: Estimate | None, unit: str) -> dict[str, float | None]:
    """Return the ends of the 95 % interval by the names of their columns; None where not known."""
    known = estimate is not None and math.isfinite(estimate.standard_uncertainty)
    ends = estimate.interval() if estimate is not None and known else (math.nan, math.nan)
    return {f"{end}_95_{unit}": finite(value) for end, value in zip(("low", "high"), ends, strict=True)}


def _not_stated(resistance: Resistance, sample: dict[str, Any]) -> list[str]:
    """Return what has no part in the interval of a conductivity because its uncertainty is not stated."""
    analyser = ["analyser"] if resistance.analyser is None else []
    return [*geometry_not_stated(sample), *analyser, *leads_not_stated(sample)]


def finite(value: float) -> float | None:
    """Return the value, or None where there is none: the database has no infinity."""
    return float(value) if math.isfinite(value) else None
