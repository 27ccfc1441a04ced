"""Accuracy of instruments and geometry behind the numbers of a run, as HTML."""

from functools import partial
from html import escape

from labctl.gui.plots.shown import Appearance
from labctl.readmodel.largest_unknowns import largest_unknowns, unknowns_in_words
from labctl.readmodel.snapshot import RunSnapshot
from labctl.readmodel.stated_text import not_stated, not_stated_in_words
from labctl.readmodel.unreadable import or_as_unreadable


def stated_html(run: RunSnapshot, appearance: Appearance) -> list[str]:
    """Return a paragraph with what is stated, and one with what is not stated."""
    known = [line for line in run.stated if not not_stated([line])]
    lines = [f"<p>{'<br>'.join(map(escape, known))}</p>"] if known else []
    missing = not_stated_in_words(run.stated)
    return lines + ([f"<p style='color:{appearance.warning}'>{escape(missing)}</p>"] if missing else [])


def unknowns_html(run: RunSnapshot) -> list[str]:
    """Return a paragraph with what to calibrate first; empty where all is stated."""
    found = or_as_unreadable(partial(_unknowns, run), lambda why: [f"largest unknowns {why}"])
    return [f"<p>{'<br>'.join(map(escape, found))}</p>"] if found else []


def _unknowns(run: RunSnapshot) -> list[str]:
    names = not_stated(run.stated)
    return unknowns_in_words(largest_unknowns(names, run.sample, run.conductivities, run.fits))
