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
    TemperaturesForm,
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

    def exclude(self, spectrum_id: int, low_hz: float | None = None, high_hz: float | None = None) -> None:
        """Open the form to exclude a spectrum, or its points in a range of frequencies."""
        range_hz = None if low_hz is None or high_hz is None else (low_hz, high_hz)
        self._background.run(
            lambda: place_of_spectrum(self._db, spectrum_id),
            lambda place: self._show_exclusion(place, range_hz),
            self.warned.emit,
        )

    def exclude_temperatures(
        self, run_id: int, low_k: float | None = None, high_k: float | None = None
    ) -> None:
        """Open the form to exclude the spectra of a run in a range of temperatures."""
        range_k = None if low_k is None or high_k is None else (low_k, high_k)
        self._show(TemperaturesForm(self._window, self._db, self._person, run_id, range_k))

    def _show_correction(self, known: AmendableRun) -> None:
        self._show(CorrectionForm(self._window, self._db, self._person, known))

    def _show_exclusion(self, place: tuple[int, int], range_hz: tuple[float, float] | None) -> None:
        self._show(ExclusionForm(self._window, self._db, self._person, *place, range_hz))

    def _show(self, form: AmendmentForm) -> None:
        form.written.connect(self._tell_written)
        if not isinstance(form, AmendmentsForm):  # a revocation is not revoked
            form.panel.amended.connect(partial(self.amended.emit, form.windowTitle()))
        show_beside(form)

    def _tell_written(self, sentence: str) -> None:
        self.said.emit(sentence)
        self.written.emit()
