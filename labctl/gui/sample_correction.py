"""Fields with the values of a sample in force; only changed ones are amended."""

import math
from collections.abc import Mapping
from typing import Any

from labctl.config.amended_values import LARGEST_CORRECTION_K, NONE
from labctl.config.sample import ELECTRODES, pellet_diameter_mm
from labctl.gui.inputs import tab_through
from labctl.gui.number_field import NotFilledIn, NumberField
from labctl.gui.plain_label import PlainLabel
from labctl.gui.qt import QtWidgets, Signal
from labctl.gui.wheel import let_wheel_pass

DIAMETER, AREA = "diameter", "area"
NOT_KNOWN, NOT_STATED = "not known", "not stated"
TAKEN_AWAY = ("pellet_diameter_mm", "thickness_after_mm", "thermal_expansion_per_k", "lead_ohm")
EXPANSIONS = ("thermal_expansion_per_k", "thermal_expansion_uncertainty_per_k")
PPM = 1e-6
TEXTS = ("composition", "cation", "note")
REQUIRED = ("thickness_mm", "diameter_mm", "area_cm2")


class SampleCorrection(QtWidgets.QWidget):
    """Inputs for the values of a sample in force.

    Parameters
    ----------
    sample : mapping
        As `labctl.derive.in_force.in_force` gives it.

    Signals
    -------
    edited()
    """

    edited = Signal()

    def __init__(self, sample: Mapping[str, Any], parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._sample = sample
        self.thickness_mm, self.thickness_u_mm = NumberField(200, "mm"), NumberField(10, "mm", NOT_KNOWN)
        self.size_kind = QtWidgets.QComboBox(self)
        self.size_kind.addItems(["Diameter", "Area"])
        self.size_kind.setAccessibleName("Diameter or area")
        self.diameter_mm, self.diameter_u_mm = NumberField(300, "mm"), NumberField(30, "mm", NOT_KNOWN)
        self.area_cm2, self.area_u_cm2 = NumberField(1000, "cm²"), NumberField(100, "cm²", NOT_KNOWN)
        self.pellet_mm = NumberField(200, "mm", NOT_STATED)
        self.pellet_u_mm = NumberField(20, "mm", NOT_KNOWN)
        self.after_mm = NumberField(200, "mm", "not measured")
        self.after_u_mm = NumberField(10, "mm", NOT_KNOWN)
        self.expansion_ppm_k = NumberField(1000, "ppm/K", NOT_STATED)
        self.expansion_u_ppm_k = NumberField(1000, "ppm/K", NOT_KNOWN)
        self.lead_ohm, self.lead_u_ohm = (
            NumberField(1e6, "ohm", NOT_KNOWN),
            NumberField(1e6, "ohm", NOT_KNOWN),
        )
        self.thermometer_k = NumberField(LARGEST_CORRECTION_K, "K", NOT_KNOWN, -LARGEST_CORRECTION_K)
        self.composition, self.cation, self.note = (QtWidgets.QLineEdit(self) for _ in range(3))
        self.electrodes = QtWidgets.QComboBox(self)
        self.electrodes.addItems(list(dict.fromkeys((*ELECTRODES, str(sample["electrodes"])))))
        self._numbers = {
            "thickness_mm": self.thickness_mm,
            "thickness_uncertainty_mm": self.thickness_u_mm,
            "diameter_mm": self.diameter_mm,
            "diameter_uncertainty_mm": self.diameter_u_mm,
            "area_cm2": self.area_cm2,
            "area_uncertainty_cm2": self.area_u_cm2,
            "pellet_diameter_mm": self.pellet_mm,
            "pellet_diameter_uncertainty_mm": self.pellet_u_mm,
            "thickness_after_mm": self.after_mm,
            "thickness_after_uncertainty_mm": self.after_u_mm,
            "thermal_expansion_per_k": self.expansion_ppm_k,
            "thermal_expansion_uncertainty_per_k": self.expansion_u_ppm_k,
            "lead_ohm": self.lead_ohm,
            "lead_uncertainty_ohm": self.lead_u_ohm,
            "thermometer_correction_k": self.thermometer_k,
        }
        self.thermometer_k.setToolTip("kelvin to be added to each reading")
        self._load()
        self._loaded = self._filled_in()
        self._lay_out()
        self._connect()
        let_wheel_pass(self)
        self._show_size()

    def values(self) -> dict[str, Any]:
        """Return the changed values, by the keys of `labctl.config.amended_values.amended_values`.

        Raises NotFilledIn that names a field that is not understood, or is empty and must not be.
        """
        other = ("area_",) if self._by_diameter() else ("diameter_",)
        found = {
            key: value
            for key, value in self._filled_in().items()
            if value != self._loaded[key] and not key.startswith(other)
        }
        for key in TAKEN_AWAY:
            if key in found and not found[key]:
                found[key] = NONE
        for key in EXPANSIONS:
            if isinstance(found.get(key), float):
                found[key] *= PPM
        for key, value in found.items():
            if value is None and key in REQUIRED:
                raise NotFilledIn(self._numbers[key], "not filled in")
        if "thermometer_correction_k" in found and found["thermometer_correction_k"] is None:
            found["thermometer_correction_k"] = NONE
        return {key: 0.0 if value is None else value for key, value in found.items()}

    def _by_diameter(self) -> bool:
        return self.size_kind.currentIndex() == 0

    def _load(self) -> None:
        sample = self._sample
        diameter_m = math.sqrt(4 / math.pi * sample["area_m2"])
        pellet_mm, pellet_u_mm = pellet_diameter_mm(sample) or (0.0, 0.0)
        shown = {
            "thickness_mm": sample["thickness_m"] * 1e3,
            "thickness_uncertainty_mm": sample["thickness_u_m"] * 1e3,
            "diameter_mm": diameter_m * 1e3,
            "diameter_uncertainty_mm": sample["area_u_m2"] / (math.pi / 2 * diameter_m) * 1e3,
            "area_cm2": sample["area_m2"] * 1e4,
            "area_uncertainty_cm2": sample["area_u_m2"] * 1e4,
            "pellet_diameter_mm": pellet_mm,
            "pellet_diameter_uncertainty_mm": pellet_u_mm,
            "thickness_after_mm": (sample.get("thickness_after_m") or 0.0) * 1e3,
            "thickness_after_uncertainty_mm": (sample.get("thickness_after_u_m") or 0.0) * 1e3,
            "thermal_expansion_per_k": (sample.get("thermal_expansion_per_k") or 0.0) / PPM,
            "thermal_expansion_uncertainty_per_k": (sample.get("thermal_expansion_u_per_k") or 0.0) / PPM,
            "lead_ohm": sample["lead_ohm"] or 0.0,
            "lead_uncertainty_ohm": sample["lead_u_ohm"] or 0.0,
        }
        for key, value in shown.items():
            self._numbers[key].setValue(value or None)
        self.thermometer_k.setValue(sample["thermometer_correction_k"])
        for name in TEXTS:
            getattr(self, name).setText(sample[name] or "")
            getattr(self, name).setCursorPosition(0)
        self.electrodes.setCurrentText(str(sample["electrodes"]))

    def _filled_in(self) -> dict[str, Any]:
        """Return every value; exact where its field was not edited. Raises NotFilledIn."""
        found: dict[str, Any] = {key: field.value() for key, field in self._numbers.items()}
        found |= {name: getattr(self, name).text().strip() for name in TEXTS}
        return found | {"electrodes": self.electrodes.currentText()}

    def _lay_out(self) -> None:
        rows = QtWidgets.QGridLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setColumnStretch(1, 2)
        rows.setColumnStretch(3, 1)
        order: list[QtWidgets.QWidget] = []
        lines: tuple[tuple[Any, tuple[QtWidgets.QWidget, ...], tuple[QtWidgets.QWidget, ...]], ...] = (
            ("Thickness", (self.thickness_mm,), (self.thickness_u_mm,)),
            ("Thickness after the run", (self.after_mm,), (self.after_u_mm,)),
            (self.size_kind, (self.diameter_mm, self.area_cm2), (self.diameter_u_mm, self.area_u_cm2)),
            ("Diameter of pellet", (self.pellet_mm,), (self.pellet_u_mm,)),
            ("Thermal expansion", (self.expansion_ppm_k,), (self.expansion_u_ppm_k,)),
            ("Leads", (self.lead_ohm,), (self.lead_u_ohm,)),
            ("Thermometer correction", (self.thermometer_k,), ()),
            ("Composition", (self.composition,), ()),
            ("Mobile ion", (self.cation,), ()),
            ("Electrodes", (self.electrodes,), ()),
            ("Note", (self.note,), ()),
        )
        for place, (name, fields, uncertainties) in enumerate(lines):
            label = PlainLabel(name, self) if isinstance(name, str) else name
            called = name if isinstance(name, str) else "Diameter or area"
            rows.addWidget(label, place, 0)
            order += [name] if not isinstance(name, str) else []
            for field in fields:
                field.setAccessibleName(called)
                rows.addWidget(field, place, 1, 1, 1 if uncertainties else 3)
            for field in uncertainties:
                field.setAccessibleName(f"Standard uncertainty of {called.lower()}")
                field.setToolTip("one standard uncertainty")
                rows.addWidget(field, place, 3)
            if uncertainties:
                rows.addWidget(PlainLabel("±", self), place, 2)
            order += [*fields, *uncertainties]
        tab_through(order)

    def _connect(self) -> None:
        self.size_kind.currentIndexChanged.connect(self._show_size)
        self.electrodes.currentIndexChanged.connect(self.edited)
        for field in self._numbers.values():
            field.valueChanged.connect(self.edited)
        for name in TEXTS:
            getattr(self, name).textChanged.connect(self.edited)

    def _show_size(self) -> None:
        """Show diameter or area; a change of the other one is not amended."""
        by_diameter = self._by_diameter()
        for field in (self.diameter_mm, self.diameter_u_mm):
            field.setVisible(by_diameter)
        for field in (self.area_cm2, self.area_u_cm2):
            field.setVisible(not by_diameter)
        self.edited.emit()
