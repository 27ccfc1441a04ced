"""The results file that `labctl.open` returns: its runs and samples draw themselves.

A run is its row, a dict, as before, and more:

    with labctl.open("lab.db") as db:
        run = db.run("last")
        run["status"], run.conductivities(), run.plot_arrhenius()
        db.sample("pellet 3").plot_arrhenius()      # all runs of a sample on common axes
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labctl.errors import InvalidRequest
from labctl.plain_text import shown
from labctl.store import Database
from labctl.store.queries import amendments, samples

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

NOTEBOOK_WIDTH_MM = 120.0


class _Drawn(dict[str, Any]):
    """A row that can be drawn."""

    def __init__(self, row: dict[str, Any], database: Database) -> None:
        super().__init__(row)
        self._db = database

    def _run_ids(self) -> Sequence[int]:
        raise NotImplementedError

    def plot(
        self,
        kind: str,
        *,
        width_mm: float = NOTEBOOK_WIDTH_MM,
        style: str | Path | None = None,
        literature: bool = False,
    ) -> "Axes":
        """Draw a figure of a kind of `labctl plot`; return its axes, of two axes the upper one.

        Parameters
        ----------
        kind : {"nyquist", "bode", "arrhenius", "temperature", "polarisation", "drt", "residuals"}
        width_mm : float
        style : str or path, optional
            A matplotlibrc file that changes labctl's style.
        literature : bool
            With kind `arrhenius`, also published conductivities.

        Raises
        ------
        InvalidRequest
            Another kind, no run to draw, an impossible width, or a style that cannot be read.
        """
        import matplotlib.pyplot as plt

        from labctl.readmodel.whole_run import runs_named, with_fits
        from labctl.report.figures import figure_of, styled
        from labctl.report.figures.kinds import NEED_FITS

        runs = runs_named(self._db, self._run_ids())
        if kind in NEED_FITS:
            runs = [with_fits(run) for run in runs]
        with styled(None if style is None else Path(style)):
            figure = figure_of(kind, runs, width_mm=width_mm, literature=literature, new_figure=plt.figure)
        return figure.axes[0]

    def plot_nyquist(self, **options: Any) -> "Axes":
        """Draw Nyquist; options of `plot`."""
        return self.plot("nyquist", **options)

    def plot_bode(self, **options: Any) -> "Axes":
        """Draw modulus and phase; options of `plot`."""
        return self.plot("bode", **options)

    def plot_arrhenius(self, **options: Any) -> "Axes":
        """Draw conductivities with the preferred law and its band; options of `plot`."""
        return self.plot("arrhenius", **options)

    def plot_temperature(self, **options: Any) -> "Axes":
        """Draw the temperature log; options of `plot`."""
        return self.plot("temperature", **options)

    def plot_polarisation(self, **options: Any) -> "Axes":
        """Draw the currents of the polarisations; options of `plot`."""
        return self.plot("polarisation", **options)

    def plot_drt(self, **options: Any) -> "Axes":
        """Draw the stored distributions of relaxation times; options of `plot`."""
        return self.plot("drt", **options)

    def plot_residuals(self, **options: Any) -> "Axes":
        """Draw points minus circuits; options of `plot`."""
        return self.plot("residuals", **options)


class Run(_Drawn):
    """The row of a run, with its frames and figures; also of the earlier runs that it continues."""

    @property
    def id(self) -> int:
        """Number of the run."""
        return int(self["id"])

    def sample(self) -> "Sample":
        """The sample as it was stored; see `labctl show` for the values in force."""
        return Sample(self._db.sample(self["sample_id"]), self._db)

    def spectra(self) -> "pd.DataFrame":
        """The spectra, in order."""
        return self._db.spectra(self.id)

    def resistances(self) -> "pd.DataFrame":
        """The resistances of all spectra."""
        return self._db.resistances(self.id)

    def conductivities(self) -> "pd.DataFrame":
        """The conductivities, in the order of the spectra."""
        return self._db.conductivities(self.id)

    def fits(self) -> "pd.DataFrame":
        """The temperature laws."""
        return self._db.fits(self.id)

    def part_fits(self) -> "pd.DataFrame":
        """The laws of bulk and grain boundary, where both are resolved."""
        return self._db.part_fits(self.id)

    def polarisations(self) -> "pd.DataFrame":
        """The polarisations, in order."""
        return self._db.polarisations(self.id)

    def transference_numbers(self) -> "pd.DataFrame":
        """The transference numbers, in the order measured."""
        return self._db.transference_numbers(self.id)

    def relaxation_times(self) -> "pd.DataFrame":
        """The distributions of relaxation times."""
        return self._db.relaxation_times(self.id)

    def temperatures(self) -> "pd.DataFrame":
        """The temperature log."""
        return self._db.temperatures(self.id)

    def events(self) -> "pd.DataFrame":
        """The events, oldest first."""
        return self._db.events(self.id)

    def _run_ids(self) -> Sequence[int]:
        return [self.id]


class Sample(_Drawn):
    """The row of a sample, with its runs and their figures on common axes."""

    @property
    def id(self) -> int:
        """Number of the entry of the sample."""
        return int(self["id"])

    def runs(self) -> list[Run]:
        """The runs of this entry of the sample, oldest first."""
        return [Run(self._db.run(run_id), self._db) for run_id in self._run_ids()]

    def _run_ids(self) -> Sequence[int]:
        return amendments.runs_of_sample(self._db, self.id)


class OpenedDatabase(Database):
    """A `Database` with runs and samples that read their own frames and draw themselves."""

    def run(self, run: int | str = "last") -> Run:
        """The row of one run as a `Run`, which reads its frames and draws figures; raises without one."""
        return Run(super().run(run), self)

    def sample(self, sample_id: int | str) -> Sample:
        """The row of one sample by id, or the newest entry of a name, as a `Sample`; raises without one."""
        if isinstance(sample_id, int):
            return Sample(super().sample(sample_id), self)
        found = [row for row in samples.newest_first(self) if row["name"] == sample_id]
        if not found:
            raise InvalidRequest(f"{self.path}: no sample {shown(sample_id)}")
        return Sample(super().sample(found[0]["id"]), self)
