"""Keithley 2400 source-measure unit and 6430 sub-femtoamp source-measure unit (GPIB).

Sources: the manuals 2400S-900-01 and 6430-901-01, the listing of the commands in the firmware of a 2400
(sarnau/Keithley-2400-SourceMeter-Firmware), pymeasure's and QCoDeS' drivers. pymeasure's driver is not used:
it sends a message when it is constructed, accepts any number of fields, and reads no setting back.

Each reading carries a status word, which tells what rules at the instrument: source, filter, REL, math,
terminals and wires. A reading that was taken with other settings than those asked for is an error.
"""

import math
from collections.abc import Generator, Iterable
from typing import Any, ClassVar, cast

from pymeasure.instruments.validators import strict_discrete_set

from drivers.scpi import NO_DATA, ScpiInstrument
from labctl.bench import CurrentPoint
from labctl.command_table import BenchCheck, Message
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

MANUAL, MANUAL_6430 = "2400 manual section 18", "6430 manual section 17"
FIRMWARE, PYMEASURE = "commands in the firmware of a 2400", "pymeasure Keithley2400"
MESSAGES = (
    Message("*IDN?", "identity", source="2400 manual p. 14-2", second_source="labmcp-keithley-smu"),
    Message("*CLS", "clear the error queue", source=FIRMWARE, second_source=PYMEASURE),
    Message("*RST", "reset", source=FIRMWARE, second_source=PYMEASURE),
    Message("SYST:ERR?", "oldest error: number, text", source=FIRMWARE, second_source="labmcp-keithley-smu"),
    Message(
        ":OUTP:SMOD <HIMP|GUAR>",
        "state while off: HIMP opens the relay (2400), GUAR sources 0 A (6430, which has no HIMP)",
        source="2400 manual table 18-4, 6430 manual p. 17-53",
        second_source=PYMEASURE,
    ),
    Message(":OUTP:SMOD?", "state while off", source="2400 manual table 18-4, 6430 manual p. 17-53"),
    Message(":OUTP <ON|OFF>", "output", source="2400 manual table 18-4", second_source=PYMEASURE),
    Message(":OUTP?", "output, 0 or 1", source="2400 manual table 18-4", second_source=PYMEASURE),
    Message(":SOUR:CLE:AUTO OFF", "the output stays on after a reading", source="6430 manual p. 12-9",
            second_source=PYMEASURE),
    Message(":SOUR:FUNC <VOLT|CURR>", "source function", source=FIRMWARE, second_source=PYMEASURE),
    Message(":SOUR:FUNC?", "source function", source=FIRMWARE, second_source=PYMEASURE),
    Message(":SOUR:<VOLT|CURR>:MODE FIX", "fixed level, no sweep", source=FIRMWARE,
            second_source="labmcp-keithley-smu"),
    Message(":SOUR:VOLT:RANG <range>", "source range", "V", FIRMWARE, PYMEASURE),
    Message(":SOUR:VOLT <level>", "source level", "V", FIRMWARE, PYMEASURE),
    Message(":SOUR:VOLT?", "source level", "V", FIRMWARE, PYMEASURE),
    Message(":SOUR:CURR <level>", "source level, always 0", "A", FIRMWARE, PYMEASURE),
    Message(":SOUR:CURR?", "source level", "A", FIRMWARE, PYMEASURE, when="at rest"),
    Message(":SENS:FUNC:CONC ON", "measure several functions at once", source=FIRMWARE,
            second_source="labmcp-keithley-smu"),
    Message(":SENS:FUNC:OFF:ALL", "measure no function", source=FIRMWARE),
    Message(f":SENS:FUNC {FUNCTIONS}", "measure voltage and current", source=FIRMWARE,
            second_source=PYMEASURE),
    Message(":SENS:FUNC?", "functions measured", source=FIRMWARE),
    Message(":SENS:<VOLT|CURR>:RANG:AUTO ON", "automatic range", source=FIRMWARE, second_source=PYMEASURE),
    Message(":SENS:CURR:RANG <range>", "range that fits the limit, before autorange", "A", FIRMWARE,
            PYMEASURE),
    Message(":SENS:CURR:PROT <limit>", "current limit; at least 0.1 % of the range", "A",
            "6430 manual p. 17-59", PYMEASURE),
    Message(":SENS:CURR:PROT?", "current limit", "A", "6430 manual p. 17-59", PYMEASURE),
    Message(":SENS:VOLT:PROT <limit>", "voltage limit of the current source", "V", "6430 manual p. 17-59",
            PYMEASURE, when="at rest"),
    Message(":SENS:CURR:NPLC <cycles>", "integration time of all functions", "power line cycles", FIRMWARE,
            PYMEASURE),
    Message(":SENS:AVER OFF", "filter off", source=FIRMWARE, second_source=PYMEASURE),
    Message(":CALC:STAT OFF", "math off", source=FIRMWARE),
    Message(":CALC2:NULL:STAT OFF", "REL off", source=FIRMWARE, second_source="two public programs"),
    Message(":SYST:AZER ON", "auto-zero", source=FIRMWARE, second_source=PYMEASURE),
    Message(":SYST:RSEN <ON|OFF>", "four wires", source=FIRMWARE, second_source=PYMEASURE,
            only_for=("Keithley2400",)),
    Message(":ROUT:TERM <FRON|REAR>", "terminals", source=MANUAL, second_source=PYMEASURE,
            only_for=("Keithley2400",)),
    Message(":ARM:COUN 1", "one cycle of readings", source=FIRMWARE, second_source=PYMEASURE),
    Message(":ARM:SOUR IMM", "start at once", source=FIRMWARE, second_source=PYMEASURE),
    Message(":TRIG:COUN 1", "one reading", source=FIRMWARE, second_source=PYMEASURE),
    Message(":TRIG:SOUR IMM", "start at once", source=FIRMWARE, second_source=PYMEASURE),
    Message(":FORM:DATA ASC", "text replies", source="2400 manual table 18-3"),
    Message(f":FORM:ELEM {ELEMENTS}", "voltage, current and status word in each reading",
            source="2400 manual table 18-3, 6430 manual p. 17-47", second_source=PYMEASURE),
    Message(":FORM:ELEM?", "elements of a reading", source="2400 manual table 18-3"),
    Message(":READ?", "new reading: voltage, current, status word (bits: 6430 manual p. 17-48)", "V, A",
            FIRMWARE, "labmcp-keithley-smu"),
)  # fmt: skip
BENCH_CHECKS = (
    BenchCheck(
        "off opens the relay",
        "after `hold`, and again after `rest`, ohmmeter at the terminals",
        "open (`HIMP`)",
        only_for=("Keithley2400",),
    ),
    BenchCheck(
        "off sources no current",
        "after `hold`, voltmeter of 10 Gohm or more on a charged capacitor at the preamplifier",
        "its voltage stays within the 0.5 % of the voltage range that `GUAR` allows; note how long",
        only_for=("Keithley6430",),
    ),
    BenchCheck(
        "the remote preamplifier",
        "`list(cell.hold(1.0, [5.0], 1e-9))` on 100 Gohm in a shielded box",
        "10 pA; without the preamplifier the lowest ranges are refused",
        only_for=("Keithley6430",),
    ),
    BenchCheck(
        "the status word",
        "`cell.prepare()`, `list(cell.hold(0.01, [1.0], 1e-3))` on a resistor, then with a filter chosen at "
        "the front panel during the hold",
        "its current; then an `InstrumentError` that names the filter",
    ),
    BenchCheck(
        "the limit is reported", "10 ohm, `list(cell.hold(0.1, [1.0], 1e-3))`", "status `at the current limit`"
    ),
    BenchCheck(
        "a small limit after a large one",
        "resistor of 1 Mohm, `list(cell.hold(0.01, [0], 0.1))`, then `list(cell.hold(0.01, [0], 1e-7))`",
        "no error from `:SENS:CURR:PROT`",
    ),
    BenchCheck(
        "the interlock",
        "pull the plug of output enable (2400) or interlock (6430), `next(cell.hold(0.01, [0], 1e-3))`",
        "an `InstrumentError`: the output did not switch on, if the interlock is enabled",
    ),
    BenchCheck(
        "the order of switching off",
        "charge a capacitor, `hold`, close it, voltmeter",
        "the capacitor keeps its charge: the relay opens before the source goes to zero",
        only_for=("Keithley2400",),
    ),
    BenchCheck(
        "two and four wires",
        "resistor at the end of long leads, setting `four_wire`",
        "the difference is the leads",
        only_for=("Keithley2400",),
    ),
)


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
    messages: ClassVar[tuple[Message, ...]] = MESSAGES
    bench_checks: ClassVar[tuple[BenchCheck, ...]] = BENCH_CHECKS
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
        """Return the bits of the status word that tell the wiring, and their values for the settings."""
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
    can: ClassVar[Capabilities] = Capabilities(
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
        """Return the bits of the status word that tell the wiring, and their values for the settings."""
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
    can: ClassVar[Capabilities] = Capabilities(
        potential_v=Range(-210.0, 210.0),
        current_a=Range(1e-12, 0.105),
    )
