"""Parts of a circuit by what they are: resistor, arc, diffusion, spike. Read from the parsed tree."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from labctl.analysis.circuits.circuit import Circuit, Join, Leaf, Node, parse_circuit
from labctl.analysis.circuits.elements import (
    CAPACITANCE,
    CPE_ADMITTANCE,
    EXPONENT,
    INDUCTANCE,
    RESISTANCE,
    TIME,
    Kind,
)

ARC_IN_ONE = (RESISTANCE, TIME, EXPONENT)
DIFFUSION = (RESISTANCE, TIME)


@dataclass(frozen=True)
class Capacitive:
    """A capacitor or a CPE: name of its C or Q, and of its exponent; None for a capacitor (n = 1)."""

    admittance: str
    exponent: str | None


@dataclass(frozen=True)
class Dispersion:
    """A relaxation by the names of its time constant and its exponent."""

    time: str
    exponent: str


@dataclass(frozen=True)
class ResistiveArc:
    """A resistor beside a capacitor or a CPE, or one element with a resistance, a time and an exponent.

    Anything in series with the resistor is a part of it.
    """

    resistance: str
    beside: Capacitive | Dispersion


@dataclass(frozen=True)
class Pieces:
    """Pieces that a circuit joins in series, by the names of their parameters.

    Attributes
    ----------
    resistors : tuple of str
        Resistors in series with everything else.
    arcs : tuple of ResistiveArc
    diffusion_times : tuple of str
        Time constants of the elements that have one and are no arc.
    spike : Capacitive or None
        A capacitor or a CPE at the end of the series: a blocking electrode.
    unread : tuple of str
        Resistances of which it is not known whether they carry direct current through the sample.
    """

    resistors: tuple[str, ...]
    arcs: tuple[ResistiveArc, ...]
    diffusion_times: tuple[str, ...]
    spike: Capacitive | None
    unread: tuple[str, ...] = ()


@lru_cache(maxsize=256)
def pieces_of(description: str) -> Pieces:
    """Return the pieces of a circuit; raises ValueError where `parse_circuit` does."""
    circuit = parse_circuit(description)
    resistors = [piece for piece in circuit.series if _kinds(circuit, piece) == (RESISTANCE,)]
    arcs = [arc for piece in circuit.series if (arc := _arc(circuit, piece)) is not None]
    in_series = tuple(circuit.names[piece.first] for piece in resistors)
    of_arcs = [arc.beside.time for arc in arcs if isinstance(arc.beside, Dispersion)]
    read = {*in_series, *(arc.resistance for arc in arcs), *_without_direct_current(circuit)}
    return Pieces(
        resistors=in_series,
        arcs=tuple(arcs),
        diffusion_times=tuple(name for name in names_of_kinds(circuit, TIME) if name not in of_arcs),
        spike=_capacitive(circuit, circuit.series[-1]),
        unread=tuple(name for name in names_of_kinds(circuit, RESISTANCE) if name not in read),
    )


def names_of_kinds(circuit: Circuit, *kinds: Kind) -> tuple[str, ...]:
    """Return the names of the parameters of these kinds, in the order of the description."""
    return tuple(name for name, kind in zip(circuit.names, circuit.kinds, strict=True) if kind in kinds)


def _without_direct_current(circuit: Circuit) -> Iterator[str]:
    """Yield the resistances of diffusion, and those that an inductor bridges (cables)."""
    for leaf in (leaf for piece in circuit.series for leaf in _leaves(piece)):
        if _kinds(circuit, leaf) == DIFFUSION:
            yield circuit.names[leaf.first]
    for piece in circuit.series:
        if isinstance(piece, Join) and any(_kinds(circuit, one) == (INDUCTANCE,) for one in piece.branches):
            yield from circuit.names[piece.first : piece.stop]


def _arc(circuit: Circuit, piece: Node) -> ResistiveArc | None:
    """An arc of two branches has one capacitive branch, and one resistor in the branch beside it."""
    if isinstance(piece, Leaf):
        names = circuit.names[piece.first : piece.stop]
        is_arc = _kinds(circuit, piece) == ARC_IN_ONE
        return ResistiveArc(names[0], Dispersion(names[1], names[2])) if is_arc else None
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
