"""Julabo circulators: CF, FC/FP, CORIO and FL families (RS-232, RS-485, USB serial).

Sources: the manufacturer's manuals of CF31 and FC (p. 32), pages of the CORIO and FL manuals, programs in use
with these instruments, and for the ten commands of a CORIO CD a public program that cites its manual
(1.950.0800.us.V10). An OUT command has no reply and works in remote mode only, so every setting is read back;
with every set point the driver reads which set point and which mode rule.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, cast

from pymeasure.instruments.validators import strict_discrete_set

from drivers.declarations import julabo as declared
from drivers.without_ramp import WithoutRamp
from labctl.bench import ZERO_CELSIUS_K, OutputState
from labctl.errors import InstrumentError
from labctl.instrument import Capabilities, Instrument, OneOf, Range, SharedSession

RESOLUTION_K = 0.01
FLOW_CONTROL_BYTES = "\x11\x13\r"
NOT_ALLOWED = -9
COMMAND_ERRORS = (-8, -10, -11)
FAHRENHEIT = "choose degrees Celsius at the front panel"
NOT_REMOTE = "the instrument is not in remote mode: choose it at the front panel"


def parse_status(reply: str) -> tuple[int, str]:
    """Return number and text of `nn TEXT`; raises ValueError for any other format."""
    found = re.fullmatch(r"(-?\d{2}) +(\S.*)", reply)
    if not found:
        raise ValueError("expected a number and a text")
    return int(found[1]), found[2].strip()


def degrees(value: float) -> str:
    """Format a temperature with one or two decimals, as in the manuals; raises ValueError for NaN."""
    if not abs(value) < 1000:
        raise ValueError(f"{value!r} is not a valid bath temperature")
    text = f"{value:.2f}"
    return text[:-1] if text.endswith("0") else text


class Julabo(WithoutRamp, Instrument):
    """A `labctl.bench.TemperatureController`.

    Parameters
    ----------
    external : bool
        Control and read the external Pt100 instead of the bath. A family without one refuses it with a
        ConfigurationError; an FC reads it and controls its bath.
    rs485_address : int, optional
        Address on an RS-485 line; messages are then prefixed with `Ann_`.

    Class attributes
    ----------------
    external_question : str
        Query for the external sensor, `""` if the family has none.
    selects_setpoint : bool
        Whether the family has three set points, of which the first must be selected.
    mode_04 : str
        What mode 4 chooses: `"sensor"` (0 bath, 1 external), `"source"` of the set point (0 this computer, 1
        the programmer input), `""` if the family has no mode 4.
    unit_question : str
        Query for the unit (0 degrees Celsius, 1 Fahrenheit), `""` if it is not known.
    limit_questions : tuple of str
        Queries for the low and the high warning limit.
    """

    messages = declared.MESSAGES
    bench_checks = declared.BENCH_CHECKS
    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": "\r",
        "read_termination": "\n",
        "timeout": 3000,
        "asrl": {"baud_rate": 4800, "data_bits": 7, "parity": 2, "stop_bits": 10, "flow_control": 2},
    }
    write_interval_s: ClassVar[float] = 0.25
    line_address: ClassVar[str | None] = "rs485_address"
    external_question: ClassVar[str] = "IN_PV_02"
    selects_setpoint: ClassVar[bool] = True
    mode_04: ClassVar[str] = "sensor"
    unit_question: ClassVar[str] = ""
    limit_questions: ClassVar[tuple[str, ...]] = ()
    models: ClassVar[tuple[str, ...]] = ("JULABO", "Julabo")

    identity_question: ClassVar[str] = "VERSION"
    bath_degc = Instrument.measurement(
        "IN_PV_00", """Measure the temperature of the bath in degrees Celsius (float)."""
    )
    setpoint_degc = Instrument.control(
        "IN_SP_00",
        "OUT_SP_00 %s",
        """Control the first set point in degrees Celsius (float).""",
        set_process=degrees,
    )
    setpoint_number = Instrument.control(
        "IN_MODE_01", "OUT_MODE_01 %d", """Control the active set point (int, 0 = first).""", cast=int
    )
    external_control = Instrument.control(
        "IN_MODE_04",
        "OUT_MODE_04 %d",
        """Control mode 4 (0 or 1): whether the external sensor is used; see `mode_04`.""",
        cast=int,
    )
    running = Instrument.control(
        "IN_MODE_05",
        "OUT_MODE_05 %d",
        """Control whether the circulator runs (int strictly 0 or 1).""",
        cast=int,
        validator=strict_discrete_set,
        values=(0, 1),
    )

    def __init__(
        self,
        adapter: Any,
        name: str | None = None,
        *,
        external: bool = False,
        rs485_address: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(adapter, name, **kwargs)
        self.can = self.capabilities({})
        self.can.check_settings(self.name, external=external, rs485_address=rs485_address)
        self.external = external
        self._prefix = "" if rs485_address is None else f"A{rs485_address:03d}_"

    @classmethod
    def capabilities(cls, settings: Mapping[str, Any]) -> Capabilities:
        """Return the capabilities of the family; set points depend on the model and are not declared."""
        has_external = bool(cls.external_question)
        external = OneOf((False, True)) if has_external else OneOf((False,), "it has no external sensor")
        line = Range(0, 999, whole=True)
        possible = {"external": external, "rs485_address": line}
        return replace(super().capabilities(settings), settings=possible)

    def write(self, command: str, **kwargs: Any) -> None:
        """Send a message, prefixed with the address on an RS-485 line."""
        super().write(self._prefix + command, **kwargs)

    def read(self, **kwargs: Any) -> str:
        """Return a reply without flow control bytes and address."""
        return super().read(**kwargs).strip(FLOW_CONTROL_BYTES).removeprefix(self._prefix)

    def set_and_confirm(self, name: str, value: float, tolerance: float = 0.0) -> None:
        """Set an instrument property and read it back; raises InstrumentError if it was not accepted."""
        setattr(self, name, value)
        found = getattr(self, name)
        if abs(found - value) > tolerance:
            raise InstrumentError(
                self.name, f"{name} = {value:g}", f"{found:g}", f"was not accepted: {self.status}"
            )

    @property
    def status(self) -> str:
        """Get the status text of the instrument (str)."""
        number, text = self._number_and_status()
        return f"{text}: {NOT_REMOTE}" if number == NOT_ALLOWED else text

    def _number_and_status(self) -> tuple[int, str]:
        reply = self.ask("STATUS").strip()
        try:
            return parse_status(reply)
        except ValueError as problem:
            raise self.refuse("STATUS", reply, str(problem)) from problem

    def check_status(self, wanted: str = "") -> None:
        """Raise InstrumentError on an alarm, or if `wanted` is not in the status.

        In local mode every command is refused, which is no alarm.
        """
        self._check(*self._number_and_status(), wanted)

    def _check_remote(self) -> None:
        """Check the status before any set point; another program's error is reported once, and ignored."""
        number, text = self._number_and_status()
        if number in COMMAND_ERRORS:
            number, text = self._number_and_status()
        self._check(number, text, "REMOTE")

    def _check(self, number: int, text: str, wanted: str) -> None:
        if number == NOT_ALLOWED:
            raise InstrumentError(self.name, "STATUS", f"{number:03d} {text}", NOT_REMOTE)
        if number < 0 or wanted not in text:
            problem = "alarm" if number < 0 else f"the instrument is not in {wanted.lower()} mode"
            width = 3 if number < 0 else 2
            raise InstrumentError(self.name, "STATUS", f"{number:0{width}d} {text}", problem)

    @property
    def condition(self) -> str:
        """Get the status text of the instrument and, if available, its warning limits (str)."""
        limits = [f"{self.values(question)[0]:g}" for question in self.limit_questions]
        return self.status + (f", warns outside {' to '.join(limits)} degC" if limits else "")

    # Members of `labctl.bench.TemperatureController`.

    def prepare(self) -> None:
        """Check model and remote mode; stop; select the first set point, and the sensor or the source."""
        self._check_model()
        self.make_safe()
        self._check_unit()
        self._check_remote()
        for name, value in self._choices.items():
            self.set_and_confirm(name, value)

    @property
    def _choices(self) -> dict[str, int]:
        """What must be chosen so that this set point and this sensor rule, by the name of the property."""
        chosen = {"setpoint_number": 0} if self.selects_setpoint else {}
        if self.mode_04:
            chosen["external_control"] = int(self.external) if self.mode_04 == "sensor" else 0
        return chosen

    def _other_choice(self) -> str:
        """Return which choice, or unit, is another one than in `prepare()`, "" for none."""
        if self._is_fahrenheit:
            return FAHRENHEIT
        for name, value in self._choices.items():
            found = getattr(self, name)
            if found != value:
                return f"{name} is {found:g} instead of {value}"
        return ""

    def _check_model(self) -> None:
        try:
            self.check_identity(*self.models)
        except InstrumentError as failure:
            if failure.received:
                raise
            self.check_identity(*self.models)  # the first query after opening may be lost

    def _check_unit(self) -> None:
        """Raise InstrumentError if the bath displays degrees Fahrenheit: 77 degF would be read as 77 degC."""
        if self._is_fahrenheit:
            raise self.refuse(self.unit_question, "1", FAHRENHEIT)

    @property
    def _is_fahrenheit(self) -> bool:
        return bool(self.unit_question) and self.values(self.unit_question)[0] != 0

    @property
    def temperature_k(self) -> float:
        """Temperature of the controlling sensor; InstrumentError on an alarm or an absent sensor."""
        if self.external:
            (celsius,) = self.values(self.external_question)
        else:
            celsius = cast(float, self.bath_degc)
        self.check_status()
        return celsius + ZERO_CELSIUS_K

    @property
    def setpoint_k(self) -> float:
        """Set point. Writing it starts the circulator."""
        return cast(float, self.setpoint_degc) + ZERO_CELSIUS_K

    @setpoint_k.setter
    def setpoint_k(self, value: float) -> None:
        self.set_and_confirm("setpoint_degc", round(value - ZERO_CELSIUS_K, 2), RESOLUTION_K + 1e-9)
        problem = self._other_choice()
        if problem:
            raise InstrumentError(
                self.name, "what rules", "", f"another set point, sensor or unit rules: {problem}"
            )
        self.set_and_confirm("running", 1)
        self.check_status("REMOTE START")

    @property
    def output_state(self) -> OutputState:
        """Set point, and whether the circulator runs; where it stopped, the status text."""
        is_on = bool(self.running)
        problem = self._other_choice() if is_on else f"it is stopped: {self.status}"
        return OutputState(is_on, cast(float, self.setpoint_degc) + ZERO_CELSIUS_K, problem=problem)

    def switch_off(self) -> None:
        """Stop heating, cooling and pump."""
        self.running = 0

    def make_safe(self) -> None:
        """Stop heating, cooling and pump, and read the stopped state back.

        The heating power is not read: its query differs between families.
        """
        self.clear_bus()
        self.attempt_all(self.switch_off, self._confirm_stopped)

    def _confirm_stopped(self) -> None:
        if self.running:
            problem = f"the circulator is still running: {self.status}"
            raise InstrumentError(self.name, "IN_MODE_05", "1", problem)


