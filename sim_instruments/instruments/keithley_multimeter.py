"""Keithley 2000 and DMM6500: multimeters with a sensor at the sample.

`plugged` is the sensor that is truly there: a PT100, or a thermocouple
with its reference junction at 23 degC.
An instrument that is set up for another sensor shows what it would: a thermocouple input with a PT100 reads
the temperature of the reference junction, another thermocouple type a wrong temperature. The sensor is at the
front inputs; the rear inputs are open.
"""

from collections.abc import Callable
from typing import Any

from sim_instruments.instruments.scpi import OUT_OF_RANGE, SETTINGS_CONFLICT, ScpiStatus
from sim_instruments.world.world import World

ZERO_C_K = 273.15
JUNCTION_C = 23.0
OVERFLOW = 9.9e37
LINE_PERIOD_S, OVERHEAD_S = 0.02, 0.01
NOISE_C = 0.002
RANGES_OHM = (100.0, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8)
HEADROOM = 1.2
THERMOCOUPLES = {"2000": "JKT", "DMM6500": "BEJKNRST"}
UNITS = {"2000": ("C", "F", "K"), "DMM6500": ("CELS", "FAHR", "KELV")}
FUNCTIONS = ("VOLT:DC", "VOLT:AC", "CURR:DC", "CURR:AC", "RES", "FRES", "TEMP")
THERMOCOUPLE_OHM, WRONG_TYPE_GAIN = 3.0, 0.2
FORMULA_GAIN, OTHER_PLATINUM_GAIN, LEADS_C, THERMISTOR_C = 2.0, 0.98, 2.0, 150.0
"""What a formula multiplies a reading by, what another platinum curve shows of a temperature in degC, what
two leads add to it, and what a thermistor input shows of a PT100."""
BINARY_HEADER = "#0"


def switch(attribute: str) -> tuple[Callable[[Any, bool], None], Callable[[Any], int]]:
    """Return setter and getter of a setting that is on or off."""

    def set_it(self: Any, on: bool) -> None:
        setattr(self, attribute, on)

    def get_it(self: Any) -> int:
        return int(getattr(self, attribute))

    return set_it, get_it


