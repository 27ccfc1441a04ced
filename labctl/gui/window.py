"""The window: a client of the runner. Closing it, or a crash of it, does not affect the measurement."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from labctl.clock import RealClock
from labctl.config.night import read_night
from labctl.config.sample import Sample
from labctl.config.station import Station
from labctl.errors import LabctlError
from labctl.gui.asking import Asker
from labctl.gui.background import Background
from labctl.gui.beside_window import KINDS as BESIDE_KINDS
from labctl.gui.beside_window import BesideWindow
from labctl.gui.browser import Browser
from labctl.gui.carriers_dialog import CarriersOpener
from labctl.gui.control import ControlBar
from labctl.gui.correcting import Corrections
from labctl.gui.docks import Docks
from labctl.gui.drawn_runs import DrawnRuns
from labctl.gui.menus import build_menus
from labctl.gui.plain_label import PlainLabel, tool_tip
from labctl.gui.plots.conductivity_tab import ConductivityTab
from labctl.gui.plots.log_tab import LogTab
from labctl.gui.plots.shown import Appearance
from labctl.gui.plots.spectra_tab import SpectraTab
from labctl.gui.plots.tab import Tab
from labctl.gui.plots.table_tab import TableTab
from labctl.gui.plots.tabs import make_tabs
from labctl.gui.qt import Qt, QtCore, QtGui, QtWidgets, Signal
from labctl.gui.queue_panel import QueuePanel
from labctl.gui.queueing import QueueingPanel
from labctl.gui.reading import Reader
from labctl.gui.results import Results
from labctl.gui.style import appearance_of, apply_appearance, choose_scheme
from labctl.gui.undo import Undo
from labctl.gui.writing import Writing
from labctl.qt.questions import ask, ask_for_file
from labctl.qt.stop_key import StopKey
from labctl.queue.hours import hour_in_words
from labctl.queue.job import Job
from labctl.queue.requests import Pauses
from labctl.queue.submission import protocol_of_job, reuse
from labctl.readmodel.amendment_text import basis_in_words
from labctl.readmodel.protocol_text import SampleForm
from labctl.readmodel.snapshot import RunSnapshot
from labctl.readmodel.station_view import StationView
from labctl.readmodel.unreadable import or_as_unreadable
from labctl.store import Database
from labctl.store.queries import runs, samples
from labctl.store.transactions import WriteConnection

SAID_FOR_MS = 15_000
UNSEEN_AFTER_S = 5.0
LOOK_AT_LOOKS_MS = 1000
RUNNER_SHOWS_ITSELF_MS = 4000
NARROWEST_MIDDLE = 30  # letters
FORM_WIDTH = 62
SMALLEST = (420, 320)  # pixels at 100 %
NARROW, LOW = 760, 600
MOST_SAMPLES = 200


class Window(QtWidgets.QMainWindow):
    """Main window: queueing at the left, plots in the middle, runs and queue below, control bar on top.

    Parameters
    ----------
    station : Station
    db : Path
        A labctl database; it must exist.
    start_runner : callable
        Starts a runner (and with it a supervisor) where none runs; returns its process, as
        `subprocess.Popen`, or None where none was started.
    start_rehearsal : callable
        Starts the rehearsal of jobs that were queued here, by their numbers.
    at_once : bool
        Start a runner when the window opens and none runs; else only at the button.

    Signals
    -------
    closed()
    """

    closed = Signal()

    def __init__(
        self,
        station: Station,
        db: Path,
        start_runner: Callable[[], Any],
        start_rehearsal: Callable[..., Any] = lambda *job_ids: None,
        at_once: bool = True,
    ) -> None:
        super().__init__()
        self.station, self.db, self._start_runner = station, db, start_runner
        self._start_rehearsal, self._at_once = start_rehearsal, at_once
        self.setWindowTitle(f"labctl   {station.name}   {db.name}")
        self._silence_s = read_night(station).silence_s
        self.asker, self.reader = Asker(db, self), Reader(db, station.name, self._silence_s, self)
        self._view: StationView | None = None
        self._may_close = False
        self.beside: list[BesideWindow] = []
        self._clock, self._looks, self._seen_s = RealClock(), 0, 0.0
        self._starting: Any = None
        self._watch = QtCore.QTimer(self)
        self._small, self.scheme = (False, False), "system"
        self.panes: dict[str, Any] = {}
        self.setAcceptDrops(True)
        self._build()
        self._lay_out()
        self.menus = build_menus(self)
        self._connect()
        self._apply_appearance()
        self.asker.start()
        self.reader.start()
        self._watch.start(LOOK_AT_LOOKS_MS)
        self.stop_key.install()

    def say(self, sentence: str) -> None:
        """Show a message in the status bar."""
        self.statusBar().showMessage(sentence, SAID_FOR_MS)

    def warn(self, sentence: str) -> None:
        """Show a message until it is dismissed, without blocking."""
        self.warning.setText(sentence)
        self.warning_bar.setVisible(bool(sentence))

    def choose_scheme(self, scheme: str) -> None:
        """Set the colour scheme: `"system"`, `"light"` or `"dark"`."""
        application, self.scheme = QtWidgets.QApplication.instance(), scheme
        if isinstance(application, QtWidgets.QApplication):
            choose_scheme(application, scheme)
        self._apply_appearance()

    def _build(self) -> None:
        self.queueing = QueueingPanel(self.station, self.db, self.asker, self)
        person = self.queueing.person.text
        self.control = ControlBar(self.station, self._silence_s, self.db, self.asker, person)
        self.stop_key = StopKey(self.control.safe, self)
        self.queue, self.browser = QueuePanel(self.asker, person), Browser(self)
        self.drawn = DrawnRuns(self.browser, self.reader, self)
        self.corrections = Corrections(self, self.db, person)
        self.results = Results(self, self.db)
        self.carriers = CarriersOpener(self, self.db)
        self.background, self.writing = Background(self), Writing(self, self.db)
        self.undo = Undo(self.db, self.asker, person, self)
        self.tabs: list[Tab] = make_tabs()
        self.tab_widget = Docks(self)
        for tab in self.tabs:
            tab.read = self._read_for_tab
            self.tab_widget.add(tab, tab.name)
        self.tab_widget.came_into_sight.connect(lambda tab: tab.catch_up())
        self.tab_widget.setCurrentIndex(0)
        self.basis = PlainLabel(self)
        self.basis.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        policy = QtWidgets.QSizePolicy.Policy
        self.basis.setSizePolicy(
            policy.Ignored, policy.Fixed
        )  # a long line is cut, the tool tip has all of it
        self.warning = PlainLabel(self)
        self.warning.setObjectName("trouble")
        self.warning.setWordWrap(True)
        self.warning.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.warning_bar = QtWidgets.QFrame(self)
        self.warning_bar.setVisible(False)
        self.trouble = PlainLabel(self)
        self.trouble.setObjectName("trouble")

    def _lay_out(self) -> None:
        dismiss = QtWidgets.QPushButton("&OK", self)
        dismiss.clicked.connect(lambda: self.warn(""))
        bar = QtWidgets.QHBoxLayout(self.warning_bar)
        bar.addWidget(self.warning, 1)
        bar.addWidget(dismiss)
        below = QtWidgets.QTabWidget(self)
        below.setDocumentMode(True)
        below.addTab(self.browser, "Runs")
        below.addTab(self.queue, "Queue")
        self.below = below
        middle = self.middle = QtWidgets.QSplitter(Qt.Orientation.Vertical, self)
        self.plots = self._tabs_with_basis()
        middle.addWidget(self.plots)
        middle.addWidget(below)
        middle.setStretchFactor(0, 1)
        middle.setSizes([1000, 15 * self.fontMetrics().height()])
        across = self.across = QtWidgets.QSplitter(Qt.Orientation.Horizontal, self)
        across.addWidget(self.queueing)
        across.addWidget(middle)
        across.setStretchFactor(1, 1)
        narrow = NARROWEST_MIDDLE * self.fontMetrics().averageCharWidth()
        for panel in (self.tab_widget, below):  # a small screen cuts these, never the button MAKE SAFE
            panel.setMinimumWidth(narrow)
        across.setSizes([FORM_WIDTH * self.fontMetrics().averageCharWidth(), 1000])
        whole = QtWidgets.QWidget(self)
        column = QtWidgets.QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        for widget in (self.control, self.warning_bar):
            column.addWidget(widget)
        column.addWidget(across, 1)
        self.setCentralWidget(whole)
        self.statusBar().addPermanentWidget(self.trouble)
        self.setMinimumSize(*SMALLEST)
        self.resize(self.screen().availableSize().boundedTo(QtCore.QSize(1400, 900)))

    def _tabs_with_basis(self) -> QtWidgets.QWidget:
        """Return the tabs with one line below them: amendments and analysis of the shown numbers."""
        whole = QtWidgets.QWidget(self)
        column = QtWidgets.QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.tab_widget, 1)
        column.addWidget(self.basis)
        return whole

    def go_to(self, panel: Any) -> None:
        """Show one of the lists below the tabs, with the keyboard in it."""
        self.below.setCurrentWidget(panel)
        panel.table.setFocus()

    def export_picture(self) -> None:
        """Ask for a file and write the picture of the tab in front into it."""
        self.writing.picture(self.tabs[self.tab_widget.currentIndex()])

    def ask_for_data_file(self) -> None:
        """Ask for a file and write the data of the tab in front into it."""
        self.writing.data(self.tabs[self.tab_widget.currentIndex()])

    def ask_for_file_beside(self) -> None:
        """Ask for another results file, or a csv file of pymeasure, and show it beside."""
        ask_for_file(self, "Open beside, read-only", self.db.parent, BESIDE_KINDS, self.open_beside)

    def open_beside(self, path: Path) -> None:
        """Show another results file, or a csv file of pymeasure, in a read-only window of its own."""
        try:
            beside = BesideWindow(path, self)
        except (LabctlError, OSError, ValueError) as error:
            self.warn(f"{path.name} cannot be shown: {error}")
            return
        self.beside.append(beside)
        beside.closed.connect(lambda: self._forget(beside))
        beside.changed.connect(lambda: self._draw())
        beside.set_appearance(self._appearance())
        beside.show()

    def _forget(self, beside: BesideWindow) -> None:
        self.beside.remove(beside)
        self._draw()

    @property
    def _snapshots(self) -> dict[int, RunSnapshot]:
        """The runs of this file that are drawn."""
        return self.drawn.snapshots

    def _connect(self) -> None:
        self.reader.runs_changed.connect(self._show_runs)
        self.reader.station_changed.connect(self._show_station)
        self.reader.station_events.connect(self._show_station_events)
        self.reader.trouble.connect(self.trouble.setText)
        self.drawn.changed.connect(lambda: self._draw())
        self.drawn.said.connect(self.say)
        self.browser.reuse_wanted.connect(self._reuse)
        self.browser.another_sample_wanted.connect(self._reuse_for_another_sample)
        self.browser.export_wanted.connect(self.writing.export_runs)
        self.browser.report_wanted.connect(self.writing.report_runs)
        self.browser.folder_wanted.connect(self._open_folder)
        self.browser.comparison_wanted.connect(self.results.compare)
        self.browser.budget_wanted.connect(self.results.budget)
        self.browser.circuit_wanted.connect(self.results.another_circuit)
        self.results.warned.connect(self.warn)
        self.browser.carriers_wanted.connect(self.carriers.open)
        self.carriers.warned.connect(self.warn)
        self._connect_corrections()
        self.queue.job_wanted.connect(self._fill_in)
        self.queueing.queued.connect(self._show_queue)
        self.queueing.rehearsal_wanted.connect(self._have_rehearsed)
        self.control.runner_wanted.connect(self._ask_for_runner)
        self.control.warned.connect(self.warn)
        self.stop_key.pressed.connect(self.control.make_safe)
        self.asker.refused.connect(self.warn)
        for part in (self.writing, self.undo):
            part.said.connect(self.say)
            part.warned.connect(self.warn)
        self.queueing.queued.connect(self.undo.queued)
        self.queue.cancelled.connect(self.undo.cancelled)
        self.corrections.amended.connect(self.undo.amendment)
        self.undo.amended.connect(self.reader.look_now)
        self._watch.timeout.connect(self._check_last_reading)
        for panel in (self.control, self.queue, self.queueing):
            panel.said.connect(self.say)

    def _connect_corrections(self) -> None:
        self.browser.correction_wanted.connect(self.corrections.correct)
        self.browser.note_wanted.connect(self.corrections.note)
        self.browser.amendments_wanted.connect(self.corrections.amendments)
        self.browser.temperatures_wanted.connect(self.corrections.exclude_temperatures)
        for tab in self.tabs:
            if isinstance(tab, SpectraTab):
                tab.exclusion_wanted.connect(self.corrections.exclude)
                tab.points_marked.connect(self.corrections.exclude)
                tab.refused.connect(self.say)
            if isinstance(tab, ConductivityTab):
                tab.temperatures_marked.connect(self.corrections.exclude_temperatures)
                tab.refused.connect(self.say)
            if isinstance(tab, TableTab):
                tab.budget_wanted.connect(self.results.show_lines)
        self.corrections.said.connect(self.say)
        self.corrections.warned.connect(self.warn)
        self.corrections.written.connect(self.reader.look_now)

    def _show_station(self, view: StationView) -> None:
        self._view = view
        self._looks += 1
        self._seen_s = self._clock.monotonic()
        self.control.show_station(view)
        self.queue.show_station(view)
        self.queueing.expect_after(view)
        if self._at_once and self._looks == 1 and view.runner_state != "running":
            self._ask_for_runner()

    def _show_station_events(self, events: Any) -> None:
        for tab in self.tabs:
            if isinstance(tab, LogTab):
                tab.show_station(events)

    def _check_last_reading(self) -> None:
        """Show that the state is unknown when the last reading is too old."""
        if self._view is not None and self._clock.monotonic() - self._seen_s > UNSEEN_AFTER_S:
            self.control.show_unseen(hour_in_words(self._view.time_s, self._clock.time()))

    def _show_queue(self, job_ids: list[int]) -> None:
        self.below.setCurrentWidget(self.queue)
        self.reader.look_now()

    def _show_runs(self, rows: list[dict[str, Any]]) -> None:
        self.browser.show_runs(rows)
        self.asker.ask(
            lambda connection: samples.newest_first(connection, MOST_SAMPLES), self._remember_samples
        )

    def _remember_samples(self, rows: list[dict[str, Any]]) -> None:
        self.queueing.sample.remember(list(reversed(rows)))

    def _draw(self) -> None:
        shown = self.drawn.shown()
        for beside in self.beside:
            shown += beside.runs_for(shown)
        for tab in self.tabs:
            tab.show_runs(shown)
        lines = [_basis(run.snapshot) for run in shown]
        self.basis.setText("   ·   ".join(lines))
        self.basis.setToolTip(tool_tip("\n".join(lines)))

    def _reuse(self, run_id: int) -> None:
        self.asker.ask(lambda connection: _old_protocol(connection, run_id), self._load)

    def _reuse_for_another_sample(self, run_id: int) -> None:
        self.asker.ask(lambda connection: _old_protocol(connection, run_id), self._load_for_another_sample)

    def _load_for_another_sample(self, found: tuple[Any, SampleForm | None]) -> None:
        self._load(found)
        self.queueing.sample.clear_for_another()
        self.say(f"as {found[0].source}: give the name and the thickness of the other sample, then queue")

    def _read_for_tab(self, work: Callable[[Database], Any], then: Callable[[Any], Any]) -> None:
        """Read for a tab in a thread; an error is shown in the status bar."""

        def look() -> Any:
            with Database(self.db) as database:
                return work(database)

        self.background.run(look, then, self.trouble.setText)

    def _open_folder(self) -> None:
        QtGui.QDesktopServices.openUrl(QtCore.QUrl.fromLocalFile(str(self.db.parent)))

    def _fill_in(self, job: Job) -> None:
        self.asker.ask(lambda connection: (protocol_of_job(job), None), self._load)

    def _load(self, found: tuple[Any, SampleForm | None]) -> None:
        self.queueing.load_protocol(*found)
        self.say(f"{found[0].title!r} is filled in; nothing is queued yet")

    def _ask_for_runner(self) -> None:
        try:
            started = self._start_runner()
        except (LabctlError, OSError) as error:
            self.warn(f"no runner could be started: {error}")
            return
        if started is None:
            self.say("no runner is running; start one with labctl runner")
            return
        self.say("a runner is starting")
        self._starting = started
        QtCore.QTimer.singleShot(RUNNER_SHOWS_ITSELF_MS, self._check_started_runner)

    def _check_started_runner(self) -> None:
        """Warn when the runner that was started here has ended already."""
        started, self._starting = self._starting, None
        code = None if started is None else started.poll()
        if code and (self._view is None or self._view.runner_state != "running"):
            log = self.db.with_suffix(".runner.log")
            self.warn(f"the runner ended at once (exit code {code}); {log} says why: {_last_line(log)}")

    def _have_rehearsed(self, job_ids: list[int]) -> None:
        try:
            self._start_rehearsal(*job_ids)
        except OSError as error:
            which = ", ".join(map(str, job_ids))
            self.warn(f"the rehearsal of job {which} cannot be started: {error}; the runner does it")

    def _apply_appearance(self) -> None:
        if not isinstance(QtWidgets.QApplication.instance(), QtWidgets.QApplication):
            return
        appearance = self._appearance()
        apply_appearance(self, appearance)
        for tab in self.tabs:
            tab.set_appearance(appearance)
        for beside in self.beside:
            beside.set_appearance(appearance)

    def _appearance(self) -> Appearance:
        application = QtWidgets.QApplication.instance()
        assert isinstance(application, QtWidgets.QApplication)
        return appearance_of(application)

    def closeEvent(self, event: QtGui.QCloseEvent) -> None:  # noqa: N802
        """Close; while a job is running only after the question what to do with it was answered."""
        if self._view is not None and self._view.running_job is not None and not self._may_close:
            event.ignore()
            self._ask_before_closing()
            return
        self.stop_key.remove()
        self._watch.stop()
        for beside in [*self.beside]:
            beside.close()
        self.closed.emit()
        self.reader.stop()
        self.asker.stop()
        event.accept()

    def _ask_before_closing(self) -> None:
        """Ask whether to leave everything running, to pause, or not to close."""
        ask(
            self,
            "A job is under way. It goes on without this window.",
            {"&Leave it running": self._close_now, "&Pause after this step": self._pause_and_close},
            default="&Leave it running",
            otherwise="&Stay",
        )

    def _pause_and_close(self) -> None:
        person = self.queueing.person.text()
        words, station = "the window was closed", self.station.name
        self.asker.ask(lambda connection: Pauses(connection, station=station).pause("step", words, person))
        self._close_now()

    def _close_now(self) -> None:
        self._may_close = True
        self.close()

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:  # noqa: N802
        """Hide the form in a narrow window and the lower half in a low one; F9 and F10 show them."""
        super().resizeEvent(event)
        narrow, low = self.width() < NARROW, self.height() < LOW
        if (narrow, low) == self._small:
            return
        before, self._small = self._small, (narrow, low)
        for keys, is_small, was_small in (("F9", narrow, before[0]), ("F10", low, before[1])):
            if is_small != was_small:
                self.panes[keys].setChecked(not is_small)
        self.show_panes()

    def show_panes(self, *_: Any) -> None:
        """Show form and lower half as chosen; in a small window each takes the place of the plots."""
        form, lower = (self.panes[keys].isChecked() for keys in ("F9", "F10"))
        narrow, low = self._small
        self.queueing.setVisible(form)
        self.middle.setVisible(not (narrow and form))
        self.below.setVisible(lower)
        self.plots.setVisible(not (low and lower))
        self.basis.setVisible(not low)

    def dragEnterEvent(self, event: QtGui.QDragEnterEvent) -> None:  # noqa: N802
        """Accept files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QtGui.QDropEvent) -> None:  # noqa: N802
        """Take in the files that were dropped."""
        for url in event.mimeData().urls():
            self.take_file(Path(url.toLocalFile()))
        event.acceptProposedAction()

    def take_file(self, path: Path) -> None:
        """Fill in a protocol, offer the procedures of a Python file, or say how spectra are imported."""
        if path.suffix == ".toml":
            self.queueing.load_file(path)
        elif path.suffix == ".py":
            self.queueing.open_procedures(path)
        elif path.suffix == ".db":
            self.open_beside(path)
        else:
            command = (
                f'labctl import "{path}" --db "{self.db}" --sample NAME --thickness-mm T --diameter-mm D'
            )
            self.warn(f"{path.name} is taken in by: {command}")

    def changeEvent(self, event: QtCore.QEvent) -> None:  # noqa: N802
        """Follow the system from light to dark."""
        super().changeEvent(event)
        if event.type() == QtCore.QEvent.Type.PaletteChange and hasattr(self, "tabs"):
            QtCore.QTimer.singleShot(0, self._apply_appearance)


def _last_line(log: Path) -> str:
    """Return the last line of a log, or that it cannot be read."""
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError as error:
        return str(error)
    return lines[-1] if lines else "it is empty"


def _basis(snapshot: RunSnapshot) -> str:
    """Return the analysis and the amendments that the shown numbers of a run stand on."""
    words = partial(basis_in_words, snapshot.id, snapshot.analysis, snapshot.amendments)
    basis = or_as_unreadable(words, lambda why: f"run {snapshot.id} {why}")
    return ", ".join(filter(None, (basis, snapshot.thinned_in_words)))


def _old_protocol(connection: WriteConnection, run_id: int) -> tuple[Any, SampleForm]:
    row = runs.protocol_and_sample(connection, run_id)
    sample = Sample.of_row(row)
    parameters = json.loads(row["parameters"])
    found = reuse(row["protocol_text"], f"run {run_id}", row["procedure"], parameters, sample)
    return found, SampleForm.of_row(row)
