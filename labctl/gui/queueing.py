"""The dock in which a protocol is filled in, checked and queued."""

import getpass
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from labctl.clock import RealClock
from labctl.config.offered_procedures import Offered, in_file, shipped
from labctl.config.own_estimates import own_estimates
from labctl.config.protocol import Protocol, read_protocol
from labctl.config.station import Station
from labctl.errors import LabctlError
from labctl.gui.asking import Asker
from labctl.gui.inputs import ProcedureInputs, tab_through
from labctl.gui.number_field import NotFilledIn, mark_fault
from labctl.gui.plain_label import PlainLabel, tool_tip
from labctl.gui.preflighting import PreflightButton
from labctl.gui.qt import Qt, QtCore, QtWidgets, Signal
from labctl.gui.sample_inputs import SampleInputs
from labctl.gui.saving import refuse_what_is_no_export, write_text
from labctl.gui.sweep_box import SweepBox
from labctl.qt.questions import ask_for_file, ask_for_new_file
from labctl.queue.hours import hour_in_words, parse_future_hour
from labctl.queue.submission import Forecast, QueuedJob, Submission, add_jobs, estimate
from labctl.readmodel.formatting import duration
from labctl.readmodel.parameters_text import value_in_words
from labctl.readmodel.protocol_text import ProcedureForm, SampleForm, protocol_text
from labctl.readmodel.station_view import StationView

CHECK_AFTER_MS = 400
ONE_PRESS_S = 1.0  # longer than the pause before a held key repeats


