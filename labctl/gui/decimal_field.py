"""A field for a number in which a decimal comma is a decimal point."""

from labctl.gui.qt import QtCore, QtGui, QtWidgets


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
