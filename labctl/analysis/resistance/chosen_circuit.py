"""The parameters of the circuit that a resistance was taken from, without the arrays of its fit."""

from dataclasses import dataclass
from typing import Self

from labctl.analysis.circuits.circuit import parse_circuit
from labctl.analysis.circuits.fit import CircuitFit


@dataclass(frozen=True, slots=True)
class ChosenCircuit:
    """Parameters of a fitted circuit, in the order of its description.

    Attributes
    ----------
    names, units : tuple of str
    values, standard_uncertainties : tuple of float
        In SI units; the uncertainties are from the fit alone.
    frequency_min_hz, frequency_max_hz : float
        Of the points fitted.
    points : int
    rms : float
        Of the residuals divided by |Z|.
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    values: tuple[float, ...]
    standard_uncertainties: tuple[float, ...]
    frequency_min_hz: float
    frequency_max_hz: float
    points: int
    rms: float

    @classmethod
    def of(cls, fit: CircuitFit) -> Self:
        """Return the circuit of a fit."""
        circuit = parse_circuit(fit.circuit)
        return cls(
            circuit.names,
            tuple(kind.unit for kind in circuit.kinds),
            tuple(float(estimate.value) for estimate in fit.parameters.values()),
            tuple(float(estimate.standard_uncertainty) for estimate in fit.parameters.values()),
            float(fit.frequency_hz.min()),
            float(fit.frequency_hz.max()),
            int(fit.frequency_hz.size),
            float(fit.rms),
        )
