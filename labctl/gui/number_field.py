"""Fields for numbers: typed as people write them, shown as understood, empty where nothing is stated."""

from collections.abc import Sequence
from typing import Any

from labctl.gui.plain_label import tool_tip
from labctl.gui.qt import Qt, QtCore, QtGui, QtWidgets, Signal
from labctl.typed_number import NotUnderstood, Numbers, shown_number, understand, understand_list

WIDTH_IN_LETTERS = 12
MOST_SHOWN = 6


class NotFilledIn(ValueError):
    """A field without a valid value; `field` is the widget."""

    def __init__(self, field: QtWidgets.QWidget, problem: str) -> None:
        super().__init__(f"{field.accessibleName()}: {problem}")
        self.field = field


def mark_fault(field: QtWidgets.QWidget, is_wrong: bool) -> None:
    """Give a field a red frame, or take it away."""
    if bool(field.property("refused")) != is_wrong:
        field.setProperty("refused", is_wrong)
        field.style().unpolish(field)
        field.style().polish(field)


class TypedField(QtWidgets.QLineEdit):
    """A line that is understood by `labctl.typed_number`; red while it is not.

    Signals
    -------
    valueChanged(object)
        The value as understood; None for a line that is empty or not understood.
    """

    valueChanged = Signal(object)  # noqa: N815 - as the spin boxes of Qt and pymeasure have it

    def __init__(self, unit: str, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._unit = unit
        self._set: tuple[str, Any] = ("", self._empty())
        self.setMinimumWidth(WIDTH_IN_LETTERS * self.fontMetrics().averageCharWidth())
        self.textChanged.connect(self._tell)
        self.editingFinished.connect(self._show_understood)

    def suffix(self) -> str:
        """Return the unit with a space before it, or `""`."""
        return f" {self._unit}" if self._unit else ""

    def value(self) -> Any:
        """Return the value as understood, exact for a value that was set; raises NotFilledIn."""
        shown, exact = self._set
        if self.text() == shown:
            return exact
        try:
            return self._understand(self.text())
        except NotUnderstood as error:
            raise NotFilledIn(self, str(error)) from error

    def setValue(self, value: Any) -> None:  # noqa: N802
        """Show a value; it is returned exactly until the line is edited."""
        text = self._text_of(value)
        self._set = (text, value)
        if self.text() == text:
            self._tell()
        else:
            self.setText(text)
        self.setCursorPosition(0)

    def _understand(self, text: str) -> Any:
        raise NotImplementedError

    def _text_of(self, value: Any) -> str:
        raise NotImplementedError

    def _empty(self) -> Any:
        return None

    def _or_none(self) -> Any:
        try:
            return self.value()
        except NotFilledIn:
            return None

    def _tell(self, *_: Any) -> None:
        if self._is_understood():
            mark_fault(self, False)
        self.valueChanged.emit(self._or_none())

    def _is_understood(self) -> bool:
        try:
            self.value()
        except NotFilledIn:
            return False
        return True

    def _show_understood(self) -> None:
        """Rewrite the line as understood, `1,05` as `1.05 mm`; leave it, in red, where it is not."""
        understood = self._is_understood()
        mark_fault(self, not understood)
        if understood and self.text() != self._set[0]:
            with QtCore.QSignalBlocker(self):  # the value is the same: a preview of it holds
                self.setValue(self.value())


class NumberField(TypedField):
    """One number from `low` to `high`, in the unit of the field or in one of the same quantity.

    Parameters
    ----------
    high : float
    unit : str
    words_when_empty : str
        Shown in grey where nothing is stated.
    low : float
    whole : bool
        Only whole numbers.
    """

    def __init__(
        self, high: float, unit: str = "", words_when_empty: str = "", low: float = 0.0, whole: bool = False
    ) -> None:
        super().__init__(unit)
        self._step = 0.0
        self.set_limits(low, high, whole)
        self.setPlaceholderText(words_when_empty)

    def set_limits(self, low: float, high: float, whole: bool = False) -> None:
        """Set the inclusive limits of the number."""
        self._low, self._high, self._whole = low, high, whole

    def set_step(self, step: float | None) -> None:
        """Let the arrow keys change the number by a step."""
        self._step = step or 0.0

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:  # noqa: N802
        """Change the number by a step at the arrow keys, where there is a step."""
        up = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()))
        value = self._or_none()
        if up is None or not self._step or value is None:
            super().keyPressEvent(event)
            return
        self.setValue(min(max(value + up * self._step, self._low), self._high))

    def _understand(self, text: str) -> float | None:
        value = understand(text, self._unit)
        if value is None:
            return None
        if self._whole and value != round(value):
            raise NotUnderstood(f"{shown_number(value)} is not a whole number")
        if not self._low <= value <= self._high:
            limits = f"{shown_number(self._low)} to {shown_number(self._high)}{self.suffix()}"
            raise NotUnderstood(f"{shown_number(value)}{self.suffix()} is not from {limits}")
        return int(value) if self._whole else value

    def _text_of(self, value: float | None) -> str:
        return "" if value is None else shown_number(value) + self.suffix()


