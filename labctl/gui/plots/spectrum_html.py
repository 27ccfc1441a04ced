"""Text on one spectrum and on all spectra for the pane beside the plots, as HTML."""

from collections.abc import Sequence
from html import escape

from labctl.gui.plots.shown import Appearance, ShownRun
from labctl.gui.plots.stated_html import stated_html
from labctl.readmodel.snapshot import SpectrumCurve
from labctl.readmodel.spectrum_text import flags, relaxations, resistance, title

SIGNS = "●■○□"  # in the order of `symbols.RUN_SYMBOLS`


def on_one(run: ShownRun, spectrum: SpectrumCurve, appearance: Appearance) -> tuple[str, str]:
    """Return headline and text on one spectrum, as HTML."""
    circuit = spectrum.resistance["circuit"] if spectrum.resistance is not None else ""
    lines = [f"<p><b>{escape(resistance(spectrum))}</b></p>"]
    if circuit:
        lines.append(f"<p>circuit {escape(circuit)}</p>")
    lines += [f"<p style='color:{appearance.warning}'>{escape(flag)}</p>" for flag in flags(spectrum)]
    if peaks := relaxations(spectrum):
        lines.append(f"<p>relaxation times:<br>{'<br>'.join(map(escape, peaks))}</p>")
    lines += stated_html(run.snapshot, appearance)
    headline = f"<b>{escape(title(spectrum))}</b><br>{escape(run.label)}<br>{_points(spectrum)}"
    return headline, "".join(lines)


def on_all(
    shown: Sequence[tuple[ShownRun, SpectrumCurve]],
    appearance: Appearance,
    not_drawn: int = 0,
    by_sample: bool = False,
) -> tuple[str, str]:
    """Return the number of spectra, the one being measured, then all flags, as HTML.

    `by_sample`: the spectra have the colours of their runs, and so has the key to their symbols.
    """
    headline = [f"<b>{len(shown)} spectr{'um' if len(shown) == 1 else 'a'}</b>"]
    running = [spectrum for _, spectrum in shown if spectrum.status == "running"]
    headline += [f"{escape(title(one))}: {_points(one)} so far" for one in running]
    if not_drawn:
        headline.append(f"{not_drawn} without a resistance, not drawn in units of R")
    runs = {run.snapshot.id: run for run, _ in shown}
    text = [_key_to_symbols(list(runs.values()), by_sample)] if len(runs) > 1 else []
    for run, spectrum in shown:
        sentences = escape("; ".join(flags(spectrum)))
        if sentences:
            where = escape(f"run {run.snapshot.id}, {title(spectrum)}" if len(runs) > 1 else title(spectrum))
            text.append(f"<p>{where}:<br><span style='color:{appearance.warning}'>{sentences}</span></p>")
    return "<br>".join(headline), "".join(text)


def _points(spectrum: SpectrumCurve) -> str:
    count = spectrum.frequency_hz.size
    return f"{count} point{'' if count == 1 else 's'}"


def _key_to_symbols(runs: Sequence[ShownRun], in_colour: bool) -> str:
    signs = [SIGNS[index % len(SIGNS)] for index, _ in enumerate(runs)]
    if in_colour:
        signs = [
            f"<span style='color:{run.colour}'>{sign}</span>" for sign, run in zip(signs, runs, strict=True)
        ]
    lines = [f"{sign} {escape(run.label)}" for sign, run in zip(signs, runs, strict=True)]
    return f"<p>{'<br>'.join(lines)}</p>"
