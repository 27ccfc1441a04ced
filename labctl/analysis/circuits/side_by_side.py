"""Different circuits evaluated together: what costs is the number of array operations, not their size.

The pieces that circuits join in series are few in kind: resistors, arcs, constant-phase elements. Pieces of
one kind are gathered from all circuits, evaluated in one go and added up where they belong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from labctl.analysis.circuits.circuit import Arc, Circuit, Join, Leaf, Node, parse_circuit
from labctl.analysis.numerics.arrays import ComplexArray, FloatArray, IndexArray


@dataclass(frozen=True, eq=False)
class _Gathered:
    """Pieces of one kind: the rows (m,) that have them, and the places of their parameters there (m, q).

    Rows repeat where a circuit has several; `turns` are slices without repetition.
    """

    piece: Node
    rows: IndexArray
    places: IndexArray
    turns: tuple[slice, ...]


@dataclass(frozen=True, eq=False)
class SideBySide:
    """A circuit for each of k rows, all evaluated together."""

    gathered: tuple[_Gathered, ...]
    width: int

    @classmethod
    def of(cls, circuits: Sequence[Circuit], circuit_of: IndexArray) -> "SideBySide":
        """The circuits of rows (k,), by their places in `circuits`."""
        width = max(len(circuit.names) for circuit in circuits)
        kinds: dict[Node, list[list[tuple[int, int]]]] = {}
        for which, circuit in enumerate(circuits):
            for piece, firsts in _pieces(circuit.description):
                turns = kinds.setdefault(piece, [])
                turns += [[] for _ in range(len(firsts) - len(turns))]
                for turn, first in zip(turns, firsts, strict=False):
                    turn.append((which, first))
        places = [np.flatnonzero(circuit_of == which) for which in range(len(circuits))]
        return cls(tuple(_gather(piece, turns, places) for piece, turns in kinds.items()), width)

    def evaluate(self, x: FloatArray, ln_w: FloatArray, dz: ComplexArray) -> ComplexArray:
        """Impedance (k, n) for log parameters x (k, width) at ln(omega) (k, n).

        Derivatives are written into dz (k, width, n), which is zero beyond the parameters of a circuit.
        """
        p = np.exp(x)
        z = np.zeros(ln_w.shape, complex)
        for one in self.gathered:
            rows = one.rows[:, None]
            own = np.empty((*one.places.shape, ln_w.shape[1]), complex)
            part = one.piece.evaluate(ln_w[one.rows], p[rows, one.places][:, :, None], own)
            dz[rows, one.places] = own
            for turn in one.turns:
                z[one.rows[turn]] += part[turn]
        return z


def _gather(piece: Node, turns: list[list[tuple[int, int]]], places: list[IndexArray]) -> _Gathered:
    rows, firsts, slices, begin = [], [], [], 0
    for turn in turns:
        own = np.concatenate([places[which] for which, _ in turn])
        rows.append(own)
        firsts.append(np.repeat([first for _, first in turn], [places[which].size for which, _ in turn]))
        slices.append(slice(begin, begin + own.size))
        begin += own.size
    inner = np.arange(piece.stop)
    return _Gathered(piece, np.concatenate(rows), np.concatenate(firsts)[:, None] + inner, tuple(slices))


@lru_cache(maxsize=256)
def _pieces(description: str) -> tuple[tuple[Node, tuple[int, ...]], ...]:
    """The kinds of pieces of a circuit, with the places of the first parameter of each piece."""
    found: dict[Node, list[int]] = {}
    for piece in parse_circuit(description).series:
        found.setdefault(_from_zero(piece, piece.first), []).append(piece.first)
    return tuple((kind, tuple(firsts)) for kind, firsts in found.items())


def _from_zero(piece: Node, first: int) -> Node:
    """The same piece without its label and with its first parameter at place 0."""
    if isinstance(piece, Leaf):
        return Leaf(piece.element, "", piece.first - first)
    branches = tuple(_from_zero(branch, first) for branch in piece.branches)
    return (Arc if isinstance(piece, Arc) else Join)(branches, piece.parallel)
