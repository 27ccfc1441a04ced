"""Text on one polarisation for the pane beside the plot, as HTML."""

from html import escape

from labctl.gui.plots.shown import Appearance
from labctl.readmodel.formatting import typeset
from labctl.readmodel.polarisation_text import steady_current, title
from labctl.readmodel.snapshot import PolarisationCurve, RunSnapshot
from labctl.readmodel.stated_text import not_stated_in_words
from labctl.readmodel.transference_text import not_stated, number_in_words


def on_one(curve: PolarisationCurve, run: RunSnapshot, colour: str, appearance: Appearance) -> str:
    """Return title, steady current, transference numbers and their flags, as HTML."""
    head = f"<b><span style='color:{colour}'>▬</span> run {run.id}, {escape(title(curve))}</b>"
    lines = [head, escape(steady_current(curve))]
    for row in run.transference_numbers:
        if row["polarisation_id"] == curve.id:
            lines.append(f"<b>{escape(typeset(number_in_words(row)))}</b>")
            lines += [escape(words) for words in not_stated(row) if row["value"] is not None]
            lines += [f"<span style='color:{appearance.warning}'>{escape(f)}</span>" for f in row["flags"]]
    missing = not_stated_in_words(run.stated)
    if missing:
        lines.append(f"<span style='color:{appearance.warning}'>{escape(missing)}</span>")
    return f"<p>{'<br>'.join(line for line in lines if line)}</p>"
