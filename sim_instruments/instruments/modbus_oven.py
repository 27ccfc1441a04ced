"""An oven controller with Modbus registers at any addresses.

Its description is a table as in the settings of a station file: places (`address`, `type`), `scale` and
`offset` of temperature, set points, output and ramp, the numbers that switch on and off, and the conditions
`values`, `bit` or `at_most` of off, errors, alarms and other masters. It is read here with code of its own.

Of several writes to one register the last one of the list decides. It is off once all of `off` was written
and nothing of `on` since. A condition that does not hold reads as a number for which it does not.
"""

import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any

from sim_instruments.wire.device import SimDevice
from sim_instruments.wire.modbus import (
    ILLEGAL_ADDRESS,
    ILLEGAL_VALUE,
    ModbusError,
    cut_frame,
    cut_tcp_frame,
    respond,
    respond_tcp,
)
from sim_instruments.world.pid import Pid
from sim_instruments.world.world import World

FULL_POWER_W = 100.0
NOISE_K = 0.02
BAND_K, INTEGRAL_S = 5.0, 60.0
START_K = 293.15
SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}
CODES = {"int16": "h", "uint16": "H", "int32": "i", "uint32": "I", "float32": "f"}
CONDITIONS = ("errors", "alarms", "other_masters")
EXAMPLE: Mapping[str, Any] = {
    "temperature_unit": "degC",
    "set_points": [0, 300],
    "temperature": {"address": 0x10, "scale": 0.1, "function": 4},
    "target": {"address": 0x100, "scale": 0.1},
    "rules": {"address": 0x101, "scale": 0.1},
    "output": {"address": 0x102, "type": "uint16", "scale": 0.1},
    "ramp": {"address": 0x106, "type": "uint16", "scale": 0.1, "per": "min"},
    "on": [{"address": 0x103, "value": 1}],
    "off": [{"address": 0x103, "value": 0}],
    "is_off": [{"address": 0x103, "values": [0]}, {"address": 0x102, "type": "uint16", "at_most": 0}],
    "errors": [
        {"address": 0x105, "type": "uint16", "bit": 0, "words": "sensor break"},
        {"address": 0x105, "type": "uint16", "bit": 1, "words": "heater open"},
    ],
    "alarms": [{"address": 0x105, "type": "uint16", "bit": 4, "words": "alarm 1"}],
    "other_masters": [
        {"address": 0x104, "values": [1], "words": "a program rules"},
        {"address": 0x104, "values": [2], "words": "it is in manual mode"},
    ],
    "identity": {"address": 0x107, "values": [0x4D4F]},
}
"""Description of the stand-in that is used without one; settings of the driver that fit to it."""


def in_kelvin(degrees: float, unit: str) -> float:
    """A temperature of a controller in K."""
    return {"K": degrees, "degC": degrees + 273.15, "degF": (degrees - 32) / 1.8 + 273.15}[unit]


def from_kelvin(kelvin: float, unit: str) -> float:
    """A temperature in K in the unit of a controller."""
    return {"K": kelvin, "degC": kelvin - 273.15, "degF": (kelvin - 273.15) * 1.8 + 32}[unit]


def _length(place: Mapping[str, Any]) -> int:
    return 1 if place.get("type", "int16").endswith("16") else 2


