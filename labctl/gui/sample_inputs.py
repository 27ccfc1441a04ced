"""The form of a sample, with the samples of the database."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import pi, sqrt
from typing import Any

from labctl.config.fixture import Points
from labctl.config.sample import ELECTRODES
from labctl.gui.inputs import tab_through
from labctl.gui.number_field import NotFilledIn, NumberField, in_words, mark_fault
from labctl.gui.qt import QtWidgets, Signal
from labctl.gui.wheel import let_wheel_pass
from labctl.readmodel.protocol_text import SampleForm

TEXTS = ("composition", "cation", "note")
NUMBERS = (
    *("thickness_mm", "thickness_u_mm", "area_cm2", "area_u_cm2"),
    *("pellet_diameter_mm", "pellet_diameter_u_mm", "lead_ohm", "lead_u_ohm"),
    *("thickness_after_mm", "thickness_after_u_mm"),
)
STATED = (
    *("thickness_mm", "diameter_mm", "area_cm2", "pellet_diameter_mm", "thickness_after_mm", "lead_ohm"),
    *("thermal_expansion_per_k", "temperature_max_degc", "potential_max_v", "current_max_a"),
)
UNCERTAINTIES = {
    "thickness_mm": "thickness_u_mm",
    "area_cm2": "area_u_cm2",
    "pellet_diameter_mm": "pellet_diameter_u_mm",
    "thickness_after_mm": "thickness_after_u_mm",
    "thermal_expansion_per_k": "thermal_expansion_u_per_k",
    "lead_ohm": "lead_u_ohm",
}
EXPANSIONS = ("thermal_expansion_per_k", "thermal_expansion_u_per_k")
PPM = 1e-6
CEILINGS = ("potential_max_v", "current_max_a")
COLDEST_DEGC = -273.15


class SampleInputs(QtWidgets.QGroupBox):
    """Inputs of the sample between the electrodes.

    Signals
    -------
    edited()
    """

    edited = Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__("Sample", parent)
        self._remembered: dict[str, SampleForm] = {}
        self.name = QtWidgets.QComboBox(self)
        self.name.setEditable(True)
        self.name.lineEdit().setPlaceholderText("name of the sample")  # type: ignore[union-attr]
        self.composition, self.cation, self.note = (QtWidgets.QLineEdit(self) for _ in range(3))
        self.cation.setPlaceholderText("e.g. Mg2+")
        self.electrodes = QtWidgets.QComboBox(self)
        self.electrodes.addItems(ELECTRODES)
        self.thickness_mm, self.thickness_u_mm = (
            NumberField(100, "mm", "not filled in"),
            NumberField(10, "mm"),
        )
        self.diameter_mm = NumberField(300, "mm", "not filled in")
        self.area_cm2 = NumberField(1000, "cm²", "not filled in")
        self.area_u_cm2 = NumberField(100, "cm²")
        self.pellet_diameter_mm = NumberField(200, "mm", "not stated")
        self.pellet_diameter_u_mm = NumberField(20, "mm")
        self.thickness_after_mm = NumberField(100, "mm", "not measured")
        self.thickness_after_u_mm = NumberField(10, "mm")
        self.thermal_expansion_per_k = NumberField(1000, "ppm/K", "not stated")
        self.thermal_expansion_u_per_k = NumberField(1000, "ppm/K")
        self.lead_ohm, self.lead_u_ohm = NumberField(1e6, "ohm", "not known"), NumberField(1e6, "ohm")
        self.temperature_max_degc = NumberField(2000, "°C", "as the station", low=COLDEST_DEGC)
        self.potential_max_v = NumberField(1000, "V", "as the station")
        self.current_max_a = NumberField(1000, "A", "as the station")
        self.fixture = QtWidgets.QCheckBox(self)
        self._fixture_points: dict[str, Points | None] = {}
        self._load_fixture({})
        self._lay_out()
        self._connect()
        let_wheel_pass(self)

    def form(self) -> SampleForm:
        """Return the sample as filled in; raises NotFilledIn without a name, a thickness or an area."""
        name = self.name.currentText().strip()
        if not name:
            raise NotFilledIn(self.name, "give the sample a name")
        self._require_size()
        if self.pellet_diameter_u_mm.value() and not self.pellet_diameter_mm.value():
            raise NotFilledIn(self.pellet_diameter_mm, "not filled in, although its uncertainty is")
        if self.thickness_after_u_mm.value() and not self.thickness_after_mm.value():
            raise NotFilledIn(self.thickness_after_mm, "not filled in, although its uncertainty is")
        if self.thermal_expansion_u_per_k.value() and not self.thermal_expansion_per_k.value():
            raise NotFilledIn(self.thermal_expansion_per_k, "not filled in, although its uncertainty is")
        if self.lead_u_ohm.value() and not self.lead_ohm.value():
            raise NotFilledIn(self.lead_ohm, "not filled in, although its uncertainty is")
        if self.lead_ohm.value() and self.fixture.isChecked() and self._fixture_points.get("fixture_short"):
            raise NotFilledIn(self.lead_ohm, "the short would take the leads off twice; untick the fixture")
        texts = {key: getattr(self, key).text().strip() for key in TEXTS}
        numbers: dict[str, Any] = {key: getattr(self, key).value() or 0.0 for key in (*NUMBERS, *CEILINGS)}
        numbers |= {key: PPM * (getattr(self, key).value() or 0.0) for key in EXPANSIONS}
        filled = SampleForm(
            name,
            electrodes=self.electrodes.currentText(),
            temperature_max_degc=self.temperature_max_degc.value(),
            **texts,
            **numbers,
        )
        if self.fixture.isChecked():
            filled = replace(filled, **self._fixture_points)
        remembered = self._remembered.get(name)
        return remembered if remembered and _looks_like(filled, remembered) else filled

    def load(self, sample: SampleForm) -> None:
        """Fill in a sample; it is returned exactly until a field is edited."""
        self._remembered[sample.name] = sample
        self.name.setEditText(sample.name)
        for key in TEXTS:
            getattr(self, key).setText(getattr(sample, key))
        self.electrodes.setCurrentText(sample.electrodes)
        for key in (*NUMBERS, *CEILINGS):
            getattr(self, key).setValue(getattr(sample, key) or None)
        for key in EXPANSIONS:
            getattr(self, key).setValue(getattr(sample, key) / PPM or None)
        self.temperature_max_degc.setValue(sample.temperature_max_degc)
        self._load_fixture({"fixture_short": sample.fixture_short, "fixture_open": sample.fixture_open})

    def _require_size(self) -> None:
        """Raise NotFilledIn where thickness or area is not stated, or a number is not understood."""
        self.diameter_mm.value()
        for field in (self.thickness_mm, self.area_cm2):
            if field.value() is None:
                raise NotFilledIn(field, "not filled in; without it there is no conductivity")
            if not field.value():
                raise NotFilledIn(field, "is 0; without it there is no conductivity")

    def understood(self) -> list[str]:
        """Return the numbers that are filled in, as understood; raises NotFilledIn."""
        return [words for key in STATED if (words := self._stated(key))]

    def _stated(self, key: str) -> str:
        field = getattr(self, key)
        value, uncertainty = in_words(field), getattr(self, UNCERTAINTIES.get(key, ""), None)
        more = in_words(uncertainty) if uncertainty is not None else ""
        return f"{field.accessibleName()} {value}{f' ± {more}' if more else ''}" if value else ""

    def clear_for_another(self) -> None:
        """Keep what another pellet has in common with this one; its name and thickness are to be given."""
        self.name.setEditText("")
        self.note.clear()
        for key in ("thickness_mm", "thickness_after_mm", "thickness_after_u_mm"):
            getattr(self, key).clear()
        self.name.setFocus()

    def _load_fixture(self, points: dict[str, Points | None]) -> None:
        """Show the fixture of a sample, which cannot be typed: it is kept until the user unticks it."""
        names = [name.removeprefix("fixture_") for name, measured in points.items() if measured]
        self._fixture_points = points
        self.fixture.setText(f"taken out: {' and '.join(names)}" if names else "not measured")
        self.fixture.setEnabled(bool(names))
        self.fixture.setChecked(bool(names))

    def remember(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Offer the samples of the database, the newest first."""
        text = self.name.currentText()
        self._remembered.update({row["name"]: SampleForm.of_row(row) for row in rows})
        names = list(dict.fromkeys(row["name"] for row in reversed(rows)))
        if names == [self.name.itemText(n) for n in range(self.name.count())]:
            return
        blocked = self.name.blockSignals(True)
        self.name.clear()
        self.name.addItems(names)
        self.name.setEditText(text)
        self.name.blockSignals(blocked)

    def _lay_out(self) -> None:
        rows = {
            "Sample &name": self.name,
            "Composition": self.composition,
            "Mobile ion": self.cation,
            "Electrodes": self.electrodes,
            "Thickness": self.thickness_mm,
            "  ± (one standard uncertainty)": self.thickness_u_mm,
            "Diameter": self.diameter_mm,
            "or area": self.area_cm2,
            "  ± ": self.area_u_cm2,
            "Diameter of pellet": self.pellet_diameter_mm,
            "  ±   ": self.pellet_diameter_u_mm,
            "Thickness after": self.thickness_after_mm,
            "   ±": self.thickness_after_u_mm,
            "Thermal expansion": self.thermal_expansion_per_k,
            "   ± ": self.thermal_expansion_u_per_k,
            "Leads": self.lead_ohm,
            "  ±  ": self.lead_u_ohm,
            "Fixture": self.fixture,
            "Highest temperature": self.temperature_max_degc,
            "Highest potential": self.potential_max_v,
            "Highest current": self.current_max_a,
            "Note": self.note,
        }
        form = QtWidgets.QFormLayout(self)
        form.setRowWrapPolicy(QtWidgets.QFormLayout.RowWrapPolicy.WrapLongRows)
        for label, field in rows.items():
            field.setAccessibleName(label.replace("&", "").removeprefix("or ").strip().capitalize())
            form.addRow(label, field)
        for key, its_uncertainty in UNCERTAINTIES.items():
            name = getattr(self, key).accessibleName()
            getattr(self, its_uncertainty).setAccessibleName(f"Standard uncertainty of {name.lower()}")
        tab_through(list(rows.values()))

    def _connect(self) -> None:
        self.name.textActivated.connect(self._choose)
        self.name.editTextChanged.connect(self.edited)
        self.diameter_mm.valueChanged.connect(self._area_from_diameter)
        self.area_cm2.valueChanged.connect(self._diameter_from_area)
        self.electrodes.currentIndexChanged.connect(self.edited)
        self.fixture.toggled.connect(self.edited)
        for key in TEXTS:
            getattr(self, key).textChanged.connect(self.edited)
        for key in (*NUMBERS, *EXPANSIONS, *CEILINGS, "temperature_max_degc"):
            getattr(self, key).valueChanged.connect(self.edited)

    def _choose(self, name: str) -> None:
        if name in self._remembered:
            self.load(self._remembered[name])

    def _area_from_diameter(self, diameter_mm: float | None) -> None:
        _set_quietly(self.area_cm2, None if diameter_mm is None else pi / 4 * (diameter_mm / 10) ** 2)
        self.edited.emit()

    def _diameter_from_area(self, area_cm2: float | None) -> None:
        _set_quietly(self.diameter_mm, None if area_cm2 is None else 10 * sqrt(4 / pi * area_cm2))


def _set_quietly(field: NumberField, value: float | None) -> None:
    blocked = field.blockSignals(True)
    field.setValue(value)
    mark_fault(field, False)
    field.blockSignals(blocked)


def _looks_like(filled: SampleForm, remembered: SampleForm) -> bool:
    """Return whether the form still shows a stored sample: texts equal, numbers to the digits shown."""
    return all(_shown_alike(name, new, getattr(remembered, name)) for name, new in vars(filled).items())


def _shown_alike(name: str, new: Any, old: Any) -> bool:
    if not (isinstance(old, float) and isinstance(new, float)):
        return bool(new == old)
    return abs(new - old) < 1e-6 * (PPM if name in EXPANSIONS else 1.0)
