"""Any oven controller with Modbus registers, described in the station file (Modbus RTU or TCP).

The settings name the registers: the measured temperature, the set point that is written (`target`), the set
point that rules (`rules`), what switches the output on and off, and what reads back that it is off. The page
docs/how-to/add-a-modbus-oven.md goes through them. Only the manual of the controller gives
them, and `labctl check` names them as unconfirmed until the bench checks were made.
"""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from drivers.declarations import modbus_oven as declared
from drivers.modbus import word_request, write_block_request
from drivers.modbus_instrument import HIGHEST_UNIT, RTU, ModbusInstrument
from drivers.modbus_map import OvenMap, Place, Quantity, State, Write, read_oven_map
from labctl.bench import OutputState
from labctl.errors import InstrumentError
from labctl.instrument import NO_RAMP, Capabilities, Range

OTHER_SETPOINT_K = 0.11
RATE_TOLERANCE = 0.05
FOLLOWS_AFTER_S = (0.0, 0.25, 0.5, 1.0, 2.0)
RAMPS_AFTER_S = (0.5, 1.0, 2.0)
OFF_AFTER_S = (0.0, 0.2, 0.4)


def _capabilities(registers: OvenMap) -> Capabilities:
    return Capabilities(
        temperature_k=Range(registers.lowest_k, registers.highest_k),
        ramp_rate_k_s=None if registers.ramp else NO_RAMP,
        ramp_needs="" if registers.ramp else "ramp",
        settings={"unit": Range(1, HIGHEST_UNIT, whole=True)},
    )


