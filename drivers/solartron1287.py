"""Solartron 1287 / 1287A electrochemical interface (GPIB).

Sources: pages of the official guide and programs in use with these instruments. A command is two letters and
a number, without echo; `?ER` returns the error of the last command. The voltmeter sends readings while `GP1`
is on, so a reply may arrive after pending readings.
"""

import math
import re
from collections.abc import Generator, Iterable
from functools import partial
from typing import Any, ClassVar, NamedTuple

from drivers.declarations import solartron1287 as declared
from labctl.bench import CurrentPoint
from labctl.errors import ConfigurationError, InstrumentError
from labctl.instrument import Capabilities, Instrument, OneOf, Range

SMALLEST_LIMIT_A, LARGEST_LIMIT_CODE = 2e-6, 6
RESISTOR_CODES = {0.1: 1, 1.0: 2, 10.0: 3, 100.0: 4, 1e3: 5, 1e4: 6, 1e5: 7, 1e6: 8}
FULL_SCALE_V = 0.2
READINGS_UNDER_WAY = 20
CODE_WORDS = {31: "overload of the voltmeter"}

SET_UP = (
    "PO0",  # potentiostat
    "BY0",  # standby: cell off
    "ON0",  # polarisation on means: apply the level
    "OL0",  # cut out at the current limit
    "DG0",
    "RG0",
    "TR1",  # the voltmeter runs continuously
    "RU1",
    "PX3",  # first quantity: potential between the reference electrodes
    "PY5",  # second: current
)
CELL_OFF = ("SW0", "PV0", "BY0", "RU0", "GP0")


class Reading(NamedTuple):
    """One line of the voltmeter; a code is 0 when the value beside it is good."""

    potential_v: float
    current_a: float
    potential_code: int
    current_code: int

    @property
    def status(self) -> str:
        """`ok`, or the errors reported for potential and current."""
        doubts = [
            f"{quantity}: {CODE_WORDS.get(code, f'error {code:02d}')}"
            for quantity, code in (("potential", self.potential_code), ("current", self.current_code))
            if code
        ]
        return "; ".join(doubts) or "ok"


def parse_reading(line: str) -> Reading:
    """Return the reading in a line of the short or the long form, which ends with the time of day.

    Raises ValueError for any other line.
    """
    fields = [field.strip() for field in line.split(",")]
    if len(fields) not in (4, 8):
        raise ValueError(f"expected 4 or 8 values, got {len(fields)}")
    if not all(re.fullmatch(r"\d\d", code) for code in fields[2:4]):
        raise ValueError(f"the error codes {fields[2:4]} are not two digits each")
    potential_v, current_a = float(fields[0]), float(fields[1])
    if not (math.isfinite(potential_v) and math.isfinite(current_a)):
        raise ValueError("a value is not finite")
    return Reading(potential_v, current_a, int(fields[2]), int(fields[3]))


def level(value: float) -> str:
    """Format a level: `0`, otherwise five digits and a short exponent.

    Raises ValueError for a value that is not finite.
    """
    if not math.isfinite(value):
        raise ValueError(f"{value!r} cannot be sent to an instrument")
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:+.4E}".split("E")
    return f"{mantissa}E{int(exponent):+d}"


def limit_code(current_a: float) -> int:
    """Return the code n of the largest current limit, 2e-6 A times 10^n, that does not exceed `current_a`.

    Raises ValueError below 2 microampere.
    """
    if not current_a >= SMALLEST_LIMIT_A:
        raise ValueError(f"current_limit_a is {current_a:g}; the smallest limit is {SMALLEST_LIMIT_A:g} A")
    decades = math.log10(min(current_a, 1e3) / SMALLEST_LIMIT_A)
    return min(LARGEST_LIMIT_CODE, math.floor(decades + 1e-9))