class JulaboCF(Julabo):
    """Julabo CF31, CF41 and circulators with the same commands."""

    unit_question: ClassVar[str] = "IN_SP_06"
    limit_questions: ClassVar[tuple[str, ...]] = ("IN_SP_04", "IN_SP_03")


class JulaboFC(Julabo):
    """Julabo FC and FP50-MH: the external sensor is `IN_PV_01`.

    The set point of an FC comes from the computer only while its mode 4 is 0; with 1 the socket of the
    programmer input rules, and the set point still reads back right.
    """

    external_question: ClassVar[str] = "IN_PV_01"
    selects_setpoint: ClassVar[bool] = False
    mode_04: ClassVar[str] = "source"


class JulaboCorio(Julabo):
    """Julabo CORIO: a CD has ten commands, without choice of set point and sensor, and no external sensor."""

    external_question: ClassVar[str] = ""
    selects_setpoint: ClassVar[bool] = False
    mode_04: ClassVar[str] = ""


class JulaboFL(Julabo):
    """Julabo FL recirculating coolers: bath temperature and one set point only."""

    external_question: ClassVar[str] = ""
    selects_setpoint: ClassVar[bool] = False
    mode_04: ClassVar[str] = ""


class JulaboPresto(SharedSession, Julabo):
    """Julabo Presto with its own watchdog: a `labctl.bench.TemperatureController`, a `labctl.bench.Watchdog`.

    Sources: the manual of the Presto (p. 56), one program in use with an A40. `OUT_SP_06` sets the watchdog,
    which begins with the first valid set point; without a further valid command for longer than its time it
    acts as chosen in the menu >Connect unit<. Whether a query is a valid command is not
    known: a kick sends the set point again. The same command sets the heating power of other families: only
    an instrument that calls itself PRESTO is accepted. Not tried on hardware by us.

    Parameters
    ----------
    watchdog_s : float
        Time of the watchdog in whole seconds; 0 leaves it as it is. The process that holds the instrument
        kicks it in real time; in virtual time it is not set.
    """

    unit_question: ClassVar[str] = ""
    models: ClassVar[tuple[str, ...]] = ("PRESTO", "Presto")

    watchdog_setting_s = Instrument.control(
        "IN_SP_06",
        "OUT_SP_06 %d",
        """Control the time of the watchdog in seconds (int; the unit is untried).""",
    )

    def __init__(
        self, adapter: Any, name: str | None = None, *, watchdog_s: float = 60.0, **kwargs: Any
    ) -> None:
        super().__init__(adapter, name, **kwargs)
        self.can.check_settings(self.name, watchdog_s=watchdog_s)
        self.watchdog_s = watchdog_s
        self._kept_degc: float | None = None

    @classmethod
    def capabilities(cls, settings: Mapping[str, Any]) -> Capabilities:
        """Return the capabilities of the family."""
        declared = super().capabilities(settings)
        watchdog = {"watchdog_s": Range(0, math.inf, whole=True)}
        return replace(declared, settings={**declared.settings, **watchdog})

    def prepare(self) -> None:
        """As for every Julabo; then set the watchdog and read it back."""
        self._kept_degc = None
        super().prepare()
        if self.watchdog_s and not self.in_virtual_time:
            self.set_and_confirm("watchdog_setting_s", self.watchdog_s)

    @property
    def setpoint_k(self) -> float:
        """Set point. Writing it starts the circulator and its watchdog."""
        return super().setpoint_k

    @setpoint_k.setter
    def setpoint_k(self, value: float) -> None:
        self._kept_degc = round(value - ZERO_CELSIUS_K, 2)
        cast(Any, Julabo.setpoint_k).fset(self, value)

    @property
    def period_s(self) -> float:
        """Time after the last kick at which the watchdog acts; an hour where it is not set."""
        return self.watchdog_s or 3600.0

    def kick(self) -> None:
        """Send the last set point again; nothing before the first."""
        if self._kept_degc is not None and self.watchdog_s:
            self.setpoint_degc = self._kept_degc

    def switch_off(self) -> None:
        """Stop heating, cooling and pump; the watchdog is not kicked any more."""
        self._kept_degc = None
        super().switch_off()
