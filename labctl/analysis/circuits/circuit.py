"""Equivalent circuits from a description: `R0-p(R1,CPE1)-CPE2`.

`-` joins in series, `p(a,b,...)` in parallel; an element is a symbol and a label. Symbols: R, C, L, CPE
(1 / (Q (jw)^n)), W (semi-infinite Warburg, sqrt(2) A / sqrt(jw)), Ws and Wo (finite-length Warburg with a
short, tanh, and with an open end, coth), TLM (transmission line of a rough electrode), G (Gerischer).
Parameters of an element with one are named after it (`R1`); of one with several, with a suffix (`CPE1_Q`,
`CPE1_n`, `Ws1_R`, `Ws1_tau`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import log

import numpy as np
from numpy.typing import ArrayLike

from labctl.analysis.circuits.elements import CPE_ADMITTANCE, ELEMENTS, QUARTER_TURN, Element, Kind
from labctl.analysis.numerics.arrays import Array, ComplexArray, FloatArray

_TOKEN = re.compile(r"\s*(p\(|[-,()]|[A-Za-z][A-Za-z0-9]*)")


@dataclass(frozen=True)
class Leaf:
    """One element with its label and the place of its first parameter."""

    element: Element
    name: str
    first: int

    @cached_property
    def stop(self) -> int:
        """The place after its last parameter."""
        return self.first + len(self.element.parameters)

    def evaluate(self, ln_w: Array, p: Array, dz: Array) -> Array:
        """Impedance (..., n) for p (..., parameters, 1); its derivatives are written into dz."""
        own = slice(self.first, self.stop)
        return self.element.impedance(ln_w, p[..., own, :], dz[..., own, :])


@dataclass(frozen=True)
class Join:
    """Branches in series or in parallel."""

    branches: "tuple[Leaf | Join, ...]"
    parallel: bool

    @cached_property
    def first(self) -> int:
        """The place of its first parameter."""
        return self.branches[0].first

    @cached_property
    def stop(self) -> int:
        """The place after its last parameter."""
        return self.branches[-1].stop

    def evaluate(self, ln_w: Array, p: Array, dz: Array) -> Array:
        """Impedance (..., n); its derivatives are written into dz (..., parameters, n)."""
        parts = [branch.evaluate(ln_w, p, dz) for branch in self.branches]
        if not self.parallel:
            return sum(parts[1:], parts[0])
        admittances = [1 / part for part in parts]
        z = 1 / sum(admittances[1:], admittances[0])
        for branch, admittance in zip(self.branches, admittances, strict=True):
            share = z * admittance
            dz[..., branch.first : branch.stop, :] *= (share * share)[..., None, :]
        return z


@dataclass(frozen=True)
class Arc(Join):
    """A resistor beside a CPE, the most frequent join by far, in closed form: R / (1 + R Q (jw)^n)."""

    def evaluate(self, ln_w: Array, p: Array, dz: Array) -> Array:
        """Impedance (..., n); its derivatives are written into dz (..., parameters, n)."""
        at_r, at_q, at_n = range(self.first, self.stop)
        r, q, n = p[..., at_r, :], p[..., at_q, :], p[..., at_n, :]
        rise, turn = n * ln_w, n * QUARTER_TURN
        resistor_share = 1 / (1 + np.exp(rise) * (np.exp(turn) * (r * q)))
        z = r * resistor_share
        by_r = np.multiply(z, resistor_share, out=dz[..., at_r, :])
        by_q = np.subtract(by_r, z, out=dz[..., at_q, :])
        np.multiply(by_q, rise + turn, out=dz[..., at_n, :])
        return z


Node = Leaf | Join


@dataclass(frozen=True)
class Circuit:
    """A parsed description. `names` and `kinds` follow the order in which the description names them."""

    description: str
    root: Node
    names: tuple[str, ...]
    kinds: tuple[Kind, ...]

    @property
    def series(self) -> tuple[Node, ...]:
        """The pieces that the top level joins in series."""
        if isinstance(self.root, Join) and not self.root.parallel:
            return self.root.branches
        return (self.root,)

    def index(self, name: str) -> int:
        """Place of the parameter called `name`; ValueError when there is none."""
        if name not in self.names:
            raise ValueError(f"{self.description} has no parameter {name!r}; it has {', '.join(self.names)}")
        return self.names.index(name)

    def impedance(self, parameters: ArrayLike, frequency_hz: ArrayLike) -> ComplexArray:
        """Impedance in ohm, (..., n), at frequency_hz (n,) for SI parameters (..., p), all positive."""
        return self.log_jacobian(np.log(np.asarray(parameters, float)), frequency_hz)[0]

    def log_jacobian(
        self, log_parameters: ArrayLike, frequency_hz: ArrayLike
    ) -> tuple[ComplexArray, ComplexArray]:
        """Impedance (..., n) and its derivatives (..., p, n) with respect to the logarithms (..., p)."""
        x = np.asarray(log_parameters, float)
        if x.shape[-1:] != (len(self.names),):
            raise ValueError(f"parameters: {self.description} takes {len(self.names)}, got shape {x.shape}")
        ln_w = np.log(2 * np.pi * np.asarray(frequency_hz, float))
        dz = np.empty((*x.shape, ln_w.size), complex)
        z = self.evaluate(x, ln_w, dz)
        return np.broadcast_to(z, dz.shape[:-2] + dz.shape[-1:]).astype(complex), dz

    def evaluate(self, x: FloatArray, ln_w: FloatArray, dz: ComplexArray) -> Array:
        """Impedance (..., n) for log parameters x (..., p) at ln(omega) (..., n); derivatives go into dz.

        The impedance is (..., 1) where it does not depend on the frequency.
        """
        return self.root.evaluate(ln_w, np.exp(x)[..., None], dz)

    def to_si(
        self, x: FloatArray, z_scale_ohm: ArrayLike, w_scale_rad_s: ArrayLike
    ) -> tuple[FloatArray, FloatArray]:
        """Logarithms of the SI parameters (..., p) of a circuit fitted in scaled units, with d(SI)/d(x).

        The scales are single or (...). The second array (..., p, p) is the identity except for a CPE: its Q
        in scaled units depends on n.
        """
        ln_z, ln_w = np.log(z_scale_ohm), np.log(w_scale_rad_s)
        impedance_power, frequency_power, admittances = self._scaling
        si: FloatArray = x + (ln_z[..., None] * impedance_power + ln_w[..., None] * frequency_power)
        change = np.zeros((*x.shape, x.shape[-1])) + self._identity
        for q in admittances:
            fall = -np.exp(x[..., q + 1]) * ln_w
            si[..., q] += fall
            change[..., q, q + 1] = fall
        return si, change

    def from_si(self, log_si: FloatArray, z_scale_ohm: float, w_scale_rad_s: float) -> FloatArray:
        """Logarithms in scaled units (..., p) from logarithms of SI parameters."""
        ln_z, ln_w = log(z_scale_ohm), log(w_scale_rad_s)
        impedance_power, frequency_power, admittances = self._scaling
        x = np.asarray(log_si, float) - (ln_z * impedance_power + ln_w * frequency_power)
        for q in admittances:
            x[..., q] += np.exp(x[..., q + 1]) * ln_w
        return x

    @cached_property
    def _identity(self) -> FloatArray:
        return np.eye(len(self.names))

    @cached_property
    def _scaling(self) -> tuple[FloatArray, FloatArray, tuple[int, ...]]:
        """Powers of the scales of impedance and frequency (p,), and the places of the CPEs' Q."""
        return (
            np.array([float(kind.impedance_power) for kind in self.kinds]),
            np.array([float(kind.frequency_power) for kind in self.kinds]),
            tuple(i for i, kind in enumerate(self.kinds) if kind is CPE_ADMITTANCE),
        )


