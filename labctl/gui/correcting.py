"""Opens the forms that amend the runs of the window, each beside it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from labctl.gui.amendment_forms import (
    AmendmentForm,
    AmendmentsForm,
    CorrectionForm,
    ExclusionForm,
    NoteForm,
)
from labctl.gui.background import Background
from labctl.gui.qt import QtCore, QtWidgets, Signal
from labctl.qt.questions import show_beside
from labctl.readmodel.amendable_run import AmendableRun, amendable_run, place_of_spectrum


class Corrections(QtCore.QObject):
    """The forms that amend.

    Signals
    -------
    written(), amended(str, list of int)
        Something was amended; in words, and by which amendments.
    said(str), warned(str)
        A message; the reason why a form cannot be opened.
    """

    said = Signal(str)
    warned = Signal(str)
    written = Signal()
    amended = Signal(str, object)

    def __init__(self, window: QtWidgets.QWidget, db: Path, person: Callable[[], str]) -> None:
        super().__init__(window)
        self._window, self._db, self._person = window, db, person
        self._background = Background(self)

    def correct(self, run_id: int) -> None:
        """Open the form for the sample of a run, with the values in force."""
        self._background.run(lambda: amendable_run(self._db, run_id), self._show_correction, self.warned.emit)

    def note(self, run_id: int) -> None:
        """Open the form for a note about a run."""
        self._show(NoteForm(self._window, self._db, self._person, run_id))

    def amendments(self, run_id: int) -> None:
        """Open the list of the amendments of a run."""
        self._show(AmendmentsForm(self._window, self._db, self._person, run_id))

    def exclude(self, spectrum_id: int) -> None:
        """Open the form to exclude a spectrum."""
        self._background.run(
            lambda: place_of_spectrum(self._db, spectrum_id), self._show_exclusion, self.warned.emit
        )

    def _show_correction(self, known: AmendableRun) -> None:
        self._show(CorrectionForm(self._window, self._db, self._person, known))

    def _show_exclusion(self, place: tuple[int, int]) -> None:
        self._show(ExclusionForm(self._window, self._db, self._person, *place))

    def _show(self, form: AmendmentForm) -> None:
        form.written.connect(self._tell_written)
        if not isinstance(form, AmendmentsForm):  # a revocation is not revoked
            form.panel.amended.connect(partial(self.amended.emit, form.windowTitle()))
        show_beside(form)

    def _tell_written(self, sentence: str) -> None:
        self.said.emit(sentence)
        self.written.emit()
