"""The registers of a controller as the settings of a station file describe them, and their strict parsing.

Every mistake is a ConfigurationError that names the key, as `settings.temperature.address`. Addresses are as
in the frames, from 0: a manual that counts holding registers from 40001 means address 0 by it.
"""

import math
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from drivers.modbus import READ, READ_INPUT, READS
from drivers.modbus_instrument import RTU, TCP
from labctl.bench import ZERO_CELSIUS_K
from labctl.errors import ConfigurationError

TYPES = {"int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "float32": ">f"}
"""Types of a value and their coding, high word first."""
HIGH_FIRST, LOW_FIRST = "high_first", "low_first"
PER_S = {"s": 1.0, "min": 60.0, "h": 3600.0}
FLOAT_SHARE = 1e-6
REQUIRED: Any = object()


@dataclass(frozen=True)
class TemperatureUnit:
    """Unit of the temperatures of a controller: kelvin per degree, and its zero in degrees from 0 K."""

    name: str
    kelvin: float
    zero: float

    def to_k(self, degrees: float) -> float:
        """Return a temperature in K."""
        return (degrees + self.zero) * self.kelvin

    def of_k(self, temperature_k: float) -> float:
        """Return a temperature in K in this unit."""
        return temperature_k / self.kelvin - self.zero


UNITS = {
    "degC": TemperatureUnit("degC", 1.0, ZERO_CELSIUS_K),
    "K": TemperatureUnit("K", 1.0, 0.0),
    "degF": TemperatureUnit("degF", 5 / 9, 459.67),
}


@dataclass(frozen=True)
class Place:
    """Where a value is: address, type, and the function that reads it (3 or 4)."""

    address: int
    type: str = "int16"
    function: int = READ
    low_first: bool = False

    @property
    def count(self) -> int:
        """Number of registers."""
        return struct.calcsize(TYPES[self.type]) // 2

    def decoded(self, data: bytes) -> float:
        """Return the number in the bytes of the registers, unscaled; ValueError unless it is finite."""
        (value,) = struct.unpack(TYPES[self.type], self._turned(data))
        if not math.isfinite(value):
            raise ValueError("the value is not finite")
        return value

    def words(self, value: float) -> tuple[int, ...]:
        """Return a number, unscaled, as registers; ValueError if it does not fit."""
        code = TYPES[self.type]
        try:
            data = struct.pack(code, value if self.type == "float32" else round(value))
        except (struct.error, OverflowError) as error:
            raise ValueError(f"{value:g} does not fit into register {self.address} ({self.type})") from error
        return struct.unpack(f">{self.count}H", self._turned(data))

    def _turned(self, data: bytes) -> bytes:
        return data[2:] + data[:2] if self.low_first and self.count > 1 else data


@dataclass(frozen=True)
class Quantity:
    """A number in a place: the number in the registers times `scale`, plus `offset`."""

    place: Place
    scale: float = 1.0
    offset: float = 0.0

    def value(self, raw: float) -> float:
        """Return the quantity of a number in the registers."""
        return raw * self.scale + self.offset

    def raw(self, value: float) -> float:
        """Return the number for the registers; it is rounded when it is coded."""
        return (value - self.offset) / self.scale

    def resolution(self, value: float) -> float:
        """Return the smallest difference that the registers can hold."""
        return FLOAT_SHARE * abs(value) if self.place.type == "float32" else abs(self.scale)


@dataclass(frozen=True)
class Ramp:
    """The rate limit of the set point; `no_limit` is the number in the registers that means none."""

    rate: Quantity
    per_s: float
    no_limit: float


@dataclass(frozen=True)
class Write:
    """A number to write, unscaled; `read_back`: whether it can be read at the same place."""

    place: Place
    value: float
    read_back: bool


@dataclass(frozen=True)
class State:
    """A condition of a number in a place, unscaled, and its meaning."""

    place: Place
    holds: Callable[[float], bool]
    words: str


@dataclass(frozen=True)
class OvenMap:
    """All registers of a controller, and its unit of temperature; see `read_oven_map`."""

    framing: str
    unit: TemperatureUnit
    lowest_k: float
    highest_k: float
    temperature: Quantity
    target: Quantity
    rules: Quantity
    output: Quantity | None
    ramp: Ramp | None
    on: tuple[Write, ...]
    off: tuple[Write, ...]
    is_off: tuple[State, ...]
    errors: tuple[State, ...]
    alarms: tuple[State, ...]
    other_masters: tuple[State, ...]
    identity: State | None
    single_writes: bool


class Fields:
    """One table of the settings: each key is taken once, then `refuse_unknown()` is called."""

    def __init__(self, instrument: str, values: object, path: str) -> None:
        self._instrument, self._path = instrument, path
        if not isinstance(values, Mapping):
            raise ConfigurationError(instrument, path, f"is {values!r}; give a table {{ address = ... }}")
        self._values, self._taken = values, set[str]()

    def error(self, key: str, problem: str) -> ConfigurationError:
        """Return the error about a key."""
        return ConfigurationError(self._instrument, f"{self._path}.{key}", problem)

    def has(self, key: str) -> bool:
        """Return whether a key is given."""
        return key in self._values

    def take(self, key: str, wanted: str, is_right: Callable[[Any], bool], default: Any = REQUIRED) -> Any:
        """Return a value for which `is_right` holds."""
        self._taken.add(key)
        if key not in self._values:
            if default is REQUIRED:
                raise self.error(key, f"is missing; give {wanted}")
            return default
        value = self._values[key]
        if not is_right(value):
            raise self.error(key, f"is {value!r}; give {wanted}")
        return value

    def choice(self, key: str, choices: Sequence[Any], default: Any = REQUIRED) -> Any:
        """Return one of some values."""
        wanted = " or ".join(map(repr, choices))
        return self.take(key, wanted, lambda v: not isinstance(v, bool) and v in choices, default)

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        return self.take(key, "true or false", lambda value: isinstance(value, bool), default)

    def whole(self, key: str, low: int, high: int) -> int:
        """Return a whole number."""
        return self.take(key, f"a whole number from {low} to {high}", lambda v: _is_whole(v, low, high))

    def number(self, key: str, default: Any = REQUIRED) -> float:
        """Return a finite number."""
        return self.take(key, "a number", _is_number, default)

    def text(self, key: str) -> str:
        """Return a text that is not empty."""
        return self.take(key, "a text", lambda value: isinstance(value, str) and bool(value.strip()))

    def table(self, key: str) -> "Fields":
        """Return a table that must be there."""
        self._taken.add(key)
        if key not in self._values:
            raise self.error(key, "is missing; give a table { address = ... }")
        return Fields(self._instrument, self._values[key], f"{self._path}.{key}")

    def tables(self, key: str, at_least: int = 0) -> "list[Fields]":
        """Return a list of tables."""
        wanted = "a list of tables [{ address = ... }]"
        values = self.take(key, wanted, _is_list, ())
        if len(values) < at_least:
            raise self.error(key, f"is missing or empty; give {wanted}")
        path = f"{self._path}.{key}"
        return [Fields(self._instrument, value, f"{path}[{i}]") for i, value in enumerate(values)]

    def refuse_unknown(self) -> None:
        """Raise for the first key that was not taken, and name the nearest known one."""
        for key in self._values:
            if key not in self._taken:
                near = get_close_matches(str(key), sorted(self._taken), n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(self._taken))}"
                raise self.error(str(key), f"is not known; {hint}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _is_numbers(value: Any) -> bool:
    return _is_list(value) and len(value) > 0 and all(map(_is_number, value))


def _is_range(value: Any) -> bool:
    return _is_numbers(value) and len(value) == 2 and value[0] < value[1]


def read_oven_map(instrument: str, settings: Mapping[str, Any]) -> OvenMap:
    """Return the registers that the settings describe; raises ConfigurationError.

    Parameters
    ----------
    instrument : str
        Name for errors.
    settings : Mapping
        The settings of `drivers.modbus_oven.ModbusOven`, without `unit`.
    """
    fields = Fields(instrument, {k: v for k, v in settings.items() if v is not None}, "settings")
    low_first = fields.choice("word_order", (HIGH_FIRST, LOW_FIRST), HIGH_FIRST) == LOW_FIRST
    unit = UNITS[fields.choice("temperature_unit", tuple(UNITS))]
    low, high = fields.take("set_points", "[lowest, highest] in temperature_unit", _is_range)
    described = OvenMap(
        framing=fields.choice("framing", (RTU, TCP), RTU),
        unit=unit,
        lowest_k=unit.to_k(low),
        highest_k=unit.to_k(high),
        temperature=_quantity(fields.table("temperature"), low_first),
        target=_quantity(fields.table("target"), low_first),
        rules=_quantity(fields.table("rules"), low_first),
        output=_quantity(fields.table("output"), low_first) if fields.has("output") else None,
        ramp=_ramp(fields.table("ramp"), low_first) if fields.has("ramp") else None,
        on=tuple(_write(one, low_first) for one in fields.tables("on", 1)),
        off=tuple(_write(one, low_first) for one in fields.tables("off", 1)),
        is_off=tuple(_state(one, low_first, "off") for one in fields.tables("is_off", 1)),
        errors=tuple(_state(one, low_first) for one in fields.tables("errors")),
        alarms=tuple(_state(one, low_first) for one in fields.tables("alarms")),
        other_masters=tuple(_state(one, low_first) for one in fields.tables("other_masters")),
        identity=_state(fields.table("identity"), low_first, "it") if fields.has("identity") else None,
        single_writes=fields.flag("single_writes", True),
    )
    fields.refuse_unknown()
    return described


def _place(fields: Fields, low_first: bool) -> Place:
    kind = fields.choice("type", tuple(TYPES), "int16")
    last = 0xFFFF if kind.endswith("16") else 0xFFFE
    return Place(fields.whole("address", 0, last), kind, fields.choice("function", READS, READ), low_first)


def _quantity(fields: Fields, low_first: bool) -> Quantity:
    quantity = _open_quantity(fields, low_first)
    fields.refuse_unknown()
    return quantity


def _open_quantity(fields: Fields, low_first: bool) -> Quantity:
    scale = fields.take("scale", "a number other than 0", lambda v: _is_number(v) and v != 0, 1.0)
    return Quantity(_place(fields, low_first), scale, fields.number("offset", 0.0))


def _ramp(fields: Fields, low_first: bool) -> Ramp:
    rate = _open_quantity(fields, low_first)
    ramp = Ramp(rate, PER_S[fields.choice("per", tuple(PER_S))], fields.number("no_limit", 0.0))
    fields.refuse_unknown()
    return ramp


def _write(fields: Fields, low_first: bool) -> Write:
    place = _place(fields, low_first)
    write = Write(place, fields.number("value"), fields.flag("read_back", True))
    if place.function == READ_INPUT:
        raise fields.error("function", "is 4; input registers cannot be written")
    try:
        place.words(write.value)
    except ValueError as problem:
        raise fields.error("value", str(problem)) from problem
    fields.refuse_unknown()
    return write


def _state(fields: Fields, low_first: bool, words: str = "") -> State:
    place = _place(fields, low_first)
    state = State(place, _condition(fields, place), words or fields.text("words"))
    fields.refuse_unknown()
    return state


def _condition(fields: Fields, place: Place) -> Callable[[float], bool]:
    """Return the condition of one of the keys `values`, `bit` and `at_most`."""
    given = [key for key in ("values", "bit", "at_most") if fields.has(key)]
    if len(given) != 1:
        raise fields.error("values", "give one of values = [...], bit = ... and at_most = ...")
    if given == ["values"]:
        values = fields.take("values", "a list of numbers", _is_numbers)
        return lambda raw: raw in values
    if given == ["at_most"]:
        most = fields.number("at_most")
        return lambda raw: raw <= most
    if place.type == "float32":
        raise fields.error("bit", "a float32 has no bits; give values or at_most")
    mask = 1 << fields.whole("bit", 0, 16 * place.count - 1)
    return lambda raw: bool(int(raw) & mask)
