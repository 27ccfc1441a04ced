"""Conductivity of grain boundaries, apparent and specific, which differ by their share of the thickness.

The apparent one divides the thickness of the whole sample by the boundaries' resistance. In the brick-layer
model the boundaries fill the share C_bulk / C_gb of the thickness where both have one permittivity, so that
the specific conductivity is the apparent one times C_bulk / C_gb (S. M. Haile, D. L. West & J. Campbell,
J. Mater. Res. 13 (1998) 1576, 10.1557/JMR.1998.0219).
"""

from dataclasses import dataclass

from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.resistance.conclusion import Resistance
from labctl.analysis.resistance.conductivity import conductivity


@dataclass(frozen=True)
class GrainBoundaryConductivity:
    """Conductivities of the grain boundaries in S/m.

    Attributes
    ----------
    apparent_s_m : Estimate
        By thickness and area of the whole sample.
    specific_s_m : Estimate
        Of the boundaries' own material, brick layer.
    """

    apparent_s_m: Estimate
    specific_s_m: Estimate


def grain_boundary_conductivity(
    found: Resistance, thickness_m: Estimate | float, area_m2: Estimate | float
) -> GrainBoundaryConductivity | None:
    """Return the conductivities of the grain boundaries; None where bulk and boundary are not both resolved.

    Raises
    ------
    ValueError
        As `conductivity`, for a thickness or an area that is not positive.
    """
    boundary = next((arc for arc in found.arcs if arc.name == "grain boundary"), None)
    if found.specific_boundary_ohm is None or boundary is None:
        return None
    apparent = conductivity(boundary.resistance_ohm, thickness_m, area_m2)
    return GrainBoundaryConductivity(
        apparent, conductivity(found.specific_boundary_ohm, thickness_m, area_m2)
    )
