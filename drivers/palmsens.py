"""PalmSens EmStat4, EmStat Pico and Nexus: analyser and potentiostat in one, with MethodSCRIPT over serial.

Sources: see `drivers.methodscript`. A script is first loaded (`l`) and then run (`r`), so that a script
refused on loading leaves the cell unchanged. After any unexpected reply the driver synchronises (`Z`) and
switches the cell off.
"""

import math
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from drivers.declarations import palmsens as declared
from drivers.methodscript import (
    CELL_OFF_SCRIPT,
    CURRENT,
    FREQUENCY,
    MEASURED_POTENTIAL,
    SET_POTENTIAL,
    Z_IMAG,
    Z_REAL,
    CurrentRanges,
    Variable,
    error_in,
    parse_package,
    rest_script,
    sample_script,
    spectrum_script,
    step_script,
)
from labctl.bench import CurrentPoint, ImpedancePoint
from labctl.errors import InstrumentError
from labctl.instrument import Capabilities, Instrument, Range

Package = dict[str, Variable]

FREQUENCY_TOLERANCE = 0.01
SAMPLE_S = 0.05
STEP_SAMPLE_UNTIL_S = 0.1
SAME_BIAS_V = 1e-6
LINES_UNDER_WAY = 10_000
STREAM_MARKS = ("M", "*", "L", "+", "C", "-", "T")
ECHO_IS_ALL_AFTER_S = 1.0
NOTHING_RUNS = "Z!0006"
FLOW_CONTROL_BYTES = "\x11\x13\r"


class Sample(NamedTuple):
    """A package and its arrival time on the monotonic clock."""

    taken_s: float
    package: Package


