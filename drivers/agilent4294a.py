"""Agilent 4294A impedance analyser, 40 Hz to 110 MHz (GPIB, or LAN port 5025).

Sources: pages of the programming manual 04294-90061 quoted in a public driver (samhill's HP4294A), the
maker's data transfer program, two public programs, pymeasure's driver. The last is not used: it sends whole
hertz, its setting of the measured parameter fails, and it neither triggers nor sets a level.

The commands are older than SCPI. Each frequency is a sweep of two points at the same frequency, as with the
E4990A, so that a point is stored as soon as it is measured and frequencies can be in any order.
"""

import math
from collections.abc import Generator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, cast

from drivers.declarations import agilent4294a as declared
from drivers.keysight_e4990a import aperture
from drivers.scpi import NO_DATA, ScpiInstrument
from drivers.setting import Setting, off
from labctl.bench import ImpedancePoint
from labctl.errors import InstrumentError
from labctl.instrument import Capabilities, OneOf, Range

LOWEST_LEVEL_V = 0.005
LEVEL_TOLERANCE_V = 5e-4
BIAS_TOLERANCE_V = 1e-3
POINTS = 2
FREQUENCY_TOLERANCE = 1e-6
OFF_MESSAGES = ("DCO OFF", "POWMOD VOLT", "POWE 5E-3", "HOLD")
ADAPTERS = ("OFF", "M1", "M2", "APC7", "PROBE")