class KeithleyMultimeter(ScpiStatus):
    """The meter; `sensor_fault` is a switch for tests and faults: not zero opens the sensor."""

    def __init__(self, world: World, model: str = "2000") -> None:
        super().__init__()
        self.world, self.model = world, model
        self.plugged, self.sensor_fault, self.rear = "PT100", 0, False
        self.seen_k: Callable[[], float] = lambda: world.oven.sample_k
        self.language, self.is_binary, self._held = "SCPI", False, 0.0
        self.no_error = '0,"No error"' if model == "2000" else '0,"No error;0;0 0"'
        self._chance = world.chance(f"keithley{model}")
        self.reset()

    def reset(self) -> None:
        """*RST: volts, no filter, thermocouple J (2000) or K with a reference junction at 23 degC."""
        self.function, self.nplc, self.range_ohm = "VOLT:DC", 1.0, RANGES_OHM[-1]
        self.unit = UNITS[self.model][0]
        self.transducer, self.type, self.rtd = "TC", "J" if self.model == "2000" else "K", "PT100"
        self.junction_kind, self.junction_c = "SIM", JUNCTION_C
        self.filtering, self.filter_count, self._recent = False, 10, list[float]()
        self.relative, self.offset, self.holding, self.has_formula = False, 0.0, False, False
        self.detects_open, self.zeroing = True, True
        self.continuous, self.trigger_source, self.trigger_count = False, "IMM", 1
        self.elements = "READ"

    set_filter, get_filter = switch("filtering")
    set_relative, get_relative = switch("relative")
    _set_holding, get_hold = switch("holding")
    set_formula, get_formula = switch("has_formula")
    set_detection, get_detection = switch("detects_open")
    set_zeroing, get_zeroing = switch("zeroing")
    set_continuous, get_continuous = switch("continuous")

    def set_hold(self, on: bool) -> None:
        """SENS:HOLD:STAT: the reading of now stays."""
        self._held = self._seen()
        self._set_holding(on)

    def get_language(self) -> str:
        """*LANG?: chosen at the front panel; a reset keeps it."""
        return self.language

    def front_switch(self) -> int:
        """SYST:FRSW?: 1 for the front inputs."""
        return int(not self.rear)

    def terminals(self) -> str:
        """ROUT:TERM?."""
        return "REAR" if self.rear else "FRON"

    def set_function(self, text: str) -> None:
        """SENS:FUNC."""
        name = text.strip("\"' ").upper()
        name = f"{name}:DC" if name in ("VOLT", "CURR") else name
        self.require(name in FUNCTIONS)
        self.function = name

    def get_function(self) -> str:
        """SENS:FUNC?."""
        return f'"{self.function}"'

    def set_unit(self, name: str) -> None:
        """UNIT:TEMP (2000), SENS:TEMP:UNIT (DMM6500)."""
        short = name.upper()[: len(UNITS[self.model][0])]
        self.require(short in UNITS[self.model])
        self.unit = short

    def get_unit(self) -> str:
        """UNIT:TEMP?, SENS:TEMP:UNIT?."""
        return self.unit

    def set_transducer(self, name: str) -> None:
        """SENS:TEMP:TRAN."""
        self.require(name.upper() in ("TC", "TCO", "FRTD", "TRTD", "RTD", "THER"))
        self.transducer = name.upper()

    def get_transducer(self) -> str:
        """SENS:TEMP:TRAN?."""
        return self.transducer

    def set_type(self, name: str) -> None:
        """SENS:TEMP:TC:TYPE."""
        self.require(name.upper() in THERMOCOUPLES[self.model])
        self.type = name.upper()

    def get_type(self) -> str:
        """SENS:TEMP:TC:TYPE?."""
        return self.type

    def set_rtd(self, name: str) -> None:
        """SENS:TEMP:RTD:FOUR."""
        self.require(name.upper() in ("PT100", "PT385", "PT3916", "D100", "F100"))
        self.rtd = name.upper()

    def get_rtd(self) -> str:
        """SENS:TEMP:RTD:FOUR?."""
        return self.rtd

    def set_junction_kind(self, name: str) -> None:
        """SENS:TEMP:TC:RJUN:RSEL: without a scanner card only SIMulated."""
        self.require(name.upper()[:3] == "SIM", SETTINGS_CONFLICT)

    def get_junction_kind(self) -> str:
        """SENS:TEMP:TC:RJUN:RSEL?."""
        return self.junction_kind

    def set_junction(self, value: float) -> None:
        """SENS:TEMP:TC:RJUN:SIM, in the unit of temperatures."""
        celsius = self._from_unit(value)
        self.require(-1e-6 <= celsius <= 65.0)
        self.junction_c = celsius

    def get_junction(self) -> float:
        """SENS:TEMP:TC:RJUN:SIM?."""
        return self._in_unit(self.junction_c)

    def set_nplc(self, value: float) -> None:
        """SENS:<function>:NPLC."""
        self.require(0.0005 <= value <= 15)
        self.nplc = value

    def get_nplc(self) -> float:
        """SENS:<function>:NPLC?."""
        return self.nplc

    def set_range(self, value: float) -> None:
        """SENS:FRES:RANG."""
        self.require(0 <= value <= HEADROOM * RANGES_OHM[-1])
        self.range_ohm = next(r for r in RANGES_OHM if value <= HEADROOM * r)

    def get_range(self) -> float:
        """SENS:FRES:RANG?."""
        return self.range_ohm

    def set_filter_count(self, count: int) -> None:
        """SENS:<function>:AVER:COUN."""
        self.require(1 <= count <= 100)
        self.filter_count = count

    def set_offset(self, value: float) -> None:
        """SENS:<function>:REF (2000), REL (DMM6500)."""
        self.offset = value

    def set_trigger_source(self, name: str) -> None:
        """TRIG:SOUR: READ? waits without end for any but IMMediate."""
        self.require(name.upper()[:3] in ("IMM", "EXT", "TIM", "MAN", "BUS"))
        self.trigger_source = name.upper()[:3]

    def get_trigger_source(self) -> str:
        """TRIG:SOUR?."""
        return self.trigger_source

    def set_trigger_count(self, count: int) -> None:
        """TRIG:COUN: as many readings in one reply."""
        self.require(1 <= count <= 9999)
        self.trigger_count = count

    def get_trigger_count(self) -> int:
        """TRIG:COUN?."""
        return self.trigger_count

    def set_format(self, name: str) -> None:
        """FORM:DATA: in binary only the header of a block is sent; a reset keeps the format here."""
        self.require(name.upper()[:3] in ("ASC", "REA", "SRE", "DRE"), SETTINGS_CONFLICT)
        self.is_binary = name.upper()[:3] != "ASC"

    def get_format(self) -> str:
        """FORM:DATA?."""
        return "REAL" if self.is_binary else "ASC"

    def set_elements(self, text: str) -> None:
        """FORM:ELEM: READing, CHANnel, UNITs."""
        names = [part.strip().upper()[:4] for part in text.split(",")]
        self.require(all(name in ("READ", "CHAN", "UNIT") for name in names))
        self.elements = ",".join(names)

    def get_elements(self) -> str:
        """FORM:ELEM?."""
        return self.elements

    def read(self) -> None:
        """READ?: new readings."""
        self.require(not self.continuous, SETTINGS_CONFLICT)
        if self.trigger_source != "IMM":
            return
        due_s = max(self.world.time_s, self._port.busy_until_s)
        due_s += self.trigger_count * (self.nplc * LINE_PERIOD_S + OVERHEAD_S)
        self._port.busy_until_s = due_s
        self.world.at(due_s, self._answer)

    def _answer(self) -> None:
        replies = [f"{self._reading():+.8E}" for _ in range(self.trigger_count)]
        self._port.send(BINARY_HEADER if self.is_binary else ",".join(replies), "READ?", after_s=0.0)

    def _reading(self) -> float:
        value = self._held if self.holding else self._seen()
        if abs(value) >= OVERFLOW:
            return OVERFLOW
        self._recent = [*self._recent, value][-self.filter_count :]
        if self.filtering:
            value = sum(self._recent) / len(self._recent)
        value -= self.offset if self.relative else 0.0
        return FORMULA_GAIN * value if self.has_formula else value

    def _seen(self) -> float:
        if self.sensor_fault or self.rear:
            return self._open()
        sample_c = self.seen_k() - ZERO_C_K + NOISE_C * self._chance.standard_normal()
        if self.function == "FRES":
            ohm = _pt100_ohm(sample_c) if self.plugged == "PT100" else THERMOCOUPLE_OHM
            return ohm if ohm <= HEADROOM * self.range_ohm else OVERFLOW
        if self.function != "TEMP":
            return 0.0
        return self._in_unit(self._shown_c(sample_c)) if self._is_seen else OVERFLOW

    def _open(self) -> float:
        """Reading of an open input: of the reference junction, if it is a thermocouple's without detector."""
        detects = self.detects_open and self.model != "2000"
        if self.function == "TEMP" and self.transducer == "TC" and not (self.sensor_fault or detects):
            return self._in_unit(self.junction_c)
        return OVERFLOW

    @property
    def _is_seen(self) -> bool:
        """Whether the sensor that is plugged in closes the circuit that is measured."""
        return self.transducer == "TC" or self.plugged == "PT100"

    def _shown_c(self, sample_c: float) -> float:
        if self.transducer != "TC":
            return self._of_a_resistance_c(sample_c)
        if self.plugged == "PT100":
            return self.junction_c
        wrong_type = 0.0 if self.plugged == self.type else WRONG_TYPE_GAIN * (sample_c - JUNCTION_C)
        return sample_c + self.junction_c - JUNCTION_C + wrong_type

    def _of_a_resistance_c(self, sample_c: float) -> float:
        if self.transducer == "THER":
            return THERMISTOR_C
        curve_c = sample_c if self.rtd in ("PT100", "PT385") else OTHER_PLATINUM_GAIN * sample_c
        return curve_c if self.transducer == "FRTD" else curve_c + LEADS_C

    def _in_unit(self, celsius: float) -> float:
        return {"C": celsius, "F": 1.8 * celsius + 32, "K": celsius + ZERO_C_K}[self.unit[0]]

    def _from_unit(self, value: float) -> float:
        return {"C": value, "F": (value - 32) / 1.8, "K": value - ZERO_C_K}[self.unit[0]]

    def declined(self, message: str, code: int) -> None:
        """Queue the error; send no reply."""
        super().declined(message, code or OUT_OF_RANGE)


def _pt100_ohm(celsius: float) -> float:
    """IEC 60751, with the cubic term below zero."""
    cubic = -4.183e-10 * (celsius - 100) * celsius**3 if celsius < 0 else 0.0
    return 100 + 0.39083 * celsius - 5.775e-5 * celsius**2 + cubic
