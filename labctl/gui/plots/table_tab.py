"""The numbers themselves: conductivities and transference numbers."""

from collections.abc import Iterator, Sequence
from typing import Any

from labctl.gui.plots.lines_table import Line, LinesModel, LinesView
from labctl.gui.plots.polarisation_text import QUANTITIES
from labctl.gui.plots.tab import Tab
from labctl.gui.qt import QtWidgets
from labctl.readmodel.formatting import celsius, with_uncertainty
from labctl.readmodel.snapshot import Row

CONDUCTIVITIES = ("run", "T / °C", "1000 K / T", "R / Ω", "σ / S cm⁻¹", "branch", "remarks")
TRANSFERENCE = ("run", "T / °C", "quantity", "value", "95 %", "remarks")
EXPORTED = {
    "conductivities": (
        "temperature_k",
        "temperature_u_k",
        "total_resistance_ohm",
        "conductivity_s_m",
        "standard_uncertainty_s_m",
        "bound",
        "branch",
        "flags",
    ),
    "transference_numbers": (
        "temperature_k",
        "quantity",
        "value",
        "standard_uncertainty",
        "low_95",
        "high_95",
        "naive",
        "watanabe",
        "flags",
    ),
}


class TableTab(Tab):
    """Two tables; ± is one standard uncertainty. The second appears when there is something in it."""

    name = "Table"

    def __init__(self) -> None:
        super().__init__()
        self.conductivities = LinesModel(CONDUCTIVITIES, _conductivity)
        self.transference = LinesModel(TRANSFERENCE, _transference)
        self.views = (LinesView(self.conductivities), LinesView(self.transference))
        self._titles = (QtWidgets.QLabel(), QtWidgets.QLabel("transference numbers"))
        copy = QtWidgets.QPushButton("&Copy")
        copy.setToolTip("Copy the selected lines, or all, to paste into a spreadsheet")
        copy.clicked.connect(self.copy)
        top = QtWidgets.QHBoxLayout()
        top.addWidget(self._titles[0], 1)
        top.addWidget(copy)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.views[0], 3)
        layout.addWidget(self._titles[1])
        layout.addWidget(self.views[1], 1)

    def copy(self) -> None:
        """Copy the table that has the keyboard, else that of the conductivities."""
        (self.views[1] if self.views[1].hasFocus() else self.views[0]).copy()

    def draw(self) -> None:
        """Fill in the lines that changed."""
        conductivities = [(run.snapshot.id, row) for run in self.runs for row in run.snapshot.conductivities]
        numbers = [(run.snapshot.id, row) for run in self.runs for row in run.snapshot.transference_numbers]
        many = len(conductivities)
        self._titles[0].setText("conductivity, ± one standard uncertainty" if many else "no conductivity yet")
        for widget in (self._titles[1], self.views[1]):
            widget.setVisible(bool(numbers))
        tables = (self.conductivities, conductivities), (self.transference, numbers)
        for view, (model, items) in zip(self.views, tables, strict=True):
            was_empty = not model.items
            if model.show_items(items) and was_empty:
                view.fit_columns()

    def table(self) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        """Both tables in columns of the database; `table` says which."""
        columns = list(dict.fromkeys(name for names in EXPORTED.values() for name in names))
        rows = (
            (run.snapshot.id, table, *(row[name] if name in names else None for name in columns))
            for table, names in EXPORTED.items()
            for run in self.runs
            for row in getattr(run.snapshot, table)
        )
        return ("run_id", "table", *columns), rows


def _conductivity(item: tuple[int, Row]) -> Line:
    run_id, row = item
    kelvin = row["temperature_k"]
    place = (celsius(kelvin), f"{1000 / kelvin:.4f}") if kelvin else ("", "")
    resistance = f"{row['total_resistance_ohm']:.5g}"
    remarks = "; ".join(row["flags"])
    return Line((str(run_id), *place, resistance, _sigma_s_cm(row), row["branch"], remarks))


def _sigma_s_cm(row: Row) -> str:
    sigma = row["conductivity_s_m"] / 100
    if row["bound"]:
        return f"{'<' if row['bound'] == 'upper' else '>'} {sigma:.2g}"
    u = row["standard_uncertainty_s_m"]
    return with_uncertainty(sigma, None if u is None else u / 100)


def _transference(item: tuple[int, Row]) -> Line:
    run_id, row = item
    value = "none" if row["value"] is None else with_uncertainty(row["value"], row["standard_uncertainty"])
    known = row["low_95"] is not None and row["high_95"] is not None
    interval = f"{row['low_95']:.4g} to {row['high_95']:.4g}" if known else ""
    place = celsius(row["temperature_k"]) if row["temperature_k"] else ""
    name = str(QUANTITIES.get(row["quantity"], row["quantity"]))
    return Line((str(run_id), place, name, value, interval, "; ".join(row["flags"])))
