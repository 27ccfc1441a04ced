"""A bench that tries a faulty exchange again: bus cleared, identity asked, settings written again.

1. These exchanges are repeated: a reading, a setting, the rest of a spectrum from the point that failed.
2. A polarisation is never resumed: its time counts from the potential step. While one is held, the instrument
   that holds it is not prepared again either, because that would switch the cell off without a record.
3. `make_safe()` of the bench is tried as often, unless the last one failed as well, and forgets the settings:
   nothing is energised again after it.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from typing import Any, cast

from labctl.bench import Bench, CurrentPoint, ImpedancePoint
from labctl.clock import Clock
from labctl.errors import InstrumentError
from labctl.instruments.exchanges import Exchanges

Report = Callable[[str], None]


@dataclass(frozen=True)
class Patience:
    """How often an exchange is tried again, and how long is waited before (longer every time)."""

    retries: int = 3
    delay_s: float = 2.0


def patient_bench(bench: Bench, patience: Patience, report: Report) -> Bench:
    """The same bench with instruments that try again; `report` gets a sentence about every retry."""
    holds: list[object] = []
    patient = {
        id(driver): _kind(driver)(driver, patience, bench.clock, report, holds, exchanges=bench.exchanges)
        for driver in bench.devices
    }

    def these(drivers: Mapping[str, Any]) -> dict[str, Any]:
        return {name: patient.get(id(driver), driver) for name, driver in drivers.items()}

    cells = {name: replace(cell, roles=these(cell.roles)) for name, cell in bench.cells.items()}
    return PatientBench(
        bench.clock,
        bench.limits,
        these(bench.roles),
        bench.station,
        outputs=bench.outputs,
        oven_watch=bench.oven_watch,
        exchanges=bench.exchanges,
        tell=bench.tell,
        cells=cells,
        drivers=these(bench.drivers),
        monitors=these(bench.monitors),
        cell_switch=bench.cell_switch,
        of_cell=bench.of_cell and replace(bench.of_cell, roles=these(bench.of_cell.roles)),
        patience=patience,
        report=report,
    )


@dataclass(frozen=True)
class PatientBench(Bench):
    """A bench of instruments that try again."""

    patience: Patience = field(default_factory=Patience)
    report: Report = field(default=lambda words: None, repr=False)
    _gave_up: list[bool] = field(default_factory=list, repr=False)

    def make_safe(self) -> None:
        """Make every instrument safe, tried again where one fails; raises ExceptionGroup of the failures."""
        for instrument in self.devices:
            cast(PatientInstrument, instrument).settings.clear()
        failures, tries = 0, 0 if self._gave_up else self.patience.retries
        while True:
            try:
                super().make_safe()
            except ExceptionGroup as failed:
                failures += 1
                if failures > tries:
                    self._gave_up[:] = [True]
                    raise
                words = ", ".join(str(failure) for failure in failed.exceptions)
                self.report(f"{words}; making safe again ({failures} of {tries})")
                self.clock.sleep(self.patience.delay_s * failures)
            else:
                self._gave_up.clear()
                return


@dataclass
class PatientInstrument:
    """A driver of any role; members not named here are the driver's own."""

    driver: Any
    patience: Patience
    clock: Clock
    report: Report
    holds: list[object]
    settings: dict[str, float] = field(default_factory=dict)
    exchanges: Exchanges = field(default_factory=Exchanges)

    @property
    def without_retries(self) -> Any:
        """The driver itself, for an exchange that must not be tried again with everything set again."""
        return self.driver

    @property
    def temperature_k(self) -> float:
        """Temperature, asked again where the answer is none."""
        return self._again_and_again(lambda: self.driver.temperature_k)

    @property
    def setpoint_k(self) -> float:
        """Set point."""
        return self._again_and_again(lambda: self.driver.setpoint_k)

    @setpoint_k.setter
    def setpoint_k(self, value: float) -> None:
        self._set("setpoint_k", value)

    @property
    def setpoint(self) -> float:
        """Set point of an atmosphere."""
        return self._again_and_again(lambda: self.driver.setpoint)

    @setpoint.setter
    def setpoint(self, value: float) -> None:
        self._set("setpoint", value)

    @property
    def value(self) -> float:
        """What an atmosphere measures of the quantity that it sets."""
        return self._again_and_again(lambda: self.driver.value)

    @property
    def ramp_rate_k_s(self) -> float:
        """Rate of later ramps."""
        return self._again_and_again(lambda: self.driver.ramp_rate_k_s)

    @ramp_rate_k_s.setter
    def ramp_rate_k_s(self, value: float) -> None:
        self._set("ramp_rate_k_s", value)

    def sweep(
        self,
        frequencies_hz: Sequence[float],
        amplitude_v: float,
        integration_s: float = 1.0,
        bias_v: float = 0.0,
    ) -> Generator[ImpedancePoint, None, None]:
        """Yield a point per frequency; a point that fails is measured again before the next."""
        left, failures, began_s = list(frequencies_hz), 0, self.clock.monotonic()
        while left:
            try:
                if failures:
                    self._restore()
                with closing(self.driver.sweep(tuple(left), amplitude_v, integration_s, bias_v)) as points:
                    for point in points:
                        del left[0]
                        self._account(failures, began_s)
                        failures = 0
                        yield point
                        began_s = self.clock.monotonic()
                return
            except InstrumentError as error:
                failures += 1
                self._wait_or_give_up(error, failures, again=not self.holds)

    def hold(
        self, potential_v: float, times_s: Iterable[float], current_limit_a: float
    ) -> Generator[CurrentPoint, None, None]:
        """Polarise the cell, once; a fault ends it."""
        mark = object()
        self.holds.append(mark)
        try:
            with closing(self.driver.hold(potential_v, times_s, current_limit_a)) as points:
                yield from points
        finally:
            self.holds.remove(mark)

    def switch_off(self) -> None:
        """Send the off messages once; a fault later does not switch anything on again."""
        self.settings.clear()
        self.driver.switch_off()

    def make_safe(self) -> None:
        """Remove every stimulus, and forget the settings."""
        self.settings.clear()
        self.driver.make_safe()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.driver, name)

    def _set(self, name: str, value: float) -> None:
        self._again_and_again(lambda: setattr(self.driver, name, value))
        self.settings[name] = value

    def _again_and_again(self, exchange: Callable[[], Any], restore: Callable[[], None] | None = None) -> Any:
        failures, began_s = 0, self.clock.monotonic()
        while True:
            try:
                if failures:
                    (restore or self._restore)()
                answer = exchange()
            except InstrumentError as error:
                failures += 1
                self._wait_or_give_up(error, failures)
            else:
                self._account(failures, began_s)
                return answer

    def _account(self, failures: int, began_s: float) -> None:
        if failures:
            self.exchanges.lost_s += self.clock.monotonic() - began_s

    def _wait_or_give_up(self, error: InstrumentError, failures: int, again: bool = True) -> None:
        if not again or failures > self.patience.retries:
            raise error
        self.report(f"{error}; trying again ({failures} of {self.patience.retries})")
        self.clock.sleep(self.patience.delay_s * failures)

    def _restore(self) -> None:
        """Known state first, which energises nothing, then the settings, in the order they were set."""
        self._clear()
        if self.holds and not self.settings:
            return
        if hasattr(self.driver, "prepare"):
            self.driver.prepare()
        for name, value in self.settings.items():
            setattr(self.driver, name, value)

    def _clear(self) -> None:
        clear = getattr(getattr(self.driver, "adapter", None), "clear", None)
        if clear is not None:
            with suppress(InstrumentError):
                clear()


class PatientSwitch(PatientInstrument):
    """A switch that tries again; each attempt to close channels begins with all of them open."""

    @property
    def closed_channels(self) -> frozenset[str]:
        """Closed channels, asked again where the answer is none; no relay moves."""
        return self._again_and_again(lambda: self.driver.closed_channels, self._clear)

    def close(self, channels: Iterable[str]) -> None:
        """Open every channel, then close these."""
        wanted = tuple(channels)
        self._again_and_again(lambda: self.driver.close(wanted))

    def open_all(self) -> None:
        """Open every channel."""
        self._again_and_again(lambda: self.driver.open_all())


def _kind(driver: Any) -> type[PatientInstrument]:
    return PatientSwitch if hasattr(type(driver), "closed_channels") else PatientInstrument
