"""Keithley 2400 source-measure unit and 6430 sub-femtoamp source-measure unit (GPIB).

Sources: the manuals 2400S-900-01 and 6430-901-01, the listing of the commands in the firmware of a 2400
(sarnau/Keithley-2400-SourceMeter-Firmware), pymeasure's and QCoDeS' drivers. pymeasure's driver is not used:
it sends a message when it is constructed, accepts any number of fields, and reads no setting back.

Each reading carries a status word, which shows what rules at the instrument: source, filter, REL, math,
terminals and wires. A reading that was taken with other settings than those asked for is an error.
"""

import math
from collections.abc import Generator, Iterable
from typing import Any, ClassVar, cast

from pymeasure.instruments.validators import strict_discrete_set

from drivers.declarations import keithley2400 as declared
from drivers.scpi import ScpiInstrument
from labctl.bench import CurrentPoint
from labctl.errors import ConfigurationError, InstrumentError
from labctl.instrument import Above, Capabilities, Instrument, OneOf, Range

SOURCE_RANGES_V = (0.2, 2.0, 20.0, 200.0)
SOURCE_RESOLUTION = 5e-5
REST_LIMIT_V = 20.0
WIDE_RANGE_V, WIDE_LIMIT_A = 20.0, 0.1
"""With this source range the limit is accepted whatever the current range: a step between two limits."""
NOT_MEASURED = 9.905e37
STATUS_BITS = 24
OVERFLOW, COMPLIANCE, OVER_VOLTAGE, RANGE_COMPLIANCE = 1 << 0, 1 << 3, 1 << 4, 1 << 16
FRONT, FOUR_WIRE = 1 << 2, 1 << 22
BOTH_MEASURED, VOLTAGE_SOURCE, CURRENT_SOURCE = 1 << 11 | 1 << 12, 1 << 14, 1 << 15
SETTINGS_OF_OTHERS = {
    1 << 1: "filter",
    1 << 5: "math",
    1 << 6: "REL",
    1 << 10: "auto ohms",
    1 << 17: "offset-compensated ohms",
}
DOUBTS = {
    OVERFLOW: "overflow",
    COMPLIANCE: "at the current limit",
    RANGE_COMPLIANCE: "at the limit of the current range",
    OVER_VOLTAGE: "at the over-voltage limit",
}
FUNCTIONS = '"VOLT:DC","CURR:DC"'
ELEMENTS = "VOLT,CURR,STAT"


