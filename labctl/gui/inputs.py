"""The form of a procedure: pymeasure's inputs, in two columns, with exact values."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from pymeasure.display.widgets import InputsWidget

from labctl.config.first_again import KEY as FIRST_AGAIN
from labctl.config.first_again import is_cheap
from labctl.gui.decimal_field import refuse_pasted_commas, type_comma_as_point
from labctl.gui.plain_label import PlainLabel
from labctl.gui.qt import QtCore, QtWidgets, Signal
from labctl.gui.wheel import let_wheel_pass

FIRST = (  # parameters set for every measurement
    "temperatures_degc",
    "temperature_degc",
    "start_degc",
    "end_degc",
    "return_down",
    "delta_v_v",
    "potentials_v",
)


LONGEST_LINE = 34  # letters of a label; longer labels take two lines


class NotFilledIn(ValueError):
    """A field without a valid value; `field` is the widget."""

    def __init__(self, field: QtWidgets.QWidget, problem: str) -> None:
        super().__init__(f"{field.accessibleName()}: {problem}")
        self.field = field


class ProcedureInputs(InputsWidget):
    """Inputs of one procedure class.

    Signals
    -------
    edited()
        The user changed a field.
    """

    edited = Signal()

    def __init__(self, procedure_class: type, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(procedure_class, inputs_of(procedure_class), parent=parent)
        self._loaded: dict[str, tuple[Any, Any]] = {}
        self._chooses_repetition = FIRST_AGAIN in self._inputs
        if self._chooses_repetition:
            getattr(self, FIRST_AGAIN).clicked.connect(self._leave_repetition_to_the_user)
        for name in self._inputs:
            _changes(getattr(self, name)).connect(self.edited)
        let_wheel_pass(self)
        type_comma_as_point(self)
        refuse_pasted_commas(self)

    def _layout(self, inputs_in_scrollarea: bool) -> None:
        """Place labels beside their fields, not above."""
        form = QtWidgets.QFormLayout(self)
        form.setFieldGrowthPolicy(QtWidgets.QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setRowWrapPolicy(QtWidgets.QFormLayout.RowWrapPolicy.WrapLongRows)
        self.labels = {}
        for name, parameter in ((n, self._procedure.parameter_objects()[n]) for n in self._inputs):
            field = getattr(self, name)
            field.setAccessibleName(parameter.name)
            field.setObjectName(name)
            if isinstance(field, self.NO_LABEL_INPUTS):
                form.addRow(field)
                continue
            units = f" / {parameter.units}" if _shows_no_units(field, parameter) else ""
            self.labels[name] = PlainLabel(f"{parameter.name}{units}".replace("degC", "°C"), self)
            self.labels[name].setBuddy(field)
            self.labels[name].setWordWrap(len(self.labels[name].text()) > LONGEST_LINE)
            if isinstance(field, QtWidgets.QLineEdit):
                field.setCursorPosition(0)
                form.addRow(self.labels[name])
                form.addRow(field)
            else:
                _show_whole(field)
                form.addRow(self.labels[name], field)

    def fields(self) -> list[QtWidgets.QWidget]:
        """The fields from top to bottom."""
        return [getattr(self, name) for name in self._inputs]

    def values(self) -> dict[str, Any]:
        """Return every parameter as filled in.

        `repeat_first` is ticked where the repetition costs little time, unless the user set it or loaded it.

        Raises NotFilledIn that names the field at fault.
        """
        found = self._values()
        if self._chooses_repetition and found[FIRST_AGAIN] != is_cheap(self._procedure_class, found):
            getattr(self, FIRST_AGAIN).setChecked(not found[FIRST_AGAIN])
            found = self._values()
        return found

    def _leave_repetition_to_the_user(self) -> None:
        self._chooses_repetition = False

    def _values(self) -> dict[str, Any]:
        found = {}
        for name in self._inputs:
            field = getattr(self, name)
            try:
                shown = field.parameter.value
            except (ValueError, TypeError) as error:
                raise NotFilledIn(field, str(error)) from error
            was_shown, exact = self._loaded.get(name, (None, None))
            found[name] = exact if name in self._loaded and shown == was_shown else shown
        return found

    def load(self, values: Mapping[str, Any]) -> None:
        """Fill in parameters; unedited ones are returned exactly, even if a field shows a rounded number.

        Raises ValueError for a value that its parameter refuses.
        """
        procedure = self._procedure_class()
        known = {name: value for name, value in values.items() if name in self._inputs}
        procedure.set_parameters(known)
        self._leave_repetition_to_the_user()
        self.set_parameters(procedure.parameter_objects())
        refuse_pasted_commas(self)
        self._loaded = {name: (getattr(self, name).parameter.value, value) for name, value in known.items()}


def tab_through(fields: Sequence[QtWidgets.QWidget]) -> None:
    """Set the Tab order of the fields to the order on the screen."""
    for one, following in pairwise(fields):
        QtWidgets.QWidget.setTabOrder(one, following)


def inputs_of(procedure_class: type) -> list[str]:
    """Return the names of the parameters in the order of the form: frequent ones first, then as defined."""
    known = procedure_class()._parameters  # type: ignore[attr-defined]
    defined = [name for cls in reversed(procedure_class.__mro__) for name in vars(cls) if name in known]
    ordered = [name for name in FIRST if name in known] + defined + list(known)
    return list(dict.fromkeys(ordered))


def _shows_no_units(field: Any, parameter: Any) -> bool:
    return bool(getattr(parameter, "units", None)) and isinstance(field, QtWidgets.QLineEdit)


def _show_whole(field: QtWidgets.QWidget) -> None:
    """Keep layouts from cutting off the unit of a number."""
    if isinstance(field, QtWidgets.QAbstractSpinBox):
        metrics = field.fontMetrics()
        field.setMinimumWidth(metrics.horizontalAdvance(field.text()) + 2 * metrics.height())


def _changes(field: QtCore.QObject) -> Any:
    if isinstance(field, QtWidgets.QCheckBox):
        return field.toggled
    if isinstance(field, QtWidgets.QLineEdit):
        return field.textChanged
    if isinstance(field, QtWidgets.QComboBox):
        return field.currentIndexChanged
    return field.valueChanged  # type: ignore[attr-defined]
