"""The spectra of a run as they grow, with their resistances and the circuits that were fitted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from labctl.derive.excluded_points import inside
from labctl.derive.in_force import InForce
from labctl.readmodel.circuit_curve import with_fitted_circuit, with_stored_circuit
from labctl.readmodel.snapshot import Array, RelaxationCurve, SpectrumCurve
from labctl.store import Database
from labctl.store.queries import relaxation_times, resistances, spectra


@dataclass
class _OneSpectrum:
    row: dict[str, Any]
    frequency_hz: list[float] = field(default_factory=list)
    z_ohm: list[complex] = field(default_factory=list)
    temperatures_k: list[float] = field(default_factory=list)
    bad: int = 0
    curve: SpectrumCurve | None = None

    def add(self, point: Mapping[str, Any]) -> None:
        values = [point[name] for name in ("frequency_hz", "z_real_ohm", "z_imag_ohm")]
        if point["status"] != "ok" or not all(isinstance(value, int | float) for value in values):
            self.bad += 1
            return
        self.frequency_hz.append(values[0])
        self.z_ohm.append(complex(*values[1:]))
        if isinstance(point["temperature_k"], int | float):
            self.temperatures_k.append(point["temperature_k"])

    def drawn(self, now: InForce | None) -> SpectrumCurve:
        row = self.row
        kelvin = float(np.mean(self.temperatures_k)) if self.temperatures_k else None
        if kelvin is not None and now is not None:
            kelvin += now.correction_k
        about = {name: row[name] for name in ("id", "number", "step", "branch", "status", "setpoint_k")}
        curve = SpectrumCurve(
            **about,
            temperature_k=kelvin,
            frequency_hz=np.array(self.frequency_hz),
            z_ohm=np.array(self.z_ohm, dtype=complex),
            bad_points=self.bad,
        )
        return curve if now is None else replace(curve, excluded=_excluded(curve, now))


def _excluded(curve: SpectrumCurve, now: InForce) -> Array:
    """Return (n,) bool, the excluded points of a spectrum."""
    if now.why_excluded(curve.number, curve.temperature_k):
        return np.ones(curve.frequency_hz.size, dtype=bool)
    return inside(curve, now.excluded_hz(curve.number, curve.temperature_k))


class Spectra:
    """The spectra of the parts with their points, resistances and circuits.

    Stored circuits are drawn at once, those of an earlier labctl, which have to be fitted, one a poll.
    """

    def __init__(self, database: Database, parts: Sequence[int], sample: Mapping[str, Any]) -> None:
        self._db, self._parts, self._sample = database, parts, sample
        self._all: dict[int, _OneSpectrum] = {}
        self._last: tuple[int, int] = (0, -1)
        self._open: set[int] = set()
        self._newest: dict[int, int] = {}
        self._resistance_mark = self._relaxation_mark = 0
        self._now: Mapping[int, InForce] = {}
        self._amended = self._forgotten = False
        self._not_fitted: dict[int, Mapping[str, Any]] = {}
        self.rows, self.complete = 0, True

    def amend(self, now: Mapping[int, InForce]) -> None:
        """Use these amendments of each part from the next poll on."""
        self._now, self._amended = now, True

    def poll(self) -> bool:
        """Read new points, statuses and resistances; return whether there were any."""
        changed = self._poll_rows() | self._poll_points()
        if self._amended:
            changed, self._amended = {*self._all}, False
        for spectrum_id in changed:
            one = self._all[spectrum_id]
            resistance = one.curve.resistance if one.curve else None
            relaxation = one.curve.relaxation if one.curve else None
            drawn = one.drawn(self._now.get(one.row["run_id"]))
            one.curve = replace(drawn, resistance=resistance, relaxation=relaxation)
            if resistance is not None:
                self._not_fitted[spectrum_id] = resistance
        forgotten, self._forgotten = self._forgotten, False
        derived = self._poll_resistances() | self._poll_relaxations()
        return bool(changed) | forgotten | derived | self._draw_stored() | self._fit_one()

    def read_resistances_anew(self) -> None:
        """Forget results of the spectra by an analysis that is no longer the current one."""
        self._resistance_mark = self._relaxation_mark = 0
        self._forgotten = True
        self._not_fitted.clear()
        for one in self._all.values():
            if one.curve is not None:
                nothing = np.array([])
                one.curve = replace(
                    one.curve,
                    resistance=None,
                    relaxation=None,
                    fit_frequency_hz=nothing,
                    fit_z_ohm=nothing.astype(complex),
                )

    def value(self) -> tuple[SpectrumCurve, ...]:
        """Every spectrum, in the order measured."""
        return tuple(one.curve for _, one in sorted(self._all.items()) if one.curve is not None)

    def _poll_rows(self) -> set[int]:
        new = [
            row
            for part in self._parts
            for row in spectra.new_of_part(self._db, part, self._newest.get(part, -1))
        ]
        changed = set()
        for row in [*spectra.with_ids(self._db, [*self._open]), *new]:
            self._newest[row["run_id"]] = max(row["number"], self._newest.get(row["run_id"], -1))
            one = self._all.setdefault(row["id"], _OneSpectrum(row))
            if one.curve is None or one.row["status"] != row["status"]:
                one.row = row
                changed.add(row["id"])
            (self._open.add if row["status"] == "running" else self._open.discard)(row["id"])
        return changed

    def _poll_points(self) -> set[int]:
        changed = set()
        for part in self._parts:
            for point in self._points_since(part):
                self._last = max(self._last, (point["spectrum_id"], point["number"]))
                if point["spectrum_id"] not in self._all:
                    continue
                self._all[point["spectrum_id"]].add(point)
                changed.add(point["spectrum_id"])
                self.rows += 1
        return changed

    def _points_since(self, part: int) -> list[dict[str, Any]]:
        """Return the points to read; a spectrum of an older part is read completely before a newer part."""
        return self._db.rows_since("impedance_points", part, self._last)

    def _poll_resistances(self) -> bool:
        newest = resistances.newest_id(self._db)
        if newest == self._resistance_mark:
            return False
        new = resistances.new_totals(self._db, self._parts, self._resistance_mark, newest)
        self._resistance_mark = newest
        for row in new:
            one = self._all.get(row["spectrum_id"])
            if one is not None and one.curve is not None:
                one.curve = replace(one.curve, resistance=row)
                self._not_fitted[row["spectrum_id"]] = row
        return bool(new)

    def _poll_relaxations(self) -> bool:
        newest = relaxation_times.newest_id(self._db)
        if newest == self._relaxation_mark:
            return False
        new = relaxation_times.new_of_parts(self._db, self._parts, self._relaxation_mark, newest)
        self._relaxation_mark = newest
        for row in new:
            one = self._all.get(row["spectrum_id"])
            if one is not None and one.curve is not None and relaxation_times.is_readable(row):
                one.curve = replace(one.curve, relaxation=_relaxation(row))
        return bool(new)

    def _draw_stored(self) -> bool:
        """Draw the circuits with stored parameters; leave the others to be fitted."""
        drawn = False
        for spectrum_id in list(self._not_fitted):
            one = self._all[spectrum_id]
            curve = None if one.curve is None else with_stored_circuit(one.curve, self._sample_of(one))
            if curve is not None:
                del self._not_fitted[spectrum_id]
                one.curve, drawn = curve, True
        return drawn

    def _sample_of(self, one: _OneSpectrum) -> Mapping[str, Any]:
        now = self._now.get(one.row["run_id"])
        return self._sample if now is None else now.sample

    def _fit_one(self) -> bool:
        """Fit the circuit of the newest spectrum that has none yet."""
        if not self._not_fitted:
            return False
        spectrum_id = max(self._not_fitted)
        del self._not_fitted[spectrum_id]
        one = self._all[spectrum_id]
        fitted = None if one.curve is None else with_fitted_circuit(one.curve)
        if fitted is None:
            return False
        one.curve = fitted
        return True


def _relaxation(row: Mapping[str, Any]) -> RelaxationCurve:
    """Return the distribution in a readable row of `relaxation_times`."""
    gamma, low, high = (np.array(row[name], dtype=float) for name in ("gamma", "gamma_low", "gamma_high"))
    tau_s = np.geomspace(row["fastest_s"], row["slowest_s"], gamma.size)
    return RelaxationCurve(tau_s, gamma, low, high, tuple(row["peaks"]), tuple(row["flags"]))