class MethodScriptInstrument(Instrument):
    """A `labctl.bench.FrequencyResponseAnalyzer` and `labctl.bench.Potentiostat`.

    The instrument chooses its integration time; `integration_s` has no effect. Its hardware current limit is
    no finer than its ranges: `status` marks a point beyond the limit.

    Class attributes
    ----------------
    devices : tuple of str
        Accepted values of the first six characters of the firmware text.
    potential_limits_v, largest_amplitude_v, largest_frequency_hz
        Limits of the instrument; values outside are refused before anything is sent.
    current_ranges_a : tuple of float
        Ranges, ascending.
    """

    messages = declared.MESSAGES
    bench_checks = declared.BENCH_CHECKS
    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": "\n",
        "read_termination": "\n",
        "timeout": 5000,
        "asrl": {"baud_rate": 921600},
    }
    line_address: ClassVar[str | None] = ""
    write_interval_s: ClassVar[float] = 0.05
    quiet_after_s: ClassVar[dict[str, float]] = {"Z": 0.15}

    devices: ClassVar[tuple[str, ...]] = ()
    potential_limits_v: ClassVar[tuple[float, float]] = (0.0, 0.0)
    largest_amplitude_v: ClassVar[float] = 0.0
    largest_frequency_hz: ClassVar[float] = 2e5
    current_ranges_a: ClassVar[tuple[float, ...]] = ()

    def __init__(self, adapter: Any, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(adapter, name, **kwargs)
        self.can = self.capabilities({})
        self._running = False
        self._started_s = 0.0
        self._held_v: float | None = None

    @classmethod
    def capabilities(cls, settings: Mapping[str, Any]) -> Capabilities:
        """Return the capabilities of the device; its ranges of current are no limits of the current."""
        return Capabilities(
            frequency_hz=Range(0.0, cls.largest_frequency_hz, excludes_low=True),
            amplitude_v=Range(0.0, cls.largest_amplitude_v, excludes_low=True),
            bias_v=Range(*cls.potential_limits_v),
            potential_v=Range(*cls.potential_limits_v),
            current_a=Range(0.0, math.inf, excludes_low=True),
            interval_s=Range(SAMPLE_S, math.inf),
        )

    @property
    def firmware(self) -> str:
        """Get device, version and date of the firmware (str)."""
        text = self._answer("t")
        release = self._line()
        if not release.endswith("*"):
            raise self.refuse("t", release, "expected the release mark, R* or B*")
        return text

    @property
    def serial_number(self) -> str:
        """Get the serial number (str)."""
        return self._answer("i")

    @property
    def identity(self) -> str:
        """Get manufacturer, device with firmware, serial number (str)."""
        return f"PalmSens,{self.firmware},{self.serial_number}"

    # Members of `labctl.bench.FrequencyResponseAnalyzer` and `labctl.bench.Potentiostat`.

    def prepare(self) -> None:
        """Synchronise, switch the cell off, check the device."""
        self.make_safe()
        self.check_identity(*self.devices)

    def point_duration_s(self, frequency_hz: float, integration_s: float = 1.0) -> float:
        """Return the approximate duration of one point: several periods, independent of `integration_s`."""
        return 0.3 + 4 / frequency_hz

    def sweep(
        self,
        frequencies_hz: Sequence[float],
        amplitude_v: float,
        integration_s: float = 1.0,
        bias_v: float = 0.0,
    ) -> Generator[ImpedancePoint, None, None]:
        """Yield a point per frequency; afterwards the cell stays on only during a `hold` at the same bias.

        Raises ValueError for values out of the instrument's range, or if the cell is held at another
        potential.
        """
        self.can.check_sweep(self.name, frequencies_hz, amplitude_v, bias_v)
        if not frequencies_hz:
            raise ValueError("frequencies_hz is empty; give at least one frequency")
        if self._held_v is not None and abs(self._held_v - bias_v) > SAME_BIAS_V:
            raise ValueError(f"bias_v is {bias_v:g}, but the cell is held at {self._held_v:g} V")
        ranges = CurrentRanges(self.current_ranges_a[0], self.current_ranges_a[-1])
        held = self._held_v is not None
        script = spectrum_script(list(frequencies_hz), amplitude_v, bias_v, ranges, cell_is_held=held)
        return self._spectrum(script, frequencies_hz)

    def _spectrum(
        self, script: Sequence[str], frequencies_hz: Sequence[float]
    ) -> Generator[ImpedancePoint, None, None]:
        try:
            self._load(script)
            packages = self._packages(3 * 10 / min(frequencies_hz) + 30)
            for frequency_hz in frequencies_hz:
                yield self._impedance(next(packages, None), frequency_hz)
            self._end_of(packages)
        finally:
            self._end_spectrum()

    def _end_spectrum(self) -> None:
        if self._held_v is None:
            self.cell_off()
        elif self._running:
            self._synchronise()

    def _impedance(self, package: Package | None, asked_hz: float) -> ImpedancePoint:
        frequency, real, imag = self._variables(package, FREQUENCY, Z_REAL, Z_IMAG)
        if not math.isclose(frequency.value, asked_hz, rel_tol=FREQUENCY_TOLERANCE):
            problem = f"result at a frequency other than {asked_hz:g} Hz"
            raise self.refuse("r", f"{frequency.value:g} Hz", problem)
        status = _status(real, imag)
        return ImpedancePoint(frequency.value, real.value, imag.value, self.clock.time(), status)

    def rest(self, times_s: Iterable[float]) -> Generator[CurrentPoint, None, None]:
        """Yield the open-circuit potential at `times_s` after the call; the cell is off, the current zero."""
        start_s = self.clock.monotonic()
        try:
            self._load(rest_script(SAMPLE_S))
            for _ in self.at_times(start_s, times_s):
                sample = self._sample()
                (potential,) = self._variables(sample.package, MEASURED_POTENTIAL)
                elapsed_s = sample.taken_s - start_s
                yield CurrentPoint(self.clock.time(), elapsed_s, potential.value, 0.0, _status(potential))
        finally:
            self.cell_off()

    def hold(
        self, potential_v: float, times_s: Iterable[float], current_limit_a: float
    ) -> Generator[CurrentPoint, None, None]:
        """Step the cell to `potential_v` and yield points at `times_s` after it; closing switches it off.

        Raises ValueError for values out of the instrument's range.
        """
        self.can.check_hold(self.name, potential_v, current_limit_a)
        ranges = self._ranges_up_to(current_limit_a)
        try:
            self._load(step_script(potential_v, ranges, SAMPLE_S))
            first = [self._sample()]
            start_s = self._started_s
            self._held_v = potential_v
            for time_s in self.at_times(start_s, times_s):
                immediate = first and time_s <= STEP_SAMPLE_UNTIL_S
                sample = first.pop() if immediate else self._held_sample(potential_v)
                yield self._current(sample, start_s, current_limit_a)
        finally:
            self._held_v = None
            self.cell_off()

    def _ranges_up_to(self, current_limit_a: float) -> CurrentRanges:
        """Return the ranges up to the first that holds the limit; beyond it the instrument overloads."""
        enough = [range_a for range_a in self.current_ranges_a if range_a >= current_limit_a]
        return CurrentRanges(self.current_ranges_a[0], (enough or self.current_ranges_a)[0 if enough else -1])

    def _held_sample(self, potential_v: float) -> Sample:
        """Take a sample; its script is loaded each time, since a spectrum may have run in between."""
        self._load(sample_script(potential_v, SAMPLE_S))
        return self._sample()

    def _current(self, sample: Sample, start_s: float, limit_a: float) -> CurrentPoint:
        measured = MEASURED_POTENTIAL if MEASURED_POTENTIAL in sample.package else SET_POTENTIAL
        potential, current = self._variables(sample.package, measured, CURRENT)
        status = _status(potential, current)
        if abs(current.value) > limit_a:
            status = f"beyond the current limit of {limit_a:g} A" + ("" if status == "ok" else f"; {status}")
        elapsed_s = sample.taken_s - start_s
        return CurrentPoint(self.clock.time(), elapsed_s, potential.value, current.value, status)

    def cell_off(self) -> None:
        """End a running script and switch the cell off; raises InstrumentError if two attempts fail."""
        try:
            if self._running:
                self._synchronise()
            self._execute(CELL_OFF_SCRIPT)
        except InstrumentError:
            self._synchronise()
            self._execute(CELL_OFF_SCRIPT)

    def switch_off(self) -> None:
        """Abort any script and send a `cell_off` script; its output is not read."""
        self._held_v = None
        self._running = True  # the true state is not known
        self.set_timeout(5)
        self.send_all("", "Z", "\n".join(("e", *CELL_OFF_SCRIPT)), "")

    def make_safe(self) -> None:
        """Abort any script and switch the cell off, confirmed by a `cell_off` script without an error.

        MethodSCRIPT has no query for the state of the cell: the acknowledged script is the confirmation.
        """
        self.clear_bus()
        self._held_v = None
        self._running = True  # the true state is not known
        self.cell_off()

    # The link.

    def _line(self) -> str:
        return self.read().strip(FLOW_CONTROL_BYTES)

    def _answer(self, command: str) -> str:
        """Send a command that begins with one letter, and return the reply after the echo of this letter."""
        letter = command[:1]
        self._send(command)
        line = self._line()
        if error_in(line):
            raise InstrumentError(self.name, command, line, error_in(line))
        if not line.startswith(letter):
            raise self.refuse(command, line, f"expected a reply that begins with {letter!r}")
        return line[1:]

    def _send(self, command: str) -> None:
        """Send a command; a script is terminated by an empty line."""
        self.write(command)
        if "\n" in command:
            self.write("")

    def _synchronise(self) -> None:
        """Abort a running script and read its output to the end."""
        self._running = False
        self.set_timeout(5)
        self.write("")
        self.write("Z")
        answer = self._first_line(lambda line: line.startswith("Z"))
        if not error_in(answer):
            self._first_line(lambda line: line == "")

    def _first_line(self, wanted: Callable[[str], bool]) -> str:
        line = ""
        for _ in range(LINES_UNDER_WAY):
            line = self._line()
            if wanted(line):
                return line
        raise self.refuse("Z", line, "the output of a script does not end")

    def _load(self, script: Sequence[str]) -> None:
        self.set_timeout(5)
        rest = self._answer("\n".join(("l", *script)))
        if rest:
            raise self.refuse("l", f"l{rest}", "expected the echo only")

    def _execute(self, script: Sequence[str]) -> None:
        """Run a script without output. If only its echo arrives, query whether a script is still running."""
        self.set_timeout(5)
        self._running = True
        answer = self._answer("\n".join(("e", *script)))
        try:
            self.set_timeout(ECHO_IS_ALL_AFTER_S)
            answer = answer or self._line()
        except InstrumentError as failure:
            if failure.received:  # a partial error message is not silence
                raise
            self._confirm_idle()
        if error_in(answer):
            raise InstrumentError(self.name, "e", answer, error_in(answer))
        if answer:
            raise self.refuse("e", answer, "expected the end of the script")
        self._running = False

    def _confirm_idle(self) -> None:
        self.set_timeout(5)
        self.write("Z")
        answer = self._line()
        if answer != NOTHING_RUNS:
            raise self.refuse("Z", answer, f"expected {NOTHING_RUNS}: the script may still be running")

    def _sample(self) -> Sample:
        """Run the loaded script of one sample; return its last package."""
        samples = [Sample(self.clock.monotonic(), package) for package in self._packages(10)]
        if not samples:
            raise self.refuse("r", "", "the script ended without a sample")
        return samples[-1]

    def _packages(self, silence_s: float) -> Iterator[Package]:
        self.set_timeout(silence_s)
        return self._run("r")

    def _run(self, command: str) -> Iterator[Package]:
        """Yield the packages of a script to its end; raises InstrumentError for any other output."""
        self._running = True
        line = self._answer(command)
        self._started_s = self.clock.monotonic()
        line = line or self._line()
        while line:
            if error_in(line):
                raise InstrumentError(self.name, command[:1], line, error_in(line))
            if line.startswith("P"):
                yield self._package(line)
            elif not line.startswith(STREAM_MARKS):
                raise self.refuse(command[:1], line, "not a line of a script's output")
            line = self._line()
        self._running = False

    def _package(self, line: str) -> Package:
        try:
            return parse_package(line)
        except ValueError as problem:
            raise self.refuse("r", line, f"not a data package: {problem}") from problem

    def _end_of(self, packages: Iterator[Package]) -> None:
        surplus = len(list(packages))
        if surplus:
            raise self.refuse("r", f"{surplus} more", "more points than requested")

    def _variables(self, package: Package | None, *kinds: str) -> list[Variable]:
        """Return variables of a package; raises InstrumentError if one is absent or not a number."""
        if package is None:
            raise self.refuse("r", "", "the script ended before all points were measured")
        absent = [kind for kind in kinds if kind not in package]
        if absent:
            raise self.refuse("r", " ".join(package), f"the package lacks {', '.join(absent)}")
        found = [package[kind] for kind in kinds]
        if any(math.isnan(variable.value) for variable in found):
            raise self.refuse("r", " ".join(package), "a value is not a number")
        return found


def _status(*variables: Variable) -> str:
    doubts = [words for variable in variables for words in variable.doubts]
    return "; ".join(dict.fromkeys(doubts)) or "ok"


class EmStatPico(MethodScriptInstrument):
    """PalmSens EmStat Pico: serial at 230400 baud with XON/XOFF."""

    connection_settings: ClassVar[dict[str, Any]] = {
        **MethodScriptInstrument.connection_settings,
        "asrl": {"baud_rate": 230400, "flow_control": 1},
    }
    devices: ClassVar[tuple[str, ...]] = ("espico",)
    potential_limits_v: ClassVar[tuple[float, float]] = (-1.7, 2.0)
    largest_amplitude_v: ClassVar[float] = 0.429
    current_ranges_a: ClassVar[tuple[float, ...]] = (
        100e-9, 1e-6, 6e-6, 13e-6, 25e-6, 50e-6, 100e-6, 200e-6, 1e-3, 5e-3,
    )  # fmt: skip


class EmStat4LR(MethodScriptInstrument):
    """PalmSens EmStat4 low range: to 3 V and 30 mA."""

    devices: ClassVar[tuple[str, ...]] = ("es4_lr", "mes4lr")
    potential_limits_v: ClassVar[tuple[float, float]] = (-3.0, 3.0)
    largest_amplitude_v: ClassVar[float] = 0.9
    current_ranges_a: ClassVar[tuple[float, ...]] = (
        1e-9, 10e-9, 100e-9, 1e-6, 10e-6, 100e-6, 1e-3, 10e-3,
    )  # fmt: skip


class EmStat4HR(MethodScriptInstrument):
    """PalmSens EmStat4 high range: to 6 V and 200 mA."""

    devices: ClassVar[tuple[str, ...]] = ("es4_hr", "mes4hr")
    potential_limits_v: ClassVar[tuple[float, float]] = (-6.0, 6.0)
    largest_amplitude_v: ClassVar[float] = 0.9
    current_ranges_a: ClassVar[tuple[float, ...]] = (
        100e-9, 1e-6, 10e-6, 100e-6, 1e-3, 10e-3, 100e-3,
    )  # fmt: skip


class Nexus(MethodScriptInstrument):
    """PalmSens Nexus: to 10 V and 1 A, spectra to 1 MHz."""

    devices: ClassVar[tuple[str, ...]] = ("nexus1",)
    potential_limits_v: ClassVar[tuple[float, float]] = (-10.0, 10.0)
    largest_amplitude_v: ClassVar[float] = 0.3
    largest_frequency_hz: ClassVar[float] = 1e6
    current_ranges_a: ClassVar[tuple[float, ...]] = (
        100e-12, 1e-9, 10e-9, 100e-9, 1e-6, 10e-6, 100e-6, 1e-3, 10e-3, 100e-3, 1.0,
    )  # fmt: skip
