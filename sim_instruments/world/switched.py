"""Several cells in one oven behind a switch: what an analyser or potentiostat sees through its relays.

    Y(w) = sum_connected 1 / (Z_k + R_contact) + sum_others 1 / (Z_k + 1 / (1 / R_isolation + jw C_crosstalk))

Each cell is a little off the temperature of the sample's place: T_k = T + offset + share (T - T_room).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sim_instruments.world.cell import OPEN_OHM, SHORT_OHM, Cell


@dataclass
class PlacedCell:
    """One cell in the oven.

    Attributes
    ----------
    cell : Cell
    channels : frozenset[str]
        It is connected while all of them are closed.
    offset_k, offset_share : float
        Its temperature minus that of the sample's place: in a room, and more per kelvin above the room.
    contact_ohm : float
        Resistance of the closed relays and their contacts.
    """

    cell: Cell
    channels: frozenset[str]
    offset_k: float = 0.0
    offset_share: float = 0.0
    contact_ohm: float = 0.1

    def temperature_k(self, sample_k: float, ambient_k: float) -> float:
        """Temperature of this cell."""
        return sample_k + self.offset_k + self.offset_share * (sample_k - ambient_k)


@dataclass
class SwitchedCells:
    """The cells as one: has the members of `Cell`.

    `open` and `shorted` are switches for tests and faults: the leads in front of the relays. `swapped` are
    pairs of cells with exchanged cables, by name. `always` are cells that need no relay to be connected.
    """

    placed: Mapping[str, PlacedCell]
    ambient_k: float
    isolation_ohm: float
    crosstalk_f: float
    open: bool = False
    shorted: bool = False
    swapped: dict[str, str] = field(default_factory=dict)
    closed: Callable[[], frozenset[str]] = frozenset
    always: frozenset[str] = frozenset()

    @property
    def connected(self) -> tuple[str, ...]:
        """Names of the cells that are truly connected."""
        closed = self.closed()
        reached = [
            name
            for name, one in self.placed.items()
            if name in self.always or (one.channels and one.channels <= closed)
        ]
        return tuple(self.swapped.get(name, name) for name in reached)

    @property
    def connected_names(self) -> str:
        """The same as one text."""
        return ",".join(self.connected)

    def impedance_ohm(self, frequency_hz: float, temperature_k: float, age_s: float = 0.0) -> complex:
        """Impedance in ohm at one frequency in Hz; imaginary part negative when capacitive."""
        if self.open:
            return 1 / (1 / OPEN_OHM + 2j * math.pi * frequency_hz * 1e-13)
        if self.shorted:
            return complex(SHORT_OHM, 2 * math.pi * frequency_hz * 1e-7)
        connected = self.connected
        stray_ohm = 1 / (1 / self.isolation_ohm + 2j * math.pi * frequency_hz * self.crosstalk_f)
        admittance_s = 1 / OPEN_OHM + 0j
        for name, one in self.placed.items():
            own_k = one.temperature_k(temperature_k, self.ambient_k)
            between_ohm = one.contact_ohm if name in connected else stray_ohm
            admittance_s += 1 / (one.cell.impedance_ohm(frequency_hz, own_k, age_s) + between_ohm)
        return 1 / admittance_s

    def step_conductance_s(self, elapsed_s: float, temperature_k: float, age_s: float = 0.0) -> float:
        """Current per volt, S, `elapsed_s` after a step of potential."""
        if self.open:
            return 1 / OPEN_OHM
        if self.shorted:
            return 1 / SHORT_OHM
        connected = self.connected
        conductance_s = 1 / OPEN_OHM
        for name, one in self.placed.items():
            own_k = one.temperature_k(temperature_k, self.ambient_k)
            own_s = one.cell.step_conductance_s(elapsed_s, own_k, age_s)
            between_ohm = one.contact_ohm if name in connected else self.isolation_ohm
            conductance_s += own_s / (1 + own_s * between_ohm)
        return conductance_s

    def rest_potential_v(self, temperature_k: float, age_s: float = 0.0) -> float:
        """Potential without a current, where one cell is connected; 0 where none or several are."""
        one = self._alone()
        own_k = one.temperature_k(temperature_k, self.ambient_k) if one else 0.0
        return one.cell.rest_potential_v(own_k, age_s) if one else 0.0

    def electronic_a(self, potential_v: float, temperature_k: float) -> float:
        """Current of electrons in all connected cells that tell their carriers apart."""
        reached = [self.placed[name] for name in self.connected] if not (self.open or self.shorted) else []
        return sum(
            one.cell.electronic_a(potential_v, one.temperature_k(temperature_k, self.ambient_k))
            for one in reached
        )

    def charges_c(
        self,
        steps: Sequence[tuple[float, float]],
        between_s: tuple[float, float],
        potential_v: float,
        temperature_k: float,
    ) -> dict[str, float]:
        """Charge of each carrier of the one cell that is connected; empty where none or several are."""
        one = self._alone()
        if one is None:
            return {}
        own_k = one.temperature_k(temperature_k, self.ambient_k)
        return one.cell.charges_c(steps, between_s, potential_v, own_k)

    def _alone(self) -> PlacedCell | None:
        connected = self.connected
        whole = len(connected) == 1 and not (self.open or self.shorted)
        return self.placed[connected[0]] if whole else None

    def melt_if_hot(self, temperature_k: float) -> None:
        """Short each cell that is above its melting point."""
        for one in self.placed.values():
            one.cell.melt_if_hot(one.temperature_k(temperature_k, self.ambient_k))
