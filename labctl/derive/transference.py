"""Polarisations to transference numbers: current, two spectra and potential of one cell, put together.

A cell with reversible electrodes gives rho+ by Bruce and Vincent, one with blocking electrodes the share of
the electrons by Hebb and Wagner. A row without a number says why.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from labctl.analysis import (
    Estimate,
    PolarisationFit,
    Resistance,
    Spectrum,
    Transference,
    bruce_vincent,
    electronic_transference,
    fit_polarisation,
    ionic_resistance_series,
)
from labctl.analysis.laws.law_fit import BOLTZMANN_EV_K
from labctl.analysis.numerics.component import combined
from labctl.analysis.spectra.cell import electrode_sides
from labctl.analysis.transport import fraction_budget as fraction
from labctl.analysis.transport.electrodes_pass import shows_passing_electrodes
from labctl.analysis.transport.linear_range import largest_error, linear_correction
from labctl.analysis.transport.pairs_of_steps import mean_of_polarities, steps_disagree, with_smaller_step
from labctl.analysis.transport.transference import refuse_near_zero
from labctl.analysis.transport.zero_current import (
    ZERO_AFTER,
    ZERO_BEFORE,
    ZeroCurrent,
    zero_after_a,
    zero_before_a,
)
from labctl.derive.budgets import as_kept
from labctl.derive.conductivities import finite, no_reading_flag
from labctl.derive.inputs import Inputs, inputs_of
from labctl.derive.makers import METHOD_VERSIONS, maker_of
from labctl.derive.potentiostat_doubts import Potentiostat
from labctl.store import Database, Store
from labctl.store.cells import stated_accuracy
from labctl.store.queries import derivations

METHOD_VERSION = METHOD_VERSIONS["transference_numbers"]
LARGE_REST_SHARE = 0.1
LARGE_DRIFT_SHARE = 0.02
LARGE_MISS_SHARE = 0.05
NOTICEABLE_CHANGE = 0.02
NOTICEABLE_BULK_CHANGE = 0.01
NOTICEABLE_MOVE_K = 0.1
NOTICEABLE_STANDSTILL_S = 5.0
USUAL_ACTIVATION_ENERGY_EV = 0.5
ALARM = 3.0  # standard uncertainties of a change of a resistance
LAST_SHARE = 0.2
NOTICEABLE_ZERO_SHARE = 0.005  # of the steady current
SMALLEST_SLOPE = 0.25  # of I0 against an offset of the current
ALIKE = 2.0  # standard uncertainties: two numbers that agree
SAME_STEP = 0.05  # relative: two heights of a step that are one
COLUMN_OF = {  # argument: columns of its value and standard uncertainty
    "delta_v_v": ("delta_v_v", "delta_v_u_v"),
    "initial_current_a": ("initial_current_a", "initial_current_u_a"),
    "steady_current_a": ("steady_current_a", "steady_current_u_a"),
    "initial_resistance_ohm": ("initial_resistance_ohm", "initial_resistance_u_ohm"),
    "steady_resistance_ohm": ("steady_resistance_ohm", "steady_resistance_u_ohm"),
    "bulk_resistance_ohm": ("bulk_resistance_ohm", "bulk_resistance_u_ohm"),
    "total_resistance_ohm": ("bulk_resistance_ohm", "bulk_resistance_u_ohm"),
}


@dataclass(frozen=True)
class Polarisation:
    """One hold as measured: the row, the sample, samples (n,) of the current, and the spectra around it.

    `temperature_k` is the mean of the readings during the hold, `moved_k` the temperature at its end less
    the mean during the spectrum before; None where there was no reading. `at_zero` holds time since the step,
    time since the epoch and current of the points at 0 V, each (n,), by their phase.
    """

    row: dict[str, Any]
    sample: dict[str, Any]
    elapsed_s: np.ndarray
    potential_v: np.ndarray
    current_a: np.ndarray
    temperature_k: float | None
    moved_k: float | None
    spectra: list[Resistance]
    clocks_apart_s: float = 0.0
    at_zero: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=dict)
    step_time_s: float = math.nan
    opened_s: float = math.nan
    electrodes_pass: bool | None = None
    potentiostat: Potentiostat = field(default_factory=Potentiostat)

    @property
    def delta_v_v(self) -> Estimate:
        """The step, as read back, above the potential at rest; nan where no sample of the hold is good."""
        if not self.potential_v.size:
            return Estimate(math.nan, math.nan)
        mean_v = float(np.mean(self.potential_v))
        spread_v = float(np.std(self.potential_v, ddof=1)) if self.potential_v.size > 1 else 0.0
        return Estimate(mean_v - self.rest_v, spread_v / math.sqrt(self.potential_v.size))

    @property
    def rest_v(self) -> float:
        """The potential at rest, V; taken as 0 where it was not measured, which a flag says."""
        return 0.0 if self.row["rest_potential_v"] is None else self.row["rest_potential_v"]


def derive_polarisation(store: Store, polarisation_id: int, derived_s: float) -> dict[str, Any] | None:
    """Derive the transference number of one finished polarisation and write it; None without spectra.

    The row replaces the row of the provisional analysis of the run.
    """
    with store.read() as db:
        inputs = inputs_of(db, derivations.polarisation_row(db, polarisation_id)["run_id"])
        row = evaluated_polarisation(db, polarisation_id, inputs, derived_s)
    where, maker = {"polarisation_id": polarisation_id}, maker_of(inputs, derived_s)
    store.replace_derived("transference_numbers", where, [row] if row else [], maker)
    return row


def evaluated_polarisation(
    db: Database, polarisation_id: int, inputs: Inputs, derived_s: float
) -> dict[str, Any] | None:
    """Return the row of the transference number of one finished polarisation; None without spectra."""
    measured = _read(db, polarisation_id, inputs)
    others = [_read(db, other, inputs) for other in _others(db, measured.row)] if measured.spectra else []
    row = transference_row(measured, others) if measured.spectra else None
    return None if row is None else row | {"method_version": METHOD_VERSION, "derived_s": derived_s}


def derive_polarisations(store: Store, run_id: int, derived_s: float) -> list[dict[str, Any] | None]:
    """Derive every finished polarisation of a run; return a row (or None) for each."""
    with store.read() as db:
        ids = derivations.finished_polarisations(db, run_id)
    return [derive_polarisation(store, polarisation_id, derived_s) for polarisation_id in ids]


def _others(db: Database, row: Mapping[str, Any]) -> list[int]:
    """Return the ids of the last polarisation before of the other sign, and of the last of another height."""
    alike = derivations.polarisations_of_step(db, row["run_id"], row["step"])
    mine_v = _asked_v(row)
    same = [one for one in alike if abs(abs(_asked_v(one)) / abs(mine_v) - 1) < SAME_STEP] if mine_v else []
    reversed_before = [one for one in same if _asked_v(one) * mine_v < 0 and one["number"] < row["number"]]
    heights = [one for one in alike if one not in same and _asked_v(one) * mine_v > 0]
    return [one["id"] for one in (*reversed_before[-1:], *heights[-1:])]


def _asked_v(row: Mapping[str, Any]) -> float:
    """Return the step that was asked for, above the potential at rest."""
    return float(row["potential_v"] - (row["rest_potential_v"] or 0.0))


def _read(db: Database, polarisation_id: int, inputs: Inputs) -> Polarisation:
    row = derivations.polarisation_row(db, polarisation_id)
    points = derivations.good_polarisation_points(db, polarisation_id)
    elapsed_s, potential_v, current_a = (
        np.array([point[name] for point in points], dtype=float)
        for name in ("elapsed_s", "potential_v", "current_a")
    )
    new = np.diff(elapsed_s, prepend=-math.inf) > 0
    readings_k = [point["temperature_k"] for point in points if point["temperature_k"] is not None]
    moved_k = _at_the_end_k(points) - _in_spectrum_k(db, row["initial_spectrum_id"])
    sample = inputs.sample
    ids = [row[name] for name in ("initial_spectrum_id", "steady_spectrum_id") if row[name] is not None]
    kelvin = [finite(_in_spectrum_k(db, spectrum_id) + inputs.correction_k) for spectrum_id in ids]
    chosen: dict[str, Any] = {"circuits": (inputs.choices.circuit,)} if inputs.choices.circuit else {}
    spectra = [_kept(db, *of_one, inputs) for of_one in zip(ids, kelvin, strict=True)]
    found = ionic_resistance_series(spectra, kelvin, sample["electrodes"], **chosen) if ids else []
    return Polarisation(
        row,
        sample,
        elapsed_s[new],
        potential_v[new],
        current_a[new],
        float(np.mean(readings_k)) + inputs.correction_k if readings_k else None,
        finite(moved_k),
        list(found),
        _clocks_apart_s(points),
        _at_zero(db, row),
        points[0]["time_s"] - points[0]["elapsed_s"] if points else math.nan,
        _opened_s(db, row),
        shows_passing_electrodes(spectra[0].frequency_hz, spectra[0].z_ohm) if spectra else None,
        Potentiostat.of(stated_accuracy(db, row["run_id"]).get("potentiostat")),
    )


def _opened_s(db: Database, row: Mapping[str, Any]) -> float:
    """Return when the cell was switched off: after the spectrum while held, else at the end of the hold."""
    spectrum_id = row["steady_spectrum_id"]
    ended_s = row["ended_s"] if spectrum_id is None else derivations.spectrum_row(db, spectrum_id)["ended_s"]
    return math.nan if ended_s is None else ended_s


def _at_zero(db: Database, row: Mapping[str, Any]) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return the points at 0 V next to a polarisation, by phase: the last series before, the first after."""
    ended_s, started_s = derivations.neighbouring_times_s(db, row)
    places = {ZERO_BEFORE: (ended_s, row["started_s"]), ZERO_AFTER: (row["ended_s"], started_s)}
    found = {}
    for phase, (after_s, before_s) in places.items():
        points = derivations.zero_current_points(db, row["run_id"], phase, after_s, before_s)
        series = _series_of(points)
        if series:
            chosen = series[-1] if phase == ZERO_BEFORE else series[0]
            names = ("elapsed_s", "time_s", "current_a")
            arrays = [np.array([point[name] for point in chosen], dtype=float) for name in names]
            found[phase] = (arrays[0], arrays[1], arrays[2])
    return found


