"""Solartron 1260 / 1260A impedance gain-phase analyser (GPIB).

Sources: pages of the 1260 operating manual and programs in use with these instruments. A command is two
letters and a number, without echo; a measurement (`SI`) sends a line of 43 characters when it is done.
Settings cannot be read back reliably, so every sweep sends all of them.

Sources disagree on the query of a setting: `?VA` or `VA?`. It is asked in both ways; an instrument that
answers neither, but reports its identity, does not support it.
"""

import math
import re
from collections.abc import Generator, Sequence
from functools import partial
from typing import Any, ClassVar, cast

from pymeasure.instruments.validators import strict_range

from drivers.declarations import solartron1260 as declared
from labctl.bench import ImpedancePoint
from labctl.errors import AnswerTimeout, InstrumentError
from labctl.instrument import Above, Capabilities, Instrument, Range

MEASURING_DELAY_S = 0.1
OVERHEAD_S = 0.8
RESULT_FIELDS = 5
QUERY_FORMS = ("?{}", "{}?")
FORM_FOUND_WITHIN_S, ANSWERED_WITHIN_S = 0.4, 5.0
AMPLITUDE_LIMITS_V, BIAS_LIMITS_V = (0.0, 3.0), (-40.95, 40.95)
FREQUENCY_LIMITS_HZ = (1e-5, 3.2e7)
FREQUENCY_TOLERANCE = 1e-3

IMPEDANCE = (
    "SO1,3",  # result: V1 / current, an impedance
    "CZ0",  # as real and imaginary part
    "VI0",
    "UW0",
    "SW0",  # no internal sweep: every frequency is set individually
    "AU0",
    "DC1,0",
    "DC3,0",
    "RA1,0",  # autoranging
    "RA3,0",
)
VOLTAGE_RATIO = ("SO1,2", "CV0", "VI0", "UW0", "SW0", "AU0", "DC1,0", "DC2,0", "RA1,0", "RA2,0")


def number(value: float) -> str:
    """Format a number for the 1260: plain when short, otherwise with a one-digit exponent and capital E.

    Raises ValueError for a value that is not finite.
    """
    if not math.isfinite(value):
        raise ValueError(f"{value!r} cannot be sent to an instrument")
    value += 0.0  # no negative zero
    plain = f"{value:.7f}".rstrip("0").rstrip(".")
    if len(plain) <= 8 and math.isclose(float(plain), value, rel_tol=1e-7, abs_tol=1e-12):
        return plain
    mantissa, exponent = f"{value:.7E}".split("E")
    return f"{mantissa.rstrip('0').rstrip('.')}E{int(exponent):+d}"


def integration_time_s(frequency_hz: float, integration_s: float) -> float:
    """Return the effective integration time: the requested time extended to whole cycles."""
    return max(integration_s, math.ceil(integration_s * frequency_hz) / frequency_hz)


def parse_result(line: str) -> tuple[float, float, float, int]:
    """Return frequency (Hz), real and imaginary part (ohm) and the error digit of a result line.

    Raises ValueError for any other line. Fewer digits and surrounding spaces are accepted.
    """
    fields = [field.strip() for field in line.split(",")]
    if len(fields) != RESULT_FIELDS:
        raise ValueError(f"expected {RESULT_FIELDS} values, got {len(fields)}")
    if not re.fullmatch(r"\d", fields[3]):
        raise ValueError(f"the error field {fields[3]!r} is not one digit")
    if not re.fullmatch(r"[+-]?\d{1,2}", fields[4]):
        raise ValueError(f"the limit field {fields[4]!r} is not a number")
    frequency_hz, real_ohm, imag_ohm = (float(field) for field in fields[:3])
    if not all(map(math.isfinite, (frequency_hz, real_ohm, imag_ohm))):
        raise ValueError("a value is not finite")
    return frequency_hz, real_ohm, imag_ohm, int(fields[3])


