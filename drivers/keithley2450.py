"""Keithley 2450 and 2450-EC source-measure unit in its native SCPI language (GPIB, USB, LAN).

Sources: commands that agree between pymeasure's and QCoDeS' drivers. pymeasure's own buffer methods use the
language of the 2400, which this driver refuses: `*LANG?` must return `SCPI`.
"""

import math
from collections.abc import Generator, Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, cast

from pymeasure.instruments.validators import strict_discrete_set

from drivers.declarations import keithley2450 as declared
from drivers.scpi import ScpiInstrument
from labctl.bench import CurrentPoint
from labctl.errors import InstrumentError
from labctl.instrument import Capabilities, Instrument, Range

SOURCE_RANGES_V = (0.02, 0.2, 2.0, 20.0, 200.0)
FASTEST_LINE_HZ = 60.0
REST_LIMIT_V = 20.0
BUFFER = '"defbuffer1"'
FUNCTIONS = ("VOLT", "CURR")
OFF_MESSAGES = (
    *(f":OUTP:{function}:SMOD HIMP" for function in FUNCTIONS),
    ":OUTP OFF",
    ":SOUR:VOLT 0",
    ":SOUR:CURR 0",
)


class Keithley2450(ScpiInstrument):
    """A `labctl.bench.Potentiostat`: sources a voltage, logs the current.

    The output-off state is `HIMP`, output relay open: `NORM` would hold the cell at 0 V, close to a short.

    Parameters
    ----------
    four_wire : bool
        Sense the potential at the cell.
    rear : bool
        Use the rear terminals.
    power_line_cycles : float
        Integration time of one reading in power line cycles, 0.01 to 10.
    """

    messages = declared.MESSAGES
    bench_checks = declared.BENCH_CHECKS
    accuracy = declared.ACCURACY
    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": "\n",
        "read_termination": "\n",
        "timeout": 5000,
    }
    shown_on_reset: ClassVar[str] = "its power-on output-off state, 0 V,"
    line_address: ClassVar[str | None] = ""
    models: ClassVar[tuple[str, ...]] = ("MODEL 2450",)
    can = Capabilities(
        potential_v=Range(-210.0, 210.0),
        current_a=Range(1e-9, 1.05),
        settings={"power_line_cycles": Range(0.01, 10.0)},
    )

    language = Instrument.measurement(
        "*LANG?", """Get the command language chosen at the front panel (str).""", cast=str
    )
    output = Instrument.control(
        ":OUTP?",
        ":OUTP %s",
        """Control whether the output is on (`"ON"` or `"OFF"`; read as 0 or 1).""",
        cast=int,
        validator=strict_discrete_set,
        values=("ON", "OFF"),
    )
    limit_tripped = Instrument.measurement(
        ":SOUR:VOLT:ILIM:TRIP?", """Get whether the current limit holds the source back (0 or 1).""", cast=int
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
        super().__init__(adapter, name, **kwargs)
        self.can.check_settings(self.name, power_line_cycles=power_line_cycles)
        self.four_wire, self.rear, self.power_line_cycles = four_wire, rear, power_line_cycles

    @classmethod
    def capabilities(cls, settings: Mapping[str, Any]) -> Capabilities:
        """Return the capabilities; a sample takes its integration time or longer."""
        declared = super().capabilities(settings)
        cycles = settings.get("power_line_cycles", 1.0)
        if not declared.settings["power_line_cycles"].has(cycles):
            return declared
        return replace(declared, interval_s=Range(cycles / FASTEST_LINE_HZ, math.inf))

    def prepare(self) -> None:
        """Check model and language; switch the output off with its relay open, before and after a reset."""
        self.check_identity(*self.models)
        language = cast(str, self.language)
        if language != "SCPI":
            raise self.refuse("*LANG?", language, "choose the language SCPI at the front panel")
        self.write("*CLS")
        self.make_safe()
        self.reset_keeping((), *OFF_MESSAGES)
        self.make_safe()

    def rest(self, times_s: Iterable[float]) -> Generator[CurrentPoint, None, None]:
        """Yield the open-circuit potential at `times_s` after the call, while sourcing zero current."""
        start_s = self.clock.monotonic()
        try:
            self.tell(
                ":SOUR:FUNC CURR",
                ":SOUR:CURR 0",
                f":SOUR:CURR:VLIM {REST_LIMIT_V:g}",
                ':SENS:FUNC "VOLT"',
                ":SENS:VOLT:RANG:AUTO ON",
                ":SENS:VOLT:UNIT VOLT",
                *self._reading_settings("VOLT"),
            )
            self.output = "ON"
            for _ in self.at_times(start_s, times_s):
                measured_v, _ = self._read()
                yield self.current_point(start_s, measured_v, 0.0, [])
        finally:
            self.output_off()

    def hold(
        self, potential_v: float, times_s: Iterable[float], current_limit_a: float
    ) -> Generator[CurrentPoint, None, None]:
        """Step the cell to `potential_v` by switching the output on; yield points at `times_s` after that.

        Raises ValueError for values out of the instrument's range.
        """
        self.can.check_hold(self.name, potential_v, current_limit_a)
        try:
            self._set_up(potential_v, current_limit_a)
            self.output = "ON"
            start_s = self.clock.monotonic()
            for _ in self.at_times(start_s, times_s):
                current_a, sourced_v = self._read()
                doubts = ["at the current limit"] if self.limit_tripped else []
                if abs(sourced_v - potential_v) > 2e-3 + 0.05 * abs(potential_v):
                    doubts.append("not at the set potential")
                yield self.current_point(start_s, sourced_v, current_a, doubts)
        finally:
            self.output_off()

    def _set_up(self, potential_v: float, current_limit_a: float) -> None:
        enough = [limit for limit in SOURCE_RANGES_V if limit >= abs(potential_v)]
        self.tell(
            ":SOUR:FUNC VOLT",
            f":SOUR:VOLT:RANG {(enough or SOURCE_RANGES_V[-1:])[0]:g}",
            f":SOUR:VOLT {potential_v:.7g}",
            f":SOUR:VOLT:ILIM {current_limit_a:.6g}",
            ':SENS:FUNC "CURR"',
            ":SENS:CURR:RANG:AUTO ON",
            ":SOUR:VOLT:READ:BACK ON",  # report the measured source value, not the programmed one
            ":SENS:CURR:UNIT AMP",
            *self._reading_settings("CURR"),
        )

    def _reading_settings(self, function: str) -> tuple[str, ...]:
        """Return commands that override front-panel settings: a relative or filtered reading looks valid."""
        return (
            f":SENS:{function}:REL:STAT OFF",
            f":CALC:{function}:MATH:STAT OFF",
            f":SENS:{function}:AVER OFF",  # a moving filter mixes earlier readings into a decay
            ":SENS:COUN 1",
            f":SENS:{function}:NPLC {self.power_line_cycles:g}",
            f":SENS:{function}:RSEN {'ON' if self.four_wire else 'OFF'}",
            f":ROUT:TERM {'REAR' if self.rear else 'FRON'}",
        )

    def _read(self) -> tuple[float, float]:
        """Return a new reading and the source value measured with it."""
        self.set_timeout(5 + 10 * self.power_line_cycles / 50)
        self.write(f":TRAC:CLE {BUFFER}")
        (reading,) = self.values(f":READ? {BUFFER}")
        stored, _, source = self.values(f":TRAC:DATA? 1,1,{BUFFER},READ,REL,SOUR", fields=3)
        if not math.isclose(stored, reading, rel_tol=1e-5, abs_tol=1e-15):
            raise self.refuse(f":TRAC:DATA? 1,1,{BUFFER}", f"{stored:g}", "differs from the last reading")
        return reading, source

    def output_off(self) -> None:
        """Open the output relay, then set the source to zero, so that a charged cell is never held at 0 V.

        The output-off state is set for the voltage source and for the current source, which `rest` uses.
        """
        self.send_all(*OFF_MESSAGES)

    def switch_off(self) -> None:
        """Open the output relay, then set the source to zero."""
        self.set_timeout(5)
        self.output_off()

    def make_safe(self) -> None:
        """Switch the output off with its relay open, and read both back.

        The source is set to zero behind the open relay; its level is not read back.
        """
        self.set_timeout(5)
        self.clear_bus()
        self.attempt_all(self.switch_off, self._confirm_off)

    def _confirm_off(self) -> None:
        if self.output:
            raise InstrumentError(self.name, ":OUTP?", "1", "the output is still on")
        for function in FUNCTIONS:
            found = self.ask(f":OUTP:{function}:SMOD?").strip()
            if not found.startswith("HIMP"):
                problem = "output-off state holds the cell at 0 V, close to a short"
                raise InstrumentError(self.name, f":OUTP:{function}:SMOD?", found, problem)
