"""Parts of a circuit by what they are: resistor, arc, diffusion, spike. Read from the parsed tree."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from labctl.analysis.circuits.circuit import Circuit, Join, Leaf, Node, parse_circuit
from labctl.analysis.circuits.elements import CAPACITANCE, CPE_ADMITTANCE, RESISTANCE, TIME, Kind


@dataclass(frozen=True)
class Capacitive:
    """A capacitor or a CPE: name of its C or Q, and of its exponent; None for a capacitor (n = 1)."""

    admittance: str
    exponent: str | None


@dataclass(frozen=True)
class ResistiveArc:
    """A resistor beside a capacitor or a CPE. Anything in series with the resistor is a part of it."""

    resistance: str
    beside: Capacitive


@dataclass(frozen=True)
class Pieces:
    """Pieces that a circuit joins in series, by the names of their parameters.

    Attributes
    ----------
    resistors : tuple of str
        Resistors in series with everything else.
    arcs : tuple of ResistiveArc
    diffusion_times : tuple of str
        Time constants of the elements that have one.
    spike : Capacitive or None
        A capacitor or a CPE at the end of the series: a blocking electrode.
    """

    resistors: tuple[str, ...]
    arcs: tuple[ResistiveArc, ...]
    diffusion_times: tuple[str, ...]
    spike: Capacitive | None


@lru_cache(maxsize=256)
def pieces_of(description: str) -> Pieces:
    """Return the pieces of a circuit; raises ValueError where `parse_circuit` does."""
    circuit = parse_circuit(description)
    resistors = [piece for piece in circuit.series if _kinds(circuit, piece) == (RESISTANCE,)]
    arcs = [_arc(circuit, piece) for piece in circuit.series if isinstance(piece, Join) and piece.parallel]
    return Pieces(
        resistors=tuple(circuit.names[piece.first] for piece in resistors),
        arcs=tuple(arc for arc in arcs if arc is not None),
        diffusion_times=names_of_kinds(circuit, TIME),
        spike=_capacitive(circuit, circuit.series[-1]),
    )


def names_of_kinds(circuit: Circuit, *kinds: Kind) -> tuple[str, ...]:
    """Return the names of the parameters of these kinds, in the order of the description."""
    return tuple(name for name, kind in zip(circuit.names, circuit.kinds, strict=True) if kind in kinds)


def _arc(circuit: Circuit, piece: Join) -> ResistiveArc | None:
    """An arc has one capacitive branch, and one resistor in the branch beside it."""
    beside = [found for branch in piece.branches if (found := _capacitive(circuit, branch))]
    resistors = [leaf for leaf in _leaves(piece) if _kinds(circuit, leaf) == (RESISTANCE,)]
    if len(piece.branches) != 2 or len(beside) != 1 or len(resistors) != 1:
        return None
    return ResistiveArc(circuit.names[resistors[0].first], beside[0])


def _capacitive(circuit: Circuit, piece: Node) -> Capacitive | None:
    if not isinstance(piece, Leaf) or piece.element.kinds[0] not in (CAPACITANCE, CPE_ADMITTANCE):
        return None
    names = circuit.names[piece.first : piece.stop]
    return Capacitive(names[0], names[1] if piece.element.kinds[0] is CPE_ADMITTANCE else None)


def _kinds(circuit: Circuit, piece: Node) -> tuple[Kind, ...]:
    return circuit.kinds[piece.first : piece.stop]


def _leaves(piece: Node) -> Iterator[Leaf]:
    if isinstance(piece, Leaf):
        yield piece
        return
    for branch in piece.branches:
        yield from _leaves(branch)
