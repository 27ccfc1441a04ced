"""Lake Shore 335, 336 and 350 temperature controllers (GPIB, USB serial, Ethernet port 7777).

Sources: the manufacturer's manuals (335 p. 120, 134) and public Python driver; for the differences between
the models (`INTYPE`, `RAMP`) a second public driver that cites the manuals 335 rev. 1.6, 336 rev. 2.3 and 350
rev. 1.7. The instruments silently ignore an illegal command, so every setting is followed by `*ESR?`; after a
set point or a ramp the driver reads mode, ramp, range and set point, which decide what the heater does.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, cast

from pymeasure.instruments.validators import strict_discrete_set, strict_range

from drivers.declarations import lakeshore33x as declared
from labctl.bench import ZERO_CELSIUS_K, OutputState
from labctl.errors import InstrumentError
from labctl.instrument import NO_RAMP, Capabilities, Channel, Instrument, OneOf, Range

EVENT_ERRORS = {32: "command not understood", 16: "value refused", 4: "query not understood"}
READING_ERRORS = {
    1: "invalid reading",
    16: "temperature under range",
    32: "temperature over range",
    64: "sensor units zero",
    128: "sensor units over range",
}
POWER_ON = 128
HEATER_ERRORS = {1: "open load", 2: "short"}
CLOSED_LOOP = 1
KELVIN, CELSIUS = 1, 2
UNIT_FIELD = 4
FASTEST_RAMP_K_MIN = 100.0
RAMP_TOLERANCE = 0.01
SETPOINT_LIMITS_K = (0, 2000)
SETPOINT_RESOLUTION_K = 0.006
LIMIT_RESOLUTION_K = 0.6


def in_words(bits: int, meanings: dict[int, str]) -> str:
    """Return the meanings of the bits that are set."""
    return ", ".join(words for bit, words in meanings.items() if bits & bit) or f"status {bits}"


class SensorInput(Channel):
    """One sensor input, A to D."""

    kelvin = Channel.measurement(
        "KRDG? {ch}", """Measure the temperature in kelvin (float), without checking the status."""
    )
    reading_status = Channel.measurement(
        "RDGST? {ch}", """Get the reading status (int): a sum of the bits in READING_ERRORS.""", cast=int
    )
    temperature_limit_k = Channel.control(
        "TLIMIT? {ch}",
        "TLIMIT {ch},%g",
        """Control the temperature in kelvin above which all heaters switch off (float, 0 = no limit).""",
        check_set_errors=True,
    )

    curve = Channel.measurement(
        "INCRV? {ch}", """Get the number of the calibration curve of the sensor (int, 0 = none).""", cast=int
    )

    @property
    def preferred_unit(self) -> int:
        """Get the unit of the set points (int): 1 kelvin, 2 Celsius, 3 sensor.

        It is the fifth field of `INTYPE?`; the 350 sends the excitation after it. Raises InstrumentError for
        a number of fields that the model does not have.
        """
        question, fields = "INTYPE? {ch}", cast(LakeShore33x, self.parent).input_type_fields
        found = self.values(question, cast=int, fields=0)
        if len(found) not in fields:
            expected = " or ".join(str(count) for count in fields)
            reply = ",".join(str(field) for field in found)
            raise self.refuse(question, reply, f"expected {expected} fields, got {len(found)}")
        return found[UNIT_FIELD]


class Output(Channel):
    """One control output."""

    setpoint = Channel.control(
        "SETP? {ch}",
        "SETP {ch},%.4f",
        """Control the set point in the preferred unit of the controlling input (float).""",
        check_set_errors=True,
    )
    ramp = Channel.control(
        "RAMP? {ch}",
        "RAMP {ch},%d,%.4g",
        """Control the ramp: on (0 or 1) and rate in kelvin per minute (0.1 to 100; 0 = no limit).""",
        check_set_errors=True,
        values_kwargs={"fields": 2},
    )
    ramping = Channel.measurement(
        "RAMPST? {ch}", """Get whether the set point is moving (0 or 1).""", cast=int
    )
    heater_range = Channel.control(
        "RANGE? {ch}",
        "RANGE {ch},%d",
        """Control the heater range (int strictly from 0 = off to 5).""",
        cast=int,
        validator=strict_discrete_set,
        values=range(6),
        check_set_errors=True,
    )
    heater_percent = Channel.measurement("HTR? {ch}", """Measure the heater output in percent (float).""")
    heater_error = Channel.measurement(
        "HTRST? {ch}", """Get the heater error (int): 0 none, 1 open load, 2 short.""", cast=int
    )
    pid = Channel.control(
        "PID? {ch}",
        "PID {ch},%.1f,%.1f,%.1f",
        """Control proportional (0.1 to 1000), integral (0.1 to 1000) and derivative (0 to 200) terms.""",
        check_set_errors=True,
        values_kwargs={"fields": 3},
    )
    mode = Channel.control(
        "OUTMODE? {ch}",
        "OUTMODE {ch},%d,%d,%d",
        """Control mode (1 closed loop), input (1 = A) and power-up enable (0 or 1), three int.""",
        cast=int,
        check_set_errors=True,
        values_kwargs={"fields": 3},
    )
    manual_percent = Channel.control(
        "MOUT? {ch}",
        "MOUT {ch},%.2f",
        """Control the manual heater output in percent (float strictly from 0 to 100).""",
        validator=strict_range,
        values=(0, 100),
        check_set_errors=True,
    )


class LakeShore33x(Instrument):
    """A `labctl.bench.TemperatureController` on one loop of a Lake Shore 335, 336 or 350.

    Parameters
    ----------
    output : int
        Heater output of the loop.
    sensor : str
        Controlling sensor input, `"A"` to `"D"`.
    heater_range : int, optional
        Range switched on with a set point (335, 336: 1 low, 2 medium, 3 high; 350: to 5). By default 3, and
        1 (on) for the outputs 3 and 4.
    temperature_limit_degc : float, optional
        Limit in the instrument: above it all heaters switch off, independently of the computer.
    curve : int, optional
        Number of the calibration curve of the sensor; where the input has another, `prepare()` refuses it. By
        default the curve chosen at the instrument is used.

    Class attributes
    ----------------
    ramping_outputs : tuple of int
        Outputs that take `RAMP`; the others have no ramp.
    slowest_ramp_k_min : float
        Slowest ramp in K/min.
    input_type_fields : tuple of int
        Number of fields of `INTYPE?`.
    sensor_inputs : str
        Letters of the sensor inputs.
    heater_ranges : int
        Number of ranges of the outputs 1 and 2.
    """

    messages = declared.MESSAGES
    bench_checks = declared.BENCH_CHECKS
    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": "\n",
        "read_termination": "\r\n",
        "timeout": 2000,
        "asrl": {"baud_rate": 57600, "data_bits": 7, "parity": 1, "stop_bits": 10},
    }
    line_address: ClassVar[str | None] = ""
    write_interval_s: ClassVar[float] = 0.05
    models: ClassVar[tuple[str, ...]] = ("MODEL335", "MODEL336", "MODEL350")
    heater_outputs: ClassVar[tuple[int, ...]] = (1, 2)
    ramping_outputs: ClassVar[tuple[int, ...]] = (1, 2)
    slowest_ramp_k_min: ClassVar[float] = 0.1
    input_type_fields: ClassVar[tuple[int, ...]] = (5, 6)
    sensor_inputs: ClassVar[str] = "ABCD"
    heater_ranges: ClassVar[int] = 3

    event_status = Instrument.measurement(
        "*ESR?", """Get and clear the event status register (int).""", cast=int
    )

    def __init__(
        self,
        adapter: Any,
        name: str | None = None,
        *,
        output: int = 1,
        sensor: str = "A",
        heater_range: int | None = None,
        temperature_limit_degc: float | None = None,
        curve: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(adapter, name, **kwargs)
        self.can = self.capabilities({"output": output})
        self.can.check_settings(self.name, output=output, sensor=sensor, heater_range=heater_range)
        self.output_number, self.sensor = output, sensor
        self.heater_range = (3 if output <= 2 else 1) if heater_range is None else heater_range
        self.temperature_limit_degc, self.curve = temperature_limit_degc, curve
        self.loop = Output(self, output)
        self.input = SensorInput(self, sensor)
        self._offset_k = 0.0
        self._limit_k = 0.0
        self._ramp_rate_k_s = 0.0
        self._restarted = False

    @classmethod
    def declared_texts(cls, sent: str) -> tuple[str, ...]:
        """Return the messages of one text, which are separated by semicolons."""
        return tuple(sent.strip().split(";"))

    @classmethod
    def capabilities(cls, settings: Mapping[str, Any]) -> Capabilities:
        """Return the capabilities of the loop at the output of `settings`."""
        output = settings.get("output", 1)
        ramp = Range(cls.slowest_ramp_k_min / 60, FASTEST_RAMP_K_MIN / 60)
        ranges = Range(1, cls.heater_ranges if output in (1, 2) else 1, whole=True)
        return Capabilities(
            temperature_k=Range(*SETPOINT_LIMITS_K),
            ramp_rate_k_s=ramp if output in cls.ramping_outputs else NO_RAMP,
            settings={
                "output": OneOf(cls.heater_outputs),
                "sensor": OneOf(tuple(cls.sensor_inputs)),
                "heater_range": ranges,
            },
        )

    def check_set_errors(self) -> list[str]:
        """Raise InstrumentError if the instrument refused the setting just sent."""
        bits = self._note_restart(cast(int, self.event_status)) & sum(EVENT_ERRORS)
        if bits:
            raise InstrumentError(self.name, "*ESR?", str(bits), in_words(bits, EVENT_ERRORS))
        return []

    def _note_restart(self, event_status: int) -> int:
        """Remember the power-on bit, which reading the register clears; return the register."""
        self._restarted = self._restarted or bool(event_status & POWER_ON)
        return event_status

    @property
    def condition(self) -> str:
        """Get the status of sensor and heater, and the instrument's temperature limit (str)."""
        reading = cast(int, self.input.reading_status)
        sensor = f"sensor {self.sensor} {in_words(reading, READING_ERRORS) if reading else 'good'}"
        limit = f"heaters off above {cast(float, self.input.temperature_limit_k):g} K (0: never)"
        return ", ".join((sensor, *self._heater_condition(), limit))

    def _heater_condition(self) -> tuple[str, ...]:
        if not self.tells_heater:
            return ()
        error = cast(int, self.loop.heater_error)
        return (f"heater {HEATER_ERRORS.get(error, f'error {error}') if error else 'good'}",)

    # Members of `labctl.bench.TemperatureController`.

    def prepare(self) -> None:
        """Check model, unit and loop; heaters off, also after a power failure, and no ramp."""
        self.check_identity(*self.models)
        self.write("*CLS")
        self._restarted = False
        self.make_safe()
        self._offset_k = self._unit_offset_k()
        self._check_curve()
        self.loop.mode = (CLOSED_LOOP, self._sensor_number, 0)
        self._confirm_mode()
        self.ramp_rate_k_s = 0.0  # a ramp left on at the front panel would delay every set point
        if self.temperature_limit_degc is not None:
            self._set_temperature_limit(self.temperature_limit_degc + ZERO_CELSIUS_K)
        self._limit_k = cast(float, self.input.temperature_limit_k)

    def _check_curve(self) -> None:
        problem = self._other_curve()
        if problem:
            raise InstrumentError(self.name, f"INCRV? {self.sensor}", "", problem)

    def _other_curve(self) -> str:
        """Return that the input has another calibration curve than the setting `curve`, otherwise ""."""
        found = self.curve if self.curve is None else cast(int, self.input.curve)
        if found == self.curve:
            return ""
        return f"input {self.sensor} has curve {found}, another calibration curve than {self.curve}"

    @property
    def _sensor_number(self) -> int:
        return " ABCD".index(self.sensor)

    def _set_temperature_limit(self, limit_k: float) -> None:
        self.input.temperature_limit_k = limit_k
        found_k = cast(float, self.input.temperature_limit_k)
        if abs(found_k - limit_k) > LIMIT_RESOLUTION_K:
            raise InstrumentError(self.name, f"TLIMIT? {self.sensor}", f"{found_k:g}", "limit not accepted")

    @property
    def input_type(self) -> str:
        """Get the reply to `INTYPE?` of the controlling sensor (str); its fifth field is the unit."""
        return self.ask(f"INTYPE? {self.sensor}").strip()

    def _unit_offset_k(self) -> float:
        """Return the offset that converts a set point of the instrument to kelvin."""
        unit = self.input.preferred_unit
        if unit not in (KELVIN, CELSIUS):
            problem = (
                f"input {self.sensor} is set to sensor units; choose kelvin or Celsius at the instrument"
            )
            raise self.refuse(f"INTYPE? {self.sensor}", str(unit), problem)
        return ZERO_CELSIUS_K if unit == CELSIUS else 0.0

    @property
    def temperature_k(self) -> float:
        """Temperature of the controlling sensor; InstrumentError if its status is not good."""
        question = f"KRDG? {self.sensor};RDGST? {self.sensor}"
        kelvin, status = self.values(question, separator=";", fields=2)
        if status:
            raise InstrumentError(
                self.name, question, f"{kelvin};{status}", in_words(int(status), READING_ERRORS)
            )
        return kelvin

    @property
    def setpoint_k(self) -> float:
        """Set point; it moves during a ramp. Writing it switches the heater on."""
        return cast(float, self.loop.setpoint) + self._offset_k

    @setpoint_k.setter
    def setpoint_k(self, value: float) -> None:
        self.can.check_temperature(self.name, value)
        if 0 < self._limit_k < value:
            problem = (
                f"the heaters switch off above {self._limit_k:g} K: set the limit of input {self.sensor}"
            )
            raise InstrumentError(self.name, f"TLIMIT? {self.sensor}", f"{self._limit_k:g}", problem)
        if self._ramp_rate_k_s:
            self._start_ramp_from_here()
        self.loop.setpoint = value - self._offset_k
        self._confirm_unit()  # before the heater is on
        self._check_curve()
        self._confirm_mode()
        self._confirm_ramp()
        self.loop.heater_range = self.heater_range
        self._confirm_started(value)

    def _confirm_started(self, setpoint_k: float) -> None:
        """Read back set point (unless ramping) and heater range, since refused commands have no reply."""
        found_k = self.setpoint_k
        if not self._ramp_rate_k_s and abs(found_k - setpoint_k) > SETPOINT_RESOLUTION_K:
            problem = "set point not accepted"
            raise InstrumentError(self.name, f"SETP? {self.loop.id}", f"{found_k:g}", problem)
        found = self.loop.heater_range
        if found != self.heater_range:
            problem = "heater range not accepted"
            raise InstrumentError(self.name, f"RANGE? {self.loop.id}", str(found), problem)

    def _confirm_mode(self) -> None:
        """Raise InstrumentError unless the output is controlled, in a closed loop, by the sensor."""
        mode, sensor, _ = cast(list[int], self.loop.mode)
        if (mode, sensor) != (CLOSED_LOOP, self._sensor_number):
            problem = f"not in closed loop on input {self.sensor}"
            raise InstrumentError(self.name, f"OUTMODE? {self.loop.id}", f"{mode},{sensor}", problem)

    def _confirm_unit(self) -> None:
        """Raise InstrumentError if the unit of the input was changed since `prepare()`."""
        if self._unit_offset_k() != self._offset_k:
            problem = f"the unit of input {self.sensor} was changed since prepare()"
            raise InstrumentError(
                self.name, f"INTYPE? {self.sensor}", str(self.input.preferred_unit), problem
            )

    def _confirm_ramp(self) -> None:
        """Raise InstrumentError unless the ramp is off, or on with the rate that was set."""
        if not self.can_ramp:
            return
        is_on, k_min = cast(list[float], self.loop.ramp)
        wanted_k_min = self._ramp_rate_k_s * 60
        allowed_k_min = RAMP_TOLERANCE * wanted_k_min + self.slowest_ramp_k_min / 2  # half of the last digit
        if bool(is_on) != bool(wanted_k_min) or (is_on and abs(k_min - wanted_k_min) > allowed_k_min):
            problem = f"expected {f'a ramp of {wanted_k_min:g} K/min' if wanted_k_min else 'no ramp'}"
            raise InstrumentError(self.name, f"RAMP? {self.loop.id}", f"{is_on:g},{k_min:g}", problem)

    def _start_ramp_from_here(self) -> None:
        """Set the set point to the sample temperature, since the instrument ramps from its set point."""
        self.loop.ramp = (0, 0)
        self.loop.setpoint = self.temperature_k - self._offset_k
        self.loop.ramp = (1, self._ramp_rate_k_s * 60)

    @property
    def output_state(self) -> OutputState:
        """Set point (None during a ramp), heater range and output, heater error, other curve, a restart."""
        loop = self.loop.id
        questions = [f"SETP? {loop}", f"RANGE? {loop}", "*ESR?"]
        questions += [f"RAMPST? {loop}"] if self.can_ramp else []
        questions += [f"HTR? {loop}", f"HTRST? {loop}"] if self.tells_heater else []
        fields = self.values(";".join(questions), separator=";", fields=len(questions))
        setpoint, heater_range, status = fields[:3]
        is_ramping = fields[3] if self.can_ramp else 0
        percent, error = fields[-2:] if self.tells_heater else (None, 0)
        self._note_restart(int(status))
        restarted, self._restarted = self._restarted, False
        problem = f"heater {HEATER_ERRORS.get(int(error), f'error {int(error)}')}" if error else ""
        if 0 < heater_range != self.heater_range:
            problem = problem or f"the heater range is {int(heater_range)} instead of {self.heater_range}"
        problem = problem or self._other_curve()
        target_k = None if is_ramping else setpoint + self._offset_k
        return OutputState(heater_range > 0, target_k, percent, problem, restarted)

    @property
    def tells_heater(self) -> bool:
        """Whether the output reports its power and its load: an analogue output cannot."""
        return self.output_number <= 2

    @property
    def can_ramp(self) -> bool:
        """Whether the output takes `RAMP`: outputs 1 and 2, and on the 350 also 3 and 4."""
        return self.output_number in self.ramping_outputs

    @property
    def ramp_rate_k_s(self) -> float:
        """Rate of later ramps in K/s, for 0.1 (350: 0.001) to 100 K/min; 0 = no ramp.

        Raises ValueError for another rate, and for any but 0 at an output without a ramp.
        """
        return self._ramp_rate_k_s

    @ramp_rate_k_s.setter
    def ramp_rate_k_s(self, value: float) -> None:
        self.can.check_ramp(self.name, value)
        self._ramp_rate_k_s = value
        if not value and self.can_ramp:
            self.loop.ramp = (0, 0)
            self._confirm_ramp()

    def switch_off(self) -> None:
        """Switch every heater off, the heater of the loop first, and set its manual output to zero."""
        others = [number for number in self.heater_outputs if number != self.output_number]
        ranges = (f"RANGE {number},0" for number in (self.output_number, *others))
        self.send_all(*ranges, f"MOUT {self.output_number},0.00")

    def make_safe(self) -> None:
        """Switch every heater off, set manual output to zero, and read both back."""
        outputs = [Output(self, number) for number in self.heater_outputs]
        self.attempt_all(
            self.switch_off,
            self.check_set_errors,
            *(partial(self._confirm_off, output) for output in outputs),
            self._confirm_no_manual_output,
        )

    def _confirm_no_manual_output(self) -> None:
        percent = cast(float, self.loop.manual_percent)
        if percent:
            raise InstrumentError(
                self.name, f"MOUT? {self.loop.id}", f"{percent:g}", "the manual output is not zero"
            )

    def _confirm_off(self, output: Output) -> None:
        left_on = output.heater_range
        if left_on:
            raise InstrumentError(
                self.name, f"RANGE? {output.id}", str(left_on), f"heater {output.id} is still on"
            )


class LakeShore335(LakeShore33x):
    """Lake Shore 335: two heater outputs."""

    models: ClassVar[tuple[str, ...]] = ("MODEL335",)
    sensor_inputs: ClassVar[str] = "AB"
    input_type_fields: ClassVar[tuple[int, ...]] = (5,)


class LakeShore336(LakeShore33x):
    """Lake Shore 336: two heater outputs, and two analogue outputs that can also heat but cannot ramp."""

    models: ClassVar[tuple[str, ...]] = ("MODEL336",)
    heater_outputs: ClassVar[tuple[int, ...]] = (1, 2, 3, 4)
    input_type_fields: ClassVar[tuple[int, ...]] = (5,)


class LakeShore350(LakeShore33x):
    """Lake Shore 350: output 1 has five ranges, and all four outputs can ramp."""

    models: ClassVar[tuple[str, ...]] = ("MODEL350",)
    heater_ranges: ClassVar[int] = 5
    heater_outputs: ClassVar[tuple[int, ...]] = (1, 2, 3, 4)
    ramping_outputs: ClassVar[tuple[int, ...]] = (1, 2, 3, 4)
    slowest_ramp_k_min: ClassVar[float] = 0.001
    input_type_fields: ClassVar[tuple[int, ...]] = (6,)
