"""Parts of a circuit by what they are: resistor, arc, diffusion, spike. Read from the parsed tree."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from labctl.analysis.circuits.circuit import Circuit, Join, Leaf, Node, parse_circuit
from labctl.analysis.circuits.elements import (
    CAPACITANCE,
    CPE_ADMITTANCE,
    EXPONENT,
    INDUCTANCE,
    RESISTANCE,
    TIME,
    WARBURG,
    Kind,
)

ARC_IN_ONE = (RESISTANCE, TIME, EXPONENT)
DIFFUSION = (RESISTANCE, TIME)
ZERO_FREQUENCY_LN, ENDLESS = -40.0, 1e6  # ln omega and impedance, with all parameters one


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
    electrode : Node or None
        The piece at the end of the series where it passes no direct current and stores charge: the spike, a
        transmission line, a double layer beside a slow branch.
    endless : tuple of str
        Parameters of diffusion in series that passes no direct current: semi-infinite, or against a wall.
    of_direct_current : tuple of str
        Resistances in series at zero frequency: resistors, arcs and diffusion to a reservoir.
    unread : tuple of str
        Resistances of which it is not known whether they carry direct current through the sample.
    """

    resistors: tuple[str, ...]
    arcs: tuple[ResistiveArc, ...]
    diffusion_times: tuple[str, ...]
    spike: Capacitive | None
    unread: tuple[str, ...] = ()
    electrode: Node | None = None
    endless: tuple[str, ...] = ()
    of_direct_current: tuple[str, ...] = ()


@lru_cache(maxsize=256)
def pieces_of(description: str) -> Pieces:
    """Return the pieces of a circuit; raises ValueError where `parse_circuit` does."""
    circuit = parse_circuit(description)
    resistors = [piece for piece in circuit.series if _kinds(circuit, piece) == (RESISTANCE,)]
    arcs = [arc for piece in circuit.series if (arc := _arc(circuit, piece)) is not None]
    in_series = tuple(circuit.names[piece.first] for piece in resistors)
    of_arcs = [arc.beside.time for arc in arcs if isinstance(arc.beside, Dispersion)]
    endless = [piece for piece in circuit.series if _is_endless(circuit, piece)]
    to_reservoir = [p for p in circuit.series if _kinds(circuit, p) == DIFFUSION and p not in endless]
    read = {*in_series, *(arc.resistance for arc in arcs), *_without_direct_current(circuit)}
    return Pieces(
        resistors=in_series,
        arcs=tuple(arcs),
        diffusion_times=tuple(name for name in names_of_kinds(circuit, TIME) if name not in of_arcs),
        spike=_capacitive(circuit, circuit.series[-1]),
        unread=tuple(name for name in names_of_kinds(circuit, RESISTANCE) if name not in read),
        electrode=circuit.series[-1] if _stores(circuit, circuit.series[-1]) else None,
        endless=tuple(circuit.names[piece.first] for piece in endless),
        of_direct_current=(
            *in_series,
            *(arc.resistance for arc in arcs),
            *(circuit.names[piece.first] for piece in to_reservoir),
        ),
    )


def names_of_kinds(circuit: Circuit, *kinds: Kind) -> tuple[str, ...]:
    """Return the names of the parameters of these kinds, in the order of the description."""
    return tuple(name for name, kind in zip(circuit.names, circuit.kinds, strict=True) if kind in kinds)


def _without_direct_current(circuit: Circuit) -> Iterator[str]:
    """Yield the resistances of diffusion, of blocking electrodes, and those an inductor bridges (cables)."""
    for leaf in (leaf for piece in circuit.series for leaf in _leaves(piece)):
        if _kinds(circuit, leaf) == DIFFUSION:
            yield circuit.names[leaf.first]
    for piece in circuit.series:
        if _stores(circuit, piece):
            yield from circuit.names[piece.first : piece.stop]
        if isinstance(piece, Join) and any(_kinds(circuit, one) == (INDUCTANCE,) for one in piece.branches):
            yield from circuit.names[piece.first : piece.stop]


def _stores(circuit: Circuit, piece: Node) -> bool:
    """No direct current passes, because every way through the piece ends in a capacitor or a CPE."""
    if isinstance(piece, Leaf):
        return not {CAPACITANCE, CPE_ADMITTANCE}.isdisjoint(_kinds(circuit, piece))
    return (all if piece.parallel else any)(_stores(circuit, branch) for branch in piece.branches)


def _is_endless(circuit: Circuit, piece: Node) -> bool:
    """Diffusion in series with an impedance that grows without end towards zero frequency."""
    if not isinstance(piece, Leaf) or _kinds(circuit, piece) not in ((WARBURG,), DIFFUSION):
        return False
    p, dz = np.ones((len(circuit.names), 1)), np.empty((len(circuit.names), 1), complex)
    return bool(abs(piece.evaluate(np.array([ZERO_FREQUENCY_LN]), p, dz)[0]) > ENDLESS)


def _arc(circuit: Circuit, piece: Node) -> ResistiveArc | None:
    """An arc of two branches has one capacitive branch, and one resistor in the branch beside it."""
    if isinstance(piece, Leaf):
        names = circuit.names[piece.first : piece.stop]
        is_arc = _kinds(circuit, piece) == ARC_IN_ONE
        return ResistiveArc(names[0], Dispersion(names[1], names[2])) if is_arc else None
    beside = [found for branch in piece.branches if (found := _capacitive(circuit, branch))]
    resistors = [leaf for leaf in _leaves(piece) if _kinds(circuit, leaf) == (RESISTANCE,)]
    if len(piece.branches) != 2 or len(beside) != 1 or len(resistors) != 1 or _stores(circuit, piece):
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