class Solartron1287(Instrument):
    """A `labctl.bench.Potentiostat`.

    Parameters
    ----------
    standard_resistor_ohm : float, optional
        Fixed current range (0.1 to 1e6 ohm in decades; full scale 0.2 V / R); the default is autoranging.
    version : str
        Required part of the reply to `?VN`; by default any reply is accepted, since its form is not known.
    reads_back : bool
        Query settings that could be lost without notice: `?PW` and `?BY` after making safe, `?IL`, `?RR` and
        `?PW` before measuring. Set to false for an instrument that does not reply to them.
    range_map_verified : bool
        Whether the table of current ranges was checked with a known resistor. Sources disagree on it, so no
        current is imposed before this check.
    """

    messages = declared.MESSAGES
    bench_checks = declared.BENCH_CHECKS
    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": "\n",
        "read_termination": "\n",
        "timeout": 5000,
    }
    line_address: ClassVar[str | None] = ""
    write_interval_s: ClassVar[float] = 0.05
    quiet_after_s: ClassVar[dict[str, float]] = {"PW0": 1.0, "PW1": 1.0, "BK4": 1.0}
    safe_within_s: ClassVar[float] = 4.0
    can = Capabilities(
        potential_v=Range(-14.5, 14.5),
        current_a=Range(SMALLEST_LIMIT_A, math.inf),
        settings={"standard_resistor_ohm": OneOf(tuple(RESISTOR_CODES))},
    )

    identity_question: ClassVar[str] = "?VN"
    potential_v = Instrument.setting(
        "PV%s", """Set the potential in volts (-14.5 to 14.5).""", set_process=level
    )
    polarisation = Instrument.control(
        "?PW", "PW%d", """Control whether the cell is polarised (0 or 1).""", cast=int
    )
    standby = Instrument.control(
        "?BY", "BY%d", """Control the standby: 0 full (cell off), 1 half (electrodes measurable).""", cast=int
    )
    current_limit = Instrument.setting("IL%d", """Set the current limit to 2e-6 A times 10^n (n 0 to 6).""")

    def __init__(
        self,
        adapter: Any,
        name: str | None = None,
        *,
        standard_resistor_ohm: float | None = None,
        version: str = "",
        reads_back: bool = True,
        range_map_verified: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(adapter, name, **kwargs)
        self.version, self.reads_back = version, reads_back
        self.range_map_verified = range_map_verified
        self.standard_resistor_ohm = standard_resistor_ohm
        self._range_code = self._code_of(standard_resistor_ohm)
        self._held_v: float | None = None

    def _code_of(self, resistor_ohm: float | None) -> int:
        if resistor_ohm is None:
            return 0
        self.can.check_settings(self.name, standard_resistor_ohm=resistor_ohm)
        return RESISTOR_CODES[resistor_ohm]

    def last_error(self) -> int:
        """Return the number of the last error, 0 for none; pending readings are discarded."""
        reply = self.ask("?ER").strip()
        for _ in range(READINGS_UNDER_WAY):
            if "," not in reply:
                break
            reply = self.read().strip()
        if not re.fullmatch(r"\d{1,3}", reply):
            raise self.refuse("?ER", reply, "expected an error number")
        return int(reply)

    def tell(self, command: str) -> None:
        """Send a command; raises InstrumentError if the instrument did not accept it."""
        self.write(command)
        self._refuse_error_after(command, "")

    @property
    def condition(self) -> str:
        """Get the last error (str)."""
        error = self.last_error()
        return f"error {error:02d}" if error else "no error"

    # Members of `labctl.bench.Potentiostat`.

    def prepare(self) -> None:
        """Initialise, check the version, switch the cell off."""
        for command in ("BK4", "OS0", "OT1", "CE"):
            self.write(command)
        self.check_identity(self.version)
        self.make_safe()

    def rest(self, times_s: Iterable[float]) -> Generator[CurrentPoint, None, None]:
        """Yield the open-circuit potential at `times_s` after the call, in half standby."""
        start_s = self.clock.monotonic()
        try:
            self._set_up(SMALLEST_LIMIT_A)
            self.tell("BY1")
            for _ in self.at_times(start_s, times_s):
                yield self._point(start_s)
        finally:
            self.cell_off()

    def hold(
        self, potential_v: float, times_s: Iterable[float], current_limit_a: float
    ) -> Generator[CurrentPoint, None, None]:
        """Step the cell from its rest potential to `potential_v` and yield points at `times_s` after it.

        The limit set is the largest limit of the instrument, 2e-6 A times a power of ten, that does not
        exceed `current_limit_a`; `status` marks a point that reaches it. The cell is off when the iterator
        ends.
        """
        self.can.check_hold(self.name, potential_v, current_limit_a)
        limit_a = SMALLEST_LIMIT_A * 10 ** limit_code(current_limit_a)
        try:
            self._set_up(current_limit_a)
            start_s = self._step_to(potential_v)
            for _ in self.at_times(start_s, times_s):
                yield self._checked(self._point(start_s), potential_v, limit_a)
        finally:
            self._held_v = None
            self.cell_off()

    def _set_up(self, current_limit_a: float) -> None:
        self.write("CE")
        limit = limit_code(current_limit_a)
        for command in (*SET_UP, f"IL{limit}", f"RR{self._range_code}"):
            self.tell(command)
        if self.reads_back:  # `?ER` does not show a lost command; a lost range command scales the result
            self._confirm("?IL", limit)
            self._confirm("?RR", self._range_code)

    def _confirm(self, question: str, wanted: int) -> None:
        (found,) = self.values(question, cast=int)
        if found != wanted:
            raise InstrumentError(self.name, question, str(found), f"differs from the set value {wanted}")

    def _step_to(self, potential_v: float) -> float:
        """Polarise at the rest potential first, then make a single step; return the time of the step."""
        self.tell("BY1")
        _, rest = self._reading()
        self._switch_on(rest.potential_v)
        self.potential_v = potential_v
        start_s = self.clock.monotonic()
        self._held_v = potential_v
        self._refuse_error_after(f"PV{level(potential_v)}", "")
        return start_s

    def _switch_on(self, potential_v: float) -> None:
        for command in ("BY0", f"PV{level(potential_v)}", "PW1"):
            self.tell(command)
        if self.reads_back:
            self._confirm("?PW", 1)

    def _reading(self) -> tuple[float, Reading]:
        """Return a reading begun after the call, and its arrival time on the monotonic clock."""
        self.set_timeout(10)
        self.write("GP1")
        line = self.read()
        taken_s = self.clock.monotonic()
        self.write("GP0")
        try:
            reading = parse_reading(line)
        except ValueError as problem:
            raise self.refuse("GP1", line, f"not a reading: {problem}") from problem
        self._refuse_error_after("GP1", line)
        return taken_s, reading

    def _refuse_error_after(self, sent: str, received: str) -> None:
        error = self.last_error()
        if error:
            raise InstrumentError(self.name, sent, received or f"{error:02d}", f"error {error:02d}")

    def _point(self, start_s: float) -> CurrentPoint:
        taken_s, reading = self._reading()
        return CurrentPoint(
            self.clock.time(), taken_s - start_s, reading.potential_v, reading.current_a, reading.status
        )

    def _checked(self, point: CurrentPoint, potential_v: float, limit_a: float) -> CurrentPoint:
        """Mark a point at the limit or off the set potential; limit and cut-out have no known error code."""
        doubts = [] if point.status == "ok" else [point.status]
        if abs(point.current_a) >= 0.99 * limit_a:
            doubts.append(f"at the current limit of {limit_a:g} A")
        if abs(point.potential_v - potential_v) > 2e-3 + 0.05 * abs(potential_v):
            doubts.append("not at the set potential: limited or cut out")
        return point._replace(status="; ".join(doubts) or "ok")

    def impose_current(self, current_a: float) -> None:
        """Set a galvanostatic level with the cell off; ConfigurationError until the range map is verified."""
        if not self.range_map_verified:
            raise ConfigurationError(
                self.name,
                "settings.range_map_verified",
                "is false: check the current ranges with a known resistor (docs/bench-checks.md)",
            )
        if not abs(current_a) <= 2:
            raise ValueError(f"current_a is {current_a:g}; the instrument reaches -2 to 2 A")
        for command in ("PW0", "PO1", f"PC{level(current_a)}"):
            self.tell(command)

    def cell_off(self) -> None:
        """Set polarisation off, level zero, leads open; raises InstrumentError after two failed attempts."""
        error = self._send_cell_off()
        if error:
            self.write("CE")
            error = self._send_cell_off()
        if error:
            self.write("BK0")
            raise InstrumentError(self.name, "PW0", f"{error:02d}", "the cell could not be switched off")

    def _send_cell_off(self) -> int:
        errors: list[int] = []
        self.attempt_all(
            partial(self.write, "PW0"),
            lambda: errors.append(self.last_error()),
            *(partial(self.write, command) for command in CELL_OFF),
        )
        return errors[0]

    def switch_off(self) -> None:
        """Set polarisation off, level zero, leads open."""
        self.set_timeout(5)
        self.send_all("PW0", *CELL_OFF)

    def make_safe(self) -> None:
        """Switch the cell off and read polarisation and standby back.

        Without `reads_back` only the error of the last command (`?ER`) confirms it.
        """
        self.set_timeout(5)
        self.clear_bus()
        self.attempt_all(self.cell_off, self._confirm_off)

    def _confirm_off(self) -> None:
        if not self.reads_back:
            return
        for question, state in (("?PW", self.polarisation), ("?BY", self.standby)):
            if state:
                raise InstrumentError(self.name, question, str(state), "the cell is still on")