class SourceMeter(ScpiInstrument):
    """A `labctl.bench.Potentiostat`: sources a voltage, reads voltage and current together.

    Parameters
    ----------
    power_line_cycles : float
        Integration time of one reading in power line cycles, 0.01 to 10.
    """

    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": "\n",
        "read_termination": "\n",
        "timeout": 5000,
    }
    messages = declared.MESSAGES
    bench_checks = declared.BENCH_CHECKS
    shown_on_reset: ClassVar[str] = "its power-on output-off state, 0 V,"
    off_state: ClassVar[str]
    settling_s: ClassVar[float] = 0.0
    """Time that the lowest ranges need, beyond the integration."""

    output = Instrument.control(
        ":OUTP?",
        ":OUTP %s",
        """Control whether the output is on (`"ON"` or `"OFF"`; read as 0 or 1).""",
        cast=int,
        validator=strict_discrete_set,
        values=("ON", "OFF"),
    )

    def __init__(
        self, adapter: Any, name: str | None = None, *, power_line_cycles: float = 1.0, **kwargs: Any
    ) -> None:
        super().__init__(adapter, name, **kwargs)
        if not 0.01 <= power_line_cycles <= 10:
            raise ConfigurationError(self.name, "settings.power_line_cycles", "must be from 0.01 to 10")
        self.power_line_cycles = power_line_cycles

    @property
    def off_messages(self) -> tuple[str, ...]:
        """Messages that switch the output off, in this order: a charged cell is never held at 0 V."""
        return (f":OUTP:SMOD {self.off_state}", ":OUTP OFF", ":SOUR:VOLT 0", ":SOUR:CURR 0")

    def prepare(self) -> None:
        """Check the model; switch the output off, before and after a reset."""
        self.check_identity(*self.models)
        self.write("*CLS")
        self.make_safe()
        self.reset_keeping((), *self.off_messages)
        self.make_safe()

    def rest(self, times_s: Iterable[float]) -> Generator[CurrentPoint, None, None]:
        """Yield the open-circuit potential at `times_s` after the call, while sourcing zero current."""
        start_s = self.clock.monotonic()
        try:
            self._set_up_rest()
            self._switch_on()
            for _ in self.at_times(start_s, times_s):
                measured_v, _, status = self._read(CURRENT_SOURCE)
                yield self.current_point(start_s, measured_v, 0.0, _doubts(status))
        finally:
            self.output_off()

    def hold(
        self, potential_v: float, times_s: Iterable[float], current_limit_a: float
    ) -> Generator[CurrentPoint, None, None]:
        """Step the cell to `potential_v` by switching the output on; yield points at `times_s` after that.

        Raises ValueError for values out of the instrument's range, InstrumentError if the output does not
        switch on, or if a reading was taken with other settings.
        """
        self.can.check_hold(self.name, potential_v, current_limit_a)
        try:
            self._set_up_hold(potential_v, current_limit_a)
            start_s = self._switch_on()
            for _ in self.at_times(start_s, times_s):
                measured_v, current_a, status = self._read(VOLTAGE_SOURCE)
                doubts = _doubts(status)
                if abs(measured_v - potential_v) > 2e-3 + 0.05 * abs(potential_v):
                    doubts.append("not at the set potential")
                yield self.current_point(start_s, measured_v, current_a, doubts)
        finally:
            self.output_off()

    def _set_up_rest(self) -> None:
        self.tell(
            ":SOUR:CLE:AUTO OFF",
            ":SOUR:FUNC CURR",
            ":SOUR:CURR:MODE FIX",
            ":SOUR:CURR 0",
            f":SENS:VOLT:PROT {REST_LIMIT_V:g}",
            *self._reading_settings(),
            ":SENS:VOLT:RANG:AUTO ON",
        )
        self._confirm_settings("CURR", 0.0, 0.0)

    def _set_up_hold(self, potential_v: float, current_limit_a: float) -> None:
        """Set source and limit; a limit is accepted only between 0.1 % of the range and the range."""
        enough = [limit for limit in SOURCE_RANGES_V if limit >= abs(potential_v)]
        range_v = (enough or SOURCE_RANGES_V[-1:])[0]
        self.tell(
            ":SOUR:CLE:AUTO OFF",
            ":SOUR:FUNC VOLT",
            ":SOUR:VOLT:MODE FIX",
            f":SOUR:VOLT:RANG {WIDE_RANGE_V:g}",
            f":SENS:CURR:PROT {WIDE_LIMIT_A:g}",
            f":SENS:CURR:RANG {min(current_limit_a, WIDE_LIMIT_A):.6g}",
            f":SENS:CURR:PROT {current_limit_a:.6g}",
            f":SOUR:VOLT:RANG {range_v:g}",
            f":SOUR:VOLT {potential_v:.7g}",
            *self._reading_settings(),
            ":SENS:CURR:RANG:AUTO ON",
        )
        self._confirm_settings("VOLT", potential_v, SOURCE_RESOLUTION * range_v)
        (limit_a,) = cast(list[float], self.values(":SENS:CURR:PROT?"))
        if not math.isclose(limit_a, current_limit_a, rel_tol=2e-3):
            raise self.refuse(":SENS:CURR:PROT?", f"{limit_a:g}", f"the limit is not {current_limit_a:g} A")

    def _reading_settings(self) -> tuple[str, ...]:
        """Return commands that override front-panel settings: a relative or filtered reading looks valid."""
        return (
            ":SENS:FUNC:CONC ON",
            ":SENS:FUNC:OFF:ALL",
            f":SENS:FUNC {FUNCTIONS}",
            f":SENS:CURR:NPLC {self.power_line_cycles:g}",
            ":SENS:AVER OFF",
            ":CALC:STAT OFF",
            ":CALC2:NULL:STAT OFF",
            ":SYST:AZER ON",
            *self.wiring_settings(),
            ":ARM:COUN 1",
            ":ARM:SOUR IMM",
            ":TRIG:COUN 1",
            ":TRIG:SOUR IMM",
            ":FORM:DATA ASC",
            f":FORM:ELEM {ELEMENTS}",
        )

    def wiring_settings(self) -> tuple[str, ...]:
        """Return commands that choose terminals and wires."""
        return ()

    def wiring_status(self) -> tuple[int, int]:
        """Return the bits of the status word that show the wiring, and their values for the settings."""
        return 0, 0

    def _confirm_settings(self, function: str, level: float, tolerance: float) -> None:
        """Raise InstrumentError unless source, level, functions and elements read back as set."""
        wanted = {":SOUR:FUNC?": function, ":SENS:FUNC?": FUNCTIONS, ":FORM:ELEM?": ELEMENTS}
        for question, text in wanted.items():
            found = self.ask(question).strip()
            if found != text:
                raise self.refuse(question, found, f"expected {text}")
        question = f":SOUR:{function}?"
        (found_level,) = cast(list[float], self.values(question))
        if not abs(found_level - level) <= tolerance:
            raise self.refuse(question, f"{found_level:g}", f"the source level is not {level:g}")

    def _switch_on(self) -> float:
        """Switch the output on; return when, on the monotonic clock."""
        self.output = "ON"
        start_s = self.clock.monotonic()
        if self.output != 1:
            raise InstrumentError(
                self.name, ":OUTP?", "0", "the output did not switch on; look at the interlock"
            )
        return start_s

    def _read(self, source: int) -> tuple[float, float, int]:
        """Return voltage, current and status word of a new reading, taken with the settings asked for."""
        self.set_timeout(5 + self.settling_s + 10 * self.power_line_cycles / 50)
        reply_v, reply_a, word = cast(list[float], self.values(":READ?", fields=3))
        if not (word.is_integer() and 0 <= word < 1 << STATUS_BITS):
            raise self.refuse(":READ?", f"{word:g}", "this is no status word")
        if max(abs(reply_v), abs(reply_a)) >= NOT_MEASURED:
            raise self.refuse(":READ?", f"{reply_v:g},{reply_a:g}", "voltage or current is not measured")
        status = int(word)
        wiring, as_set = self.wiring_status()
        others = [words for bit, words in SETTINGS_OF_OTHERS.items() if status & bit]
        if status & (VOLTAGE_SOURCE | CURRENT_SOURCE | BOTH_MEASURED) != source | BOTH_MEASURED:
            others.append("another source or measurement function")
        if status & wiring != as_set:
            others.append("other terminals or wires")
        if others:
            raise self.refuse(":READ?", f"status {status}", f"settings of others rule: {', '.join(others)}")
        return reply_v, reply_a, status

    def output_off(self) -> None:
        """Bring the output into its off state, then set the source to zero."""
        self.send_all(*self.off_messages)

    def switch_off(self) -> None:
        """Bring the output into its off state, then set the source to zero."""
        self.set_timeout(5)
        self.output_off()

    def make_safe(self) -> None:
        """Switch the output off, and read back that it is, and its off state.

        The source is set to zero while it is off; its level is not read back.
        """
        self.set_timeout(5)
        self.clear_bus()
        self.attempt_all(self.switch_off, self._confirm_off)

    def _confirm_off(self) -> None:
        if self.output:
            raise InstrumentError(self.name, ":OUTP?", "1", "the output is still on")
        found = self.ask(":OUTP:SMOD?").strip()
        if not found.startswith(self.off_state):
            problem = "output-off state holds the cell at 0 V, close to a short"
            raise InstrumentError(self.name, ":OUTP:SMOD?", found, problem)