def _series_of(points: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Split points where their time since the step begins again."""
    series: list[list[dict[str, Any]]] = []
    for point in points:
        if not series or point["elapsed_s"] <= series[-1][-1]["elapsed_s"]:
            series.append([])
        series[-1].append(point)
    return series


def _kept(db: Database, spectrum_id: int, kelvin: float | None, inputs: Inputs) -> Spectrum:
    """Return the points of a spectrum that are not excluded; leads and fixture are not taken out."""
    number = derivations.spectrum_row(db, spectrum_id)["number"]
    measured = db.spectrum(spectrum_id)
    leads_stay = measured.of_cell(measured.cell and measured.cell.without_fixture())
    return inputs.kept(leads_stay, number, kelvin)


def _clocks_apart_s(points: Sequence[Mapping[str, Any]]) -> float:
    """By how much the system clock and the time since the step went apart during a hold."""
    apart_s = [point["time_s"] - point["elapsed_s"] for point in points]
    return max(apart_s) - min(apart_s) if apart_s else 0.0


def _at_the_end_k(points: list[dict[str, Any]]) -> float:
    """Return the mean temperature over the last fifth of a hold; nan without a reading."""
    read = [point for point in points if point["temperature_k"] is not None]
    late_s = (1 - LAST_SHARE) * read[-1]["elapsed_s"] if read else 0.0
    late = [point["temperature_k"] for point in read if point["elapsed_s"] >= late_s]
    return float(np.mean(late)) if late else math.nan


def _in_spectrum_k(db: Database, spectrum_id: int | None) -> float:
    """Return the mean temperature during a spectrum; nan without a reading."""
    readings_k = [] if spectrum_id is None else derivations.spectrum_temperatures_k(db, spectrum_id)
    return float(np.mean(readings_k)) if readings_k else math.nan


@dataclass(frozen=True)
class Evaluated:
    """A number with its uncertainty by source, its inputs, and the parts that are not stated."""

    value: Estimate
    result: Transference
    relaxation: dict[str, Any]
    flags: list[str]
    not_stated: tuple[str, ...]


def transference_row(measured: Polarisation, others: Sequence[Polarisation] = ()) -> dict[str, Any] | None:
    """Return the row without its maker and time; None where a spectrum is missing that the method needs.

    `others` are polarisations of the same cell at the same temperature: with the other sign, or with another
    height of the step.
    """
    blocking = "blocking" in electrode_sides(measured.sample["electrodes"])
    if not blocking and len(measured.spectra) < 2:
        return None
    about = {
        "polarisation_id": measured.row["id"],
        "run_id": measured.row["run_id"],
        "quantity": "electronic" if blocking else "rho_plus",
        "temperature_k": measured.temperature_k,
        "method": "electronic_transference" if blocking else "bruce_vincent",
    }
    try:
        found = _electronic(measured) if blocking else _with_others(measured, others)
    except ValueError as problem:
        flags = [f"no number: {problem}", *_no_reading_flags(measured)]
        return about | {"delta_v_v": finite(measured.delta_v_v.value), "flags": flags}
    flags = _flags(measured, [*found.result.flags, *found.flags])
    budget = as_kept({about["quantity"]: found.value}, found.not_stated)
    return about | _columns(found) | {"relaxation": found.relaxation, "flags": flags, "budget": budget}


def _with_others(measured: Polarisation, others: Sequence[Polarisation]) -> Evaluated:
    """Evaluate a polarisation; with the other polarity the mean of both, beside another height compared."""
    usable = [one for one in others if len(one.spectra) > 1]
    reverse = [one for one in usable if one.delta_v_v.value * measured.delta_v_v.value < 0]
    heights = [one for one in usable if one.delta_v_v.value * measured.delta_v_v.value > 0]
    passes = measured.electrodes_pass or any(_ions_pass(one) and _ions_pass(measured) for one in reverse)
    found = _current_fraction(measured, passes)
    for one in reverse:
        found = _with_reverse(found, _current_fraction(one, passes))
    for one in heights:
        found = _beside_other_height(found, measured, one, _current_fraction(one, passes))
    return found


def _with_reverse(found: Evaluated, other: Evaluated) -> Evaluated:
    mean = mean_of_polarities(found.value, other.value)
    flag = (
        f"mean of both polarities, {found.value.value:.4g} and {other.value.value:.4g}: an offset of the "
        "current cancels"
    )
    return replace(found, value=mean, flags=[*found.flags, *_not_in(found.flags, other.flags), flag])


def _not_in(told: Sequence[str], flags: Sequence[str]) -> list[str]:
    return [f"other polarity: {flag}" for flag in flags if flag not in told]


def _beside_other_height(
    found: Evaluated, measured: Polarisation, one: Polarisation, other: Evaluated
) -> Evaluated:
    """Compare with a step of another height; raises ValueError for the larger of two that disagree."""
    mine_v, other_v = abs(measured.delta_v_v.value), abs(one.delta_v_v.value)
    if not steps_disagree(found.value, other.value):
        return found
    words = (
        f"steps of {1e3 * mine_v:.3g} and {1e3 * other_v:.3g} mV disagree, {found.value.value:.4g} and "
        f"{other.value.value:.4g}: the current is not proportional to the step"
    )
    if mine_v > other_v:
        raise ValueError(f"{words}; the smaller step counts")
    widened = with_smaller_step(found.value, other.value, other_v / mine_v)
    return replace(found, value=widened, flags=[*found.flags, words])


def _ions_pass(measured: Polarisation) -> bool:
    """Whether a current beyond the known share of the electrons flows in the end."""
    share = _electronic_share(measured)
    if share is None:
        return False
    steady_a, _ = _last_fifth(measured.elapsed_s, measured.current_a)
    electrons_a = abs(measured.delta_v_v.value) * share.value / measured.spectra[0].total_ohm.value
    relative = share.standard_uncertainty / share.value if share.value else 0.0
    u_a = math.hypot(steady_a.standard_uncertainty, electrons_a * relative)
    return steady_a.value * measured.delta_v_v.value > 0 and abs(steady_a.value) - electrons_a > ALARM * u_a


def _electronic_share(measured: Polarisation) -> Estimate | None:
    """Return the share of the electrons that is known of the sample; None where none is."""
    share = measured.sample.get("electronic_share")
    return None if share is None else Estimate(share, measured.sample.get("electronic_share_u") or 0.0)


def _current_fraction(measured: Polarisation, passes: bool | None) -> Evaluated:
    before, after = measured.spectra[0], measured.spectra[-1]
    r0_ohm, rss_ohm = _interphase(before, "before"), _interphase(after, "while held")
    bulk_ohm, bulk_held_ohm = _number(before, "before"), _number(after, "while held")
    zero = _zero_before(measured)
    fit = fit_polarisation(
        measured.elapsed_s,
        measured.current_a - (zero.before_a.value if zero.before_a else 0.0),
        delta_v_v=measured.delta_v_v,
        series_resistance_ohm=_series(before, r0_ohm),
    )
    zero = _with_zero_after(zero, measured, fit)
    share = _electronic_share(measured)
    result = bruce_vincent(
        _with_disagreement(measured.delta_v_v, fit),
        fit.initial_current_a,
        fit.steady_current_a,
        r0_ohm,
        _with_growth(r0_ohm, rss_ohm),
        bulk_resistance_ohm=_with_drift(bulk_ohm, bulk_held_ohm),
        cation_charge=_charge(measured.sample["cation"]),
        temperature_k=measured.temperature_k,
        electrodes_pass=passes,
    )
    factor = _linear_factor(measured, result)
    values = {
        fraction.STEP: measured.delta_v_v.value,
        fraction.STEADY: fit.steady_current_a.value,
        fraction.BULK: bulk_ohm.value,
        fraction.INTERFACE: rss_ohm.value,
        fraction.FACTOR: factor.value,
        fraction.ELECTRONS: share.value if share else 0.0,
        fraction.PASSING: 0.5,
    }
    doubts = [
        *fraction.doubts_of(fraction.STEP, measured.delta_v_v, "step of potential"),
        *fraction.doubts_of(fraction.STEADY, fit.steady_current_a, "steady current"),
        *fraction.doubts_of(fraction.BULK, bulk_ohm, "bulk resistance"),
        *fraction.doubts_of(fraction.INTERFACE, rss_ohm, "interface resistance"),
        *_doubts_of_change(r0_ohm, rss_ohm, bulk_ohm, bulk_held_ohm),
        *_doubts_of_current(measured, fit, zero),
        fraction.Doubt(fraction.FACTOR, "linear range", factor.standard_uncertainty, "B"),
        *_doubts_of_electrons(share),
    ]
    value = fraction.with_budget(values, doubts)
    refuse_near_zero(value.value - value.standard_uncertainty, passes, value.value)
    flags = [*fit.flags, *_bulk_flags(bulk_ohm, bulk_held_ohm), *_zero_flags(zero, fit)]
    return Evaluated(
        value,
        result,
        _relaxation(fit, zero, result),
        [*flags, *_share_flags(share)],
        _not_stated(measured, zero),
    )


def _linear_factor(measured: Polarisation, result: Transference) -> Estimate:
    """Factor by which the steady current was too low, for an ideal, dilute salt, as in `linear_correction`.

    Within the linear range it is below 1.005, and taken out as well: a known error is corrected (JCGM
    100:2008, 3.2.4). Half of what it adds is its standard uncertainty in either case.
    """
    charges = _charge(measured.sample["cation"]), 1
    factor, _ = linear_correction(result.inputs, charges, measured.temperature_k)
    if measured.temperature_k is None:
        return factor
    more = largest_error(result.inputs, charges, measured.temperature_k)
    return Estimate(1 + more, more / 2) if more else factor


def _zero_before(measured: Polarisation) -> ZeroCurrent:
    points = measured.at_zero.get(ZERO_BEFORE)
    return ZeroCurrent(None if points is None else zero_before_a(points[0], points[2]))


def _with_zero_after(zero: ZeroCurrent, measured: Polarisation, fit: PolarisationFit) -> ZeroCurrent:
    points = measured.at_zero.get(ZERO_AFTER)
    if points is None or zero.before_a is None:
        return zero
    elapsed_s, time_s, current_a = points
    back_s = float(time_s[0] - elapsed_s[0])
    held_s, open_s = back_s - measured.step_time_s, max(back_s - measured.opened_s, 0.0)
    if not (held_s > open_s >= 0):
        return zero
    return replace(zero, after_a=zero_after_a(elapsed_s, current_a, fit, held_s, open_s))


def _doubts_of_change(
    r0_ohm: Estimate, rss_ohm: Estimate, bulk_ohm: Estimate, bulk_held_ohm: Estimate
) -> list[fraction.Doubt]:
    """Doubts of what changed while the cell was held: see `_with_growth` and `_with_drift`."""
    changes = {
        fraction.INTERFACE: _change_ohm(r0_ohm, rss_ohm) / math.sqrt(12),
        fraction.BULK: _change_ohm(bulk_ohm, bulk_held_ohm) / math.sqrt(3),
    }
    return [
        fraction.Doubt(name, "change of the sample", ohm, "B", distribution="rectangular")
        for name, ohm in changes.items()
    ]


def _doubts_of_current(
    measured: Polarisation, fit: PolarisationFit, zero: ZeroCurrent
) -> list[fraction.Doubt]:
    """Doubts of the zero and of the scale of the current.

    Transient and spectrum disagree on I0 by noise, and by errors that are stated: scale and zero of the
    potentiostat, gain of the analyser. What exceeds twice the standard uncertainty of these is carried. Where
    the zero was not measured, it may be the zero.
    """
    steady_a, step_v = fit.steady_current_a.value, measured.delta_v_v.value
    stated = measured.potentiostat.doubts(steady_a, step_v, zero_known=zero.zero_a is not None)
    difference = fit.initial_difference
    apart = math.copysign(_beyond(difference.value, ALIKE * _stated_u(measured, fit, zero)), difference.value)
    if zero.zero_a is None:
        off_a = _offset_a(measured, fit, apart * fit.initial_current_a.value)
        return [
            *stated,
            fraction.Doubt(
                fraction.STEADY, "zero of the current", off_a, "B", cause="zero of the current, not measured"
            ),
        ]
    return [
        *stated,
        *fraction.doubts_of(
            fraction.STEADY, Estimate(0.0, zero.zero_a.standard_uncertainty), "zero of the current"
        ),
        fraction.Doubt(fraction.STEP, "scale of the current", apart * step_v, "B"),
    ]


def _stated_u(measured: Polarisation, fit: PolarisationFit, zero: ZeroCurrent) -> float:
    """Relative standard uncertainty that noise and what is stated leave to the difference of both I0."""
    initial_a, steady_a = abs(fit.initial_current_a.value), fit.steady_current_a.value
    zero_u_a = zero.zero_a.standard_uncertainty if zero.zero_a else measured.potentiostat.zero_u_a(steady_a)
    before = measured.spectra[0]
    analyser_ohm = before.analyser.standard_uncertainty_ohm if before.analyser else 0.0
    return math.hypot(
        fit.initial_difference.standard_uncertainty,
        measured.potentiostat.scale_u(steady_a),
        zero_u_a / initial_a,
        analyser_ohm / before.total_ohm.value,
    )


def _offset_a(measured: Polarisation, fit: PolarisationFit, apart_a: float) -> float:
    """Return the zero of the current that would explain by how much transient and spectrum disagree on I0.

    The relaxation fits an offset in part, so I0 shows less than all of it: one more fit shows how much.
    """
    if not apart_a:
        return 0.0
    step_v, series_ohm = measured.delta_v_v.value, measured.delta_v_v.value / fit.initial_current_a.value
    again = fit_polarisation(
        measured.elapsed_s,
        measured.current_a - apart_a,
        delta_v_v=step_v,
        series_resistance_ohm=series_ohm,
    )
    moved_a = fit.transient_initial_current_a.value - again.transient_initial_current_a.value
    return apart_a / min(max(moved_a / apart_a, SMALLEST_SLOPE), 1.0)


def _beyond(value: float, u: float) -> float:
    return math.sqrt(max(value**2 - u**2, 0.0))


def _doubts_of_electrons(share: Estimate | None) -> list[fraction.Doubt]:
    if share is None:
        return []
    of_sample = "electronic share of the sample"
    return [
        fraction.Doubt(
            fraction.ELECTRONS, "electronic share", share.standard_uncertainty, "B", True, of_sample
        ),
        fraction.Doubt(
            fraction.PASSING,
            "electronic share",
            0.5 / math.sqrt(3),
            "B",
            True,
            "way of the electrons",
            distribution="rectangular",
        ),
    ]


def _not_stated(measured: Polarisation, zero: ZeroCurrent) -> tuple[str, ...]:
    """Return the names of the parts that are in no interval because they are not known."""
    missing = {
        "potentiostat": not measured.potentiostat.is_stated,
        "zero of the current": zero.zero_a is None and not measured.potentiostat.states_zero,
        "electronic share": measured.sample.get("electronic_share") is None,
        "uncertainty of the electronic share": measured.sample.get("electronic_share") is not None
        and measured.sample.get("electronic_share_u") is None,
        "analyser": any(one.analyser is None for one in measured.spectra),
    }
    return tuple(name for name, is_missing in missing.items() if is_missing)


def _zero_flags(zero: ZeroCurrent, fit: PolarisationFit) -> list[str]:
    if zero.before_a is None:
        return []
    flags, steady_a = [], abs(fit.steady_current_a.value)
    if abs(zero.before_a.value) > NOTICEABLE_ZERO_SHARE * steady_a:
        share = abs(zero.before_a.value / fit.initial_current_a.value)
        flags.append(
            f"the current at 0 V was {zero.before_a.value:.3g} A before the step, {share:.2g} of I0: "
            "subtracted"
        )
    if zero.drift_a > NOTICEABLE_ZERO_SHARE * steady_a:
        flags.append(f"the zero of the current drifted by {zero.drift_a:.2g} A while held: rho+ carries it")
    return flags


def _share_flags(share: Estimate | None) -> list[str]:
    if share is None:
        return []
    return [f"electronic share {share.value:.3g} known of the sample: its current is taken out"]


def _number(resistance: Resistance, when: str) -> Estimate:
    """Return the total resistance; raises ValueError where only a bound of it is known."""
    if resistance.bound is not None:
        sign = ">" if resistance.bound == "lower" else "<"
        raise ValueError(
            f"of the spectrum {when} only a bound is known, R {sign} {resistance.total_ohm.value:.3g} ohm"
        )
    return resistance.total_ohm


def _series(resistance: Resistance, interphase_ohm: Estimate) -> Estimate:
    """Bulk and interphase of one spectrum: what one has too much, the other mostly lacks."""
    if resistance.fit is None:
        raise ValueError("no circuit describes the spectrum before")
    together = resistance.fit.sum_of([name for name in resistance.fit.parameters if name[0] == "R"])
    return Estimate(
        resistance.total_ohm.value + interphase_ohm.value,
        together.standard_uncertainty,
        together.degrees_of_freedom,
    )


def _interphase(resistance: Resistance, when: str) -> Estimate:
    if resistance.interphase_ohm is None or not math.isfinite(resistance.interphase_ohm.value):
        raise ValueError(f"the spectrum {when} shows no interphase that can be told from the bulk")
    return resistance.interphase_ohm


def _change_ohm(before_ohm: Estimate, after_ohm: Estimate) -> float:
    """Return the change of a resistance, 0 where noise may explain it."""
    change_ohm = after_ohm.value - before_ohm.value
    noise_ohm = math.hypot(_own_u(before_ohm), _own_u(after_ohm))
    return change_ohm if abs(change_ohm) > ALARM * noise_ohm else 0.0


def _own_u(estimate: Estimate) -> float:
    """The standard uncertainty without what both spectra share: one analyser, one lead."""
    return combined(part for part in estimate.parts if not part.common)


def _widened(estimate: Estimate, by: float) -> Estimate:
    u = math.hypot(estimate.standard_uncertainty, by)
    return Estimate(estimate.value, u, estimate.degrees_of_freedom) if by else estimate


def _with_growth(before_ohm: Estimate, after_ohm: Estimate) -> Estimate:
    """Rss with the doubt of which resistance the current met while it changed: any between R0 and Rss.

    The spectrum comes after the current, which is fitted over the whole hold.
    """
    return _widened(after_ohm, _change_ohm(before_ohm, after_ohm) / math.sqrt(12))


def _with_drift(before_ohm: Estimate, after_ohm: Estimate) -> Estimate:
    """Rb with the doubt of a bulk that changed: I0 belongs to what it was, Iss to what it became."""
    return _widened(before_ohm, _change_ohm(before_ohm, after_ohm) / math.sqrt(3))


def _with_move(total_ohm: Estimate, measured: Polarisation) -> Estimate:
    """R with the doubt of a temperature that moved until the current was steady, at a usual 0.5 eV."""
    if not measured.moved_k or measured.temperature_k is None:
        return total_ohm
    per_k = USUAL_ACTIVATION_ENERGY_EV / (BOLTZMANN_EV_K * measured.temperature_k**2)
    return _widened(total_ohm, total_ohm.value * per_k * measured.moved_k / math.sqrt(3))


def _with_disagreement(delta_v_v: Estimate, fit: PolarisationFit) -> Estimate:
    """The step with all that spectrum and transient disagree by on I0: one scale of three is wrong."""
    return _widened(delta_v_v, delta_v_v.value * fit.initial_disagreement)


def _electronic(measured: Polarisation) -> Evaluated:
    zero = _zero_before(measured)
    off_a = zero.before_a.value if zero.before_a else 0.0
    steady_a, change = _last_fifth(measured.elapsed_s, measured.current_a - off_a)
    total_ohm = _with_move(_number(measured.spectra[0], "before"), measured)
    result = electronic_transference(total_ohm, measured.delta_v_v, steady_a)
    values = {
        fraction.STEP: measured.delta_v_v.value,
        fraction.STEADY: steady_a.value,
        fraction.BULK: total_ohm.value,
    }
    doubts = [
        *fraction.doubts_of(fraction.STEP, measured.delta_v_v, "step of potential"),
        *fraction.doubts_of(fraction.STEADY, steady_a, "steady current"),
        *fraction.doubts_of(fraction.BULK, total_ohm, "bulk resistance"),
        *measured.potentiostat.doubts(
            steady_a.value, measured.delta_v_v.value, zero_known=zero.zero_a is not None
        ),
    ]
    if zero.zero_a is not None:
        u = Estimate(0.0, zero.zero_a.standard_uncertainty, zero.zero_a.degrees_of_freedom)
        doubts += fraction.doubts_of(fraction.STEADY, u, "zero of the current")
    value = fraction.with_budget(values, doubts, fraction.electronic_share)
    flags = []
    if abs(change) >= NOTICEABLE_CHANGE and result.value.interval()[0] > 0:
        flags = [
            f"not steady: the current still changed by {100 * change:.2g} % over the last fifth of the hold"
        ]
    described = {"observed_current_a": _described(steady_a), "change_in_last_fifth": finite(change)}
    not_stated = [name for name in _not_stated(measured, zero) if "electronic share" not in name]
    return Evaluated(value, result, described, flags, tuple(not_stated))


def _last_fifth(elapsed_s: np.ndarray, current_a: np.ndarray) -> tuple[Estimate, float]:
    """Mean current over the last fifth of the time, its uncertainty with half of its change, and the change.

    Raises ValueError with less than five samples there.
    """
    last = elapsed_s >= (1 - LAST_SHARE) * elapsed_s[-1] if elapsed_s.size else elapsed_s > 0
    if np.count_nonzero(last) < 5:
        raise ValueError("elapsed_s holds less than five samples in the last fifth of the time")
    time_s, current = elapsed_s[last] - elapsed_s[last].mean(), current_a[last]
    slope = float(time_s @ current / (time_s @ time_s))
    scatter_a = float(np.std(current - slope * time_s, ddof=2))
    change_a, mean_a = slope * float(np.ptp(time_s)), float(current.mean())
    u_a = math.hypot(scatter_a / math.sqrt(current.size), change_a / 2)
    return Estimate(mean_a, u_a, current.size - 2), change_a / mean_a if mean_a else math.inf


def _charge(cation: str) -> int:
    """Charge of a cation written like Mg2+; 1 where none is given."""
    found = re.search(r"(\d*)\+", cation)
    return int(found[1] or 1) if found else 1


def _columns(found: Evaluated) -> dict[str, Any]:
    """Return the inputs and the number."""
    value, result = found.value, found.result
    low, high = value.interval()
    columns: dict[str, Any] = {
        "value": finite(value.value),
        "standard_uncertainty": finite(value.standard_uncertainty),
        "low_95": finite(low),
        "high_95": finite(high),
        "naive": finite(result.naive.value) if result.naive else None,
        "watanabe": finite(result.watanabe.value) if result.watanabe else None,
    }
    for name, estimate in result.inputs.items():
        value_column, u_column = COLUMN_OF[name]
        columns[value_column] = finite(estimate.value)
        columns[u_column] = finite(estimate.standard_uncertainty)
    return columns


def _relaxation(fit: PolarisationFit, zero: ZeroCurrent, result: Transference) -> dict[str, Any]:
    names = (
        "transient_initial_current_a",
        "extrapolated_current_a",
        "observed_current_a",
        "time_constant_s",
        "drift_per_wait",
    )
    described: dict[str, Any] = {name: _described(getattr(fit, name)) for name in names}
    zeros = {"zero_before_a": zero.before_a, "zero_after_a": zero.after_a}
    described |= {name: _described(one) for name, one in zeros.items() if one is not None}
    described |= {"value_from_transient": finite(_from_transient(fit, result))}
    return described | {"steady": fit.steady, "noise_a": finite(fit.noise_a)}


def _from_transient(fit: PolarisationFit, result: Transference) -> float:
    """rho+ with I0 of the transient, which does not need the bulk resistance: an independent check."""
    step_v, r0_ohm, rss_ohm = (
        result.inputs[name].value for name in ("delta_v_v", "initial_resistance_ohm", "steady_resistance_ohm")
    )
    initial_a, steady_a = fit.transient_initial_current_a.value, fit.steady_current_a.value
    return steady_a * (step_v - initial_a * r0_ohm) / (initial_a * (step_v - steady_a * rss_ohm))


def _described(estimate: Estimate) -> dict[str, Any]:
    u = finite(estimate.standard_uncertainty)
    return {"value": finite(estimate.value), "standard_uncertainty": u}


def _flags(measured: Polarisation, evaluated: list[str]) -> list[str]:
    flags = [*evaluated, *_drift_flags(measured), *_rest_flags(measured), *_ending_flags(measured.row)]
    for name, resistance in zip(("before", "while held"), measured.spectra, strict=False):
        flags += [f"spectrum {name}: {flag}" for flag in resistance.flags]
    return list(dict.fromkeys(flags))


def _bulk_flags(before_ohm: Estimate, after_ohm: Estimate) -> list[str]:
    share = _change_ohm(before_ohm, after_ohm) / before_ohm.value
    if abs(share) < NOTICEABLE_BULK_CHANGE:
        return []
    return [
        f"the bulk resistance changed by {100 * share:.2g} % from one spectrum to the other: rho+ carries it"
    ]


def _drift_flags(measured: Polarisation) -> list[str]:
    """What did not stay as it was set: the temperature, and the potential."""
    flags, set_v = [], measured.row["potential_v"]
    flags += _no_reading_flags(measured)
    if measured.clocks_apart_s > NOTICEABLE_STANDSTILL_S:
        flags.append(
            f"the computer slept, or its clock was set, for {measured.clocks_apart_s:.0f} s during the hold: "
            "times of the current may be too short from there on"
        )
    if measured.moved_k is not None and abs(measured.moved_k) > NOTICEABLE_MOVE_K:
        flags.append(
            f"the temperature moved by {measured.moved_k:+.2f} K between the spectrum before and the end of "
            "the hold: at 0.5 eV a kelvin is about 6 % of a resistance"
        )
    asked_v = set_v - measured.rest_v
    if abs(measured.delta_v_v.value - asked_v) > LARGE_MISS_SHARE * abs(asked_v):
        flags.append(
            f"the potential read back is {1e3 * measured.delta_v_v.value:.4g} mV above the rest, "
            f"{1e3 * asked_v:.4g} mV were set: check the potentiostat's calibration"
        )
    return flags


def _no_reading_flags(measured: Polarisation) -> list[str]:
    if measured.temperature_k is None:
        return [no_reading_flag(measured.row)]
    if measured.moved_k is None:
        return ["the spectrum before has no temperature reading: whether it moved since is not known"]
    return []


def _rest_flags(measured: Polarisation) -> list[str]:
    flags, step_v = [], abs(measured.delta_v_v.value)
    if measured.row["rest_potential_v"] is None:
        flags.append("the potential at rest was not measured: taken as 0 V")
    if abs(measured.rest_v) > LARGE_REST_SHARE * step_v:
        flags.append(
            f"the cell rested at {1e3 * measured.rest_v:.3g} mV: its electrodes are not alike, or not at rest"
        )
    drift_v_s = measured.row["rest_drift_v_s"]
    drift_v = math.nan if drift_v_s is None else drift_v_s * float(measured.elapsed_s[-1])
    if abs(drift_v) > LARGE_DRIFT_SHARE * step_v:
        flags.append(f"the potential at rest drifted: by {1e3 * drift_v:.3g} mV over the time of the hold")
    return flags


def _ending_flags(row: dict[str, Any]) -> list[str]:
    if row["ended_by"] == "maximum time":
        return ["held for the longest time allowed, without becoming steady"]
    if row["ended_by"] == "extrapolated":
        return [f"stopped early: waiting on would have taken about {(row['saved_s'] or 0) / 60:.0f} min more"]
    return []