class Agilent4294A(ScpiInstrument):
    """A `labctl.bench.FrequencyResponseAnalyzer`.

    The oscillator cannot be switched off: `make_safe()` sets its lowest level, 5 mV. The adapter chosen at
    the instrument is kept. The compensations are switched as the settings say, after the reset and again
    before each spectrum; their data are those in the instrument.

    Parameters
    ----------
    open_compensation, short_compensation, load_compensation : bool
        Whether each fixture compensation is on. No public source gives their queries: they are not read back.
    """

    models: ClassVar[tuple[str, ...]] = ("4294A",)
    shown_on_reset: ClassVar[str] = "its power-on level"
    error_question: ClassVar[str] = "OUTPERRO?"
    messages = declared.MESSAGES
    bench_checks = declared.BENCH_CHECKS
    accuracy = declared.ACCURACY
    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": "\n",
        "read_termination": "\n",
        "timeout": 5000,
    }
    can = Capabilities(
        frequency_hz=Range(40.0, 110e6),
        amplitude_v=Range(LOWEST_LEVEL_V, 1.0),
        bias_v=Range(-40.0, 40.0),
        settings={
            "open_compensation": OneOf((False, True)),
            "short_compensation": OneOf((False, True)),
            "load_compensation": OneOf((False, True)),
        },
    )

    def __init__(
        self,
        adapter: Any,
        name: str | None = None,
        *,
        open_compensation: bool = False,
        short_compensation: bool = False,
        load_compensation: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(adapter, name, **kwargs)
        self.compensations = {
            "COMSTA": open_compensation,
            "COMSTB": short_compensation,
            "COMSTC": load_compensation,
        }
        self._last_data: list[float] = []

    @classmethod
    def unconfirmed(cls, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Return what no sources and no bench have confirmed yet with these settings."""
        return ("the fixture compensation: its state is set and cannot be read back",)

    def prepare(self) -> None:
        """Check the model; set no bias, the lowest level and no running sweep, before and after a reset.

        The adapter is kept; the compensations are switched. While the instrument resets, its power-on level
        may be at the cell for an instant.
        """
        self.check_identity(*self.models)
        self.write("*CLS")
        self.make_safe()
        adapter = self._adapter()
        self.reset_keeping((), *OFF_MESSAGES)
        if self._adapter() != adapter:
            self.tell(f"E4TP {adapter}")
            self.confirm_settings(Setting("E4TP", adapter))
        self._switch_compensations()
        self.make_safe()

    def _adapter(self) -> str:
        found = self.ask("E4TP?").strip()
        if found not in ADAPTERS:
            raise self.refuse("E4TP?", found, f"expected one of {', '.join(ADAPTERS)}")
        return found

    def _switch_compensations(self) -> None:
        """Switch them and ask for an error in one message, so that both are received or neither."""
        switches = [f"{header} {'ON' if on else 'OFF'}" for header, on in self.compensations.items()]
        question = ";".join([*switches, self.error_question])
        code, text = self.values(question, cast=str, fields=2)
        if code.strip() not in ("0", "+0"):
            raise InstrumentError(self.name, question, f"{code},{text}", "refused by the instrument")

    def point_duration_s(self, frequency_hz: float, integration_s: float = 1.0) -> float:
        """Return the approximate duration of one point: two measurements of several periods."""
        return 0.3 + POINTS * (integration_s + 10 / frequency_hz)

    def sweep(
        self,
        frequencies_hz: Sequence[float],
        amplitude_v: float,
        integration_s: float = 1.0,
        bias_v: float = 0.0,
    ) -> Generator[ImpedancePoint, None, None]:
        """Yield one point per frequency; bias off and lowest level when the iterator ends or is closed.

        Raises ValueError for values out of the instrument's range.
        """
        self.can.check_sweep(self.name, frequencies_hz, amplitude_v, bias_v)
        return self._spectrum(frequencies_hz, amplitude_v, integration_s, bias_v)

    def _spectrum(
        self, frequencies_hz: Sequence[float], amplitude_v: float, integration_s: float, bias_v: float
    ) -> Generator[ImpedancePoint, None, None]:
        try:
            self._set_up(amplitude_v, integration_s, bias_v)
            for frequency_hz in frequencies_hz:
                self.set_timeout(3 * self.point_duration_s(frequency_hz, integration_s) + 10)
                yield self._measure(frequency_hz)
        finally:
            self._stimulus_off()

    def _set_up(self, amplitude_v: float, integration_s: float, bias_v: float) -> None:
        """Set everything that decides a reading, ask for each setting, then switch the bias on."""
        settings = (
            Setting("MEAS", "IRIM"),
            Setting("SWPP", "FREQ"),
            Setting("SWPT", "LIN"),
            Setting("POIN", float(POINTS)),
            Setting("BWFACT", float(aperture(integration_s))),
            off("AVER"),
            off("PAVER"),
            Setting("PDELT", 0.0),
            Setting("SDELT", 0.0),
            Setting("DCMOD", "VOLT"),
            Setting("DCV", bias_v, tolerance=BIAS_TOLERANCE_V),
            Setting("DCO", "ON", "1") if bias_v else off("DCO"),
            Setting("POWMOD", "VOLT"),
            Setting("POWE", amplitude_v, tolerance=LEVEL_TOLERANCE_V),
        )
        self._switch_compensations()
        self.tell("HOLD", "FORM4", "TRGS INT", "DCRNG M10", *(setting.message for setting in settings))
        for setting in settings:
            self.confirm_settings(setting)

    def _measure(self, frequency_hz: float) -> ImpedancePoint:
        for end in ("STAR", "STOP"):
            self.write(f"{end} {frequency_hz:.9g}")
        self._trigger()
        axis_hz = cast(list[float], self.values("OUTPSWPRM?", fields=POINTS))
        if not all(math.isclose(f, frequency_hz, rel_tol=FREQUENCY_TOLERANCE) for f in axis_hz):
            problem = f"result at a frequency other than {frequency_hz:g} Hz"
            raise self.refuse("OUTPSWPRM?", str(axis_hz), problem)
        real_ohm, imag_ohm = self._new_data()
        status = self._status(real_ohm, imag_ohm)
        return ImpedancePoint(axis_hz[0], real_ohm, imag_ohm, self.clock.time(), status)

    def _trigger(self) -> None:
        """Start a sweep and wait for its end in one message, so that both are received or neither."""
        (complete,) = self.values("SING;*OPC?")
        if complete != 1:
            raise self.refuse("SING;*OPC?", f"{complete:g}", "expected 1 at the end of the sweep")

    def _new_data(self) -> tuple[float, float]:
        """Return R and X; raise InstrumentError if every number equals the previous point's."""
        data = [number for name in "AB" for number in self._trace(name)]
        if data == self._last_data and max(map(abs, data)) < NO_DATA:
            raise self.refuse("OUTPDTRC?", str(data), "same data as the previous point")
        self._last_data = data
        return sum(data[:POINTS]) / POINTS, sum(data[POINTS:]) / POINTS

    def _trace(self, name: str) -> list[float]:
        """Return the first number of each point of a trace; the second has no meaning here."""
        data = cast(list[float], self.values(f"TRAC {name};OUTPDTRC?", fields=2 * POINTS))
        self.confirm_settings(Setting("TRAC", name))
        return data[::2]

    def _status(self, *data: float) -> str:
        doubts = ["overload"] if max(map(abs, data)) >= NO_DATA else []
        doubts += filter(None, [self.oldest_error()])
        return "; ".join(doubts) or "ok"

    def _stimulus_off(self) -> None:
        self.send_all(*OFF_MESSAGES)

    @property
    def amplitude_now_v(self) -> float:
        """Oscillator level, V rms."""
        return cast(float, self.values("POWE?")[0])

    def switch_off(self) -> None:
        """Switch the bias off, set the lowest level, end any sweep."""
        self.set_timeout(5)
        self._stimulus_off()

    def make_safe(self) -> None:
        """Switch the bias off, set the lowest level, end any sweep, and read bias and level back."""
        self.set_timeout(5)
        self.clear_bus()
        self.attempt_all(
            self.switch_off,
            partial(self.confirm, "DCO?", 0, "the bias is still on"),
            partial(self.confirm_settings, Setting("POWMOD", "VOLT")),
            partial(self.confirm, "POWE?", LOWEST_LEVEL_V * 1.001, "the level is not the lowest"),
        )
