"""The control bar at the top: state of the station, pause, skip, abort and the MAKE SAFE button."""

from collections.abc import Callable
from pathlib import Path

from labctl.config.station import Station
from labctl.gui.asking import Asker
from labctl.gui.emergency_stop import MAKING, NOT_SAFE, SAFE, EmergencyStop
from labctl.gui.plain_label import PlainLabel
from labctl.gui.qt import Qt, QtCore, QtGui, QtWidgets, Signal
from labctl.gui.queue_panel import cancel_job
from labctl.qt.questions import ask
from labctl.queue.job import Job
from labctl.queue.making_safe import SafeReport, make_safe
from labctl.queue.requests import Pauses, Requests
from labctl.readmodel.station_view import StationView, status_in_words

UNWATCHED = "Since then the station was without a supervisor."
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

    def __init__(
        self, station: Station, silence_s: float, db: Path, asker: Asker, person: Callable[[], str]
    ) -> None:
        super().__init__()
        self._station, self._silence_s, self._db = station, silence_s, db
        self._asker, self._person = asker, person
        self._view: StationView | None = None
        self._state = "idle"
        off = "heater off" if "oven" in station.roles else "outputs off"
        self.stop = EmergencyStop(self._make_safe, off, self)
        self._build()
        self._lay_out()
        self._connect()

    def show_station(self, view: StationView) -> None:
        """Show the current state; red when a runner should be running but has no heartbeat."""
        self._view = view
        first, *others = status_in_words(view)
        if view.runner_state == "running" and not view.in_trouble and not self._is_watched(view):
            others.append("no supervisor watches the station")
        self.state.setText(first)
        self.details.setText("   ·   ".join(others))
        self._doubt_what_was_safe(view)
        well = view.runner_state == "running" and self._is_watched(view)
        self._colour("trouble" if view.in_trouble else "well" if well else "idle")
        running = view.running_job is not None
        for button in (self.skip, self.abort):
            button.setEnabled(running)
            button.setVisible(view.runner_state == "running")  # without a runner nothing would obey them
        self.pause.setVisible(view.pause is None)
        self.resume.setVisible(view.pause is not None)
        self.start.setVisible(view.runner_state != "running")

    def show_unseen(self, since: str) -> None:
        """Show that the state of the station is unknown; the state shown before may be outdated."""
        self.state.setText(f"THE STATION CANNOT BE SEEN since {since}")
        self.details.setText("the database does not answer; MAKE SAFE works without it")
        self.stop.doubt("The station cannot be seen now.")
        self._colour("trouble")

    def abort_job(self) -> None:
        """Ask whether to abort the job under way, and if so ask the runner to; measured data is kept."""
        job = self._view.running_job if self._view else None
        if job is not None:
            ask(
                self,
                f"Abort job {job.id}? The point under way is finished, what was measured stays.",
                {"&Abort": lambda: self._abort(job)},
                default="&Abort",
                otherwise="&Keep measuring",
            )

    def make_safe(self) -> None:
        """Make everything safe in a separate thread; during an attempt, once more after it."""
        self.stop.press(self._person())

    def _build(self) -> None:
        self.state, self.details = PlainLabel("looking at the station…"), PlainLabel()
        self.state.setObjectName("state")
        self.state.setWordWrap(True)
        self.details.setWordWrap(True)
        self.outcome = PlainLabel(self)
        self.outcome.setObjectName("outcome")
        self.outcome.setWordWrap(True)
        self.outcome.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.outcome.setVisible(False)
        self.pause = QtWidgets.QToolButton(self)
        self.pause.setText("Pause")
        self.pause.setToolTip("Ctrl+P: after this step")
        self.pause.setShortcut("Ctrl+P")
        self.pause.setPopupMode(QtWidgets.QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        menu = QtWidgets.QMenu(self.pause)
        for after, words in PAUSES.items():
            menu.addAction(f"Pause {words}").triggered.connect(lambda _=False, a=after: self._pause(a))
        self.pause.setMenu(menu)
        self.resume = _button("Resume", "Ctrl+R", "Go on after a pause: asks first, because it heats")
        self.resume.setVisible(False)
        self.start = _button("Start runner", "", "Start a runner and its supervisor")
        self.start.setVisible(False)
        self.skip = _button("S&kip step", "Ctrl+K", "Leave this step, go on with the next")
        self.abort = _button("Abort job", "Ctrl+B", "Stop the job after its point, make safe")
        self.safe = _button("MAKE SAFE", "", "F12: Heater off, cell off, sources at zero: now")
        self.safe.setObjectName("safe")

    def _lay_out(self) -> None:
        words = QtWidgets.QVBoxLayout()
        words.addWidget(self.state)
        words.addWidget(self.details)
        whole = QtWidgets.QVBoxLayout(self)
        whole.addWidget(self.outcome)
        row = QtWidgets.QHBoxLayout()
        whole.addLayout(row)
        row.addLayout(words, 1)
        for widget in (self.start, self.pause, self.resume, self.skip, self.abort, self.safe):
            row.addWidget(widget)

    def _connect(self) -> None:
        self.pause.clicked.connect(lambda: self._pause("step"))
        self.resume.clicked.connect(self._resume)
        self.start.clicked.connect(self.runner_wanted)
        self.skip.clicked.connect(self._skip)
        self.abort.clicked.connect(lambda: self.abort_job())
        self.safe.pressed.connect(self.make_safe)  # not at the release of the mouse, which may miss it
        self.stop.changed.connect(self._show_outcome)
        self.stop.reported.connect(self._tell_report)

    def _pause(self, after: str) -> None:
        person, station = self._person(), self._station.name
        self._asker.ask(
            lambda connection: Pauses(connection, station=station).pause(after, person=person),
            lambda _: self.said.emit(f"the queue is paused after this {after}"),
        )

    def _resume(self) -> None:
        ask(
            self,
            "Resume heats to the next step. Resume?",
            {"&Resume": self._resume_now},
            default="&Stay paused",
            otherwise="&Stay paused",
        )

    def _resume_now(self) -> None:
        station = self._station.name
        self._asker.ask(
            lambda connection: Pauses(connection, station=station).resume(),
            lambda _: self.said.emit("the queue goes on"),
        )

    def _abort(self, job: Job) -> None:
        person = self._person()
        self._asker.ask(
            lambda connection: cancel_job(connection, job, person),
            lambda _: self.said.emit(
                f"job {job.id} is asked to stop after its point; what it measured stays"
            ),
        )

    def _skip(self) -> None:
        job, person = (self._view.running_job if self._view else None), self._person()
        if job is not None:
            self._asker.ask(
                lambda connection: Requests(connection).ask(job.id, "skip step", person=person),
                lambda _: self.said.emit(f"job {job.id} is asked to leave its step"),
            )

    def _make_safe(self, person: str) -> SafeReport:
        """Make safe, in the thread of the emergency stop."""
        station = self._station
        return make_safe(Path(station.source), station.name, self._db, person, self._silence_s)

    def _tell_report(self, report: SafeReport) -> None:
        (self.said if report.safe else self.warned).emit(report.words)

    def _doubt_what_was_safe(self, view: StationView) -> None:
        """Take back `SAFE since` when something may have switched an output on after it was confirmed."""
        made_safe_s = self.stop.made_safe_s
        if made_safe_s is None or view.time_s <= made_safe_s:
            return
        if view.not_safe:
            self.stop.contradict(view.not_safe)
        elif doubt := self._doubt(view, made_safe_s):
            self.stop.doubt(doubt)

    def _doubt(self, view: StationView, made_safe_s: float) -> str:
        """Return why all may not be off any more, although nothing is known to be on; `""`: nothing."""
        job = view.running_job
        if view.left_on:
            return f"Not read back off since, but a person has seen to it: {view.left_on}."
        if not self._is_watched(view):
            return UNWATCHED
        if view.in_trouble:
            return f"{status_in_words(view)[0]}."
        if view.pause is None:
            return "The queue is not paused now."
        if job is not None and view.runner_state == "running":
            return f"Job {job.id} runs now."
        if view.runner is not None and view.runner.started_s > made_safe_s:
            return "A program was started on this station since."
        return "Since then not every output was off at all times." if self.stop.is_contradicted else ""

    def _is_watched(self, view: StationView) -> bool:
        """Whether a supervisor watches; a rig simulated in the process of its runner needs none."""
        return view.is_supervised or self._station.simulation is not None

    def _show_outcome(self, state: str, words: str) -> None:
        if state == SAFE and self._view is not None and not self._is_watched(self._view):
            self.stop.doubt(UNWATCHED)  # changes the outcome, so that this is called again
            return
        self.outcome.setText(words)
        self.outcome.setVisible(bool(words))
        self.outcome.setProperty("outcome", state)
        self._colour(self._state)
        _polish(self.outcome)

    def _colour(self, state: str) -> None:
        """Colour the bar for the state of the station; it is red until a making safe is confirmed."""
        self._state = state
        shown = "trouble" if self.stop.state in (MAKING, NOT_SAFE) else state
        if self.property("station") != shown:
            self.setProperty("station", shown)
            for widget in (self, self.state, self.details, self.outcome, self.safe):
                _polish(widget)


def _polish(widget: QtWidgets.QWidget) -> None:
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def _button(text: str, keys: str, tip: str) -> QtWidgets.QPushButton:
    button = QtWidgets.QPushButton(text)
    button.setToolTip(f"{keys}: {tip}" if keys else tip)
    if keys:
        button.setShortcut(QtGui.QKeySequence(keys))
    button.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)
    return button
