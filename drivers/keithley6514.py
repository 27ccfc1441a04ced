"""Keithley 6514 electrometer (GPIB) as the ammeter of a Keithley 2400: currents of pA.

The 6514 has no source, so that it fills no role alone. In series with a 2400, which sources the potential and
limits the current, both are a potentiostat for resistances above 1e10 ohm. Wiring: HI of the 2400 to one
electrode, HI of the 6514 to the other, LO of the 6514 to LO of the 2400.

Sources: the manual 6514-901-01, InstrumentKit's driver, a driver for pymeasure that was published apart from
it, BLISS, two public programs. Every setting is read back with each reading.
"""

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, cast

from drivers.declarations import keithley6514 as declared
from drivers.keithley2400 import Keithley2400
from drivers.scpi import NO_DATA, ScpiInstrument
from drivers.setting import Setting, off, on
from labctl.bench import CurrentPoint
from labctl.errors import ConfigurationError
from labctl.instrument import Capabilities, OneOf, Range

SETTLING_S = 20.0
"""Time that the lowest current ranges need with damping, beyond the integration."""
LEAST_DISAGREEMENT_A, LARGEST_DISAGREEMENT = 1e-7, 0.05
"""What the 2400 may read beside the 6514, as a current and as a share of it, before the point is in doubt."""


