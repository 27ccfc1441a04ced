"""The tabs of the window, in their order."""

from labctl.gui.plots.conductivity_tab import ConductivityTab
from labctl.gui.plots.image_tab import ImageTab
from labctl.gui.plots.log_tab import LogTab
from labctl.gui.plots.polarisation_tab import PolarisationTab
from labctl.gui.plots.records_tab import RecordsTab
from labctl.gui.plots.rows_tab import RowsTab
from labctl.gui.plots.spectra_tab import SpectraTab
from labctl.gui.plots.tab import Tab
from labctl.gui.plots.table_tab import TableTab
from labctl.gui.plots.temperature_tab import TemperatureTab

TABS = (
    SpectraTab,
    ConductivityTab,
    TemperatureTab,
    PolarisationTab,
    RecordsTab,
    TableTab,
    LogTab,
    ImageTab,
    RowsTab,
)


def make_tabs() -> list[Tab]:
    """Make one of each."""
    return [tab() for tab in TABS]