class Solartron1260(Instrument):
    """A `labctl.bench.FrequencyResponseAnalyzer`: two terminals, voltage drive, autoranging.

    The instrument has no cell relay: `make_safe()` sets amplitude and bias to zero.

    Parameters
    ----------
    reads_back : bool
        Query settings, with `?VA` or `VA?`, before measuring and after making safe. Set to false for an
        instrument that answers neither, to avoid the time-outs of asking. Nothing is confirmed then.
    """

    messages = declared.MESSAGES
    bench_checks = declared.BENCH_CHECKS
    accuracy = declared.ACCURACY
    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": "\r\n",
        "read_termination": "\r\n",
        "timeout": 5000,
    }
    line_address: ClassVar[str | None] = ""
    write_interval_s: ClassVar[float] = 0.05
    models: ClassVar[tuple[str, ...]] = ("1260",)
    can = Capabilities(
        frequency_hz=Range(*FREQUENCY_LIMITS_HZ),
        amplitude_v=Range(*AMPLITUDE_LIMITS_V),
        amplitude_v_above_hz=(Above(1e7, Range(0.0, 1.0)),),
        bias_v=Range(*BIAS_LIMITS_V),
    )
    quiet_after_s: ClassVar[dict[str, float]] = {"TT2": 3.0}

    frequency_hz = Instrument.setting(
        "FR%s",
        """Set the frequency in hertz (1e-5 to 3.2e7).""",
        validator=strict_range,
        values=FREQUENCY_LIMITS_HZ,
        set_process=number,
    )
    current_amplitude_a = Instrument.setting(
        "IA%s",
        """Set the current amplitude in amperes rms (0 to 0.06).""",
        validator=strict_range,
        values=(0, 0.06),
        set_process=number,
    )
    current_bias_a = Instrument.setting(
        "IB%s",
        """Set the DC bias current in amperes (-0.1 to 0.1).""",
        validator=strict_range,
        values=(-0.1, 0.1),
        set_process=number,
    )
    integration_s = Instrument.setting(
        "IS%s",
        """Set the integration time in seconds (0.01 to 1e5).""",
        validator=strict_range,
        values=(0.01, 1e5),
        set_process=number,
    )
    measuring_delay_s = Instrument.setting(
        "MS%s",
        """Set the delay before measuring in seconds (0 to 1e5).""",
        validator=strict_range,
        values=(0, 1e5),
        set_process=number,
    )

    def __init__(
        self, adapter: Any, name: str | None = None, *, reads_back: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(adapter, name, **kwargs)
        self.reads_back = reads_back
        self._forms = QUERY_FORMS if reads_back else ()

    @property
    def amplitude_v(self) -> float:
        """Control the voltage amplitude in V rms (0 to 3); NaN where the instrument does not report it."""
        return self.reported("VA")

    @amplitude_v.setter
    def amplitude_v(self, value: float) -> None:
        self.write(f"VA{number(strict_range(value, AMPLITUDE_LIMITS_V))}")

    @property
    def bias_v(self) -> float:
        """Control the DC bias in V (-40.95 to 40.95); NaN where the instrument does not report it."""
        return self.reported("VB")

    @bias_v.setter
    def bias_v(self, value: float) -> None:
        self.write(f"VB{number(strict_range(value, BIAS_LIMITS_V))}")

    @property
    def condition(self) -> str:
        """Get how the instrument answers queries of its settings (str)."""
        self.reported("VA")
        if self._forms:
            return f"answers {self._forms[0].format('VA')}; no other state is known"
        return "answers neither ?VA nor VA?: settings and zero are not read back"

    def reported(self, letters: str) -> float:
        """Return the value of a setting that the instrument reports; NaN if it answers no form of query.

        The first call finds the form. Raises InstrumentError for an instrument that does not answer at all,
        and for a form that was answered before.
        """
        searching = len(self._forms) > 1
        self.set_timeout(FORM_FOUND_WITHIN_S if searching else ANSWERED_WITHIN_S)
        for form in self._forms:
            try:
                (value,) = self.values(form.format(letters))
            except AnswerTimeout:
                if not searching:
                    raise
            else:
                self._forms = (form,)
                return cast(float, value)
        if self._forms:
            self.check_identity(*self.models)
            self._forms = ()
        return math.nan

    # Members of `labctl.bench.FrequencyResponseAnalyzer`.

    def prepare(self) -> None:
        """End any measurement, set the reply format, check the identity, reset, set the generator to zero."""
        self.write("BK")  # results of measurements that repeat would answer the first questions
        self.clear_bus()
        self._fix_reply_format()
        self.check_identity(*self.models)
        if self.reads_back and not self._forms:
            self._forms = QUERY_FORMS
        self.write("TT2")
        self._fix_reply_format()
        self.make_safe()

    def _fix_reply_format(self) -> None:
        for command in ("OS0", "OT1", "RH0"):
            self.write(command)

    def point_duration_s(self, frequency_hz: float, integration_s: float = 1.0) -> float:
        """Return delay, integration in whole cycles and overhead of one point; autoranging takes longer."""
        return MEASURING_DELAY_S + integration_time_s(frequency_hz, integration_s) + OVERHEAD_S

    def sweep(
        self,
        frequencies_hz: Sequence[float],
        amplitude_v: float,
        integration_s: float = 1.0,
        bias_v: float = 0.0,
    ) -> Generator[ImpedancePoint, None, None]:
        """Yield one point per frequency; the generator is at zero when the iterator ends or is closed."""
        return self.spectrum(IMPEDANCE, frequencies_hz, amplitude_v, integration_s, bias_v)

    def spectrum(
        self,
        settings: Sequence[str],
        frequencies_hz: Sequence[float],
        generator_v: float,
        integration_s: float = 1.0,
        bias_v: float = 0.0,
    ) -> Generator[ImpedancePoint, None, None]:
        """Yield the quantity selected by `settings`: `IMPEDANCE` in ohm, or `VOLTAGE_RATIO`, V1 / V2."""
        self.can.check_sweep(self.name, frequencies_hz, generator_v, bias_v)
        try:
            self._set_up(settings, generator_v, integration_s, bias_v)
            for frequency_hz in frequencies_hz:
                yield self._measure(frequency_hz, integration_s)
        finally:
            self.attempt_all(
                partial(self.write, "BK"),
                partial(setattr, self, "amplitude_v", 0.0),
                partial(setattr, self, "bias_v", 0.0),
            )

    def _set_up(
        self, settings: Sequence[str], generator_v: float, integration_s: float, bias_v: float
    ) -> None:
        source = settings[0]  # sent twice: it cannot be read back, and a wrong source gives plausible results
        for command in ("OP1,0", "OP2,1", "OP3,0", "GT0", source, *settings):
            self.write(command)
        self.integration_s = integration_s
        self.measuring_delay_s = MEASURING_DELAY_S
        self.bias_v = bias_v
        self.amplitude_v = generator_v
        self._confirm_set_up(settings, generator_v, bias_v)

    def _confirm_set_up(self, settings: Sequence[str], generator_v: float, bias_v: float) -> None:
        """Read back level, bias and coordinates: if wrong, they give a plausible but wrong impedance."""
        coordinates = next(command for command in settings if command[:2] in ("CZ", "CV"))
        wanted = {"VA": generator_v, "VB": bias_v, coordinates[:2]: float(coordinates[2:])}
        for letters, value in wanted.items():
            found = self.reported(letters)
            if self._forms and not math.isclose(found, value, rel_tol=1e-3, abs_tol=1e-4):
                question = self._forms[0].format(letters)
                raise InstrumentError(
                    self.name, question, f"{found:g}", f"differs from the set value {value:g}"
                )

    def _measure(self, frequency_hz: float, integration_s: float) -> ImpedancePoint:
        duration_s = self.point_duration_s(frequency_hz, integration_s)
        self.set_timeout(3 * duration_s + 5)  # three times, since the instrument may change range twice
        self.frequency_hz = frequency_hz
        line = self.ask("SI")
        try:
            measured_hz, real_ohm, imag_ohm, error = parse_result(line)
        except ValueError as problem:
            raise self.refuse("SI", line, f"not a result: {problem}") from problem
        if not math.isclose(measured_hz, frequency_hz, rel_tol=FREQUENCY_TOLERANCE):
            raise self.refuse("SI", line, f"result at a frequency other than {frequency_hz:g} Hz")
        status = "ok" if error == 0 else f"error {error}: overload or out of range"
        return ImpedancePoint(measured_hz, real_ohm, imag_ohm, self.clock.time(), status)

    @property
    def amplitude_now_v(self) -> float:
        """Amplitude of the generator, V rms; NaN where the instrument does not report it."""
        return self.amplitude_v

    def switch_off(self) -> None:
        """Stop measuring and set every stimulus to zero."""
        self.set_timeout(5)
        self.send_all("BK", "VA0", "VB0", "IA0", "IB0", "SW0", "OP2,0")

    def make_safe(self) -> None:
        """Stop measuring, set every stimulus to zero, and read amplitude and bias of the voltage back.

        Amplitude and bias of the current source, which this driver never uses, are not read back. Without
        `reads_back`, or where the instrument answers no form of query, nothing is confirmed.
        """
        self.set_timeout(5)
        self.clear_bus()
        confirmations = [partial(self._confirm_zero, name) for name in ("amplitude_v", "bias_v")]
        self.attempt_all(self.switch_off, *confirmations)

    def _confirm_zero(self, name: str) -> None:
        left_on = getattr(self, name)
        if self._forms and left_on != 0:
            raise InstrumentError(self.name, f"{name}?", f"{left_on:g}", f"{name} is not zero")
