"""Terminals of the cell: the current follows from the history of the applied potential."""

from sim_instruments.world.cell import Cell
from sim_instruments.world.oven import Oven
from sim_instruments.world.switched import SwitchedCells

SHORTEST_S = 1e-4
LONGEST_HISTORY = 64


class Terminals:
    """Connection of direct-current instruments to the cell.

    `connected` and `potential_v` are the true state of polarisation. The current is the sum of the responses
    to every step of potential since the cell was connected, at the present temperature. Its potential while
    disconnected is read as 0. What is left of an earlier polarisation flows again when it is connected: the
    open cell counts as one step, at the time of the disconnection, that leaves no current at the end.
    """

    def __init__(self, cell: Cell | SwitchedCells, oven: Oven) -> None:
        self._cell, self._oven = cell, oven
        self.connected = False
        self.potential_v = 0.0
        self._steps: list[tuple[float, float]] = []
        self._opened_s = self._open_v = self._seen_s = 0.0

    def hold(self, potential_v: float, time_s: float) -> None:
        """Connect the cell, if it is not connected, and hold it at a potential from `time_s` on."""
        self._seen_s = time_s
        if not self.connected:
            self.connected, self.potential_v = True, self._relaxed_v(time_s)
        change_v = potential_v - self.potential_v
        if change_v:
            self._steps.append((time_s, change_v))
            self._shorten_history()
        self.potential_v = potential_v

    def disconnect(self, time_s: float | None = None) -> None:
        """Open the cell circuit; without a time, when the current was last asked for."""
        if self.connected:
            self._opened_s, self._open_v = self._seen_s if time_s is None else time_s, self.potential_v
        self.connected, self.potential_v = False, 0.0

    def exchange(self, time_s: float) -> None:
        """Another cell is connected from `time_s` on; a potential that is held steps onto it."""
        self._steps = [(time_s, self.potential_v)] if self.connected and self.potential_v else []

    def _relaxed_v(self, time_s: float) -> float:
        """Potential of the cell that was open until now; adds the step that left it without a current."""
        if not self._steps:
            return 0.0
        open_s, temperature_k = max(time_s - self._opened_s, SHORTEST_S), self._oven.sample_k
        conductance_s = self._cell.step_conductance_s(open_s, temperature_k, time_s)
        if not conductance_s:
            self._steps = []
            return 0.0
        change_v = -self._sum_a(time_s) / conductance_s
        self._steps.append((self._opened_s, change_v))
        self._shorten_history()
        return self._open_v + change_v

    def current_a(self, time_s: float) -> float:
        """True current at `time_s`; zero while disconnected."""
        self._seen_s = time_s
        return self._sum_a(time_s) if self.connected else 0.0

    def _sum_a(self, time_s: float) -> float:
        temperature_k = self._oven.sample_k
        return sum(
            change_v * self._cell.step_conductance_s(max(time_s - since_s, SHORTEST_S), temperature_k, time_s)
            for since_s, change_v in self._steps
        )

    def _shorten_history(self) -> None:
        """Merge the two oldest steps of a long history; their responses have become alike."""
        if len(self._steps) > LONGEST_HISTORY:
            (_, first_v), (since_s, second_v), *rest = self._steps
            self._steps = [(since_s, first_v + second_v), *rest]
