"""NewInstrument: name maker and model, the interface, and the manual (page) each command comes from."""

from collections.abc import Generator, Iterable
from functools import partial
from typing import Any, ClassVar

from pymeasure.instruments.validators import strict_range

from labctl.bench import CurrentPoint
from labctl.command_table import BenchCheck, Message
from labctl.errors import InstrumentError
from labctl.instrument import Capabilities, Instrument, Range

POTENTIALS_V, CURRENT_LIMITS_A = (-5.0, 5.0), (1e-6, 0.1)
STATUS_WORDS = {1: "overload", 2: "at the current limit"}


class NewInstrument(Instrument):
    """A `labctl.bench.Potentiostat`."""

    # What it sends and the page of the manual; what to check once on the real instrument.
    messages = (
        Message("*IDN?", "manufacturer, model, serial number, firmware", source="manual p. 0"),
        Message("POT <value>", "potential", "V", "manual p. 0"),
        Message("ILIM <value>", "limit of the current", "A", "manual p. 0"),
        Message("CELL?", "whether the cell is on", source="manual p. 0"),
        Message("CELL <0|1>", "cell off, on", source="manual p. 0"),
        Message("MEAS?", "a measurement: potential, current, status", "V, A", "manual p. 0"),
    )
    bench_checks = (BenchCheck("off", "`list(cell.hold(0.1, [1.0], 1e-3))`, ohmmeter at the leads", "open"),)
    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": "\n",
        "read_termination": "\n",
        "timeout": 5000,
    }
    write_interval_s: ClassVar[float] = 0.02
    can = Capabilities(potential_v=Range(*POTENTIALS_V), current_a=Range(*CURRENT_LIMITS_A))

    # What the manual says, in the instrument's own units.
    potential_v = Instrument.control(
        "POT?",
        "POT %.6g",
        """Control the potential in volts (float strictly from -5 to 5).""",
        validator=strict_range,
        values=POTENTIALS_V,
    )
    current_limit_a = Instrument.control(
        "ILIM?",
        "ILIM %.6g",
        """Control the current limit in amperes (float strictly from 1e-6 to 0.1).""",
        validator=strict_range,
        values=CURRENT_LIMITS_A,
    )
    cell = Instrument.control("CELL?", "CELL %d", """Control whether the cell is on (0 or 1).""", cast=int)

    # What labctl asks of any potentiostat.

    def prepare(self) -> None:
        """Check the model; cell off."""
        self.check_identity("NewInstrument")
        self.make_safe()

    def rest(self, times_s: Iterable[float]) -> Generator[CurrentPoint, None, None]:
        """Yield the open-circuit potential at `times_s` after the call; the cell is off."""
        start_s = self.clock.monotonic()
        self.cell = 0
        for _ in self.at_times(start_s, times_s):
            yield self._point(start_s)

    def hold(
        self, potential_v: float, times_s: Iterable[float], current_limit_a: float
    ) -> Generator[CurrentPoint, None, None]:
        """Step the cell to `potential_v`, yield points at `times_s` after it; close it to switch off."""
        self.can.check_hold(self.name, potential_v, current_limit_a)
        try:
            self.current_limit_a = current_limit_a
            self.potential_v = potential_v
            self.cell = 1
            start_s = self.clock.monotonic()
            for _ in self.at_times(start_s, times_s):
                yield self._point(start_s)
        finally:
            self._cell_off()

    def _point(self, start_s: float) -> CurrentPoint:
        potential_v, current_a, status = self.values("MEAS?", fields=3)
        elapsed_s = self.clock.monotonic() - start_s
        words = STATUS_WORDS.get(int(status), f"status {int(status)}") if status else "ok"
        return CurrentPoint(self.clock.time(), elapsed_s, potential_v, current_a, words)

    def _cell_off(self) -> None:
        self.attempt_all(partial(setattr, self, "cell", 0), partial(setattr, self, "potential_v", 0))

    def switch_off(self) -> None:
        """Switch the cell off."""
        self._cell_off()

    def make_safe(self) -> None:
        """Switch the cell off and read back that it is."""
        self.clear_bus()
        self.attempt_all(self.switch_off, self._confirm_off)

    def _confirm_off(self) -> None:
        if self.cell:
            raise InstrumentError(self.name, "CELL?", "1", "the cell is still on")
