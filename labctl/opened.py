"""The results file that `labctl.open` returns: its runs and samples draw themselves.

A run is its row, a dict, as before, and more:

    with labctl.open("lab.db") as db:
        run = db.run("last")
        run["status"], run.conductivities(), run.plot_arrhenius()
        db.sample("pellet 3").plot_arrhenius()      # all runs of a sample on common axes
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labctl.errors import InvalidRequest
from labctl.plain_text import shown
from labctl.store import Database
from labctl.store.queries import amendments, samples, spectra
from labctl.units import ZERO_CELSIUS_K

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from labctl.readmodel.snapshot import RunSnapshot
    from labctl.report.notebook.spectrum import MeasuredSpectrum

NOTEBOOK_WIDTH_MM = 120.0
MOST_NAMED = 5
FIGURE_OF = {
    "spectra": "nyquist",
    "resistances": "nyquist",
    "conductivities": "arrhenius",
    "laws": "arrhenius",
    "laws of parts": "arrhenius",
    "polarisations": "polarisation",
    "transference numbers": "polarisation",
    "relaxation times": "drt",
    "temperatures": "temperature",
}
"""What each frame is called, with the kind of figure that `plot()` of it draws."""
_TO_AMEND = 'open the file to amend it: labctl.open("lab.db", write=True)'
HINTS = {
    "amend": _TO_AMEND,
    "exclude": _TO_AMEND,
    "note": _TO_AMEND,
    "revoke": _TO_AMEND,
    "laws": 'temperature laws: db.fits("last")',
    "law_fits": 'temperature laws: db.fits("last")',
    "monitor_readings": 'readings of monitors: db.monitors("last")',
    "temperature_log": 'the temperature log: db.temperatures("last")',
    "compare": 'figures on common axes: db.plot("arrhenius", 1, 2); ratios: `labctl compare`',
    "export": "on the command line: labctl export last --format csv --output results",
    "report": "on the command line: labctl report last --output report.html",
}
"""Names that people try, with what to use for them."""


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
        kind : {"nyquist", "bode", "arrhenius", "temperature", "polarisation", "drt", "condition",
            "residuals"}
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
        options = {"width_mm": width_mm, "style": style, "literature": literature}
        return _drawn(self._db, self._run_ids(), kind, **options)

    def plot_nyquist(self, **options: Any) -> "Axes":
        """Draw Nyquist; options of `plot`."""
        return self.plot("nyquist", **options)

    def plot_bode(self, **options: Any) -> "Axes":
        """Draw modulus and phase; options of `plot`."""
        return self.plot("bode", **options)

    def plot_arrhenius(self, **options: Any) -> "Axes":
        """Draw conductivities with the preferred law and its band; options of `plot`."""
        return self.plot("arrhenius", **options)

    def plot_condition(self, **options: Any) -> "Axes":
        """Draw conductivities over the condition that was stepped; options of `plot`."""
        return self.plot("condition", **options)

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


def _drawn(
    db: Database,
    runs: Sequence[int | str],
    kind: str,
    spectrum_id: int | None = None,
    *,
    width_mm: float = NOTEBOOK_WIDTH_MM,
    style: str | Path | None = None,
    literature: bool = False,
) -> "Axes":
    """Draw runs, or one spectrum of a run, and return the first axes."""
    import matplotlib.pyplot as plt

    from labctl.readmodel.whole_run import runs_named, with_fits
    from labctl.report.figures import figure_of, styled
    from labctl.report.figures.kinds import NEED_FITS

    found = runs_named(db, runs)
    if spectrum_id is not None:
        found = [with_one_spectrum(run, spectrum_id) for run in found]
    if kind in NEED_FITS:
        found = [with_fits(run) for run in found]
    with styled(None if style is None else Path(style)):
        figure = figure_of(kind, found, width_mm=width_mm, literature=literature, new_figure=plt.figure)
    return figure.axes[0]


def with_one_spectrum(run: "RunSnapshot", spectrum_id: int) -> "RunSnapshot":
    """Return a run with one of its spectra only."""
    return replace(run, spectra=tuple(curve for curve in run.spectra if curve.id == spectrum_id))


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

    def monitors(self) -> "pd.DataFrame":
        """The readings of the monitors: humidity, pressure, flow."""
        return self._db.monitors(self.id)

    def thermal_history(self) -> "pd.DataFrame":
        """The steps of temperature that were held before the measurement."""
        return self._db.thermal_history(self.id)

    def events(self) -> "pd.DataFrame":
        """The events, oldest first."""
        return self._db.events(self.id)

    def to_frame(self) -> "pd.DataFrame":
        """Return the conductivities of the run; `runs()` of the file gives the rows of the runs."""
        return self._db.conductivities(self.id)

    def _run_ids(self) -> Sequence[int]:
        return [self.id]

    def _repr_html_(self) -> str:
        from labctl.report.notebook.overviews import run_html

        return run_html(self._db, self)


class Sample(_Drawn):
    """The row of a sample, with its runs and their figures on common axes."""

    @property
    def id(self) -> int:
        """Number of the entry of the sample."""
        return int(self["id"])

    def runs(self) -> list[Run]:
        """The runs of this entry of the sample, oldest first."""
        return [Run(self._db.run(run_id), self._db) for run_id in self._run_ids()]

    def to_frame(self) -> "pd.DataFrame":
        """Return the rows of the runs of this entry of the sample."""
        return self._db.runs_of_sample(self.id)

    def _run_ids(self) -> Sequence[int]:
        return amendments.runs_of_sample(self._db, self.id)

    def _repr_html_(self) -> str:
        from labctl.report.notebook.overviews import sample_html

        return sample_html(self._db, self, self._run_ids())


class OpenedDatabase(Database):
    """A `Database` with runs, samples, spectra and frames that show and draw themselves."""

    def run(self, run: int | str = "last") -> Run:
        """The row of one run as a `Run`, which reads its frames and draws figures; raises without one."""
        return Run(super().run(run), self)

    def sample(self, sample_id: int | str) -> Sample:
        """The row of one sample by id, or the newest entry of a name, as a `Sample`; raises without one."""
        if not isinstance(sample_id, str):
            return Sample(super().sample(sample_id), self)
        found = [row for row in samples.newest_first(self) if row["name"] == sample_id]
        if not found:
            raise InvalidRequest(f"{self.path}: no sample {shown(sample_id)}{self._names()}")
        return Sample(super().sample(found[0]["id"]), self)

    def spectrum(self, spectrum_id: int) -> "MeasuredSpectrum":
        """The good points of a spectrum with its cell, as `Database.spectrum`; it draws itself."""
        from labctl.report.notebook.spectrum import MeasuredSpectrum

        measured = super().spectrum(spectrum_id)
        spectrum_id = int(spectrum_id)
        row = spectra.with_id(self, spectrum_id)[0]
        title = f"spectrum {spectrum_id}: run {row['run_id']}, {row['number']}"
        if row["setpoint_k"] is not None:
            title += f", set to {row['setpoint_k'] - ZERO_CELSIUS_K:.2f} degC"
        draw = partial(_of_one_spectrum, self, row["run_id"], spectrum_id)
        return MeasuredSpectrum(measured, title, draw)

    def plot(self, kind: str, *runs: int | str, **options: Any) -> "Axes":
        """Draw several runs on common axes: `db.plot("arrhenius", 1, 2)`; kinds and options of `Run.plot`.

        Raises
        ------
        InvalidRequest
            No run is given or one is missing; else as `Run.plot`.
        """
        if not runs:
            raise InvalidRequest('give the runs to draw, e.g. db.plot("arrhenius", 1, 2)')
        return _drawn(self, runs, kind, **options)

    def runs(self) -> "pd.DataFrame":
        """All runs, oldest first."""
        return self._shown(super().runs(), "runs")

    def samples(self) -> "pd.DataFrame":
        """All samples."""
        return self._shown(super().samples(), "samples")

    def spectra(self, run: int | str = "last") -> "pd.DataFrame":
        """The spectra of a run, in order."""
        return self._shown(super().spectra(run), "spectra", run)

    def resistances(self, run: int | str = "last") -> "pd.DataFrame":
        """The resistances of all spectra of a run."""
        return self._shown(super().resistances(run), "resistances", run)

    def conductivities(self, run: int | str = "last") -> "pd.DataFrame":
        """The conductivities of a run, as `Database.conductivities`."""
        return self._shown(super().conductivities(run), "conductivities", run)

    def fits(self, run: int | str = "last") -> "pd.DataFrame":
        """The temperature-law fits of a run, as `Database.fits`."""
        return self._shown(super().fits(run), "laws", run)

    def part_fits(self, run: int | str = "last") -> "pd.DataFrame":
        """The laws of bulk and grain boundary of a run, as `Database.part_fits`."""
        return self._shown(super().part_fits(run), "laws of parts", run)

    def polarisations(self, run: int | str = "last") -> "pd.DataFrame":
        """The polarisations of a run, in order."""
        return self._shown(super().polarisations(run), "polarisations", run)

    def transference_numbers(self, run: int | str = "last") -> "pd.DataFrame":
        """The transference numbers of a run, as `Database.transference_numbers`."""
        return self._shown(super().transference_numbers(run), "transference numbers", run)

    def relaxation_times(self, run: int | str = "last") -> "pd.DataFrame":
        """The distributions of relaxation times of a run, as `Database.relaxation_times`."""
        return self._shown(super().relaxation_times(run), "relaxation times", run)

    def temperatures(self, run: int | str = "last") -> "pd.DataFrame":
        """The temperature log of a run, in order."""
        return self._shown(super().temperatures(run), "temperatures", run)

    def _shown(self, frame: "pd.DataFrame", title: str, run: int | str | None = None) -> "pd.DataFrame":
        """Return a frame with the units of its columns, and with the figure of its run."""
        from labctl.report.notebook.frames import ResultFrame

        draw = None
        if run is not None:
            run_id: int = Database.run(self, run)["id"]
            title, draw = f"{title} of run {run_id}", partial(_drawn, self, [run_id], FIGURE_OF[title])
        return ResultFrame.of(frame, title, self._units, draw)

    @cached_property
    def _units(self) -> dict[str, str]:
        return self.units()

    def _names(self) -> str:
        known = list(dict.fromkeys(row["name"] for row in samples.newest_first(self, MOST_NAMED)))
        return f"; the newest are {', '.join(map(shown, known))}" if known else ""

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            hint = f"; {HINTS[name]}" if name in HINTS else ""
            raise AttributeError(f"an open results file has no {name}{hint}", name=name, obj=self)


def _of_one_spectrum(db: Database, run: int, spectrum_id: int, kind: str, **options: Any) -> "Axes":
    return _drawn(db, [run], kind, spectrum_id, **options)
