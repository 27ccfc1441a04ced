"""A polarisation in words: what it is, where its current leads, the transference number from it."""

from html import escape

import numpy as np

from labctl.gui.plots.graphics import pg
from labctl.gui.plots.shown import Appearance
from labctl.readmodel.formatting import celsius, duration, with_uncertainty
from labctl.readmodel.snapshot import PolarisationCurve, Row, RunSnapshot

QUANTITIES = {"rho_plus": "ρ+ (Bruce-Vincent)", "electronic": "t_el (Hebb-Wagner)"}


def title(curve: PolarisationCurve) -> str:
    """Return e.g. `no. 0, 10 mV at 30.00 °C`."""
    place = f" at {celsius(curve.setpoint_k)} °C" if curve.setpoint_k else ""
    state = {"finished": "", "running": ", being measured"}.get(curve.status, f", {curve.status}")
    return f"no. {curve.number}, {pg.siFormat(curve.potential_v, suffix='V', precision=4)}{place}{state}"


def now(curve: PolarisationCurve) -> str:
    """Return how far a running polarisation is."""
    good = np.flatnonzero(np.isfinite(curve.current_a))
    if not good.size:
        return f"{title(curve)}: no good point yet"
    current = pg.siFormat(curve.current_a[good[-1]], suffix="A", precision=4)
    return f"{title(curve)}: {current} after {duration(float(curve.elapsed_s[good[-1]]))}"


def steady_current(curve: PolarisationCurve) -> str:
    """Return the steady current foretold with its 95 % interval, and whether it is reached."""
    steady = curve.steady
    if steady is None:
        return "no steady current can be foretold yet" if curve.status == "running" else ""
    factor, prefix = pg.siScale(max(abs(steady.low_a), abs(steady.high_a)))
    value, low, high = (f"{factor * x:.4g}" for x in (steady.current_a, steady.low_a, steady.high_a))
    return f"steady current {value} {prefix}A (95 %: {low} to {high}): {steady.words}"


def number_in_words(row: Row) -> str:
    """Return a transference number with its 95 % interval."""
    name = QUANTITIES.get(row["quantity"], row["quantity"])
    if row["value"] is None:
        return f"{name}: none"
    text = f"{name} = {with_uncertainty(row['value'], row['standard_uncertainty'])}"
    if row["low_95"] is not None and row["high_95"] is not None:
        text += f" (95 %: {row['low_95']:.4g} to {row['high_95']:.4g})"
    return text


def on_one(curve: PolarisationCurve, run: RunSnapshot, colour: str, appearance: Appearance) -> str:
    """Return title, steady current, transference numbers and their reservations, as HTML."""
    head = f"<b><span style='color:{colour}'>▬</span> run {run.id}, {escape(title(curve))}</b>"
    lines = [head, escape(steady_current(curve))]
    for row in run.transference_numbers:
        if row["polarisation_id"] == curve.id:
            lines.append(f"<b>{escape(number_in_words(row))}</b>")
            lines += [f"<span style='color:{appearance.warning}'>{escape(f)}</span>" for f in row["flags"]]
    return f"<p>{'<br>'.join(line for line in lines if line)}</p>"
