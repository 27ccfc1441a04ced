"""`[check]` of a station file: standards measured in place of the sample, and when a night may begin.

1. `[check.resistor]` is a reference resistor, `[check.cell]` a dummy cell, a resistor parallel to a
   capacitor. Both are connected by hand to the leads of the sample.
2. Without `largest_deviation`, `largest_phase_deg` and `largest_age_h` nothing is refused or reported.
"""

import math
from dataclasses import dataclass

from labctl.config.table import Table

STANDARDS = ("resistor", "cell")
REFUSE, TELL = "refuse", "tell"
LARGEST_RELATIVE_U = 0.5
DEFAULT_HZ = (10.0, 1e5)


@dataclass(frozen=True)
class Standard:
    """A resistor, or a resistor parallel to a capacitor; uncertainties are standard uncertainties.

    Attributes
    ----------
    name : "resistor" or "cell"
    resistance_ohm, resistance_u_ohm, capacitance_f, capacitance_u_f : float
        The capacitance of a resistor is 0.
    source : str
        Certificate, data sheet or meter.
    """

    name: str
    resistance_ohm: float
    resistance_u_ohm: float
    source: str
    capacitance_f: float = 0.0
    capacitance_u_f: float = 0.0

    @property
    def words(self) -> str:
        """What to connect, with its source."""
        if self.name == "resistor":
            return f"the reference resistor of {self.resistance_ohm:g} ohm ({self.source})"
        return (
            f"the dummy cell of {self.resistance_ohm:g} ohm parallel to {self.capacitance_f:g} F "
            f"({self.source})"
        )


@dataclass(frozen=True)
class ReferenceCheck:
    """Checks of the analyser with standards.

    Attributes
    ----------
    standards : tuple of Standard
        Empty: the station has none.
    largest_deviation : float or None
        Of |Z|, as a fraction; None: not judged.
    largest_phase_rad : float or None
    largest_age_s : float or None
        Between a check and the beginning of a measurement.
    refuses : bool
        Whether a measurement is refused, or only warned about, where a check is too old or too far off.
    frequency_hz : (low, high)
    amplitude_v, integration_s : float
        Of the check, V rms and s.
    """

    standards: tuple[Standard, ...] = ()
    largest_deviation: float | None = None
    largest_phase_rad: float | None = None
    largest_age_s: float | None = None
    refuses: bool = True
    frequency_hz: tuple[float, float] = DEFAULT_HZ
    amplitude_v: float = 0.02
    integration_s: float = 1.0

    @property
    def is_judged(self) -> bool:
        """Whether any key says when a measurement may begin."""
        limits = (self.largest_deviation, self.largest_phase_rad, self.largest_age_s)
        return any(limit is not None for limit in limits)

    def frequencies_hz(self) -> list[float]:
        """Three frequencies per decade, high to low, the ends included."""
        low, high = self.frequency_hz
        steps = max(round(3 * math.log10(high / low)), 1)
        return [high * (low / high) ** (step / steps) for step in range(steps + 1)]


def read_check(table: Table) -> ReferenceCheck:
    """Read `[check]`; raises ConfigurationError with the key and a valid value."""
    given = [_standard(table.table(name), name) for name in STANDARDS if table.has(name)]
    if not given:
        raise table.error("resistor", "is missing; give a table [check.resistor] or [check.cell]")
    phase_deg = table.number("largest_phase_deg", None, minimum=1e-3, maximum=90)
    age_h = table.number("largest_age_h", None, minimum=0.01, maximum=1e6)
    check = ReferenceCheck(
        standards=tuple(given),
        largest_deviation=table.number("largest_deviation", None, minimum=1e-6, maximum=10),
        largest_phase_rad=None if phase_deg is None else math.radians(phase_deg),
        largest_age_s=None if age_h is None else 3600 * age_h,
        refuses=table.text("otherwise", REFUSE, choices=(REFUSE, TELL)) == REFUSE,
        frequency_hz=table.pair("frequency_hz", 1e-5, 1.2e8) if table.has("frequency_hz") else DEFAULT_HZ,
        amplitude_v=table.number("amplitude_v", 0.02, minimum=1e-4, maximum=3),
        integration_s=table.number("integration_s", 1.0, minimum=0.01, maximum=1e4),
    )
    table.refuse_unknown()
    return check


def _standard(table: Table, name: str) -> Standard:
    resistance_ohm = table.number("resistance_ohm", minimum=1e-3, maximum=1e15)
    resistance_u_ohm = _uncertainty(table, "resistance_uncertainty_ohm", resistance_ohm, "ohm")
    capacitance_f = capacitance_u_f = 0.0
    if name == "cell":
        capacitance_f = table.number("capacitance_f", minimum=1e-15, maximum=10)
        capacitance_u_f = _uncertainty(table, "capacitance_uncertainty_f", capacitance_f, "F")
    if not table.has("source"):
        raise table.error("source", "is missing; say where the value comes from, e.g. 'certificate 77'")
    standard = Standard(
        name, resistance_ohm, resistance_u_ohm, table.text("source"), capacitance_f, capacitance_u_f
    )
    table.refuse_unknown()
    return standard


def _uncertainty(table: Table, key: str, value: float, unit: str) -> float:
    """Return a standard uncertainty above zero: no standard is exact."""
    given = table.number(key)
    if not 0 < given <= LARGEST_RELATIVE_U * value:
        raise table.error(
            key,
            f"is {given:g}; give the standard uncertainty in {unit}, above 0 and at most half of the value",
        )
    return given