class QueueingPanel(QtWidgets.QWidget):
    """Procedure, sample, sequence, sweep; "Check" and "Queue".

    Signals
    -------
    said(str), queued(list of int), rehearsal_wanted(list of int)
        A message for the user; the numbers of the jobs just queued; of those that wait for their rehearsal.
    """

    said = Signal(str)
    queued = Signal(object)
    rehearsal_wanted = Signal(object)

    def __init__(
        self, station: Station, db: Path, asker: Asker, parent: QtWidgets.QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._station, self._db, self._asker = station, db, asker
        self._folder = Path(station.source).parent
        self._sequence: list[ProcedureForm] = []
        self._filled_in: ProcedureForm | None = None  # entry of the sequence that the form shows, unedited
        self._offered: list[Offered] = []
        self.own_files: list[Path] = []
        self._free_s: float | None = None
        self._waits_for = ""
        self._build()
        self._lay_out()
        self._connect()
        self._offer(shipped())

    def form(self) -> ProcedureForm:
        """Return the procedure as filled in; raises ValueError that names the field at fault."""
        return ProcedureForm(self._chosen().reference, self.inputs.values())

    def text(self) -> str:
        """Return the protocol as filled in; raises ValueError that names the field at fault."""
        return self._text(self._procedures())

    def texts(self) -> list[str]:
        """Return the protocols to queue: one, or one for each job of the sweep; raises as `text`."""
        swept = self.sweep.jobs()
        if not swept:
            return [self.text()]
        if self._sequence:
            raise ValueError(
                "a sweep is over one procedure: empty the sequence, or take the tick off the sweep"
            )
        form = self.form()
        return [
            self._text(
                [ProcedureForm(form.reference, {**form.parameters, **values})],
                f" {number}/{len(swept)} ({_swept_in_words(values)})",
            )
            for number, values in enumerate(swept, start=1)
        ]

    def _text(self, procedures: list[ProcedureForm], which: str = "") -> str:
        sample = self.sample.form()
        title = self.title.text().strip() or f"{sample.name}: {self._names(procedures)}"
        return protocol_text(title + which, sample, procedures)

    def load_protocol(self, protocol: Protocol, sample: SampleForm | None = None) -> None:
        """Fill in a protocol; several procedures become the sequence."""
        self.title.setText(protocol.title)
        self.sample.load(sample or SampleForm.of_row(vars(protocol.sample)))
        entries = [ProcedureForm(e.reference, dict(e.parameters)) for e in protocol.procedures]
        for entry in protocol.procedures:
            self._offer_once(Offered(entry.procedure_class, entry.reference, Path(protocol.source).parent))
        self._sequence = entries if len(entries) > 1 else []
        self._show_sequence()
        self.load_procedure(entries[0])
        self.sequence.setCurrentRow(0)

    def load_procedure(self, form: ProcedureForm) -> None:
        """Fill in a procedure with its parameters, exactly."""
        place = next((n for n, o in enumerate(self._offered) if o.reference == form.reference), None)
        if place is None:
            self.said.emit(f"{form.reference} is not among the procedures here; open its file first")
            return
        self.procedure.setCurrentIndex(place)
        try:
            self.inputs.load(form.parameters)
        except (ValueError, TypeError) as error:
            self._refuse(f"{form.reference} is not filled in as it was: {error}")
            return
        self._filled_in = form

    def expect_after(self, view: StationView) -> None:
        """Set when a new job can begin, from the jobs queued already; None where that is not known."""
        ends = [one.end_s for one in view.expected.values()]
        known = view.pause is None and view.runner_state == "running" and None not in ends
        self._free_s = max((end for end in ends if end is not None), default=view.time_s) if known else None
        self._waits_for = "" if known else _reason_without_end(view)

    def check(self) -> None:
        """Check the protocol against the station's limits and show its duration; no instrument is touched."""
        submission = self._submission()
        if submission is not None:
            self._ask_for_estimate(submission)

    def queue(self) -> None:
        """Check again and queue; the form is kept for the next job.

        A double click or a key held down queues once.
        """
        submission = self._submission()
        if submission is None or self._is_repeated_press(submission):
            return
        self._in_hand = True
        self._asker.ask(
            lambda connection: add_jobs(connection, self._station, submission),
            self._show_queued,
            self._refuse_to_queue,
        )

    def _is_repeated_press(self, submission: Submission) -> bool:
        """Return whether the same submission is still unanswered or was made a moment ago."""
        now_s = self._clock.monotonic()
        last, self._last_press = self._last_press, (submission, now_s)
        if last is None or last[0] != submission:
            return False
        return self._in_hand or now_s - last[1] < ONE_PRESS_S

    def _build(self) -> None:
        self.procedure = QtWidgets.QComboBox(self)
        self.procedure.setAccessibleName("Procedure")
        self.procedure.setSizeAdjustPolicy(
            QtWidgets.QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.procedure.setMinimumContentsLength(14)
        self.open_file = QtWidgets.QPushButton("&Own file…", self)
        self.summary = PlainLabel(self)
        self.summary.setWordWrap(True)
        self.inputs: ProcedureInputs
        self.inputs_place = QtWidgets.QVBoxLayout()
        self.sample = SampleInputs(self)
        self.title, self.person, self.not_before = (QtWidgets.QLineEdit(self) for _ in range(3))
        self.title.setPlaceholderText("as sample and procedure")
        self.person.setText(_user())
        self.not_before.setPlaceholderText("at once; or 22:30, +8h")
        self.held = QtWidgets.QCheckBox("Queue it &held", self)
        self.sequence = QtWidgets.QListWidget(self)
        self.sequence.setAccessibleName("Sequence of procedures")
        self.sequence.setMaximumHeight(6 * self.fontMetrics().height())
        self.add, self.replace, self.remove = (
            QtWidgets.QPushButton(t, self) for t in ("&Add", "Replace", "Re&move")
        )
        self.add.setToolTip("Append the procedure in the form to the sequence")
        self.replace.setToolTip("Replace the chosen procedure by the one in the form")
        self.sequence.setToolTip("Return fills the form from the chosen one")
        self.sweep = SweepBox(self._folder, self)
        self.load, self.save = (QtWidgets.QPushButton(t, self) for t in ("&Load…", "&Save…"))
        self.check_button, self.queue_button = (QtWidgets.QPushButton(t, self) for t in ("&Check", "&Queue"))
        self.preflight = PreflightButton(self._station, self._db, self._submission, self)
        self.queue_button.setToolTip("Ctrl+Return")
        self.queue_button.setShortcut("Ctrl+Return")
        self.estimate = PlainLabel(self)
        self.estimate.setWordWrap(True)
        self.estimate.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.review = PlainLabel(self)
        self.review.setWordWrap(True)
        self.review.setAccessibleName("As understood")
        self.review.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._clock = RealClock()
        self._last_press: tuple[Submission, float] | None = None
        self._in_hand = False
        self._timer = QtCore.QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(CHECK_AFTER_MS)

    def _lay_out(self) -> None:
        scrolled = QtWidgets.QWidget(self)
        column = QtWidgets.QVBoxLayout(scrolled)
        for item in (_row(self.procedure, self.open_file), self.summary, self.inputs_place, self.sample):
            column.addLayout(item) if isinstance(item, QtWidgets.QLayout) else column.addWidget(item)
        column.addWidget(self._sequence_box())
        column.addWidget(self.sweep)
        column.addWidget(self._queue_box())
        column.addStretch()
        area = self._area = _ScrolledColumn(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        area.setWidget(scrolled)
        whole = QtWidgets.QVBoxLayout(self)
        whole.setContentsMargins(6, 0, 0, 6)
        whole.addWidget(area)
        whole.addWidget(self.review)
        whole.addWidget(self.estimate)
        whole.addLayout(_row(self.check_button, self.preflight, self.queue_button))
        in_sequence = (self.sequence, self.add, self.replace, self.remove)
        in_protocol = (self.title, self.person, self.not_before, self.held, self.load, self.save)
        buttons = (self.check_button, self.preflight, self.queue_button)
        tab_through([self.sample.note, *in_sequence, *in_protocol, *buttons])

    def _sequence_box(self) -> QtWidgets.QWidget:
        box = QtWidgets.QGroupBox("Sequence", self)
        box.setToolTip("Empty: the procedure above alone")
        column = QtWidgets.QVBoxLayout(box)
        column.addWidget(self.sequence)
        column.addLayout(_row(self.add, self.replace, self.remove))
        return box

    def _queue_box(self) -> QtWidgets.QWidget:
        box = QtWidgets.QGroupBox("Protocol", self)
        form = QtWidgets.QFormLayout(box)
        form.addRow("&Title", self.title)
        form.addRow("&Person", self.person)
        form.addRow("Not &before", self.not_before)
        form.addRow(self.held)
        form.addRow(_row(self.load, self.save))
        return box

    def _connect(self) -> None:
        self.procedure.currentIndexChanged.connect(self._show_inputs)
        self.open_file.clicked.connect(self._open_file)
        self.sample.edited.connect(self._edited)
        self.not_before.textChanged.connect(self._edited)
        self.add.clicked.connect(self._add_to_sequence)
        self.replace.clicked.connect(self._replace_in_sequence)
        self.remove.clicked.connect(self._remove_from_sequence)
        self.sequence.itemActivated.connect(lambda _: self.load_procedure(self._sequence[self._row()]))
        self.sweep.edited.connect(self._edited)
        self.sweep.refused.connect(self._refuse)
        self.sweep.said.connect(self._say)
        self.load.clicked.connect(self._load_file)
        self.save.clicked.connect(self._save_file)
        self.check_button.clicked.connect(self.check)
        self.queue_button.clicked.connect(self.queue)
        self.preflight.said.connect(self._say)
        self.preflight.refused.connect(self._show_refusal)
        self._timer.timeout.connect(self._check_quietly)

    def _offer(self, found: list[Offered]) -> None:
        for offered in found:
            self._offer_once(offered)
        self._show_inputs()

    def _offer_once(self, offered: Offered) -> None:
        """Offer a procedure; a class from an edited or another file replaces a class of the same name."""
        references = [known.reference for known in self._offered]
        if offered.reference not in references:
            self._offered.append(offered)
            self.procedure.addItem(offered.title)
        place = [*references, offered.reference].index(offered.reference)
        if self._offered[place].procedure_class is not offered.procedure_class:
            self._offered[place] = offered
        self.procedure.setItemData(place, tool_tip(offered.summary), Qt.ItemDataRole.ToolTipRole)

    def _chosen(self) -> Offered:
        return self._offered[self.procedure.currentIndex()]

    def _show_inputs(self) -> None:
        offered = self._chosen()
        if getattr(self, "_shown", None) is offered:
            return
        self._shown = offered
        if self.inputs_place.count():
            self.inputs.deleteLater()
            self.inputs_place.removeWidget(self.inputs)
        self.inputs = ProcedureInputs(offered.procedure_class, self)
        self.inputs.edited.connect(self._edited_procedure)
        self.inputs_place.addWidget(self.inputs)
        tab_through([self.procedure, self.open_file, *self.inputs.fields(), self.sample.name])
        self.sweep.set_procedure(offered.procedure_class)
        self.summary.setText(offered.summary)
        QtCore.QTimer.singleShot(0, self._area.updateGeometry)  # this form may be wider than the previous one
        self._edited_procedure()

    def _open_file(self) -> None:
        title, kinds = "A file with pymeasure procedures", "Python (*.py)"
        ask_for_file(self, title, self._folder, kinds, self.open_procedures)

    def open_procedures(self, path: Path, choose: bool = True) -> None:
        """Offer the procedures of a file and choose its first."""
        try:
            found = in_file(path)
        except LabctlError as error:
            self._refuse(str(error))
            return
        self.own_files = list(dict.fromkeys([*self.own_files, path]))
        self._offer(found)
        if not choose:
            return
        place = [o.reference for o in self._offered].index(found[0].reference)
        self.procedure.setCurrentIndex(place)

    def _edited_procedure(self) -> None:
        self._filled_in = None
        self._edited()

    def _edited(self) -> None:
        self.estimate.setText("")
        self._show_review()
        self._timer.start()

    def _show_review(self) -> None:
        """Show how the form is understood, before anything is queued."""
        try:
            words = [*self.inputs.understood(), *self.sample.understood()]
            if swept := self.sweep.in_words():
                words.append(f"{len(self.sweep.jobs())} jobs: {swept}")
            shown, refused = f"Understood: {', '.join(words)}" if words else "", False
        except ValueError as error:
            shown, refused = f"not understood: {error}", True
        self.review.setText(shown)
        self.review.setProperty("refused", refused)
        self.review.style().polish(self.review)

    def _check_quietly(self) -> None:
        """Show the estimate of the form; show nothing for an incomplete form."""
        try:
            submission = self._submission_or_error()
        except ValueError:
            return
        self._ask_for_estimate(submission)

    def _ask_for_estimate(self, submission: Submission) -> None:
        """Ask for the steps of all jobs, and for the estimates of the procedure in the form."""
        procedure, swept = self._filled_in_procedure(), self.sweep.jobs()
        self._asker.ask(
            lambda connection: (
                estimate(connection, self._station, submission),
                own_estimates(procedure, swept or None),
            ),
            lambda found: self._show_estimate(found[0], found[1], 1 + len(submission.further)),
            self._refuse,
        )

    def _filled_in_procedure(self) -> Any:
        procedure = self._chosen().procedure_class()
        procedure.set_parameters(dict(self.form().parameters))
        return procedure

    def _submission(self) -> Submission | None:
        try:
            return self._submission_or_error()
        except ValueError as error:
            self._refuse(str(error))
            if isinstance(error, NotFilledIn):
                self._show_fault(error.field)
            return None

    def _show_fault(self, field: QtWidgets.QWidget) -> None:
        """Scroll to the field at fault, in red."""
        field.setFocus()
        mark_fault(field, True)
        self._area.ensureWidgetVisible(field)

    def _submission_or_error(self) -> Submission:
        folder = self._chosen().folder or self._folder
        person, not_before = self.person.text().strip(), self.not_before.text().strip()
        if not_before:
            parse_future_hour(not_before, RealClock().time())
        text, *further = self.texts()
        source, held = str(folder / "window.toml"), self.held.isChecked()
        return Submission(text, source, person, held, not_before, tuple(further))

    def _show_estimate(self, found: Forecast, own: tuple[tuple[str, str], ...] = (), jobs: int = 1) -> None:
        takes_s, now_s = found.takes_s, RealClock().time()
        end = self._waits_for
        if self._free_s is not None and takes_s == takes_s:
            end = f", done about {hour_in_words(max(now_s, self._free_s) + takes_s, now_s)}"
        held = f"{len(found.steps)} steps within the limits of {self._station.name} and its instruments"
        together = f"{jobs} jobs, together " if jobs > 1 else ""
        steps = f"{together}{held}; {duration(takes_s)}{end}"
        said = ". ".join([steps, *found.warnings])
        self._say("\n".join([said, *(f"{label}: {text}" for label, text in own)]))

    def _refuse_to_queue(self, sentence: str) -> None:
        self._in_hand, self._last_press = False, None
        self._refuse(sentence)

    def _show_queued(self, jobs: list[QueuedJob]) -> None:
        self._in_hand = False
        ids, takes_s = [job.id for job in jobs], sum(job.takes_s for job in jobs)
        waiting = [job.id for job in jobs if job.rehearsal == "wanted"]
        then = "; its rehearsal begins in the background" if waiting else ""
        which = f"job {ids[0]}" if len(ids) == 1 else f"{len(ids)} jobs, {ids[0]} to {ids[-1]},"
        takes = f"about {duration(takes_s)}" if math.isfinite(takes_s) else "duration not known"
        self._say(f"{which} queued, {takes}{then}")
        self.queued.emit(ids)
        if waiting:
            self.rehearsal_wanted.emit(waiting)

    def _say(self, sentence: str) -> None:
        self.estimate.setProperty("refused", False)
        self.estimate.setText(sentence)
        self.estimate.style().polish(self.estimate)

    def _refuse(self, sentence: str) -> None:
        self._show_refusal(f"not possible: {sentence}")
        if self.review.text().endswith(sentence):
            self.review.setText("")

    def _show_refusal(self, sentence: str) -> None:
        self.estimate.setProperty("refused", True)
        self.estimate.setText(sentence)
        self.estimate.style().polish(self.estimate)

    def _row(self) -> int:
        return self.sequence.currentRow()

    def _procedures(self) -> list[ProcedureForm]:
        """Return the procedures to queue; raises ValueError if the form is not part of the sequence."""
        if not self._sequence:
            return [self.form()]
        if not any(form is self._filled_in for form in self._sequence):
            raise ValueError(
                "the procedure in the form is not in the sequence: add it, replace another by it, or "
                "fill the form from one in the sequence"
            )
        return self._sequence

    def _add_to_sequence(self) -> None:
        self._put_into_sequence(slice(len(self._sequence), None))

    def _replace_in_sequence(self) -> None:
        if 0 <= self._row() < len(self._sequence):
            self._put_into_sequence(slice(self._row(), self._row() + 1))

    def _put_into_sequence(self, place: slice) -> None:
        try:
            self._filled_in = self.form()
        except ValueError as error:
            self._refuse(str(error))
            if isinstance(error, NotFilledIn):
                self._show_fault(error.field)
            return
        self._sequence[place] = [self._filled_in]
        self._show_sequence()
        self.sequence.setCurrentRow(place.start)

    def _remove_from_sequence(self) -> None:
        if 0 <= self._row() < len(self._sequence):
            del self._sequence[self._row()]
            self._show_sequence()

    def _show_sequence(self) -> None:
        self.sequence.clear()
        self.sequence.addItems([f"{n}  {_short(form)}" for n, form in enumerate(self._sequence, start=1)])
        self._edited()

    def _names(self, procedures: list[ProcedureForm]) -> str:
        return ", ".join(form.reference.rpartition(":")[2] for form in procedures)

    def _load_file(self) -> None:
        ask_for_file(
            self,
            "A protocol",
            self._folder,
            "Protocols (*.toml)",
            self.load_file,
        )

    def load_file(self, path: Path) -> None:
        """Fill in the protocol of a file, or say why it cannot be."""
        self._try_with_file(lambda: self.load_protocol(read_protocol(path, self._db)))

    def _save_file(self) -> None:
        ask_for_new_file(
            self,
            "Save the protocol",
            self._folder / "protocol.toml",
            "Protocols (*.toml)",
            lambda path: self._try_with_file(lambda: self.save_protocol(path)),
        )

    def save_protocol(self, path: Path) -> None:
        """Write the protocol as filled in, completely or not at all; never over a database or station file.

        Raises ValueError for such a name, OSError where it cannot be written.
        """
        refuse_what_is_no_export(path, (".toml",))
        if path.resolve() == Path(self._station.source).resolve():
            raise ValueError(f"{path.name} is the station file and is not overwritten")
        write_text(path, self.text())
        self._say(f"saved as {path}")

    def _try_with_file(self, action: Callable[[], Any]) -> None:
        try:
            action()
        except (LabctlError, OSError, ValueError) as error:
            self._refuse(str(error))


class _ScrolledColumn(QtWidgets.QScrollArea):
    """Scroll area that scrolls vertically only and is at least as wide as its content."""

    def minimumSizeHint(self) -> QtCore.QSize:  # noqa: N802
        """Return the width of the content and of the scroll bar."""
        hint, content = super().minimumSizeHint(), self.widget()
        if content is not None:
            bar = self.verticalScrollBar().sizeHint().width()
            hint.setWidth(content.minimumSizeHint().width() + bar)
        return hint


def _reason_without_end(view: StationView) -> str:
    """Return why the end of a new job is not known, to be appended to its duration."""
    if view.pause is not None:
        return "; no end is known while the queue is paused"
    if view.runner_state != "running":
        return "; no runner is running"
    return "; a job before it has no known end"


def _short(form: ProcedureForm) -> str:
    named = form.parameters.get("temperatures_degc")
    where = f" at {', '.join(f'{t:g}' for t in named)} °C" if isinstance(named, list) else ""
    return form.reference.rpartition(":")[2] + where


def _swept_in_words(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {value_in_words(value)}" for name, value in values.items())


def _row(*widgets: QtWidgets.QWidget) -> QtWidgets.QHBoxLayout:
    row = QtWidgets.QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget)
    return row


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
