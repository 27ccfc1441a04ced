"""Terminals of the cell: the current follows from the history of the applied potential."""

from sim_instruments.world.cell import Cell
from sim_instruments.world.oven import Oven
from sim_instruments.world.switched import SwitchedCells

SHORTEST_S = 1e-4
LONGEST_HISTORY = 64


class Terminals:
    """Connection of direct-current instruments to the cell.

    `connected` and `potential_v` are the true state of polarisation. The current is the sum of the responses
    of the ions to every step of potential since the cell was connected, at the present temperature, and the
    present current of electrons. Without a connection `potential_v` is 0 and `seen_v` the potential at rest.
    What is left of an earlier polarisation flows again when it is connected: the open cell counts as one
    step, at the time of the disconnection, that leaves no current at the end.
    """

    def __init__(self, cell: Cell | SwitchedCells, oven: Oven) -> None:
        self._cell, self._oven = cell, oven
        self.connected = False
        self.potential_v = 0.0
        self._steps: list[tuple[float, float]] = []
        self._opened_s = self._open_v = self._seen_s = 0.0
        self._rest_v = self._counted_s = 0.0
        self._charges_c: dict[str, float] = {}

    @property
    def seen_v(self) -> float:
        """Potential that a voltmeter reads."""
        return self.potential_v if self.connected else self.rest_v(self._seen_s)

    def hold(self, potential_v: float, time_s: float) -> None:
        """Connect the cell, if it is not connected, and hold it at a potential from `time_s` on."""
        self._count(time_s)
        self._seen_s = time_s
        if not self.connected:
            self._rest_v = self.rest_v(time_s)
            self.connected, self.potential_v = True, self._rest_v + self._relaxed_v(time_s)
        change_v = potential_v - self.potential_v
        if change_v:
            self._steps.append((time_s, change_v))
            self._shorten_history()
        self.potential_v = potential_v

    def disconnect(self, time_s: float | None = None) -> None:
        """Open the cell circuit; without a time, when the current was last asked for."""
        if self.connected:
            self._opened_s = self._seen_s if time_s is None else time_s
            self._count(self._opened_s)
            self._open_v = self.potential_v - self._rest_v
        self.connected, self.potential_v = False, 0.0

    def exchange(self, time_s: float) -> None:
        """Another cell is connected from `time_s` on; a potential that is held steps onto it."""
        self._rest_v = self.rest_v(time_s)
        step_v = self.potential_v - self._rest_v
        self._steps = [(time_s, step_v)] if self.connected and step_v else []

    def current_a(self, time_s: float) -> float:
        """True current at `time_s`; zero while disconnected."""
        self._seen_s = time_s
        return self._sum_a(time_s) + self._electronic_a(self.potential_v) if self.connected else 0.0

    def charges_c(self, time_s: float) -> dict[str, float]:
        """True charge that each carrier has carried from the working to the counter electrode, by its name.

        Empty for a cell that does not tell its carriers apart. Counted at the present temperature.
        """
        self._count(time_s)
        return dict(self._charges_c)

    def rest_v(self, time_s: float) -> float:
        """Potential of the cell without a current."""
        return self._cell.rest_potential_v(self._oven.sample_k, time_s)

    def _electronic_a(self, potential_v: float) -> float:
        """Current of electrons beyond that at rest, where ions carry the opposite."""
        temperature_k = self._oven.sample_k
        at_rest_a = self._cell.electronic_a(self._rest_v, temperature_k) if self._rest_v else 0.0
        return self._cell.electronic_a(potential_v, temperature_k) - at_rest_a

    def _relaxed_v(self, time_s: float) -> float:
        """Potential above rest of the cell that was open until now; adds the step that left no current."""
        if not self._steps:
            return 0.0
        open_s, temperature_k = max(time_s - self._opened_s, SHORTEST_S), self._oven.sample_k
        conductance_s = self._cell.step_conductance_s(open_s, temperature_k, time_s)
        electronic_a = self._electronic_a(self._rest_v + self._open_v)
        if electronic_a and self._open_v:
            conductance_s += electronic_a / self._open_v
        if not conductance_s:
            self._steps = []
            return 0.0
        change_v = -(self._sum_a(time_s) + electronic_a) / conductance_s
        self._steps.append((self._opened_s, change_v))
        self._shorten_history()
        return self._open_v + change_v

    def _sum_a(self, time_s: float) -> float:
        temperature_k = self._oven.sample_k
        return sum(
            change_v * self._cell.step_conductance_s(max(time_s - since_s, SHORTEST_S), temperature_k, time_s)
            for since_s, change_v in self._steps
        )

    def _count(self, time_s: float) -> None:
        """Add the charge that has passed since it was counted last."""
        before_s, self._counted_s = self._counted_s, time_s
        if not self.connected or time_s <= before_s:
            return
        for name, charge_c in self._cell.charges_c(
            self._steps, (before_s, time_s), self.potential_v, self._oven.sample_k
        ).items():
            self._charges_c[name] = self._charges_c.get(name, 0.0) + charge_c

    def _shorten_history(self) -> None:
        """Merge the two oldest steps of a long history; their responses have become alike."""
        if len(self._steps) > LONGEST_HISTORY:
            (_, first_v), (since_s, second_v), *rest = self._steps
            self._steps = [(since_s, first_v + second_v), *rest]