class Keithley6514(ScpiInstrument):
    """The electrometer as an ammeter, for an instrument that works `with` it.

    Parameters
    ----------
    power_line_cycles : float
        Integration time of one reading in power line cycles, 0.01 to 10.
    damping : bool
        Slower and quieter readings on the low current ranges.
    """

    models: ClassVar[tuple[str, ...]] = ("MODEL 6514",)
    messages = declared.MESSAGES
    bench_checks = declared.BENCH_CHECKS
    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": "\n",
        "read_termination": "\n",
        "timeout": 5000,
    }
    can = Capabilities(settings={"power_line_cycles": Range(0.01, 10.0), "damping": OneOf((False, True))})

    def __init__(
        self,
        adapter: Any,
        name: str | None = None,
        *,
        power_line_cycles: float = 1.0,
        damping: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(adapter, name, **kwargs)
        self.can.check_settings(self.name, power_line_cycles=power_line_cycles, damping=damping)
        self.power_line_cycles, self.damping = power_line_cycles, damping

    def prepare(self) -> None:
        """Check the model; reset it, set what decides a reading and read it back, with zero check on."""
        self.check_identity(*self.models)
        self.write("*CLS")
        self.reset_keeping((), ":SYST:ZCH ON")
        self.tell(*(setting.message for setting in self._settings()))
        self.make_safe()
        self.confirm_settings(*self._settings())

    def _settings(self) -> tuple[Setting, ...]:
        """Return what decides a reading: a filtered or relative reading looks valid."""
        return (
            Setting(":SENS:FUNC", "'CURR'", '"CURR:DC"'),
            on(":SENS:CURR:RANG:AUTO"),
            Setting(":SENS:CURR:NPLC", self.power_line_cycles),
            on(":SENS:CURR:DAMP") if self.damping else off(":SENS:CURR:DAMP"),
            off(":SENS:AVER:STAT"),
            off(":SENS:MED:STAT"),
            off(":CALC:STAT"),
            off(":CALC2:NULL:STAT"),
            off(":SYST:ZCOR"),
            on(":SYST:AZER:STAT"),
            Setting(":ARM:SOUR", "IMM"),
            Setting(":ARM:COUN", 1.0),
            Setting(":TRIG:SOUR", "IMM"),
            Setting(":TRIG:COUN", 1.0),
            Setting(":FORM:DATA", "ASC"),
            Setting(":FORM:ELEM", "READ"),
        )

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Switch zero check off inside, on at the end."""
        try:
            self.tell(":SYST:ZCH OFF")
            self.confirm_settings(*self._settings(), off(":SYST:ZCH"))
            yield
        finally:
            self.zero_check()

    def current_a(self) -> float:
        """Return a new reading; raises InstrumentError if a setting is not as made."""
        self.set_timeout(5 + SETTLING_S + 10 * self.power_line_cycles / 50)
        (reading,) = cast(list[float], self.values(":READ?"))
        self.confirm_settings(*self._settings(), off(":SYST:ZCH"))
        return reading

    def zero_check(self) -> None:
        """Switch zero check on."""
        self.send_all(":SYST:ZCH ON")

    def switch_off(self) -> None:
        """Switch zero check on: it has no output."""
        self.set_timeout(5)
        self.zero_check()

    def make_safe(self) -> None:
        """Switch zero check on and read it back: it has no output."""
        self.set_timeout(5)
        self.clear_bus()
        self.attempt_all(self.switch_off, partial(self.confirm_settings, on(":SYST:ZCH")))


class Keithley2400With6514(Keithley2400):
    """A `labctl.bench.Potentiostat`: the 2400 sources the potential, the 6514 in series reads the current.

    Its address is the address of the 2400; the entry `with` of the station file names the 6514. The current
    limit is the one of the 2400.

    Parameters
    ----------
    partner : Keithley6514
        The connected electrometer. This instrument prepares it and makes it safe.
    four_wire, rear, power_line_cycles
        As for the 2400.
    """

    messages = declared.MESSAGES_WITH_2400
    bench_checks = declared.BENCH_CHECKS_WITH_2400
    safe_within_s: ClassVar[float] = 5.0
    can = replace(Keithley2400.can, current_a=Range(1e-9, 0.02), current_a_above_v=())

    def __init__(
        self, adapter: Any, name: str | None = None, *, partner: Keithley6514, **settings: Any
    ) -> None:
        super().__init__(adapter, name, **settings)
        if not isinstance(partner, Keithley6514):
            raise ConfigurationError(self.name, "with", "must name a Keithley 6514")
        self.ammeter = partner

    def prepare(self) -> None:
        """Prepare both instruments; the output is off."""
        self.ammeter.prepare()
        super().prepare()

    def rest(self, times_s: Iterable[float]) -> Generator[CurrentPoint, None, None]:
        """Yield the open-circuit potential at `times_s` after the call, measured by the 2400."""
        with self.ammeter.ready(), closing(super().rest(times_s)) as points:
            yield from points

    def hold(
        self, potential_v: float, times_s: Iterable[float], current_limit_a: float
    ) -> Generator[CurrentPoint, None, None]:
        """Step the cell to `potential_v` by switching the output on; yield points at `times_s` after that.

        Raises ValueError for values out of the instruments' ranges, InstrumentError if the output does not
        switch on, or if a reading of either was taken with other settings.
        """
        self.can.check_hold(self.name, potential_v, current_limit_a)
        sourced = super().hold(potential_v, times_s, current_limit_a)
        with self.ammeter.ready(), closing(sourced) as points:
            for point in points:
                yield self._measured(point)

    def _measured(self, point: CurrentPoint) -> CurrentPoint:
        """Return a point of the 2400 with the current that the 6514 reads now."""
        current_a = self.ammeter.current_a()
        doubts = [] if point.status == "ok" else [point.status]
        if abs(current_a) >= NO_DATA:
            doubts.append("overflow of the ammeter")
        elif abs(current_a - point.current_a) > LEAST_DISAGREEMENT_A + LARGEST_DISAGREEMENT * abs(current_a):
            doubts.append(f"the 2400 reads {point.current_a:.3g} A")
        now_s = self.clock.time()
        elapsed_s = point.elapsed_s + now_s - point.time_s
        return CurrentPoint(now_s, elapsed_s, point.potential_v, current_a, "; ".join(doubts) or "ok")

    def switch_off(self) -> None:
        """Switch the output off, then zero check on; both are attempted."""
        self.attempt_all(super().switch_off, self.ammeter.switch_off)

    @contextmanager
    def until(self, monotonic_s: float) -> Iterator[None]:
        """Let every exchange with either instrument end at `monotonic_s` of the clock at the latest."""
        with super().until(monotonic_s), self.ammeter.until(monotonic_s):
            yield

    def make_safe(self) -> None:
        """Switch the output off, then zero check on; both are attempted."""
        self.attempt_all(super().make_safe, self.ammeter.make_safe)