class ModbusOven(ModbusInstrument):
    """A `labctl.bench.TemperatureController`, described by the settings of the station file.

    Each register is a table `{ address, type, scale, offset, function }`: address in the frame, from 0; type
    `int16` (default), `uint16`, `int32`, `uint32` or `float32`; the value is the number in the registers
    times `scale` (default 1) plus `offset` (default 0); function 3 (default) or 4 reads it.

    Parameters
    ----------
    unit : int
        Modbus address, 1 to 254.
    framing : str
        `rtu` or `tcp`.
    temperature_unit : str
        `degC`, `K` or `degF`: unit of all temperatures of the controller.
    word_order : str
        `high_first` or `low_first`: order of the registers of a value of 32 bits.
    set_points : list
        `[lowest, highest]` set point that the controller accepts, in `temperature_unit`.
    temperature, target, rules : table
        Measured temperature, set point that is written, set point that rules.
    output : table, optional
        Output in percent.
    ramp : table, optional
        Rate limit of the set point, with `per` (`s`, `min`, `h`) and the number `no_limit` (default 0).
    on, off : list of tables
        Registers to write, in this order, to start control and to switch the output off:
        `{ address, value }`, with `read_back = false` for a register that cannot be read.
    is_off : list of tables
        What holds, all of it, when the output is off: `values`, `bit` or `at_most` of the unscaled number.
    errors, alarms, other_masters : list of tables, optional
        Conditions as for `is_off`, with `words`: a temperature is an error, it is only shown, another
        set point or mode rules.
    identity : table, optional
        A condition by which the controller is known.
    single_writes : bool
        False for a controller that accepts function 16 alone, also for one register.
    """

    messages = declared.MESSAGES
    bench_checks = declared.BENCH_CHECKS
    connection_settings: ClassVar[dict[str, Any]] = {
        "timeout": 1000,
        "asrl": {"baud_rate": 9600, "data_bits": 8, "parity": 0, "stop_bits": 10},
    }
    write_interval_s: ClassVar[float] = 0.02

    def __init__(
        self,
        adapter: Any,
        name: str | None = None,
        *,
        temperature_unit: str,
        set_points: Sequence[float],
        temperature: Mapping[str, Any],
        target: Mapping[str, Any],
        rules: Mapping[str, Any],
        on: Sequence[Mapping[str, Any]],
        off: Sequence[Mapping[str, Any]],
        is_off: Sequence[Mapping[str, Any]],
        unit: int = 1,
        framing: str = RTU,
        word_order: str | None = None,
        output: Mapping[str, Any] | None = None,
        ramp: Mapping[str, Any] | None = None,
        errors: Sequence[Mapping[str, Any]] | None = None,
        alarms: Sequence[Mapping[str, Any]] | None = None,
        other_masters: Sequence[Mapping[str, Any]] | None = None,
        identity: Mapping[str, Any] | None = None,
        single_writes: bool | None = None,
        **kwargs: Any,
    ) -> None:
        settings = {
            "temperature_unit": temperature_unit,
            "set_points": set_points,
            "temperature": temperature,
            "target": target,
            "rules": rules,
            "on": on,
            "off": off,
            "is_off": is_off,
            "framing": framing,
            "word_order": word_order,
            "output": output,
            "ramp": ramp,
            "errors": errors,
            "alarms": alarms,
            "other_masters": other_masters,
            "identity": identity,
            "single_writes": single_writes,
        }
        super().__init__(adapter, name, unit=unit, framing=framing, **kwargs)
        self.map = read_oven_map(self.name, settings)
        self._can = _capabilities(self.map)

    @classmethod
    def capabilities(cls, settings: Mapping[str, Any]) -> Capabilities:
        """Return the range of set points; raises ConfigurationError for settings that are not right."""
        return _capabilities(read_oven_map(cls.__name__, {k: v for k, v in settings.items() if k != "unit"}))

    @classmethod
    def unconfirmed(cls, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the settings to confirm at the bench, and the faults that they leave unnoticed."""
        found = read_oven_map(cls.__name__, {k: v for k, v in settings.items() if k != "unit"})
        sentences = ["the registers are those of the station file: make the bench checks of ModbusOven"]
        if found.rules.place == found.target.place:
            sentences.append("rules is the register of target: another set point that rules is not noticed")
        if not found.errors:
            sentences.append("there are no errors in the settings: a broken sensor is not noticed")
        if not found.other_masters:
            sentences.append("there are no other_masters: manual mode or a program is not noticed")
        return tuple(sentences)

    # Registers.

    def _raw(self, place: Place) -> float:
        data = self.read_registers(place.address, place.count, place.function)
        try:
            return place.decoded(data)
        except ValueError as problem:
            raise self.refuse(f"register {place.address}", data.hex(" "), str(problem)) from problem

    def read_quantity(self, quantity: Quantity) -> float:
        """Return a quantity in the unit of the controller."""
        return quantity.value(self._raw(quantity.place))

    def write_quantity(self, quantity: Quantity, value: float) -> float:
        """Write a quantity, return it as read back; raises ValueError for a value that does not fit."""
        self._ask(self._request(quantity.place, quantity.raw(value)))
        found = self.read_quantity(quantity)
        if abs(found - value) > 0.51 * quantity.resolution(value):
            sent = f"register {quantity.place.address} = {value:g}"
            raise InstrumentError(self.name, sent, f"{found:g}", "was not accepted")
        return found

    def _request(self, place: Place, raw: float) -> bytes:
        words = place.words(raw)
        if len(words) == 1 and self.map.single_writes:
            return word_request(self.unit, place.address, words[0])
        return write_block_request(self.unit, place.address, words)

    def _write(self, write: Write) -> None:
        self._ask(self._request(write.place, write.value))

    def _write_and_read_back(self, write: Write) -> None:
        self._write(write)
        if write.read_back and (found := self._raw(write.place)) != write.value:
            sent = f"register {write.place.address} = {write.value:g}"
            raise InstrumentError(self.name, sent, f"{found:g}", "was not accepted")

    def _holding(self, states: Sequence[State]) -> list[str]:
        """Return the words of the states that hold; each place is read once."""
        raw = {place: self._raw(place) for place in dict.fromkeys(state.place for state in states)}
        return [state.words for state in states if state.holds(raw[state.place])]

    # Members of `labctl.bench.TemperatureController`.

    @property
    def identity(self) -> str:
        """Get the Modbus address, and the number by which the controller is known (str)."""
        known = self.map.identity
        if known is None:
            self._raw(self.map.temperature.place)
            return f"Modbus oven, unit {self.unit}, which tells no identity"
        raw = self._raw(known.place)
        if not known.holds(raw):
            problem = "this is not the controller of the settings"
            raise self.refuse(f"register {known.place.address}", f"{raw:g}", problem)
        return f"Modbus oven, unit {self.unit}, register {known.place.address} is {raw:g}"

    @property
    def condition(self) -> str:
        """Get errors and alarms as text, and the range of set points (str)."""
        unit = self.map.unit
        low, high = unit.of_k(self.map.lowest_k), unit.of_k(self.map.highest_k)
        words = self._holding([*self.map.errors, *self.map.alarms]) or ["no alarm"]
        return ", ".join([*words, f"set points {low:g} to {high:g} {unit.name}"])

    def prepare(self) -> None:
        """Output off, and no other master."""
        self.check_identity("Modbus oven")
        self.make_safe()
        self._refuse_other_masters()

    @property
    def temperature_k(self) -> float:
        """Measured temperature; InstrumentError while one of `errors` holds."""
        degrees = self.read_quantity(self.map.temperature)
        # Read second: the sensor may break between the two reads.
        if doubts := self._holding(self.map.errors):
            raise InstrumentError(self.name, "errors", f"{degrees:g}", ", ".join(doubts))
        return self.map.unit.to_k(degrees)

    @property
    def setpoint_k(self) -> float:
        """Set point that rules; it moves during a ramp. Writing it sets the target and starts control."""
        return self._kelvin(self.map.rules)

    def _kelvin(self, quantity: Quantity) -> float:
        return self.map.unit.to_k(self.read_quantity(quantity))

    @setpoint_k.setter
    def setpoint_k(self, value: float) -> None:
        self._can.check_temperature(self.name, value)
        target = self.map.unit.of_k(value)
        self._refuse_other_masters()  # before the output is on
        is_ramping, before = self.ramp_rate_k_s > 0, self.read_quantity(self.map.target)
        if is_ramping and self._is_off():
            before = self._start_ramp_from_here()
        if abs(before - target) > 0.5 * self.map.target.resolution(target):  # limits memory wear
            self.write_quantity(self.map.target, target)
        self._switch_on()
        self._confirm_what_rules(value, self.map.unit.to_k(before), is_ramping)

    def _switch_on(self) -> None:
        for write in self.map.on:
            self._write_and_read_back(write)

    def _start_ramp_from_here(self) -> float:
        """Start control at the temperature, within the set points; return it in the unit of the controller.

        While it is off, the set point that rules may follow the target without a ramp.
        """
        measured_k = self._kelvin(self.map.temperature)
        here_k = min(max(measured_k, self.map.lowest_k), self.map.highest_k)
        here = self.map.unit.of_k(here_k)
        self.write_quantity(self.map.target, here)
        self._confirm_what_rules(here_k, here_k, is_ramping=False)
        self._switch_on()
        return here

    def _confirm_what_rules(self, target_k: float, before_k: float, is_ramping: bool) -> None:
        """Raise InstrumentError unless the set point that rules is the target, or on its way there."""
        allowed_k = self._allowed_k(target_k)
        around_k = [target_k]
        if is_ramping:
            around_k += [before_k, self._kelvin(self.map.temperature)]
        low_k, high_k = min(around_k) - allowed_k, max(around_k) + allowed_k
        rules_k = math.nan
        for _ in self.at_times(self.clock.monotonic(), RAMPS_AFTER_S if is_ramping else FOLLOWS_AFTER_S):
            rules_k = self._kelvin(self.map.rules)
            if low_k <= rules_k <= high_k:
                return
        problem = f"the set point that rules is not {target_k:.2f} K: of another master"
        raise InstrumentError(
            self.name, f"register {self.map.rules.place.address}", f"{rules_k:.2f}", problem
        )

    def _allowed_k(self, target_k: float) -> float:
        degrees = self.map.unit.of_k(target_k)
        coarsest = max(q.resolution(degrees) for q in (self.map.target, self.map.rules))
        return max(OTHER_SETPOINT_K, 1.01 * coarsest * self.map.unit.kelvin)

    def _refuse_other_masters(self) -> None:
        if others := self._holding(self.map.other_masters):
            raise InstrumentError(self.name, "what rules", "", f"{', '.join(others)} (at the instrument)")

    @property
    def output_state(self) -> OutputState:
        """Target, output in percent where there is a register of it, on or off, and which set point rules."""
        target_k, rules_k = self._kelvin(self.map.target), self._kelvin(self.map.rules)
        percent = self.read_quantity(self.map.output) if self.map.output else None
        is_on = not self._is_off()
        problem = ", ".join(self._holding(self.map.other_masters))
        differs = is_on and abs(rules_k - target_k) > self._allowed_k(target_k)
        if not problem and differs and not self.ramp_rate_k_s:
            problem = f"another set point rules, {rules_k:.2f} K"
        return OutputState(is_on, target_k, percent, problem)

    @property
    def ramp_rate_k_s(self) -> float:
        """Rate limit of the set point in K/s; 0 = no limit, always so without `ramp` in the settings."""
        ramp = self.map.ramp
        if ramp is None:
            return 0.0
        raw = self._raw(ramp.rate.place)
        return 0.0 if raw == ramp.no_limit else ramp.rate.value(raw) * self.map.unit.kelvin / ramp.per_s

    @ramp_rate_k_s.setter
    def ramp_rate_k_s(self, value: float) -> None:
        if not value >= 0:
            raise ValueError(f"ramp_rate_k_s is {value:g}; give 0 or more")
        self._can.check_ramp(self.name, value)
        ramp = self.map.ramp
        if ramp is None:
            return
        wanted = value * ramp.per_s / self.map.unit.kelvin if value else ramp.rate.value(ramp.no_limit)
        self.write_quantity(ramp.rate, wanted)
        if abs(self.ramp_rate_k_s - value) > RATE_TOLERANCE * value:
            problem = "the rate was rounded, or means no limit"
            raise InstrumentError(self.name, f"ramp rate = {wanted:g}", "", problem)

    def switch_off(self) -> None:
        """Write all of `off`; the instrument acknowledges each."""
        with self.urgently():
            self.attempt_all(*(partial(self._write, write) for write in self.map.off))

    def make_safe(self) -> None:
        """Write all of `off`, and read back that all of `is_off` holds."""
        self.clear_bus()
        self.attempt_all(self.switch_off, self._confirm_off)

    def _confirm_off(self) -> None:
        for _ in self.at_times(self.clock.monotonic(), OFF_AFTER_S):
            if self._is_off():
                return
        raise InstrumentError(self.name, "is_off", "", "the output is still on")

    def _is_off(self) -> bool:
        return len(self._holding(self.map.is_off)) == len(self.map.is_off)
