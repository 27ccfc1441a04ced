"""PalmSens EmStat4, EmStat Pico and Nexus: potentiostats that run MethodSCRIPT: EIS, CA, OCP.

`e` or `l`, then lines, then an empty line, load a script; `r` runs the loaded script. A script refused on
loading leaves the cell unchanged. `Z` ends the loop, runs `on_finished:` and replies with the empty line; a
run-time error does *not* run `on_finished:`, so the cell keeps its state. Impedance is sent with its true
sign: `cd` is negative for a capacitor (set `imaginary_sign` to -1 for the opposite convention). The echo of a
script that sends nothing is a separate line before the empty line; with `brief_echo` the line feed after the
echo *is* the end, which the sources do not rule out.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from itertools import repeat

from sim_instruments.wire.device import SimDevice
from sim_instruments.wire.methodscript import Script, ScriptError, Statement, Variable, package, parse_script
from sim_instruments.world.ammeter import Meter
from sim_instruments.world.noise import ImpedanceNoise, Signal, smallest_fitting
from sim_instruments.world.world import World

SCRIPT_VERSION, SERIAL_NUMBER = "v0105", "iES4HR21K0001"
NOT_ALLOWED, NO_SCRIPT = 0x0006, 0x000C
POTENTIAL_OUT_OF_RANGE, BAD_FREQUENCY, BAD_AMPLITUDE = 0x000F, 0x0011, 0x0012
BAD_TIMING, SHORTEST_INTERVAL_S = 0x0058, 1e-3
CELL_ON_AT_OCP, BAD_MODE, NEEDS_CELL_ON = 0x0014, 0x0021, 0x4027
OFF, LOW_SPEED, HIGH_SPEED = 0, 2, 3
MOST_POINTS = 10_000
OVERLOAD = 2
LOOP_MARKS = {"meas_loop_eis": "M000D", "meas_loop_ca": "M0007", "meas_loop_ocp": "M000B"}

Pauses = Generator[float, None, None]


@dataclass(frozen=True)
class Family:
    """Differences between the devices: firmware text, ranges with their indices, and limits."""

    firmware: str
    current_ranges: dict[float, int]
    potential_ranges: dict[float, int]
    lowest_v: float
    highest_v: float
    highest_rms_v: float
    highest_hz: float = 200e3


_EMSTAT4_RANGES = {1e-9: 3, 1e-8: 6, 1e-7: 9, 1e-6: 12, 1e-5: 15, 1e-4: 18, 1e-3: 21, 1e-2: 24}
_EMSTAT4_POTENTIALS = {0.05: 2, 0.1: 3, 0.2: 4, 0.5: 5, 1.0: 6}
_PICO_RANGES_A = (100e-9, 1e-6, 6e-6, 13e-6, 25e-6, 50e-6, 100e-6, 200e-6, 1e-3, 5e-3)
EMSTAT4_LR = Family("es4_lr1100#Jan 28 2022 11:04:43", _EMSTAT4_RANGES, _EMSTAT4_POTENTIALS, -3.0, 3.0, 0.9)
EMSTAT4_HR = Family(
    "es4_hr1100#Jan 28 2022 11:04:43", _EMSTAT4_RANGES | {0.1: 27}, _EMSTAT4_POTENTIALS, -6.0, 6.0, 0.9
)
EMSTAT_PICO = Family(
    "espico1304#Oct 22 2021 14:38:26",
    {range_a: 128 + i for i, range_a in enumerate(_PICO_RANGES_A)},
    {2.0: 0},
    -1.7,
    2.0,
    0.429,
)
NEXUS = Family(
    "nexus11100#Jan 28 2022 11:04:43",
    {1e-10: 16} | {10.0 ** (i - 9): i for i in range(10)},
    {1e-3: 3, 0.01: 2, 0.1: 1, 1.0: 0},
    -10.0,
    10.0,
    0.3,
    1e6,
)


class EmStat4:
    """The potentiostat. `overload` is a switch for tests and faults."""

    def __init__(self, world: World, noise: ImpedanceNoise, family: Family = EMSTAT4_HR) -> None:
        self.world, self.noise, self.family = world, noise, family
        self.overload = False
        self.imaginary_sign = 1
        self.brief_echo = False
        self._chance = world.chance("emstat4")
        self._ammeter = Meter(tuple(family.current_ranges))
        self._voltmeter = Meter((family.highest_v,), noise=5e-6, resolution=1e-6)
        self._steps: dict[str, Callable[[Statement], Pauses]] = {
            "set_pgstat_mode": self._set_mode,
            "set_e": self._set_potential,
            "set_range": self._set_range,
            "set_autoranging": self._set_autoranging,
            "cell_on": self._cell_on,
            "cell_off": self._cell_off,
            "wait": self._wait,
        }
        self._loops: dict[str, Callable[[Statement], Pauses]] = {
            "meas_loop_eis": self._eis,
            "meas_loop_ca": self._ca,
            "meas_loop_ocp": self._ocp,
        }
        self.reset()

    def reset(self) -> None:
        """Return to the power-on state: cell off, no script."""
        self.cell_is_on = False
        self.mode = OFF
        self.potential_v = 0.0
        self.current_scale_a: float | None = None
        self.loaded: Script | None = None
        self._lines: list[str] | None = None
        self._loading = ""
        self._running: Pauses | None = None
        self._run_number = getattr(self, "_run_number", 0) + 1
        self._values: dict[str, Variable] = {}
        self._prefix = ""
        self._in_loop = False
        self.world.terminals.disconnect(self.world.time_s)

    @property
    def energised(self) -> bool:
        """Whether the cell is on."""
        return self.cell_is_on

    def plug_in(self, port: SimDevice) -> None:
        """Store the port for replies."""
        self._port = port

    def not_understood(self, message: str) -> None:
        """Reply to an unknown letter with error 0003."""
        self._send(f"{message[:1]}!0003")

    def declined(self, message: str, code: int) -> None:
        """Never called: refusals are sent as replies."""

    # Lines.

    def hear(self, line: str) -> None:
        """Process one line."""
        if self._lines is not None:
            self._collect(line)
        elif line:
            self._command(line)

    def _command(self, line: str) -> None:
        letter = line[0]
        answers = {"t": f"t{self.family.firmware}\nR*", "v": SCRIPT_VERSION, "i": SERIAL_NUMBER}
        if letter == "Z":
            self._abort()
        elif self._running is not None:
            self._send(line if letter in "hHYR" else f"{letter}!{NOT_ALLOWED:04X}")
        elif letter in ("e", "l"):
            self._loading, self._lines = letter, []
        elif letter == "r":
            self._run_loaded()
        elif letter in answers:
            self._send(answers[letter])
        else:
            self.not_understood(line)

    def _collect(self, line: str) -> None:
        assert self._lines is not None
        if line:
            self._lines.append(line)
            return
        lines, self._lines = self._lines, None
        try:
            self.loaded = parse_script(lines)
        except ScriptError as error:
            self._send(f"{self._loading}!{error.code:04X}: Line {error.line}, Col 1")
            return
        if self._loading == "l":
            self._send("l")
        else:
            self._start("e")

    def _run_loaded(self) -> None:
        if self.loaded is None:
            self._send(f"r!{NO_SCRIPT:04X}")
        else:
            self._start("r")

    def _send(self, text: str) -> None:
        self._port.send(self._prefix + text, "script" if self._running is not None else text[:1])
        self._prefix = ""

    # Running.

    def _start(self, letter: str) -> None:
        assert self.loaded is not None
        self._prefix = letter
        self._run_number += 1
        self._running = self._run(self.loaded)
        self._go_on(self._run_number)

    def _go_on(self, number: int) -> None:
        if number != self._run_number or self._running is None:
            return
        try:
            pause_s = next(self._running)
        except StopIteration:
            self._end()
        except ScriptError as error:
            self._send(f"!{error.code:04X}: Line {error.line}")
            self._end()
        else:
            self.world.at(self.world.time_s + pause_s, lambda: self._go_on(number))

    def _end(self) -> None:
        if self._prefix and not self.brief_echo:
            self._send("")
        self._send("")
        self._running, self._in_loop = None, False

    def _abort(self) -> None:
        if self._running is None:
            self._send(f"Z!{NOT_ALLOWED:04X}")
            return
        self._send("Z")
        if self._in_loop:
            self._send("*")
        assert self.loaded is not None
        self._run_number += 1
        self._running = self._finish(self.loaded)
        self._go_on(self._run_number)

    def _run(self, script: Script) -> Pauses:
        yield 0.01
        position = 0
        while position < len(script.body):
            statement = script.body[position]
            position += 1
            if statement.command in self._loops:
                end = self._end_of_loop(script, position)
                yield from self._measure(statement, script.body[position:end])
                position = end + 1
            else:
                yield from self._step(statement)
        yield from self._finish(script)

    def _finish(self, script: Script) -> Pauses:
        for statement in script.finish:
            yield from self._step(statement)

    @staticmethod
    def _end_of_loop(script: Script, start: int) -> int:
        return next(i for i in range(start, len(script.body)) if script.body[i].command == "endloop")

    def _step(self, statement: Statement) -> Pauses:
        step = self._steps.get(statement.command)
        if step is not None:
            yield from step(statement)

    def _measure(self, loop: Statement, inside: tuple[Statement, ...]) -> Pauses:
        """Run a loop: after the pause of each measurement, send the variables of its packages."""
        pauses = self._loops[loop.command](loop)
        first_pause_s = next(pauses)
        self._send(LOOP_MARKS[loop.command])
        self._in_loop = True
        yield first_pause_s
        for pause_s in pauses:
            self._send_package(inside)
            yield pause_s
        self._send_package(inside)
        self._in_loop = False
        self._send("*")

    def _send_package(self, inside: tuple[Statement, ...]) -> None:
        names = [statement.arguments[0] for statement in inside if statement.command == "pck_add"]
        self._send(package([self._values[name] for name in names if name in self._values]))

    # Statements.

    def _set_mode(self, statement: Statement) -> Pauses:
        self.mode = int(statement.number(0))
        yield 0.001

    def _set_potential(self, statement: Statement) -> Pauses:
        self._hold(self._checked_potential(statement, 0))
        yield 0.001

    def _set_range(self, statement: Statement) -> Pauses:
        if statement.arguments[0] == "ba":
            self.current_scale_a = smallest_fitting(
                tuple(self.family.current_ranges), statement.number(1) * 0.999
            )
        yield 0.001

    def _set_autoranging(self, statement: Statement) -> Pauses:
        if statement.arguments[0] == "ba":
            self.current_scale_a = None
        yield 0.001

    def _cell_on(self, statement: Statement) -> Pauses:
        self.cell_is_on = True
        self._hold(self.potential_v)
        yield 0.001

    def _cell_off(self, statement: Statement) -> Pauses:
        self.cell_is_on = False
        self.world.terminals.disconnect(self.world.time_s)
        yield 0.001

    def _wait(self, statement: Statement) -> Pauses:
        yield max(0.0, statement.number(0))

    def _hold(self, potential_v: float) -> None:
        self.potential_v = potential_v
        if self.cell_is_on:
            self.world.terminals.hold(potential_v, self.world.time_s)

    def _checked_potential(self, statement: Statement, index: int) -> float:
        potential_v = statement.number(index)
        if not self.family.lowest_v <= potential_v <= self.family.highest_v:
            raise ScriptError(POTENTIAL_OUT_OF_RANGE, statement.line)
        return potential_v

    # Measurements: each yields the duration of a point, and then has its values ready.

    def _ca(self, loop: Statement) -> Pauses:
        potential_name, current_name = loop.arguments[:2]
        self._require_cell(loop)
        self._hold(self._checked_potential(loop, 2))
        for interval_s in self._intervals(loop, 3):
            yield interval_s
            self._values[potential_name] = Variable("da", self.potential_v)
            self._values[current_name] = self._current()

    @staticmethod
    def _intervals(loop: Statement, index: int) -> Iterator[float]:
        """Interval and duration of a loop, as one pause per point."""
        interval_s, duration_s = loop.number(index), loop.number(index + 1)
        if interval_s < SHORTEST_INTERVAL_S:
            raise ScriptError(BAD_TIMING, loop.line)
        return repeat(interval_s, max(1, round(duration_s / interval_s)))

    def _current(self) -> Variable:
        true_a = self.world.terminals.current_a(self.world.time_s)
        reading = self._ammeter.read(true_a, self._chance, self.current_scale_a)
        status = OVERLOAD if reading.overloaded or self.overload else 0
        return Variable("ba", reading.value, status, self.family.current_ranges[reading.full_scale])

    def _ocp(self, loop: Statement) -> Pauses:
        if self.cell_is_on:
            raise ScriptError(CELL_ON_AT_OCP, loop.line)
        for interval_s in self._intervals(loop, 1):
            yield interval_s
            reading = self._voltmeter.read(self.world.terminals.seen_v, self._chance)
            range_index = self.family.potential_ranges[max(self.family.potential_ranges)]
            self._values[loop.arguments[0]] = Variable("ab", reading.value, 0, range_index)

    def _eis(self, loop: Statement) -> Pauses:
        self._require_cell(loop)
        if self.mode != HIGH_SPEED:
            raise ScriptError(BAD_MODE, loop.line)
        amplitude_v = loop.number(3)
        if not 0 < amplitude_v <= self.family.highest_rms_v:
            raise ScriptError(BAD_AMPLITUDE, loop.line)
        self._hold(self._checked_potential(loop, 7))
        for frequency_hz in self._frequencies(loop):
            averaging_s = max(0.2, 3 / frequency_hz)
            yield averaging_s + 0.1
            self._set_point(loop, frequency_hz, amplitude_v, averaging_s)

    def _frequencies(self, loop: Statement) -> list[float]:
        start_hz, stop_hz, count = loop.number(4), loop.number(5), int(loop.number(6))
        highest_hz = self.family.highest_hz
        if not (0 < start_hz <= highest_hz and 0 < stop_hz <= highest_hz and 1 <= count <= MOST_POINTS):
            raise ScriptError(BAD_FREQUENCY, loop.line)
        ratio = (stop_hz / start_hz) ** (1 / max(1, count - 1))
        return [start_hz * ratio**i for i in range(count)]

    def _set_point(
        self, loop: Statement, frequency_hz: float, amplitude_v: float, averaging_s: float
    ) -> None:
        z_ohm = self.world.cell_impedance_ohm(frequency_hz)
        current_a = amplitude_v / abs(z_ohm)
        scale_a = self.current_scale_a or smallest_fitting(tuple(self.family.current_ranges), current_a)
        scale_v = smallest_fitting(tuple(self.family.potential_ranges), amplitude_v)
        signal = Signal(amplitude_v, current_a, scale_v, scale_a)
        seen_ohm = self.noise.observe(z_ohm, signal, averaging_s, self._chance)
        status = OVERLOAD if signal.overloaded or self.overload else 0
        frequency_name, real_name, imag_name = loop.arguments[:3]
        imag_ohm = self.imaginary_sign * seen_ohm.imag
        self._values[frequency_name] = Variable("dc", frequency_hz)
        self._values[real_name] = Variable("cc", seen_ohm.real, status, self.family.current_ranges[scale_a])
        self._values[imag_name] = Variable("cd", imag_ohm, status, self.family.potential_ranges[scale_v])

    def _require_cell(self, loop: Statement) -> None:
        if not self.cell_is_on:
            raise ScriptError(NEEDS_CELL_ON, loop.line)
