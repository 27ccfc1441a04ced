"""Different circuits evaluated together: what costs is the number of array operations, not their size.

The pieces that circuits join in series are few in kind: resistors, arcs, constant-phase elements. Pieces of
one kind are gathered from all circuits, evaluated in one go and added up where they belong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

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

    @classmethod
    def of(cls, circuits: Sequence[Circuit], circuit_of: IndexArray) -> "SideBySide":
        """The circuits of rows (k,), by their places in `circuits`."""
        rows = [np.flatnonzero(circuit_of == which) for which in range(len(circuits))]
        kinds = _kinds(tuple(circuit.description for circuit in circuits))
        return cls(tuple(_gather(piece, turns, rows) for piece, turns in kinds))

    def evaluate(self, x: FloatArray, ln_w: FloatArray, dz: ComplexArray) -> ComplexArray:
        """Impedance (k, n) for log parameters x (k, p) at ln(omega) (k, n).

        Derivatives are written into dz (k, p, n), which is to be zero beyond the parameters of a circuit.
        """
        p = np.exp(x)
        z = np.zeros(ln_w.shape, complex)
        for one in self.gathered:
            if not one.rows.size:
                continue
            rows = one.rows[:, None]
            own = np.empty((*one.places.shape, ln_w.shape[1]), complex)
            part = one.piece.evaluate(ln_w[one.rows], p[rows, one.places][:, :, None], own)
            dz[rows, one.places] = own
            for turn in one.turns:
                z[one.rows[turn]] += part[turn]
        return z


Turn = tuple[tuple[int, int], ...]
"""Circuits that have one more piece of a kind, with the place of its first parameter in each."""


def _gather(piece: Node, turns: Sequence[Turn], rows_of: Sequence[IndexArray]) -> _Gathered:
    rows, firsts, ends = [], [], [0]
    for turn in turns:
        own = [rows_of[which] for which, _ in turn]
        rows += own
        firsts += [first for _, first in turn]
        ends.append(ends[-1] + sum(of_one.size for of_one in own))
    first = np.repeat(firsts, [of_one.size for of_one in rows])
    slices = tuple(slice(*pair) for pair in pairwise(ends))
    return _Gathered(piece, np.concatenate(rows), first[:, None] + np.arange(piece.stop), slices)


@lru_cache(maxsize=64)
def _kinds(descriptions: tuple[str, ...]) -> tuple[tuple[Node, tuple[Turn, ...]], ...]:
    """The kinds of pieces of some circuits, and where they are."""
    kinds: dict[Node, list[list[tuple[int, int]]]] = {}
    for which, description in enumerate(descriptions):
        for piece, firsts in _pieces(description):
            turns = kinds.setdefault(piece, [])
            turns += [[] for _ in range(len(firsts) - len(turns))]
            for turn, first in zip(turns, firsts, strict=False):
                turn.append((which, first))
    return tuple((piece, tuple(map(tuple, turns))) for piece, turns in kinds.items())


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
