"""pymeasure's ManagedWindow over the database: SQLiteWorker writes its runs, SQLiteResults reads them.

    class MainWindow(SQLiteWindow, ManagedWindow):
        database = "lab.db"
        sample = "samples/cell_4.toml"

1. The status line shows why a run failed, and the next run starts.
2. No action of the window deletes or overwrites the database.
3. F12 and the button MAKE SAFE stop the running procedure and start no other. Instruments are switched off
   by the procedure's own `shutdown()`: this window knows no station, and reads nothing back.
4. No dialog is modal: none keeps the key or the button from the window.
5. While the window is open, garbage is collected in its thread only: Qt can deadlock otherwise.
"""

import logging
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pymeasure.display.listeners import Monitor
from pymeasure.display.manager import Manager
from pymeasure.display.Qt import QtGui, QtWidgets

from labctl.errors import LabctlError
from labctl.measure.procedure_facts import reference_of
from labctl.plain_text import spreadsheet_cell
from labctl.pymeasure.results import SQLiteResults, SQLiteWorker
from labctl.qt.garbage import GuiThreadCollector
from labctl.qt.questions import ask, ask_for_new_file, show_beside
from labctl.qt.stop_key import StopKey
from labctl.store import Database
from labctl.store.queries.runs import of_procedure

if TYPE_CHECKING:
    from pymeasure.display.windows.managed_window import ManagedWindowBase as _Window
else:
    _Window = object

log = logging.getLogger(__name__)


class SQLiteManager(Manager):
    """pymeasure's queue of experiments, written into the database; a failed one does not stop the others."""

    def next(self) -> None:
        """Start the next waiting experiment, if there is one."""
        if self.is_running():
            raise RuntimeError("another procedure is running")
        if not self.experiments.has_next():
            return
        experiment = self.experiments.next()
        worker = SQLiteWorker(experiment.results, port=self.port, log_level=self.log_level)
        worker.is_last = lambda: not self.experiments.has_next()
        monitor = Monitor(worker.monitor_queue)
        monitor.worker_running.connect(self._running)
        monitor.worker_failed.connect(self._failed)
        monitor.worker_abort_returned.connect(self._abort_returned)
        monitor.worker_finished.connect(self._finish)
        monitor.progress.connect(self._update_progress)
        monitor.status.connect(self._update_status)
        monitor.log.connect(self._update_log)
        self._running_experiment, self._worker, self._monitor = experiment, worker, monitor
        monitor.start()
        worker.start()

    def _failed(self) -> None:
        super()._failed()
        if self._is_continuous:
            self.next()