class NumbersField(TypedField):
    """A list of numbers: `30, 60, 90` or `30:90:15`.

    Signals
    -------
    valueChanged(object)
        A list of float.
    """

    def _empty(self) -> list[float]:
        return []

    def numbers(self) -> Numbers:
        """Return the list with remarks about it, for example where a range ends; raises NotFilledIn."""
        try:
            return understand_list(self.text(), self._unit)
        except NotUnderstood as error:
            raise NotFilledIn(self, str(error)) from error

    def _understand(self, text: str) -> list[float]:
        return list(understand_list(text, self._unit).values)

    def _text_of(self, value: Sequence[float] | None) -> str:
        return ", ".join(shown_number(float(one)) for one in value or ())

    def _show_understood(self) -> None:
        """Keep a list as it was typed: its ranges say more than their values."""
        mark_fault(self, not self._is_understood())


def in_words(field: QtWidgets.QWidget) -> str:
    """Return the value of a field as understood, with its unit; `""` for an empty one.

    Raises NotFilledIn for a text that is not understood.
    """
    if isinstance(field, NumbersField):
        found = field.numbers()
        shown = [shown_number(value) for value in found.values]
        if len(shown) > MOST_SHOWN:
            shown = [*shown[:3], "…", shown[-1]]
        count = f" ({len(found.values)})" if len(found.values) > MOST_SHOWN else ""
        listed = ", ".join(shown) + field.suffix() + count
        return "; ".join([listed, *found.remarks]) if found.values else ""
    if isinstance(field, NumberField):
        value = field.value()
        return "" if value is None else shown_number(value) + field.suffix()
    if isinstance(field, QtWidgets.QCheckBox):
        return "yes" if field.isChecked() else "no"
    if isinstance(field, QtWidgets.QComboBox):
        return field.currentText()
    return field.text().strip() if isinstance(field, QtWidgets.QLineEdit) else ""


class _Parameter:
    """Connects a field with a parameter of pymeasure, as `pymeasure.display.inputs.Input` does."""

    _parameter: Any = None

    def set_parameter(self, parameter: Any) -> None:
        """Connect a parameter and show its value."""
        self._parameter = parameter
        self._configure(parameter)
        self.setToolTip(tool_tip(parameter._cli_help_fields()))  # type: ignore[attr-defined]  # of the mixed-in line
        if parameter.is_set():
            self.setValue(parameter.value)  # type: ignore[attr-defined]  # of the mixed-in line

    def update_parameter(self) -> None:
        """Set the parameter to the value of the field."""
        self._parameter.value = self.value()  # type: ignore[attr-defined]  # of the mixed-in line

    @property
    def parameter(self) -> Any:
        """The parameter with the value of the field; raises NotFilledIn or ValueError."""
        self.update_parameter()
        return self._parameter

    def _configure(self, parameter: Any) -> None:
        self._unit = getattr(parameter, "units", None) or ""
        self.setPlaceholderText(self._unit)  # type: ignore[attr-defined]  # of the mixed-in line


class NumberInput(_Parameter, NumberField):
    """The field of a FloatParameter or IntegerParameter."""

    def __init__(self, parameter: Any, whole: bool) -> None:
        NumberField.__init__(self, parameter.maximum, low=parameter.minimum, whole=whole)
        self.set_step(getattr(parameter, "step", None))
        self.set_parameter(parameter)

    def _configure(self, parameter: Any) -> None:
        super()._configure(parameter)
        self.set_limits(parameter.minimum, parameter.maximum, self._whole)

    def update_parameter(self) -> None:
        """Set the parameter; raises NotFilledIn for an empty field: it is no zero."""
        value = self.value()
        if value is None:
            raise NotFilledIn(self, "not filled in")
        self._parameter.value = value


class NumbersInput(_Parameter, NumbersField):
    """The field of a parameter that is a list of numbers."""

    def __init__(self, parameter: Any) -> None:
        NumbersField.__init__(self, "")
        self.set_parameter(parameter)
