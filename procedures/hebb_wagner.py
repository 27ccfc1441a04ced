"""Steady currents at potentials between a blocking and a reversible electrode, for electrons and holes.

The potential between the electrodes fixes the activity at the blocking one, so that the potentials are those
between the electrodes, and not steps above the potential at rest. Hebb, J. Chem. Phys. 20 (1952) 185;
Wagner, Z. Elektrochem. 60 (1956) 4. `labctl carriers` fits the curve.
"""

from typing import Any

from pymeasure.experiment import FloatParameter

from procedures.dc_polarisation import DCPolarisation
from procedures.parameters import FloatListParameter

FEWEST_POTENTIALS = 3


class HebbWagner(DCPolarisation):
    """At every temperature, consecutive holds at a list of potentials between the electrodes."""

    potentials_v: Any = FloatListParameter(
        "Potentials between the electrodes",
        units="V",
        minimum=-10,
        maximum=10,
        default=[-0.05, 0.05, 0.1, 0.15, 0.2],
    )
    decomposition_v: Any = FloatParameter(
        "Decomposition voltage, not to be reached (0 = not known)",
        units="V",
        minimum=0,
        maximum=10,
        default=0,
    )

    def step_v(self, potential_v: float, rest_v: float) -> float:
        """Return the step above the potential at rest that makes `potential_v` between the electrodes."""
        return potential_v - rest_v

    def holds(self) -> list[tuple[float, float]]:
        """Return (potential in V, maximum time in s) of every hold.

        Raises ValueError for unequal lists, fewer than three potentials, or a potential beyond decomposition.
        """
        if len(set(self.potentials_v)) < FEWEST_POTENTIALS:
            raise ValueError(f"potentials_v must hold {FEWEST_POTENTIALS} different potentials or more")
        if self.decomposition_v and max(map(abs, self.potentials_v)) >= self.decomposition_v:
            raise ValueError(f"potentials_v must stay below decomposition_v ({self.decomposition_v:g} V)")
        return super().holds()