class ModbusOven:
    """The controller. `sensor_fault` and the words in `holding` are switches for tests and faults."""

    def __init__(self, world: World, description: Mapping[str, Any] = EXAMPLE) -> None:
        self.world, self.description = world, description
        self.unit = description.get("unit", 1)
        self.degrees = description["temperature_unit"]
        self.is_tcp = description.get("framing", "rtu") == "tcp"
        self.low_first = description.get("word_order", "high_first") == "low_first"
        self._chance = world.chance("modbus_oven")
        self._pid = Pid()
        self.reset()
        world.oven.attach(self._heat)

    def reset(self) -> None:
        """Return to the settings after power-on: it controls at room temperature, without a ramp."""
        lowest, highest = (in_kelvin(value, self.degrees) for value in self.description["set_points"])
        self.target_k = self.rules_k = min(max(START_K, lowest), highest)
        self.ruled_elsewhere_k: float | None = None
        self.rate = math.nan
        self.is_on = True
        self.output_percent = 0.0
        self.sensor_fault = 0
        self.holding: set[str] = set()
        self.written: dict[int, float] = {}
        self._pid.forget()

    def plug_in(self, port: SimDevice) -> None:
        """Ignore the port: nothing is sent unsolicited."""

    def not_understood(self, message: str) -> None:
        """Never called: an invalid frame gets an exception reply or none."""

    def declined(self, message: str, code: int) -> None:
        """Never called: a declined request gets an exception reply."""

    def cut(self, buffer: bytearray) -> bytes | None:
        """Remove the first complete frame from `buffer` and return it."""
        return cut_tcp_frame(buffer) if self.is_tcp else cut_frame(buffer)

    def answer(self, frame: bytes) -> bytes | None:
        """Reply to a frame."""
        return respond_tcp(frame, self.unit, self) if self.is_tcp else respond(frame, self.unit, self)

    @property
    def energised(self) -> bool:
        """Whether it controls."""
        return self.is_on

    @property
    def heater_power_w(self) -> float:
        """True output power, for tests."""
        return FULL_POWER_W * self.output_percent / 100

    def switch_off_at_panel(self) -> None:
        """Write all of `off`."""
        for write in self.description["off"]:
            self._store(write, write["value"])

    def restart(self) -> None:
        """Lose the power for a moment; settings are kept."""
        self._pid.forget()

    def set_at_panel(self, celsius: float) -> None:
        """Set the target."""
        self.target_k = celsius + 273.15

    # Registers.

    def read_registers(self, address: int, count: int) -> list[int]:
        """Read words from `address` on."""
        words = self._words()
        if any(number not in words for number in range(address, address + count)):
            raise ModbusError(ILLEGAL_ADDRESS)
        return [words[number] for number in range(address, address + count)]

    def write_registers(self, address: int, values: Sequence[int], function: int) -> None:
        """Write one value; raises ModbusError."""
        if function == 6 and not self.description.get("single_writes", True):
            raise ModbusError(1)
        for place in self._writable():
            if place["address"] == address and _length(place) == len(values):
                self._store(place, self._number(place, values))
                return
        raise ModbusError(ILLEGAL_ADDRESS)

    def fast_status(self) -> int:
        """Function 7 is not known."""
        raise ModbusError(1)

    def _writable(self) -> list[Mapping[str, Any]]:
        places = [self.description["target"], *self.description["on"], *self.description["off"]]
        return places + ([self.description["ramp"]] if "ramp" in self.description else [])

    def _store(self, place: Mapping[str, Any], raw: float) -> None:
        if place["address"] == self.description["target"]["address"]:
            self._set_target(place, raw)
        elif place["address"] == self.description.get("ramp", {}).get("address"):
            self.rate = raw
        else:
            self.written[place["address"]] = raw
            self._switch(place["address"], raw)

    def _set_target(self, place: Mapping[str, Any], raw: float) -> None:
        degrees = raw * place.get("scale", 1.0) + place.get("offset", 0.0)
        lowest, highest = self.description["set_points"]
        if not lowest - 1e-6 <= degrees <= highest + 1e-6:
            raise ModbusError(ILLEGAL_VALUE)
        self.target_k = in_kelvin(degrees, self.degrees)

    def _switch(self, address: int, raw: float) -> None:
        if any(one["address"] == address and one["value"] == raw for one in self.description["on"]):
            self.is_on = True
        last = {one["address"]: one["value"] for one in self.description["off"]}
        if all(self.written.get(at) == value for at, value in last.items()):
            self.is_on, self.output_percent = False, 0.0

    def _words(self) -> dict[int, int]:
        """All registers that can be read, each with its word."""
        found: dict[int, int] = {}
        for place in [*self.description["on"], *self.description["off"]]:
            if place.get("read_back", True):
                self._put(found, place, self.written.get(place["address"], 0))
        for place in self.description["is_off"]:
            if place["address"] not in found:
                self._put(found, place, self._of_condition(place, not self.is_on, found))
        for kind in CONDITIONS:
            for place in self.description.get(kind, ()):
                holds = place["words"] in self.holding or (kind == "errors" and bool(self.sensor_fault))
                self._put(found, place, self._of_condition(place, holds, found))
        if "identity" in self.description:
            self._put(found, self.description["identity"], self.description["identity"]["values"][0])
        for place, number in self._quantities():
            self._put(found, place, (number - place.get("offset", 0.0)) / place.get("scale", 1.0))
        if "ramp" in self.description:
            none = self.description["ramp"].get("no_limit", 0)
            self._put(found, self.description["ramp"], none if math.isnan(self.rate) else self.rate)
        return found

    def _of_condition(self, place: Mapping[str, Any], holds: bool, found: Mapping[int, int]) -> float:
        before = self._found(place, found)
        if "bit" in place:
            mask = 1 << place["bit"]
            return int(before) | mask if holds else int(before) & ~mask
        if "at_most" in place:
            return place["at_most"] if holds else place["at_most"] + 1
        if holds:
            return place["values"][0]
        others = [before, *range(len(place["values"]) + 1)]
        return next(number for number in others if number not in place["values"])

    def _found(self, place: Mapping[str, Any], found: Mapping[int, int]) -> float:
        words = [found.get(place["address"] + offset) for offset in range(_length(place))]
        return 0 if None in words else self._number(place, [word for word in words if word is not None])

    def _quantities(self) -> list[tuple[Mapping[str, Any], float]]:
        temperatures = {
            "temperature": self._sensed_k(),
            "target": self.target_k,
            "rules": self.rules_k,
        }
        found = [
            (self.description[key], from_kelvin(kelvin, self.degrees)) for key, kelvin in temperatures.items()
        ]
        return found + (
            [(self.description["output"], self.output_percent)] if "output" in self.description else []
        )

    def _put(self, found: dict[int, int], place: Mapping[str, Any], raw: float) -> None:
        code = CODES[place.get("type", "int16")]
        data = struct.pack(f">{code}", raw if code == "f" else round(raw))
        words = struct.unpack(f">{_length(place)}H", data)
        for offset, word in enumerate(words[::-1] if self.low_first else words):
            found[place["address"] + offset] = word

    def _number(self, place: Mapping[str, Any], words: Sequence[int]) -> float:
        ordered = list(words)[::-1] if self.low_first else list(words)
        (number,) = struct.unpack(
            f">{CODES[place.get('type', 'int16')]}", struct.pack(f">{len(ordered)}H", *ordered)
        )
        return number

    # Heat.

    def _sensed_k(self) -> float:
        if self.sensor_fault:
            return self.target_k + 40.0
        return self.world.oven.sensor_k + NOISE_K * self._chance.standard_normal()

    @property
    def rate_k_s(self) -> float:
        """Rate limit in force, 0 for none."""
        ramp = self.description.get("ramp")
        if ramp is None or math.isnan(self.rate) or self.rate == ramp.get("no_limit", 0):
            return 0.0
        kelvin = 1 / 1.8 if self.degrees == "degF" else 1.0
        return (self.rate * ramp.get("scale", 1.0) + ramp.get("offset", 0.0)) * kelvin / SECONDS[ramp["per"]]

    def _heat(self, sensor_k: float, step_s: float) -> float:
        ruling_k = self.target_k if self.ruled_elsewhere_k is None else self.ruled_elsewhere_k
        missing_k = ruling_k - self.rules_k
        step_k = self.rate_k_s * step_s if self.rate_k_s and self.is_on else abs(missing_k)
        self.rules_k += max(-step_k, min(step_k, missing_k))
        if not self.is_on or self.sensor_fault:
            self.output_percent = 0.0
        else:
            self.output_percent = self._pid.control(
                self.rules_k - sensor_k, step_s, 100 / BAND_K, 1 / INTEGRAL_S, 0.0
            )
        return self.heater_power_w