@lru_cache(maxsize=256)
def parse_circuit(description: str) -> Circuit:
    """Read a circuit description; ValueError says where it stops making sense."""
    tokens = _tokens(description)
    parser = _Parser(description, tokens)
    root = parser.series()
    parser.expect_end()
    return Circuit(description, root, tuple(parser.names), tuple(parser.kinds))


def _tokens(description: str) -> list[str]:
    tokens, place, text = [], 0, description.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise ValueError(f"circuit {description!r}: cannot read {text[place:]!r}")
        tokens.append(match.group(1))
        place = match.end()
    return tokens


class _Parser:
    def __init__(self, description: str, tokens: Sequence[str]) -> None:
        self.description, self.tokens, self.place = description, tokens, 0
        self.names: list[str] = []
        self.kinds: list[Kind] = []

    def series(self) -> Node:
        branches = [self.single()]
        while self.peek() == "-":
            self.place += 1
            branches.append(self.single())
        return branches[0] if len(branches) == 1 else Join(tuple(branches), parallel=False)

    def single(self) -> Node:
        token = self.take()
        if token == "p(":
            return self.parallel()
        if not token[0].isalpha():
            raise self.error(f"an element is missing before {token!r}")
        symbol = max((known for known in ELEMENTS if token.startswith(known)), key=len, default=None)
        if symbol is None:
            raise self.error(f"cannot read {token!r}; the elements are {', '.join(ELEMENTS)}")
        return self.leaf(ELEMENTS[symbol], token)

    def parallel(self) -> Node:
        branches = [self.series()]
        while self.peek() == ",":
            self.place += 1
            branches.append(self.series())
        if self.take() != ")":
            raise self.error("a ')' is missing")
        if len(branches) < 2:
            raise self.error("p() needs at least two branches")
        return (Arc if _is_arc(branches) else Join)(tuple(branches), parallel=True)

    def leaf(self, element: Element, name: str) -> Leaf:
        leaf = Leaf(element, name, len(self.names))
        for suffix, kind in element.parameters:
            full = f"{name}_{suffix}" if suffix else name
            if full in self.names:
                raise self.error(f"{name} occurs twice")
            self.names.append(full)
            self.kinds.append(kind)
        return leaf

    def peek(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        if not token:
            raise self.error("it ends too early")
        self.place += 1
        return token

    def expect_end(self) -> None:
        if self.peek():
            raise self.error(f"{self.peek()!r} is not expected here")

    def error(self, problem: str) -> ValueError:
        return ValueError(f"circuit {self.description!r}: {problem}")


def _is_arc(branches: Sequence[Node]) -> bool:
    symbols = [branch.element.symbol for branch in branches if isinstance(branch, Leaf)]
    return len(branches) == 2 and symbols == ["R", "CPE"]
