"""The tabs in their order."""

from labctl.gui.plots.spectra_tab import SpectraTab
from labctl.gui.plots.tab import Tab


def make_tabs() -> list[Tab]:
    """One of each."""
    return [SpectraTab()]
