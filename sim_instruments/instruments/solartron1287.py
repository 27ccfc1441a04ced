"""Solartron 1287: potentiostat with a voltmeter that sends unsolicited readings.

`PW1` connects the cell and holds it at PV (or at its rest potential, after `ON1`), `PW0` opens it. With `RU1`
and `GP1` or `GP2` the two quantities chosen by PX and PY are sent four times a second; an infrequent read
gets the latest reading. Current is measured over the standard resistor (full scale 200 mV); a current above
the limit IL disconnects the cell (OL0) or is held at the limit (OL1). Sweeps and IR compensation are not
simulated: `SW1`, `SW2` are refused, CC is accepted without effect.
"""

from dataclasses import dataclass

from sim_instruments.wire.device import Refusal, SimDevice
from sim_instruments.world.ammeter import Meter
from sim_instruments.world.world import World

PERIOD_S = 0.25
RESISTORS_OHM = (0.1, 1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6)
REVERSED_CODES = 7
SENSE_V = 0.2
POTENTIAL, CURRENT = 3, 5
LIMIT_STEPS_A = tuple(2e-6 * 10**n for n in range(7))
OUT_OF_RANGE, UNKNOWN_COMMAND, CUT_OUT = 3, 1, 45
METER_OVERLOAD = 31
RANGES_V = (0.02, 0.2, 2.0, 20.0)


@dataclass
class Voltmeter:
    """Timing of the unsolicited readings."""

    owner: "Solartron1287"
    started_s: float
    next_s: float

    def line(self) -> str:
        """Return the present reading and advance `next_s`."""
        now_s = self.owner.world.time_s
        periods = int((now_s - self.started_s) / PERIOD_S + 1e-9) + 1
        self.next_s = self.started_s + periods * PERIOD_S
        return self.owner.reading_line()