def _doubts(status: int) -> list[str]:
    return [words for bit, words in DOUBTS.items() if status & bit]


class Keithley2400(SourceMeter):
    """Keithley 2400; the output-off state is `HIMP`, output relay open.

    Parameters
    ----------
    four_wire : bool
        Sense the potential at the cell.
    rear : bool
        Use the rear terminals.
    power_line_cycles : float
        Integration time of one reading in power line cycles, 0.01 to 10.
    """

    models: ClassVar[tuple[str, ...]] = ("MODEL 2400",)
    off_state: ClassVar[str] = "HIMP"
    can = Capabilities(
        potential_v=Range(-210.0, 210.0),
        current_a=Range(1e-9, 1.05),
        current_a_above_v=(Above(21.0, Range(1e-9, 0.105)),),
        settings={"four_wire": OneOf((False, True)), "rear": OneOf((False, True))},
    )

    def __init__(
        self,
        adapter: Any,
        name: str | None = None,
        *,
        four_wire: bool = True,
        rear: bool = False,
        power_line_cycles: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(adapter, name, power_line_cycles=power_line_cycles, **kwargs)
        self.four_wire, self.rear = four_wire, rear

    def wiring_settings(self) -> tuple[str, ...]:
        """Return commands that choose terminals and wires."""
        return (
            f":SYST:RSEN {'ON' if self.four_wire else 'OFF'}",
            f":ROUT:TERM {'REAR' if self.rear else 'FRON'}",
        )

    def wiring_status(self) -> tuple[int, int]:
        """Return the bits of the status word that show the wiring, and their values for the settings."""
        as_set = (FOUR_WIRE if self.four_wire else 0) | (0 if self.rear else FRONT)
        return FOUR_WIRE | FRONT, as_set


class Keithley6430(SourceMeter):
    """Keithley 6430 with its remote preamplifier, two wires: currents of pA, resistances above 1e10 ohm.

    It cannot open its output. The output-off state is `GUAR`: it sources 0 A, within 0.5 % of the present
    voltage range, so that a charged cell is hardly discharged.

    Parameters
    ----------
    power_line_cycles : float
        Integration time of one reading in power line cycles, 0.01 to 10.
    """

    models: ClassVar[tuple[str, ...]] = ("MODEL 6430",)
    off_state: ClassVar[str] = "GUAR"
    settling_s: ClassVar[float] = 20.0
    can = Capabilities(
        potential_v=Range(-210.0, 210.0),
        current_a=Range(1e-12, 0.105),
    )
