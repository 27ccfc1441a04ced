"""Frames of results: pandas frames that a notebook shows with units, and that draw the figure of their run.

A selection, a copy or a join made by pandas is a plain frame again, since it no longer holds the rows of the
run.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
from pandas.plotting import PlotAccessor

from labctl.report.notebook.tables import rows_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Draw = Callable[..., "Axes"]
OF_FIGURES = ("width_mm", "style", "literature")


class ResultFrame(pd.DataFrame):
    """Rows of results with the units of their columns.

    `frame.plot()` draws the figure of the run, with the options of `Run.plot`; with any other argument it is
    the `plot` of pandas.
    """

    _title: str
    _units: Mapping[str, str]
    _draw: Draw | None

    @classmethod
    def of(
        cls, frame: pd.DataFrame, title: str, units: Mapping[str, str], draw: Draw | None = None
    ) -> "ResultFrame":
        """Return a frame with a title, the unit of each column, and the figure of its run, if it has one."""
        made = cls(frame)
        for name, value in (("_title", title), ("_units", units), ("_draw", draw)):
            object.__setattr__(made, name, value)
        return made

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame

    @property
    def remarks(self) -> pd.Series:
        """The reservations of each row as text; `frame.flags` is of pandas."""
        return pd.Series(
            ["; ".join(flags) if isinstance(flags, list) else "" for flags in self["flags"]],
            index=self.index,
            name="remarks",
        )

    @property
    def plot(self) -> Any:
        """The figure of the run; with arguments of pandas, the `plot` of pandas."""
        return _Plot(self)

    def to_frame(self) -> pd.DataFrame:
        """Return the rows as a plain frame of pandas."""
        return pd.DataFrame(self)

    def _repr_html_(self) -> str:
        return rows_table(self._title, self.to_dict("records"), self._units)


class _Plot(PlotAccessor):
    def __init__(self, frame: ResultFrame) -> None:
        super().__init__(frame.to_frame())
        self._of_run = frame._draw

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Draw the figure of the run; with arguments of pandas, plot as pandas does."""
        if self._of_run is not None and not arguments and set(options) <= set(OF_FIGURES):
            return self._of_run(**options)
        return super().__call__(*arguments, **options)