class Solartron1287:
    """The potentiostat; settings are attributes in SI units. `overload` is a switch for tests and faults.

    `has_reversed_map` is another switch: `RR1` is then the largest standard resistor, as one source has it.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.overload = self.has_reversed_map = False
        self.error = 0
        self._chance = world.chance("solartron1287")
        self._ammeter = Meter(tuple(SENSE_V / ohm for ohm in reversed(RESISTORS_OHM)))
        self._voltmeter = Meter(RANGES_V, noise=1e-5, resolution=1e-6)
        self._port: SimDevice | None = None
        self._running = self._results = 0
        self.reset()
        world.front_end = self

    def plug_in(self, port: SimDevice) -> None:
        """Store the port for readings."""
        self._port = port

    def reset(self) -> None:
        """Settings after initialise: cell off, voltmeter stopped."""
        self._galvanostat = self.half_standby = self.hold_rest = self.external_gain = 0
        self._potential_v = self._current_a = 0.0
        self.polarised = 0
        self.resistor, self.limit, self.at_limit = 0, 6, 0
        self.rear_voltage_gain = self.rear_current_gain = self.digits = 0
        self.first_quantity, self.second_quantity = POTENTIAL, CURRENT
        self.running = self.results = 0

    # The cell.

    @property
    def polarised(self) -> int:
        """PW: whether the cell is connected."""
        return int(self._polarised)

    @polarised.setter
    def polarised(self, on: int) -> None:
        self._polarised = bool(on)
        self._act()

    @property
    def cell_on(self) -> bool:
        """True state of the cell, for tests: connected and driven or not."""
        return self._polarised

    @property
    def energised(self) -> bool:
        """Whether the cell is connected and driven."""
        return self.cell_on

    @property
    def potential_v(self) -> float:
        """PV, potential in V between the reference electrodes."""
        return self._potential_v

    @potential_v.setter
    def potential_v(self, value: float) -> None:
        self._potential_v = value
        self._act()

    @property
    def current_a(self) -> float:
        """PC, A."""
        return self._current_a

    @current_a.setter
    def current_a(self, value: float) -> None:
        if value and self._polarised and self._galvanostat:
            raise Refusal(OUT_OF_RANGE)
        self._current_a = value

    @property
    def galvanostat(self) -> int:
        """PO: 0 potentiostat, 1 galvanostat. Polarising as a galvanostat is not simulated."""
        return self._galvanostat

    @galvanostat.setter
    def galvanostat(self, value: int) -> None:
        if value and self._polarised:
            raise Refusal(OUT_OF_RANGE)
        self._galvanostat = value

    def _act(self) -> None:
        terminals = self.world.terminals
        if not self._polarised:
            terminals.disconnect(self.world.time_s)
            return
        if self._galvanostat:
            self._polarised = False
            raise Refusal(OUT_OF_RANGE)
        rest_v = terminals.rest_v(self.world.time_s)
        terminals.hold(rest_v if self.hold_rest else self._potential_v, self.world.time_s)

    @property
    def limit_a(self) -> float:
        """IL in amperes."""
        return LIMIT_STEPS_A[self.limit]

    def true_current_a(self) -> float:
        """Present current, with the limit applied."""
        current_a = self.world.terminals.current_a(self.world.time_s)
        if abs(current_a) <= self.limit_a or self.at_limit == 2:
            return current_a
        if self.at_limit == 0:
            self.error, self.polarised = CUT_OUT, 0
            return 0.0
        return self.limit_a if current_a > 0 else -self.limit_a

    # Signals passed to the analyser.

    @property
    def generator_gain(self) -> float:
        """Voltage at the cell per volt of the analyser's generator."""
        if not self._polarised:
            return 0.0
        return 0.01 if self.external_gain else 1.0

    @property
    def standard_ohm(self) -> float:
        """Standard resistor, multiplied by the gains of the rear outputs."""
        ohm = self._chosen_ohm() if self.resistor else SENSE_V / self._auto_scale_a()
        return ohm * 10.0 ** (self.rear_current_gain - self.rear_voltage_gain)

    def _chosen_ohm(self) -> float:
        """RR1 to RR8; the reversed map names RR1 (2 uA) and RR7 (2 A), RR8 is left as it is."""
        is_reversed = self.has_reversed_map and self.resistor < len(RESISTORS_OHM)
        return RESISTORS_OHM[REVERSED_CODES - self.resistor if is_reversed else self.resistor - 1]

    def _auto_scale_a(self) -> float:
        return self._ammeter.choose(self.true_current_a())

    # Readings.

    @property
    def running(self) -> int:
        """RU: whether the voltmeter runs."""
        return self._running

    @running.setter
    def running(self, value: int) -> None:
        self._running = value
        self._start_or_stop()

    @property
    def results(self) -> int:
        """GP: 0 no output, 1 long lines with the time, 2 short lines."""
        return self._results

    @results.setter
    def results(self, value: int) -> None:
        self._results = value
        self._start_or_stop()

    def _start_or_stop(self) -> None:
        if self._port is None:
            return
        if not (self._running and self._results):
            self._port.stream = None
        elif self._port.stream is None:
            now_s = self.world.time_s
            self._port.stream = Voltmeter(self, now_s, now_s + PERIOD_S)

    def reading_line(self) -> str:
        """Two quantities, their error codes, and in long lines the time of day."""
        (first, first_code), (second, second_code) = (
            self._quantity(number) for number in (self.first_quantity, self.second_quantity)
        )
        places = 5 - self.digits
        line = f"{first:+.{places}E},{second:+.{places}E},{first_code:02d},{second_code:02d}"
        return f"{line},{self._hour()}" if self._results == 1 else line

    def _quantity(self, number: int) -> tuple[float, int]:
        if number == POTENTIAL:
            reading = self._voltmeter.read(self._true_potential_v(), self._chance)
        elif number == CURRENT and (self._polarised or self.half_standby):
            scale_a = SENSE_V / self._chosen_ohm() if self.resistor else None
            reading = self._ammeter.read(self.true_current_a(), self._chance, scale_a)
        else:
            return 0.0, 0
        return reading.value, METER_OVERLOAD if reading.overloaded or self.overload else 0

    def _true_potential_v(self) -> float:
        return self.world.terminals.seen_v

    def _hour(self) -> str:
        seconds = self.world.time_s
        hours, minutes = int(seconds // 3600) % 24, int(seconds // 60) % 60
        return f"{hours:02d},{minutes:02d},{int(seconds) % 60:02d},{int(seconds * 100) % 100:02d}"

    # Errors and the rest.

    def error_code(self) -> int:
        """?ER: the last error; reading it clears it."""
        self.true_current_a()
        error, self.error = self.error, 0
        return error

    def state(self) -> int:
        """?ST: 1 polarised, 2 voltmeter running (layout of this stand-in: the instrument's is not known)."""
        return self.polarised + 2 * self.running

    def clear_error(self) -> None:
        """CE."""
        self.error = 0

    def break_off(self, what: int) -> None:
        """BK: 0 break, 1 self-test, 3 reset, 4 initialise."""
        self._require(what in (0, 1, 3, 4))
        self.polarised = 0
        if what in (3, 4):
            self.reset()
            assert self._port is not None
            self._port.busy_until_s = self.world.time_s + 1.0

    def sweep(self, what: int) -> None:
        """SW0 stops; sweeps are not simulated."""
        self._require(what == 0)

    def set_plain(self, value: int) -> None:
        """Accept a setting without effect on the simulation."""
        self._require(0 <= value <= 99)

    def set_pair(self, first: int, second: int) -> None:
        """Accept a setting with two arguments without effect on the simulation."""
        self._require(0 <= first <= 99 and 0 <= second <= 99)

    def set_terminator(self, value: int) -> None:
        """OT: 0 CR LF, 1 CR LF with END."""
        self._require(value in (0, 1))
        assert self._port is not None
        self._port.sends_end = bool(value)

    def not_understood(self, message: str) -> None:
        """Set error 01."""
        self.error = UNKNOWN_COMMAND

    def declined(self, message: str, code: int) -> None:
        """Set the error code; the setting is unchanged."""
        self.error = code or OUT_OF_RANGE

    @staticmethod
    def _require(condition: bool) -> None:
        if not condition:
            raise Refusal(OUT_OF_RANGE)
