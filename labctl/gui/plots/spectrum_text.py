"""A spectrum in words: what it is called, its resistance, and what to beware of."""

from collections.abc import Sequence
from html import escape

from labctl.gui.plots.graphics import pg
from labctl.gui.plots.shown import Appearance, ShownRun
from labctl.readmodel.formatting import celsius, with_uncertainty
from labctl.readmodel.snapshot import SpectrumCurve

TWO_SIDED_95 = 1.959964
SIGNS = "●■○□"  # as `symbols.RUN_SYMBOLS`


def title(spectrum: SpectrumCurve) -> str:
    """Return e.g. `no. 3, 70.02 °C, cooling, being measured`."""
    kelvin = spectrum.temperature_k if spectrum.temperature_k is not None else spectrum.setpoint_k
    parts = [f"no. {spectrum.number}", f"{celsius(kelvin)} °C" if kelvin else "no temperature"]
    if spectrum.branch == "cooling":
        parts.append("cooling")
    if spectrum.status == "running":
        parts.append("being measured")
    elif spectrum.status != "finished":
        parts.append(spectrum.status)
    return ", ".join(parts)


def resistance(spectrum: SpectrumCurve) -> str:
    """Return the total resistance with its 95 % interval, a bound, or why there is none."""
    row = spectrum.resistance
    if row is None:
        return "resistance not known yet" if spectrum.status == "running" else "no resistance"
    value, u = row["resistance_ohm"], row["standard_uncertainty_ohm"]
    if value is None:
        return "no resistance: nothing can be said"
    if row["bound"]:
        return f"R {'>' if row['bound'] == 'lower' else '<'} {pg.siFormat(value, suffix='Ω')}"
    if u is None:
        return f"R = {pg.siFormat(value, suffix='Ω', precision=4)}, uncertainty not known"
    factor, prefix = pg.siScale(value)
    return (
        f"R = {with_uncertainty(factor * value, factor * TWO_SIDED_95 * u)} {prefix}Ω (95\N{NO-BREAK SPACE}%)"
    )


def flags(spectrum: SpectrumCurve) -> list[str]:
    """Return reservations as sentences, bad points among them."""
    row = spectrum.resistance
    found = list(row["flags"]) if row is not None else []
    if spectrum.bad_points:
        found.insert(0, f"{spectrum.bad_points} point(s) marked as bad are left out")
    return found


def on_one(run: ShownRun, spectrum: SpectrumCurve, appearance: Appearance) -> tuple[str, str]:
    """Return headline and text on one spectrum, as HTML."""
    circuit = spectrum.resistance["circuit"] if spectrum.resistance is not None else ""
    lines = [f"<p><b>{escape(resistance(spectrum))}</b></p>"]
    if circuit:
        lines.append(f"<p>circuit {escape(circuit)}</p>")
    lines += [f"<p style='color:{appearance.warning}'>{escape(flag)}</p>" for flag in flags(spectrum)]
    headline = f"<b>{escape(title(spectrum))}</b><br>{escape(run.label)}<br>{_points(spectrum)}"
    return headline, "".join(lines)


def on_all(
    shown: Sequence[tuple[ShownRun, SpectrumCurve]], appearance: Appearance, not_drawn: int = 0
) -> tuple[str, str]:
    """Return how many there are and which is being measured, then every reservation, as HTML."""
    headline = [f"<b>{len(shown)} spectr{'um' if len(shown) == 1 else 'a'}</b>"]
    running = [spectrum for _, spectrum in shown if spectrum.status == "running"]
    headline += [f"{escape(title(one))}: {_points(one)} so far" for one in running]
    if not_drawn:
        headline.append(f"{not_drawn} without a resistance, not drawn in units of R")
    runs = {run.snapshot.id: run.label for run, _ in shown}
    text = [_key_to_symbols(list(runs.values()))] if len(runs) > 1 else []
    for run, spectrum in shown:
        sentences = escape("; ".join(flags(spectrum)))
        if sentences:
            where = escape(f"run {run.snapshot.id}, {title(spectrum)}" if len(runs) > 1 else title(spectrum))
            text.append(f"<p>{where}:<br><span style='color:{appearance.warning}'>{sentences}</span></p>")
    return "<br>".join(headline), "".join(text)


def _points(spectrum: SpectrumCurve) -> str:
    count = spectrum.frequency_hz.size
    return f"{count} point{'' if count == 1 else 's'}"


def _key_to_symbols(labels: Sequence[str]) -> str:
    lines = [f"{SIGNS[index % len(SIGNS)]} {escape(label)}" for index, label in enumerate(labels)]
    return f"<p>{'<br>'.join(lines)}</p>"
