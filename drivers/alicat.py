"""Alicat mass flow controllers of the series MC and MCS (RS-232, RS-485 or TCP, 19200 baud).

Sources: the public serial primer of the maker; numat/alicat, which is in use. Not tried on hardware by us.

A controller answers every message to it with one line: unit, absolute pressure, temperature, volumetric flow,
mass flow, set point, total flow where it has a totaliser, gas, and words about its state. The line does not
say its units: they are settings here, and a bench check.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from drivers.declarations import alicat as declared
from labctl.errors import InstrumentError, LimitExceeded
from labctl.instrument import Capabilities, Instrument, OneOf, Range

ML_MIN_AT_0_DEGC = {"SCCM": 273.15 / 298.15, "SLPM": 1e3 * 273.15 / 298.15, "NCCM": 1.0, "NLPM": 1e3}
"""mL/min at 0 degC and 101325 Pa of one unit; the S units of this maker are at 25 degC."""
M3_S_OF_ML_MIN = 1e-6 / 60
LEAVE, CLOSE, PURGE = "leave", "close", "purge"
MASS_FLOW_LOOP = 37
KNOWN_WORDS = ("LCK",)
"""Words about the state that spoil no reading: the buttons are locked."""
PROBLEMS = {
    "MOV": "the mass flow is beyond its range",
    "VOV": "the volumetric flow is beyond its range",
    "POV": "the pressure is beyond its range",
    "TOV": "the temperature is beyond its range",
    "OPL": "the pressure limit was exceeded",
    "ADC": "its converter has failed",
    "HLD": "its valve is held and does not follow the set point",
    "EXH": "its valve is on exhaust",
    "TMF": "the total flow has missed some flow",
    "OVR": "its totaliser has rolled over",
}
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
PSI_PA = 6894.757


@dataclass(frozen=True)
class Frame:
    """One line of the controller, in its own units."""

    pressure: float
    celsius: float
    mass_flow: float
    setpoint: float
    gas: str
    problems: tuple[str, ...]


def parse_frame(unit: str, line: str) -> Frame:
    """Return the frame of a line, `A +014.70 +025.00 +00.000 +00.000 00.000 N2`; ValueError for any other."""
    name, *parts = line.split()
    words = []
    while parts and (parts[-1] in PROBLEMS or parts[-1] in KNOWN_WORDS):
        words.append(parts.pop())
    if name != unit:
        raise ValueError(f"it is from the unit {name}, not from {unit}")
    if len(parts) not in (6, 7) or not all(map(NUMBER.fullmatch, parts[:-1])):
        raise ValueError("expected five or six numbers and a gas")
    pressure, celsius, _, mass, setpoint, *_ = map(float, parts[:-1])
    problems = tuple(PROBLEMS[word] for word in reversed(words) if word in PROBLEMS)
    return Frame(pressure, celsius, mass, setpoint, parts[-1], problems)


class AlicatMC(Instrument):
    """A `labctl.bench.Atmosphere` that sets a mass flow, and a `labctl.bench.Monitor`.

    Parameters
    ----------
    flow_unit : str
        Unit of its flows, as its display shows it: `SCCM`, `SLPM` (25 degC), `NCCM` or `NLPM` (0 degC).
    full_scale : float
        Largest flow in that unit.
    unit_id : str
        Its letter on the line, A to Z.
    when_safe : str
        What making safe does: `leave` the flow as it is, `close`, or `purge` with `purge_flow`.
    purge_flow : float
        In the unit of its flows.
    """

    messages = declared.MESSAGES
    bench_checks = declared.BENCH_CHECKS
    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": "\r",
        "read_termination": "\r",
        "timeout": 1500,
        "asrl": {"baud_rate": 19200, "data_bits": 8, "parity": 0, "stop_bits": 10},
    }
    can = Capabilities(
        settings={
            "flow_unit": OneOf(tuple(ML_MIN_AT_0_DEGC)),
            "full_scale": Range(1e-3, 1e5),
            "unit_id": OneOf(tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")),
            "when_safe": OneOf((LEAVE, CLOSE, PURGE)),
            "purge_flow": Range(0.0, 1e5),
        }
    )

    def __init__(
        self,
        adapter: Any,
        name: str | None = None,
        *,
        flow_unit: str,
        full_scale: float,
        unit_id: str = "A",
        when_safe: str = LEAVE,
        purge_flow: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(adapter, name, **kwargs)
        self.can.check_settings(
            self.name,
            flow_unit=flow_unit,
            full_scale=full_scale,
            unit_id=unit_id,
            when_safe=when_safe,
            purge_flow=purge_flow,
        )
        self.unit_id, self.full_scale, self.when_safe = unit_id, full_scale, when_safe
        self.purge_flow = purge_flow
        self._m3_s = ML_MIN_AT_0_DEGC[flow_unit] * M3_S_OF_ML_MIN

    @classmethod
    def declared_texts(cls, sent: str) -> tuple[str, ...]:
        """Return a text without the letter of the unit, as the declarations spell it."""
        return (f"<unit>{sent[1:]}",) if sent else ()

    @property
    def identity(self) -> str:
        """Get the firmware with its date (str); it does not say a serial number."""
        return f"Alicat {self.ask(f'{self.unit_id}VE').strip()}"

    @property
    def quantity(self) -> str:
        """Get the name of what it sets (str): a mass flow."""
        return "flow_m3_s"

    def prepare(self) -> None:
        """Check that it answers and controls a mass flow; the flow stays as it is."""
        sent = f"{self.unit_id}R122"
        reply = self.ask(sent).strip()
        found = re.fullmatch(rf"{self.unit_id}\s+122\s*=\s*(\d+)", reply)
        if found is None:
            raise self.refuse(sent, reply, "expected the number of the controlled quantity")
        if int(found[1]) != MASS_FLOW_LOOP:
            raise self.refuse(sent, reply, "it does not control a mass flow; choose that at its display")
        self._frame(self.unit_id)

    @property
    def setpoint(self) -> float:
        """Control the mass flow in m3/s at 0 degC and 101325 Pa (float from 0 to its full scale)."""
        return self._frame(self.unit_id).setpoint * self._m3_s

    @setpoint.setter
    def setpoint(self, value: float) -> None:
        flow = value / self._m3_s
        if not (math.isfinite(flow) and 0 <= flow <= self.full_scale * (1 + 1e-9)):
            raise LimitExceeded("flow", value, 0.0, self.full_scale * self._m3_s, "m3/s")
        self._set(flow)

    @property
    def value(self) -> float:
        """Measure the mass flow in m3/s at 0 degC and 101325 Pa (float)."""
        return self._good_frame().mass_flow * self._m3_s

    @property
    def readings(self) -> Mapping[str, float]:
        """Measure the flow in m3/s, and the absolute pressure and temperature of the gas in Pa and K."""
        frame = self._good_frame()
        return {
            "flow_m3_s": frame.mass_flow * self._m3_s,
            "gas_pressure_pa": frame.pressure * PSI_PA,
            "gas_temperature_k": frame.celsius + 273.15,
        }

    def switch_off(self) -> None:
        """Send the flow that is safe, without reading the answer; nothing where it is to be left."""
        if self.when_safe != LEAVE:
            self.write(self._setting(self._safe_flow))

    def make_safe(self) -> None:
        """Leave, close or purge, as the station says, and read back that its set point is that flow."""
        self.clear_bus()
        if self.when_safe == LEAVE:
            self._frame(self.unit_id)
        else:
            self._set(self._safe_flow)

    @property
    def _safe_flow(self) -> float:
        return self.purge_flow if self.when_safe == PURGE else 0.0

    def _setting(self, flow: float) -> str:
        return f"{self.unit_id}S{flow:.4f}"

    def _set(self, flow: float) -> None:
        sent = self._setting(flow)
        frame = self._frame(sent)
        if abs(frame.setpoint - flow) > 2e-3 * self.full_scale:
            problem = f"its set point is {frame.setpoint:g} instead of {flow:g}"
            raise self.refuse(sent, f"{frame.setpoint:g}", problem)

    def _good_frame(self) -> Frame:
        frame = self._frame(self.unit_id)
        if frame.problems:
            raise InstrumentError(self.name, self.unit_id, "", "; ".join(frame.problems))
        return frame

    def _frame(self, sent: str) -> Frame:
        line = self.ask(sent).strip()
        try:
            return parse_frame(self.unit_id, line)
        except ValueError as problem:
            raise self.refuse(sent, line, str(problem)) from problem
