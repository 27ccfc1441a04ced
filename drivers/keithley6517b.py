"""Keithley 6517B electrometer (GPIB): currents of pA, resistances above 1e10 ohm.

Sources: the manual 6517B-901-01, pymeasure's and slave's drivers, a public module for two-wire resistances.
pymeasure's driver is not used: it reads no setting back, and knows neither zero check nor the voltage limit
nor the connection of source and ammeter.

The source is a part of its own: it is connected to the low side of the ammeter (`METER CONNECT`) while a
measurement lasts, and isolated otherwise. Wiring: source HI to one electrode, ammeter HI to the other.
Every setting is read back with each reading; a reading taken with others is an error.
"""

import math
from collections.abc import Generator, Iterable, Mapping
from typing import Any, ClassVar, cast

from drivers.declarations import keithley6517b as declared
from drivers.scpi import ScpiInstrument
from drivers.setting import Setting, off, on
from labctl.bench import CurrentPoint
from labctl.errors import InstrumentError
from labctl.instrument import Capabilities, OneOf, Range

SOURCE_RANGE_V = 100.0
SOURCE_TOLERANCE_V, SOURCE_TOLERANCE = 0.01, 0.05
"""Largest deviation of the level that the source reports, and as a share of the level that was set."""
SETTLING_S = 20.0
"""Time that the lowest current ranges need with damping, beyond the integration."""
LIMITED = {"0": "", "1": "at the current limit of the source"}
REST_NOT_CONFIRMED = "open-circuit potential not confirmed at the bench"
OFF = (off(":OUTP"), off(":SOUR:VOLT:MCON"), on(":SYST:ZCH"), Setting(":SOUR:VOLT", 0.0))


