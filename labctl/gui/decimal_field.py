"""Fields for numbers in which a decimal comma is a decimal point."""

from typing import Any

from labctl.gui.qt import Qt, QtCore, QtGui, QtWidgets


class DecimalField(QtWidgets.QDoubleSpinBox):
    """A number from 0 to `high`, typed or pasted with a point or a comma: `1,05` becomes `1.05` in sight.

    Qt takes a comma for a thousands separator and reads 105.

    Parameters
    ----------
    high : float
    suffix : str
        Unit with a space before it.
    words_for_lowest : str
        Shown instead of the lowest value, if that stands for "not known".
    low : float
    """

    def __init__(self, high: float, suffix: str, words_for_lowest: str = "", low: float = 0.0) -> None:
        super().__init__()
        self.setLocale(QtCore.QLocale.c())
        self.setDecimals(6)
        self.setRange(low, high)
        self.setSuffix(suffix)
        self.setSpecialValueText(words_for_lowest)
        self.setButtonSymbols(QtWidgets.QAbstractSpinBox.ButtonSymbols.NoButtons)

    def validate(self, text: str, position: int) -> tuple[QtGui.QValidator.State, str, int]:
        """Return whether a text can be a number, with each comma replaced by a point."""
        if text == self.specialValueText():
            return QtGui.QValidator.State.Acceptable, text, position
        return super().validate(text.replace(",", "."), position)  # type: ignore[return-value]  # PySide gives a tuple

    def textFromValue(self, value: float) -> str:  # noqa: N802
        """Return a number without zeros at its end."""
        return f"{value:.{self.decimals()}f}".rstrip("0").rstrip(".")

    def valueFromText(self, text: str) -> float:  # noqa: N802
        """Return the number of a text."""
        return super().valueFromText(text.replace(",", "."))


class _CommaToPoint(QtCore.QObject):
    """Event filter that types a point for each comma."""

    def eventFilter(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:  # noqa: N802
        """Return whether an event is consumed here."""
        if not isinstance(event, QtGui.QKeyEvent) or event.text() != ",":
            return False
        if event.type() == QtCore.QEvent.Type.KeyPress:
            point = QtGui.QKeyEvent(event.type(), Qt.Key.Key_Period, event.modifiers(), ".")
            QtWidgets.QApplication.sendEvent(watched, point)
        return True


def type_comma_as_point(form: QtWidgets.QWidget) -> None:
    """Make the fields of pymeasure for numbers in a form type a point for a comma."""
    to_point = _CommaToPoint(form)
    for field in form.findChildren(QtWidgets.QDoubleSpinBox):
        field.installEventFilter(to_point)


def refuse_pasted_commas(form: QtWidgets.QWidget) -> None:
    """Make the validators of pymeasure's fields refuse commas; each new parameter has a new validator."""
    locale = QtCore.QLocale.c()
    locale.setNumberOptions(QtCore.QLocale.NumberOption.RejectGroupSeparator)
    for field in form.findChildren(QtWidgets.QDoubleSpinBox):
        validator: Any = getattr(field, "validator", None)
        if isinstance(validator, QtGui.QDoubleValidator):
            validator.setLocale(locale)
