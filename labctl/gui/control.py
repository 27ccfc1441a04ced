"""The control bar at the top: state of the station, pause, skip, abort and the MAKE SAFE button."""

import threading
from collections.abc import Callable
from pathlib import Path

from labctl.config.station import Station
from labctl.gui.asking import Asker
from labctl.gui.qt import QtCore, QtGui, QtWidgets, Signal
from labctl.gui.queue_panel import cancel_job
from labctl.queue.making_safe import SafeReport, make_safe
from labctl.queue.requests import Pauses, Requests
from labctl.readmodel.station_view import StationView, status_in_words

PAUSES = {"point": "after this &point", "step": "after this &step", "job": "after this &job"}


class ControlBar(QtWidgets.QFrame):
    """Status and control of one station.

    Signals
    -------
    said(str), warned(str)
        A message for the user; a message that must not be overlooked.
    runner_wanted()
        Start a runner.
    """

    said = Signal(str)
    warned = Signal(str)
    runner_wanted = Signal()
    _made_safe = Signal(object)

    def __init__(
        self, station: Station, silence_s: float, db: Path, asker: Asker, person: Callable[[], str]
    ) -> None:
        super().__init__()
        self._station, self._silence_s, self._db = station, silence_s, db
        self._asker, self._person = asker, person
        self._view: StationView | None = None
        self._build()
        self._lay_out()
        self._connect()

    def show_station(self, view: StationView) -> None:
        """Show the current state; red when a runner should be running but has no heartbeat."""
        self._view = view
        first, *others = status_in_words(view)
        self.state.setText(first)
        self.details.setText("   ·   ".join(others))
        self._colour("trouble" if view.in_trouble else "well" if view.runner_state == "running" else "idle")
        running = view.running_job is not None
        for button in (self.skip, self.abort):
            button.setEnabled(running)
        self.pause.setVisible(view.pause is None)
        self.resume.setVisible(view.pause is not None)
        self.start.setVisible(view.runner_state != "running")

    def show_unseen(self, since: str) -> None:
        """Show that the state of the station is unknown; the state shown before may be outdated."""
        self.state.setText(f"THE STATION CANNOT BE SEEN since {since}")
        self.details.setText("the database does not answer; MAKE SAFE works without it")
        self._colour("trouble")

    def abort_job(self, sure: bool = False) -> None:
        """Ask the runner to cancel the job under way; measured data is kept."""
        job = self._view.running_job if self._view else None
        if job is None or not (sure or self._is_sure(job.id)):
            return
        person = self._person()
        self._asker.ask(
            lambda connection: cancel_job(connection, job, person),
            lambda _: self.said.emit(
                f"job {job.id} is asked to stop after its point; what it measured stays"
            ),
        )

    def make_safe(self) -> None:
        """Make everything safe in a separate thread, also if the rest of the window hangs."""
        self.safe.setEnabled(False)
        self.safe.setText("Making safe…")
        threading.Thread(target=self._make_safe, name="labctl make safe", daemon=True).start()

    def _build(self) -> None:
        self.state, self.details = QtWidgets.QLabel("looking at the station…"), QtWidgets.QLabel()
        self.state.setObjectName("state")
        self.state.setWordWrap(True)
        self.details.setWordWrap(True)
        self.pause = QtWidgets.QToolButton(self)
        self.pause.setText("Pause")
        self.pause.setToolTip("Ctrl+P: after this step")
        self.pause.setShortcut("Ctrl+P")
        self.pause.setPopupMode(QtWidgets.QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        menu = QtWidgets.QMenu(self.pause)
        for after, words in PAUSES.items():
            menu.addAction(f"Pause {words}").triggered.connect(lambda _=False, a=after: self._pause(a))
        self.pause.setMenu(menu)
        self.resume = _button("&Resume", "Ctrl+P", "Go on after a pause")
        self.resume.setVisible(False)
        self.start = _button("Start runner", "", "Start a runner and its supervisor")
        self.start.setVisible(False)
        self.skip = _button("S&kip step", "Ctrl+K", "Leave this step, go on with the next")
        self.abort = _button("A&bort job", "Ctrl+B", "Stop the job after its point, make safe")
        self.safe = _button("MAKE SAFE", "F12", "Heater off, cell off, sources at zero: now")
        self.safe.setObjectName("safe")

    def _lay_out(self) -> None:
        words = QtWidgets.QVBoxLayout()
        words.addWidget(self.state)
        words.addWidget(self.details)
        row = QtWidgets.QHBoxLayout(self)
        row.addLayout(words, 1)
        for widget in (self.start, self.pause, self.resume, self.skip, self.abort, self.safe):
            row.addWidget(widget)

    def _connect(self) -> None:
        self.pause.clicked.connect(lambda: self._pause("step"))
        self.resume.clicked.connect(self._resume)
        self.start.clicked.connect(self.runner_wanted)
        self.skip.clicked.connect(self._skip)
        self.abort.clicked.connect(lambda: self.abort_job())
        self.safe.clicked.connect(self.make_safe)
        self._made_safe.connect(self._tell_made_safe)

    def _pause(self, after: str) -> None:
        person = self._person()
        self._asker.ask(
            lambda connection: Pauses(connection).pause(after, person=person),
            lambda _: self.said.emit(f"the queue is paused after this {after}"),
        )

    def _resume(self) -> None:
        self._asker.ask(
            lambda connection: Pauses(connection).resume(), lambda _: self.said.emit("the queue goes on")
        )

    def _skip(self) -> None:
        job, person = (self._view.running_job if self._view else None), self._person()
        if job is not None:
            self._asker.ask(
                lambda connection: Requests(connection).ask(job.id, "skip step", person=person),
                lambda _: self.said.emit(f"job {job.id} is asked to leave its step"),
            )

    def _is_sure(self, job_id: int) -> bool:
        buttons = QtWidgets.QMessageBox.StandardButton
        question = f"Abort job {job_id}? The point under way is finished, what was measured stays."
        return (
            QtWidgets.QMessageBox.question(self, "Abort", question, buttons.Yes | buttons.No, buttons.Yes)
            == buttons.Yes
        )

    def _make_safe(self) -> None:
        station, person = self._station, self._person()
        report = make_safe(Path(station.source), station.name, self._db, person, self._silence_s)
        self._made_safe.emit(report)

    def _tell_made_safe(self, report: SafeReport) -> None:
        self.safe.setEnabled(True)
        self.safe.setText("MAKE SAFE")
        (self.said if report.safe else self.warned).emit(report.words)

    def _colour(self, state: str) -> None:
        if self.property("station") != state:
            self.setProperty("station", state)
            self.style().unpolish(self)
            self.style().polish(self)
            for label in (self.state, self.details):
                label.style().unpolish(label)
                label.style().polish(label)


def _button(text: str, keys: str, tip: str) -> QtWidgets.QPushButton:
    button = QtWidgets.QPushButton(text)
    button.setToolTip(f"{keys}: {tip}" if keys else tip)
    if keys:
        button.setShortcut(QtGui.QKeySequence(keys))
    button.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)
    return button
