"""Relaxations in a fitted circuit: time constant and effective capacitance of each arc, and the electrode."""

from dataclasses import dataclass

import numpy as np

from labctl.analysis.circuits.circuit import parse_circuit
from labctl.analysis.circuits.elements import CPE_ADMITTANCE, RESISTANCE
from labctl.analysis.circuits.fit import CircuitFit
from labctl.analysis.circuits.pieces import Capacitive, Dispersion, ResistiveArc, pieces_of


@dataclass(frozen=True)
class Relaxation:
    """An arc of a fit: its resistance's name, its time constant and effective capacitance.

    tau = (R Q)^(1/n) and C = tau / R (Hsu & Mansfeld, Corrosion 57 (2001) 747, 10.5006/1.3280607).
    """

    name: str
    resistance_ohm: float
    time_s: float
    exponent: float

    @property
    def capacitance_f(self) -> float:
        """Effective capacitance."""
        return self.time_s / self.resistance_ohm


def relaxations(fit: CircuitFit) -> tuple[Relaxation, ...]:
    """The arcs of a fit, fastest first."""
    found = [_relaxation(fit, arc) for arc in pieces_of(fit.circuit).arcs]
    return tuple(sorted(found, key=lambda arc: arc.time_s))


def _relaxation(fit: CircuitFit, arc: ResistiveArc) -> Relaxation:
    resistance = fit.parameters[arc.resistance].value
    if isinstance(arc.beside, Dispersion):
        time_s, n = (fit.parameters[name].value for name in (arc.beside.time, arc.beside.exponent))
        return Relaxation(arc.resistance, resistance, time_s, n)
    q, n = _admittance(fit, arc.beside)
    log_tau = float(np.log(resistance) + np.log(q)) / n
    return Relaxation(arc.resistance, resistance, float(np.exp(min(log_tau, 600.0))), n)


def _admittance(fit: CircuitFit, element: Capacitive) -> tuple[float, float]:
    """Q and n of a CPE; C and 1 of a capacitor."""
    n = 1.0 if element.exponent is None else fit.parameters[element.exponent].value
    return fit.parameters[element.admittance].value, n


def electrode_relaxation(fit: CircuitFit) -> Relaxation | None:
    """Relaxation inside a blocking electrode: of its rail, or of its slow branch on the double layer."""
    pieces = pieces_of(fit.circuit)
    if pieces.electrode is None or pieces.spike is not None:
        return None
    circuit = parse_circuit(fit.circuit)
    names = circuit.names[pieces.electrode.first : pieces.electrode.stop]
    kinds = circuit.kinds[pieces.electrode.first : pieces.electrode.stop]
    if RESISTANCE not in kinds or CPE_ADMITTANCE not in kinds:
        return None
    name, q = names[kinds.index(RESISTANCE)], names[kinds.index(CPE_ADMITTANCE)]
    return _relaxation(fit, ResistiveArc(name, Capacitive(q, names[names.index(q) + 1])))


def electrode_reactance_ohm(fit: CircuitFit, omega: float) -> float:
    """-Z'' of the blocking electrode at omega; 0 when the circuit has none."""
    electrode, circuit = pieces_of(fit.circuit).electrode, parse_circuit(fit.circuit)
    if electrode is None:
        return 0.0
    p, dz = fit.values[:, None], np.empty((len(circuit.names), 1), complex)
    z = electrode.evaluate(np.array([np.log(omega)]), p, dz)
    return -float(np.imag(z[0]))


def electrode_capacitance_f(fit: CircuitFit) -> float:
    """Capacitance of the blocking electrodes at the lowest frequency; infinite when there are none."""
    omega = 2 * np.pi * float(fit.frequency_hz.min())
    reactance = electrode_reactance_ohm(fit, omega)
    return 1 / (omega * reactance) if reactance > 0 else float("inf")
