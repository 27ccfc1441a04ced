"""Simulated cells for Bruce-Vincent: electrodes that pass the cation, grow a layer, or block it.

Written without labctl. The share of the cation among the ions is drawn from 0.05 to 0.95; in one of three
cells electrons carry 0.01 to 0.2 of the current, which the laboratory knows. A fault breaks a presumption:

* growing layer: the layer on the electrodes grows by 0.3 to 3 times the resistance of the sample;
* blocked cation: no ion passes one electrode, or either of them.

Another ion than the cation that passes is no fault of the method that it could see: `other ion`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

FAULTS = ("", "growing layer", "blocked cation", "other ion")


@dataclass(frozen=True)
class Cell:
    """A cell between two electrodes: options of the rig's `carriers`, and what is true of it."""

    seed: int
    fault: str
    current_fraction: float
    shares: dict[str, float]
    time_constant_s: float
    carriers: dict[str, Any]


def draw(seed: int, fault: str = "") -> Cell:
    """Return the cell number `seed`, with a presumption broken or with none."""
    rng = np.random.default_rng([26, seed])
    electrons = float(rng.uniform(0.01, 0.2)) if rng.uniform() < 1 / 3 else 0.0
    fraction = float(rng.uniform(0.05, 0.95))
    time_constant_s = float(np.exp(rng.uniform(np.log(20.0), np.log(200.0))))
    layer = {"share": float(rng.uniform(0.05, 1.0))}
    cation, anion = "both", "none"
    if fault == "growing layer":
        layer |= {
            "growth_share": float(rng.uniform(0.3, 3.0)),
            "growth_time_s": time_constant_s * float(rng.uniform(5.0, 30.0)),
        }
    elif fault == "blocked cation":
        cation = str(rng.choice(["none", "working", "counter"]))
    elif fault == "other ion":
        cation, anion = "none", "both"
    shares = {"cation": (1 - electrons) * fraction, "anion": (1 - electrons) * (1 - fraction)}
    ions = {
        "Mg2+": {"share": shares["cation"], "charge": 2, "passes": cation},
        "Cl-": {"share": shares["anion"], "charge": -1, "passes": anion},
    }
    carriers = {"ions": ions, "polarisation_time_s": time_constant_s, "layer": layer, "electrons": electrons}
    return Cell(seed, fault, fraction, shares | {"electrons": electrons}, time_constant_s, carriers)