class SQLiteWindow(_Window):
    """Base class of a window, placed before ManagedWindow.

    Attributes
    ----------
    database : str or path
    sample : Sample, mapping, str or path
        The measured sample: see `labctl.config.sample.sample_of`.
    """

    database: str | PathLike[str] = "lab.db"
    sample: Any = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{**options, "enable_file_input": False})

    def _setup_ui(self) -> None:
        super()._setup_ui()
        manager = SQLiteManager(self.widget_list, self.browser, log_level=self.log_level, parent=self)
        manager.abort_returned.connect(self.abort_returned)
        manager.queued.connect(self.queued)
        manager.running.connect(self.running)
        manager.finished.connect(self.finished)
        manager.failed.connect(self.failed)
        manager.log.connect(self.log.handle)
        self.manager = manager
        self._add_stop()
        self._collector = GuiThreadCollector(self)
        self._collector.start()

    def _add_stop(self) -> None:
        button = QtWidgets.QPushButton("MAKE SAFE", self)
        button.setToolTip(
            "F12: stop the running procedure now; its shutdown() switches off; nothing is read back"
        )
        button.pressed.connect(self.make_safe)
        self.statusBar().addPermanentWidget(button)
        self.safe_button, self.stop_key = button, StopKey(button, self)
        self.stop_key.pressed.connect(self.make_safe)
        self.stop_key.install()

    def make_safe(self) -> None:
        """Stop the running procedure and start no other; its `shutdown()` switches the instruments off."""
        if not self.manager.is_running():
            self.say("MAKE SAFE: no procedure runs in this window; nothing was switched off from here")
            return
        self.say("MAKE SAFE: the procedure is asked to stop; its shutdown() switches off")
        self.abort()

    def abort_returned(self, experiment: Any) -> None:
        """Show that a stopped procedure has ended, and what that means for its instruments."""
        super().abort_returned(experiment)
        words = "was stopped and its shutdown() has run; this window reads no output back"
        self.say(f"run {experiment.results.run_id} {words}")

    def quit(self, evt: Any = None) -> None:
        """Ask a running procedure to stop, and close; wait for the end of the thread of estimates."""
        self.stop_key.remove()
        super().quit(evt)
        if self.use_estimator:
            self.estimator.update_thread.join()
        self._collector.stop()

    def queue(self, procedure: Any = None) -> None:
        """Queue a procedure, by default from the form; show the reason if that is impossible."""
        try:
            results = SQLiteResults(procedure or self.make_procedure(), self.database, self.sample)
        except LabctlError as error:
            self.say(f"Not queued: {error}")
            return
        self.manager.queue(self.new_experiment(results))

    def failed(self, experiment: Any) -> None:
        """Show why a run failed."""
        self.finished(experiment)
        self.say(f"run {experiment.results.run_id} failed: {experiment.results.reason}")

    def say(self, words: str) -> None:
        """Show a message in the status line until the next one."""
        log.warning(words)
        self.statusBar().showMessage(words)

    def open_experiment(self) -> None:
        """Ask for a run of this procedure and show it."""
        dialog = QtWidgets.QInputDialog(self)
        dialog.setWindowTitle("Open a run")
        dialog.setLabelText("Run")
        dialog.setComboBoxItems(self.runs())
        dialog.textValueSelected.connect(lambda chosen: chosen and self.open_run(int(chosen.split()[0])))
        show_beside(dialog)

    def runs(self) -> list[str]:
        """Return the runs of this procedure in the database, the last first; each begins with its id."""
        if not Path(self.database).is_file():
            return []
        with Database(self.database) as db:
            rows = of_procedure(db, reference_of(self.procedure_class))
        return [f"{row['id']}   {row['start']} UTC   {row['status']}" for row in rows]

    def open_run(self, run_id: int) -> None:
        """Show a run of the database beside the others, once."""
        results = SQLiteResults.load(self.database, self.procedure_class, run_id)
        if results.data_filename in self.manager.experiments:
            self.say(f"run {run_id} is shown already")
            return
        experiment: Any = self.new_experiment(results)
        for curve in filter(None, experiment.curve_list):
            curve.update_data()
        experiment.browser_item.setProgress(100)
        self.manager.load(experiment)

    def save_experiment_copy(self, source_filename: str) -> None:
        """Write the rows of a run to a CSV file."""

        def save(path: Path) -> None:  # for any typed name, never over the database
            rows = SQLiteResults.load(source_filename).data.map(spreadsheet_cell)
            rows.to_csv(path.with_suffix(".csv"), index=False)

        ask_for_new_file(self, "Save rows", Path("rows.csv"), "CSV (*.csv)", save)

    def remove_experiment(self, experiment: Any) -> None:
        """Ask whether to take runs out of this window; the database keeps them."""
        experiments = experiment if isinstance(experiment, list) else [experiment]

        def remove() -> None:
            for each in experiments:
                self.manager.remove(each)

        question = f"Take {len(experiments)} run(s) out of this window? The database keeps them."
        ask(self, question, {"&Remove": remove}, default="&Keep", otherwise="&Keep")

    def change_color(self, experiment: Any) -> None:
        """Ask for the colour of the curves of a run."""
        dialog = QtWidgets.QColorDialog(self)
        dialog.setOption(QtWidgets.QColorDialog.ColorDialogOption.DontUseNativeDialog)
        dialog.colorSelected.connect(lambda color: _colour(experiment, color))
        show_beside(dialog)

    def delete_experiment_data(self, experiment: Any) -> None:
        """Show that measured rows are never deleted."""
        self.say("Measured rows are not deleted; `Remove Graph` takes a run out of this window")

    def open_file_externally(self, filename: str) -> None:
        """Show where the rows are stored."""
        self.say(f"The rows of this run are in {Path(self.database).absolute()}")

    def reveal_in_file_explorer(self, filename: str) -> None:
        """Show the folder of the database."""
        super().reveal_in_file_explorer(str(Path(self.database).absolute()))


def _colour(experiment: Any, color: Any) -> None:
    """Draw the curves of a run in a colour, and show it in the list."""
    square = QtGui.QPixmap(24, 24)
    square.fill(color)
    experiment.browser_item.setIcon(0, QtGui.QIcon(square))
    for curve in filter(None, experiment.curve_list):
        curve.wdg.set_color(curve, color=color)
