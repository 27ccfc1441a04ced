"""The form of a procedure: pymeasure's inputs, in two columns, with exact values."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from pymeasure.display.inputs import BooleanInput, ListInput, StringInput, VectorInput
from pymeasure.display.widgets import InputsWidget
from pymeasure.experiment import (
    BooleanParameter,
    FloatParameter,
    IntegerParameter,
    ListParameter,
    VectorParameter,
)

from labctl.config.first_again import KEY as FIRST_AGAIN
from labctl.config.first_again import is_cheap
from labctl.gui.number_field import (
    NotFilledIn,
    NumberField,
    NumberInput,
    NumbersField,
    NumbersInput,
    in_words,
)
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
        self._default = {name: self._shown(name) for name in self._inputs}

    def _setup_ui(self) -> None:
        """Make a field for each parameter; a parameter with an input class of its own keeps it."""
        parameters = self._procedure.parameter_objects()
        for name in self._inputs:
            setattr(self, name, _field_of(parameters[name]))

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
            if isinstance(field, QtWidgets.QLineEdit) and not isinstance(field, NumberField):
                field.setCursorPosition(0)
                form.addRow(self.labels[name])
                form.addRow(field)
            else:
                _show_whole(field)
                form.addRow(self.labels[name], field)

    def _setup_visibility_groups(self) -> None:
        """Show fields only while the parameters that they are grouped by have the values for them."""
        parameters = self._procedure.parameter_objects()
        self._shown_when = {
            name: {
                by: when
                for by, when in parameters[name].group_by.items()
                if by in self._inputs and by != name
            }
            for name in self._inputs
        }
        for by in {by for conditions in self._shown_when.values() for by in conditions}:
            _changes(getattr(self, by)).connect(self._show_groups)
        self._show_groups()

    def _show_groups(self, *_: Any) -> None:
        for name, conditions in self._shown_when.items():
            if not conditions:
                continue
            visible = all(_holds(when, getattr(self, by)) for by, when in conditions.items())
            getattr(self, name).setVisible(visible)
            if name in self.labels:
                self.labels[name].setVisible(visible)

    def understood(self) -> list[str]:
        """Return name and value, as understood, of each field that is not as the procedure has it by default.

        Raises NotFilledIn that names the field at fault.
        """
        changed = [name for name in self._inputs if self._shown(name) != self._default[name]]
        return [f"{self._name(name)} {in_words(getattr(self, name)) or 'empty'}" for name in changed]

    def _name(self, name: str) -> str:
        return self._procedure.parameter_objects()[name].name

    def _shown(self, name: str) -> str:
        try:
            return in_words(getattr(self, name))
        except NotFilledIn:
            return "?"

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
            except NotFilledIn:
                raise
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


def _field_of(parameter: Any) -> QtWidgets.QWidget:
    """Return a field for a parameter of pymeasure."""
    if parameter.ui_class is VectorInput or (
        parameter.ui_class is None and isinstance(parameter, VectorParameter)
    ):
        return NumbersInput(parameter)
    if parameter.ui_class is not None:
        return parameter.ui_class(parameter)
    if isinstance(parameter, FloatParameter | IntegerParameter):
        return NumberInput(parameter, whole=isinstance(parameter, IntegerParameter))
    if isinstance(parameter, BooleanParameter):
        return BooleanInput(parameter)
    return ListInput(parameter) if isinstance(parameter, ListParameter) else StringInput(parameter)


def _holds(condition: Any, field: Any) -> bool:
    """Return whether a field has the value, or fulfils the condition, that shows another field."""
    value = _state_of(field)
    if callable(condition):
        return bool(condition(value))
    return value == (bool(condition) if isinstance(field, QtWidgets.QCheckBox) else condition)


def _state_of(field: Any) -> Any:
    if isinstance(field, QtWidgets.QCheckBox):
        return field.isChecked()
    if isinstance(field, QtWidgets.QComboBox):
        return field.currentText()
    if isinstance(field, NumberField):
        try:
            return field.value()
        except NotFilledIn:
            return None
    return field.text() if isinstance(field, QtWidgets.QLineEdit) else field.value()


def _shows_no_units(field: Any, parameter: Any) -> bool:
    return bool(getattr(parameter, "units", None)) and isinstance(field, NumbersField | StringInput)


def _show_whole(field: QtWidgets.QWidget) -> None:
    """Keep layouts from cutting off the unit of a number."""
    if isinstance(field, QtWidgets.QAbstractSpinBox):
        metrics = field.fontMetrics()
        field.setMinimumWidth(metrics.horizontalAdvance(field.text()) + 2 * metrics.height())


def _changes(field: QtCore.QObject) -> Any:
    if isinstance(field, QtWidgets.QCheckBox):
        return field.toggled
    if isinstance(field, NumberField | NumbersField):
        return field.valueChanged
    if isinstance(field, QtWidgets.QLineEdit):
        return field.textChanged
    if isinstance(field, QtWidgets.QComboBox):
        return field.currentIndexChanged
    return field.valueChanged  # type: ignore[attr-defined]