class Keithley6517B(ScpiInstrument):
    """A `labctl.bench.Potentiostat`: sources a voltage up to 100 V, reads the current.

    Its own current limit is fixed (10 mA). The limit of a hold is watched: a reading above it switches the
    output off and is an error. Until the first reading only the fixed limit holds.
    The 1000 V range is not offered: it needs the interlock of a test fixture.

    Parameters
    ----------
    power_line_cycles : float
        Integration time of one reading in power line cycles, 0.01 to 10.
    damping : bool
        Slower and quieter readings on the two lowest current ranges.
    rest_confirmed : bool
        Whether the bench check of the open-circuit potential has passed; otherwise each point at rest has a
        status that says so.
    """

    models: ClassVar[tuple[str, ...]] = ("MODEL 6517B",)
    shown_on_reset: ClassVar[str] = "its source in standby, 0 V,"
    messages = declared.MESSAGES
    bench_checks = declared.BENCH_CHECKS
    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": "\n",
        "read_termination": "\n",
        "timeout": 5000,
    }
    can = Capabilities(
        potential_v=Range(-SOURCE_RANGE_V, SOURCE_RANGE_V),
        current_a=Range(1e-12, 1e-2),
        settings={
            "power_line_cycles": Range(0.01, 10.0),
            "damping": OneOf((False, True)),
            "rest_confirmed": OneOf((False, True)),
        },
    )

    def __init__(
        self,
        adapter: Any,
        name: str | None = None,
        *,
        power_line_cycles: float = 1.0,
        damping: bool = True,
        rest_confirmed: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(adapter, name, **kwargs)
        self.can.check_settings(
            self.name, power_line_cycles=power_line_cycles, damping=damping, rest_confirmed=rest_confirmed
        )
        self.power_line_cycles, self.damping = power_line_cycles, damping
        self.rest_confirmed = rest_confirmed

    @classmethod
    def unconfirmed(cls, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Return what no sources and no bench have confirmed yet with these settings."""
        limit = "a current limit below 10 mA is watched by the readings, not held by the instrument"
        rest = "the open-circuit potential (`rest_confirmed`)"
        return (limit,) if settings.get("rest_confirmed", False) else (limit, rest)

    def prepare(self) -> None:
        """Check the model; switch the output off, before and after a reset."""
        self.check_identity(*self.models)
        self.write("*CLS")
        self.make_safe()
        self.reset_keeping((), *(setting.message for setting in OFF))
        self.make_safe()

    def rest(self, times_s: Iterable[float]) -> Generator[CurrentPoint, None, None]:
        """Yield the open-circuit potential at `times_s` after the call.

        The source is in standby, connected to the low side of the voltmeter (above 200 Tohm), which is at
        the other electrode: the potential is the negative reading.
        """
        start_s = self.clock.monotonic()
        doubts = [] if self.rest_confirmed else [REST_NOT_CONFIRMED]
        settings = (*self._settings("VOLT", 0.0), off(":SENS:VOLT:GUARD"))
        running = (*settings, off(":SYST:ZCH"), on(":SOUR:VOLT:MCON"), off(":OUTP"))
        try:
            self._set_up(settings)
            self.tell(":SYST:ZCH OFF", ":SOUR:VOLT:MCON ON")
            for _ in self.at_times(start_s, times_s):
                reading, _ = self._read(running)
                yield self.current_point(start_s, -reading, 0.0, doubts)
        finally:
            self.output_off()

    def hold(
        self, potential_v: float, times_s: Iterable[float], current_limit_a: float
    ) -> Generator[CurrentPoint, None, None]:
        """Step the cell to `potential_v` by switching the output on; yield points at `times_s` after that.

        The potential is as reported by the source. Raises ValueError for values out of the
        instrument's range, InstrumentError for a current above the limit, or if a reading was taken with
        other settings.
        """
        self.can.check_hold(self.name, potential_v, current_limit_a)
        settings = (*self._settings("CURR", potential_v), Setting(":SENS:CURR:DAMP", *self._damping))
        running = (*settings, off(":SYST:ZCH"), on(":SOUR:VOLT:MCON"), on(":OUTP"))
        try:
            self._set_up(settings)
            self.tell(":SYST:ZCH OFF")
            self.write(":SOUR:VOLT:MCON ON;:OUTP ON")
            start_s = self.clock.monotonic()
            for _ in self.at_times(start_s, times_s):
                current_a, replies = self._read(running)
                limited = self._limited()
                if not abs(current_a) <= current_limit_a:
                    problem = f"above the limit of {current_limit_a:g} A, or overflow; the output goes off"
                    raise InstrumentError(self.name, ":READ?", f"{current_a:g}", problem)
                source_v = float(replies[[setting.header for setting in running].index(":SOUR:VOLT")])
                yield self.current_point(start_s, source_v, current_a, limited)
        finally:
            self.output_off()

    @property
    def _damping(self) -> tuple[str, str]:
        return ("ON", "1") if self.damping else ("OFF", "0")

    def _settings(self, function: str, potential_v: float) -> tuple[Setting, ...]:
        """Return what decides source and reading: a filtered or relative reading looks valid."""
        sense = f":SENS:{function}"
        tolerance_v = min(SOURCE_TOLERANCE_V, SOURCE_TOLERANCE * abs(potential_v))
        return (
            off(":SOUR:CURR:RLIM:STAT"),
            Setting(":SOUR:VOLT:RANG", SOURCE_RANGE_V),
            Setting(":SOUR:VOLT:LIM", float(max(1, math.ceil(abs(potential_v))))),
            on(":SOUR:VOLT:LIM:STAT"),
            Setting(":SOUR:VOLT", potential_v, tolerance=tolerance_v),
            Setting(":SENS:FUNC", f"'{function}'", f'"{function}:DC"'),
            on(f"{sense}:RANG:AUTO"),
            Setting(f"{sense}:NPLC", self.power_line_cycles),
            off(f"{sense}:AVER"),
            off(f"{sense}:MED"),
            off(f"{sense}:REF:STAT"),
            off(":SYST:ZCOR"),
            off(":CALC:STAT"),
            off(":INIT:CONT"),
            Setting(":TRIG:SOUR", "IMM"),
            Setting(":FORM:DATA", "ASC"),
            Setting(":FORM:ELEM", "READ"),
        )

    def _set_up(self, settings: tuple[Setting, ...]) -> None:
        """Set everything with output off and zero check on, and read it back."""
        self.tell(*(setting.message for setting in settings))
        self.confirm_settings(*settings, off(":OUTP"), on(":SYST:ZCH"))

    def _read(self, running: tuple[Setting, ...]) -> tuple[float, list[str]]:
        """Return a new reading, and the replies that confirm the settings that it was taken with."""
        self.set_timeout(5 + SETTLING_S + 10 * self.power_line_cycles / 50)
        (reading,) = cast(list[float], self.values(":READ?"))
        return reading, self.confirm_settings(*running)

    def _limited(self) -> list[str]:
        question = ":SOUR:CURR:LIM:STAT?"
        reply = self.ask(question).strip()
        if reply not in LIMITED:
            raise self.refuse(question, reply, "expected 0 or 1")
        return [LIMITED[reply]] if LIMITED[reply] else []

    def output_off(self) -> None:
        """Switch the output off, isolate the source, switch zero check on, then set the source to zero."""
        self.send_all(*(setting.message for setting in OFF))

    def switch_off(self) -> None:
        """Switch the output off, isolate the source, switch zero check on, then set the source to zero."""
        self.set_timeout(5)
        self.output_off()

    def make_safe(self) -> None:
        """Switch the output off and isolate the source, and read both back, with zero check and level."""
        self.set_timeout(5)
        self.clear_bus()
        self.attempt_all(self.switch_off, lambda: self.confirm_settings(*OFF))
