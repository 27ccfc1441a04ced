"""Equivalent circuits from a description: `R0-p(R1,CPE1)-CPE2`.

`-` joins in series, `p(a,b,...)` in parallel; an element is a symbol and a label. Symbols: R, C, L, CPE
(1 / (Q (jw)^n)), W (semi-infinite Warburg, sqrt(2) A / sqrt(jw)), Ws and Wo (finite-length Warburg with a
short, tanh, and with an open end, coth), G (Gerischer). Parameters of an element with one are named after
it (`R1`); of one with several, with a suffix (`CPE1_Q`, `CPE1_n`, `Ws1_R`, `Ws1_tau`).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from labctl.analysis.elements import CPE_ADMITTANCE, ELEMENTS, Element, Kind
from labctl.analysis.spectrum import Array, ComplexArray, FloatArray

_TOKEN = re.compile(r"\s*(p\(|[-,()]|(?:CPE|Ws|Wo|[RCLWG])[A-Za-z0-9]*)")


@dataclass(frozen=True)
class Leaf:
    """One element with its label and the place of its first parameter."""

    element: Element
    name: str
    first: int

    @property
    def stop(self) -> int:
        """The place after its last parameter."""
        return self.first + len(self.element.parameters)

    def evaluate(self, ln_jw: Array, p: Array, dz: Array) -> Array:
        """Impedance (..., n) for p (..., parameters, 1); its derivatives are written into dz."""
        columns = tuple(p[..., i, :] for i in range(self.first, self.stop))
        z, derivatives = self.element.shape(ln_jw, columns)
        for i, derivative in enumerate(derivatives, self.first):
            dz[..., i, :] = derivative
        return z


@dataclass(frozen=True)
class Join:
    """Branches in series or in parallel."""

    branches: "tuple[Leaf | Join, ...]"
    parallel: bool

    @property
    def first(self) -> int:
        """The place of its first parameter."""
        return self.branches[0].first

    @property
    def stop(self) -> int:
        """The place after its last parameter."""
        return self.branches[-1].stop

    def evaluate(self, ln_jw: Array, p: Array, dz: Array) -> Array:
        """Impedance (..., n); its derivatives are written into dz (..., parameters, n)."""
        parts = [branch.evaluate(ln_jw, p, dz) for branch in self.branches]
        if not self.parallel:
            return sum(parts[1:], parts[0])
        admittances = [1 / part for part in parts]
        z = 1 / sum(admittances[1:], admittances[0])
        for branch, admittance in zip(self.branches, admittances, strict=True):
            share = z * admittance
            dz[..., branch.first : branch.stop, :] *= (share * share)[..., None, :]
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
        """What the top level joins in series."""
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
        return self.log_jacobian(np.log(np.asarray(parameters, float)), frequency_hz)[0].copy()

    def log_jacobian(
        self, log_parameters: ArrayLike, frequency_hz: ArrayLike
    ) -> tuple[ComplexArray, ComplexArray]:
        """Impedance (..., n) and its derivatives (..., p, n) with respect to the logarithms (..., p)."""
        x = np.asarray(log_parameters, float)
        if x.shape[-1:] != (len(self.names),):
            raise ValueError(f"parameters: {self.description} takes {len(self.names)}, got shape {x.shape}")
        omega = 2 * np.pi * np.asarray(frequency_hz, float)
        return self.evaluate(x, ln_j(omega))

    def evaluate(self, x: FloatArray, ln_jw: ComplexArray) -> tuple[ComplexArray, ComplexArray]:
        """The same for ln(j omega) (..., n) already at hand."""
        dz = np.empty((*x.shape, ln_jw.shape[-1]), complex)
        z = self.root.evaluate(ln_jw, np.exp(x)[..., None], dz)
        if z.shape != dz.shape[:-2] + dz.shape[-1:]:  # resistors alone
            z = np.broadcast_to(z, dz.shape[:-2] + dz.shape[-1:])
        return z, dz

    def to_si(self, x: FloatArray, z_scale_ohm: float, w_scale_rad_s: float) -> tuple[FloatArray, FloatArray]:
        """Logarithms of the SI parameters (..., p) of a circuit fitted in scaled units, with d(SI)/d(x).

        The second array (..., p, p) is the identity but for a CPE, whose Q in scaled units depends on n.
        """
        ln_z, ln_w = np.log(z_scale_ohm), np.log(w_scale_rad_s)
        shift = [k.impedance_power * ln_z + k.frequency_power * ln_w for k in self.kinds]
        si = x + np.array(shift)
        change = np.zeros((*x.shape, x.shape[-1])) + np.eye(x.shape[-1])
        for q in self._constant_phase_places():
            n = np.exp(x[..., q + 1])
            si[..., q] -= n * ln_w
            change[..., q, q + 1] = -n * ln_w
        return si, change

    def from_si(self, log_si: FloatArray, z_scale_ohm: float, w_scale_rad_s: float) -> FloatArray:
        """Logarithms in scaled units (..., p) from logarithms of SI parameters."""
        ln_w = np.log(w_scale_rad_s)
        shift = [k.impedance_power * np.log(z_scale_ohm) + k.frequency_power * ln_w for k in self.kinds]
        x = np.array(log_si, float) - np.array(shift)
        for q in self._constant_phase_places():
            x[..., q] += np.exp(x[..., q + 1]) * ln_w
        return x

    def _constant_phase_places(self) -> Iterator[int]:
        return (i for i, kind in enumerate(self.kinds) if kind is CPE_ADMITTANCE)


def ln_j(omega: FloatArray) -> ComplexArray:
    """ln(j omega) for positive angular frequencies."""
    return np.log(omega) + 0.5j * np.pi


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
        match = re.fullmatch(r"(CPE|Ws|Wo|[RCLWG])(\w*)", token)
        if match is None:
            raise self.error(f"an element is missing before {token!r}")
        return self.leaf(ELEMENTS[match.group(1)], token)

    def parallel(self) -> Node:
        branches = [self.series()]
        while self.peek() == ",":
            self.place += 1
            branches.append(self.series())
        if self.take() != ")":
            raise self.error("a ')' is missing")
        if len(branches) < 2:
            raise self.error("p() needs at least two branches")
        return Join(tuple(branches), parallel=True)

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
