"""Keithley 2000 (GPIB) and DMM6500 (GPIB, USB, LAN) as thermometers with a PT100 or a thermocouple.

Sources: the Model 2000 manual (2000-900-01), pymeasure's and QCoDeS' drivers, the maker's example programs.
pymeasure's drivers are not used: they know neither thermocouple type nor reference junction nor transducer,
accept any number of fields, and read no setting back.

A thermometer set up otherwise shows a value that looks right. Every setting is therefore read back, after
`prepare()` and again with each reading, in one message; so are the inputs, which a button switches.
"""

from typing import Any, ClassVar

from drivers.declarations import keithley_multimeters as declared
from drivers.platinum import pt100_degc
from drivers.scpi import NO_DATA, ScpiInstrument
from drivers.setting import Setting, is_word, off, on
from labctl.bench import ZERO_CELSIUS_K
from labctl.errors import ConfigurationError, InstrumentError
from labctl.instrument import Capabilities, OneOf, Range

PT100 = "PT100"
JUNCTION_DEGC = Range(0.0, 50.0)
PT100_RANGE_OHM = 1000.0


class Multimeter(ScpiInstrument):
    """A `labctl.bench.Thermometer`, or a `labctl.bench.Monitor` of a second place.

    It stimulates nothing but its own sensor, so that there is nothing to make safe.

    Parameters
    ----------
    sensor : str
        `PT100` with four wires, or the type of a thermocouple. With the default a thermocouple that is
        connected gives an error, and no wrong temperature.
    reference_junction_degc : float or None
        Temperature of the reference junction of a thermocouple in degC, 0 to 50; required with one.
    rear : bool
        Whether the sensor is at the rear inputs; a button at the front panel switches them.
    power_line_cycles : float
        Integration time of one reading in power line cycles.
    """

    messages = declared.MESSAGES
    bench_checks = declared.BENCH_CHECKS
    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": "\n",
        "read_termination": "\n",
        "timeout": 5000,
    }
    inputs_question: ClassVar[str]
    inputs_replies: ClassVar[tuple[str, str]]
    """Its replies with front and rear inputs."""

    def __init__(
        self,
        adapter: Any,
        name: str | None = None,
        *,
        sensor: str = PT100,
        reference_junction_degc: float | None = None,
        rear: bool = False,
        power_line_cycles: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(adapter, name, **kwargs)
        self.can.check_settings(
            self.name,
            sensor=sensor,
            reference_junction_degc=reference_junction_degc,
            power_line_cycles=power_line_cycles,
        )
        if sensor != PT100 and reference_junction_degc is None:
            problem = "is missing: a thermocouple needs the temperature of its reference junction"
            raise ConfigurationError(self.name, "settings.reference_junction_degc", problem)
        self.sensor, self.rear, self.power_line_cycles = sensor, rear, power_line_cycles
        self.reference_junction_degc = reference_junction_degc

    def prepare(self) -> None:
        """Check model and inputs, reset it, set everything that decides a reading, and read it back."""
        self.check_identity(*self.models)
        self.check_language()
        self._check_inputs()
        self.write("*CLS")
        self.tell("*RST", *(setting.message for setting in self.settings()))
        self.confirm_settings(*self.settings())

    def _check_inputs(self) -> None:
        wanted, found = self.inputs_replies[self.rear], self.ask(self.inputs_question).strip()
        if not is_word(wanted, found):
            problem = f"the {'rear' if self.rear else 'front'} inputs are not chosen; press the button"
            raise self.refuse(self.inputs_question, found, problem)

    def check_language(self) -> None:
        """Raise InstrumentError if another command language was chosen at the front panel."""

    def settings(self) -> tuple[Setting, ...]:
        """Return the settings that decide a reading, in the order in which they are sent."""
        raise NotImplementedError

    def degc(self, reading: float) -> float:
        """Return the temperature of a reading in degC; raises ValueError if no sensor gives it."""
        return reading

    @property
    def temperature_k(self) -> float:
        """Get the temperature of the sensor in K (float).

        Raises InstrumentError for an open sensor, for the other inputs, and for a setting that was changed.
        """
        self.set_timeout(5 + 10 * self.power_line_cycles / 50)
        (reading,) = self.values(":READ?")
        self.confirm_settings(*self.settings())
        self._check_inputs()
        if abs(reading) >= NO_DATA:
            raise InstrumentError(self.name, ":READ?", f"{reading:g}", "overflow: the sensor is open")
        try:
            temperature_k = self.degc(reading) + ZERO_CELSIUS_K
        except ValueError as problem:
            raise InstrumentError(self.name, ":READ?", f"{reading:g}", str(problem)) from problem
        if temperature_k <= 0:
            raise InstrumentError(self.name, ":READ?", f"{reading:g}", "below absolute zero")
        return temperature_k

    @property
    def readings(self) -> dict[str, float]:
        """Get the temperature of the sensor as `temperature_k` (dict); raises as `temperature_k`."""
        return {"temperature_k": self.temperature_k}

    def make_safe(self) -> None:
        """Do nothing: it has no output."""


class Keithley2000(Multimeter):
    """Keithley 2000: PT100 by its four-wire resistance (IEC 60751), thermocouples J, K and T."""

    models: ClassVar[tuple[str, ...]] = ("MODEL 2000",)
    inputs_question: ClassVar[str] = ":SYST:FRSW?"
    inputs_replies: ClassVar[tuple[str, str]] = ("1", "0")
    can = Capabilities(
        settings={
            "sensor": OneOf((PT100, "J", "K", "T")),
            "reference_junction_degc": JUNCTION_DEGC,
            "power_line_cycles": Range(0.01, 10.0),
            "rear": OneOf((False, True)),
        }
    )

    def settings(self) -> tuple[Setting, ...]:
        """Return the settings that decide a reading, in the order in which they are sent."""
        function = "FRES" if self.sensor == PT100 else "TEMP"
        return (
            Setting(":SENS:FUNC", f'"{function}"'),
            *self._sensor_settings(),
            Setting(f":SENS:{function}:NPLC", self.power_line_cycles),
            off(f":SENS:{function}:AVER:STAT"),
            off(f":SENS:{function}:REF:STAT"),
            off(":SENS:HOLD:STAT"),
            off(":CALC:STAT"),
            on(":SYST:AZER:STAT"),
            off(":INIT:CONT"),
            Setting(":TRIG:SOUR", "IMM"),
            Setting(":TRIG:COUN", 1.0),
            Setting(":FORM:DATA", "ASC"),
            Setting(":FORM:ELEM", "READ"),
        )

    def _sensor_settings(self) -> tuple[Setting, ...]:
        if self.sensor == PT100:
            return (Setting(":SENS:FRES:RANG", PT100_RANGE_OHM),)
        assert self.reference_junction_degc is not None
        return (
            Setting(":UNIT:TEMP", "C"),
            Setting(":SENS:TEMP:TC:TYPE", self.sensor),
            Setting(":SENS:TEMP:TC:RJUN:RSEL", "SIM"),
            Setting(":SENS:TEMP:TC:RJUN:SIM", self.reference_junction_degc),
        )

    def degc(self, reading: float) -> float:
        """Return the temperature of a reading in degC; raises ValueError if no PT100 has the resistance."""
        return pt100_degc(reading) if self.sensor == PT100 else reading


class KeithleyDMM6500(Multimeter):
    """Keithley DMM6500: PT100 with four wires, thermocouples, both converted by the instrument.

    Thermocouples at its own inputs, not at a scanner card: the reference junction is given as a setting.
    """

    models: ClassVar[tuple[str, ...]] = ("DMM6500",)
    inputs_question: ClassVar[str] = ":ROUT:TERM?"
    inputs_replies: ClassVar[tuple[str, str]] = ("FRON", "REAR")
    can = Capabilities(
        settings={
            "sensor": OneOf((PT100, "B", "E", "J", "K", "N", "R", "S", "T")),
            "reference_junction_degc": JUNCTION_DEGC,
            "power_line_cycles": Range(0.0005, 15.0),
            "rear": OneOf((False, True)),
        }
    )

    def check_language(self) -> None:
        """Raise InstrumentError unless the command language is SCPI."""
        language = self.ask("*LANG?").strip()
        if language != "SCPI":
            raise self.refuse("*LANG?", language, "choose the language SCPI at the front panel")

    def settings(self) -> tuple[Setting, ...]:
        """Return the settings that decide a reading, in the order in which they are sent."""
        return (
            Setting(":SENS:FUNC", '"TEMP"'),
            Setting(":SENS:TEMP:UNIT", "CELS"),
            *self._sensor_settings(),
            on(":SENS:TEMP:ODET"),
            Setting(":SENS:TEMP:NPLC", self.power_line_cycles),
            off(":SENS:TEMP:AVER:STAT"),
            off(":SENS:TEMP:REL:STAT"),
        )

    def _sensor_settings(self) -> tuple[Setting, ...]:
        if self.sensor == PT100:
            return (Setting(":SENS:TEMP:TRAN", "FRTD"), Setting(":SENS:TEMP:RTD:FOUR", PT100))
        assert self.reference_junction_degc is not None
        return (
            Setting(":SENS:TEMP:TRAN", "TC"),
            Setting(":SENS:TEMP:TC:TYPE", self.sensor),
            Setting(":SENS:TEMP:TC:RJUN:RSEL", "SIM"),
            Setting(":SENS:TEMP:TC:RJUN:SIM", self.reference_junction_degc),
        )
