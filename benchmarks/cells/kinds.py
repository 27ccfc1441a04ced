"""The kinds of cell: how each is drawn, and whether a laboratory meets it every day.

Resistances follow from conductivity and geometry, capacitances from permittivity or from capacitance per
area, never the other way round. A draw is repeated until its window separates electrolyte and electrode
(`decidable`): the slowest arc of the electrolyte relaxes inside it, and the electrode has hardly begun there.
A cell for which nothing in the spectrum decides is not drawn.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from cells import elements
from cells.cell import Arc, Cell, Part
from cells.elements import Complex, Real

EPSILON_0 = 8.8541878128e-12
MOST_DRAWS = 5000
LONGEST_ELECTRODE = 0.3  # electrode over arc, at the apex of the electrolyte's slowest arc
INSIDE = 10.0  # the slowest arc's apex over the lowest frequency
CLOSED = 3.0  # electrode's reactance at the low end over both resistances
SEEN = 0.3  # reactance of a blocking electrode at the lowest frequency, over the electrolyte


@dataclass(frozen=True)
class Shape:
    """Thickness and area of a sample, and the permittivity of its bulk."""

    thickness_m: float
    area_m2: float
    permittivity: float

    @property
    def bulk_f(self) -> float:
        return EPSILON_0 * self.permittivity * self.area_m2 / self.thickness_m

    def of_area(self, uf_per_cm2: float) -> float:
        """Capacitance of an interface, F; two equal electrodes in series have half of it."""
        return uf_per_cm2 * 1e-2 * self.area_m2

    def of_layer(self, permittivity: float, thickness_m: float) -> float:
        """Capacitance of a layer on the whole area, F."""
        return EPSILON_0 * permittivity * self.area_m2 / thickness_m


def log(rng: Generator, low: float, high: float) -> float:
    """Drawn evenly in the logarithm."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def pellet(rng: Generator) -> Shape:
    return Shape(log(rng, 0.4e-3, 3e-3), log(rng, 0.2e-4, 2e-4), log(rng, 6, 60))


def tape(rng: Generator) -> Shape:
    return Shape(log(rng, 20e-6, 200e-6), log(rng, 0.5e-4, 4e-4), log(rng, 6, 60))


def window(rng: Generator, highest: tuple[float, ...] = (1e5, 1e6, 5e6, 1e7)) -> Real:
    """From the highest frequency to the lowest, 5 to 12 points for each decade."""
    top, low = np.log10(rng.choice(highest)), np.log10(rng.choice((1.0, 0.1, 0.01)))
    return np.logspace(top, low, round((top - low) * rng.uniform(5, 12)) + 1)


def bulk_of(rng: Generator, shape: Shape, s_cm: tuple[float, float] = (1e-8, 1e-3)) -> Arc:
    resistance = shape.thickness_m / (100 * log(rng, *s_cm) * shape.area_m2)
    return Arc(resistance, shape.bulk_f, a=rng.uniform(0.9, 1.0))


def boundary_of(rng: Generator, bulk: Arc, ratio: tuple[float, float] = (10, 300)) -> Arc:
    """Grain boundary: grain size over the thickness of the boundary is the ratio of the capacitances."""
    resistance = bulk.resistance_ohm * log(rng, 0.2, 5)
    return Arc(resistance, bulk.capacitance_f * log(rng, *ratio), a=rng.uniform(0.8, 0.97))


def spike(rng: Generator, shape: Shape) -> Part:
    """Double layers of both electrodes, 1 to 30 uF/cm2 each."""
    c, n = shape.of_area(log(rng, 1, 30)) / 2, rng.uniform(0.75, 0.97)
    return part(elements.constant_phase, c=c, n=n)


def part(law: Callable[..., Complex], **values: float) -> Part:
    return Part(law, values)


def in_series(first: Part, second: Part) -> Part:
    return replace(first, then=second)


def layer(r: float, c: float, n: float) -> Part:
    return part(elements.arc, r=r, c=c, a=n)


def cell(kind: str, rng: Generator, shape: Shape, electrolyte: tuple[Arc, ...], electrode: Part) -> Cell:
    return Cell(
        kind=kind,
        ordinary=False,
        electrolyte=electrolyte,
        electrode=electrode,
        thickness_m=shape.thickness_m,
        area_m2=shape.area_m2,
        declared="blocking",
        frequency_hz=window(rng),
        noise=log(rng, 5e-4, 1e-2),
    )


def _electrolyte(rng: Generator, shape: Shape, arcs: int | None = None) -> tuple[Arc, ...]:
    bulk = bulk_of(rng, shape)
    return (bulk, boundary_of(rng, bulk)) if (arcs or rng.integers(1, 3)) == 2 else (bulk,)


# Ordinary cells


def one_arc(rng: Generator) -> Cell:
    shape = pellet(rng)
    drawn = cell("one arc", rng, shape, _electrolyte(rng, shape, 1), spike(rng, shape))
    return replace(drawn, ordinary=True)


def two_arcs(rng: Generator) -> Cell:
    shape = pellet(rng)
    drawn = cell("two arcs", rng, shape, _electrolyte(rng, shape, 2), spike(rng, shape))
    return replace(drawn, ordinary=True)


def bulk_above(rng: Generator) -> Cell:
    """A good conductor: the arc relaxes above the window, cables show."""
    shape = pellet(rng)
    bulk = bulk_of(rng, shape, (1e-4, 1e-2))
    drawn = cell("arc above the window", rng, shape, (bulk,), spike(rng, shape))
    return replace(
        drawn, ordinary=True, lead_henry=log(rng, 1e-8, 1e-6), frequency_hz=window(rng, (1e5, 1e6))
    )


def reversible(rng: Generator, arcs: int = 1) -> Cell:
    """Metal electrodes with charge transfer at the double layer, and diffusion in it."""
    shape = pellet(rng)
    electrolyte = _electrolyte(rng, shape, arcs)
    r = electrolyte[0].resistance_ohm
    r_transfer, c = r * log(rng, 0.1, 5), shape.of_area(log(rng, 2, 20)) / 2
    diffusion = part(elements.finite_length, r=r * log(rng, 0.1, 2), tau=r_transfer * c * log(rng, 30, 3000))
    transfer = layer(r_transfer, c, rng.uniform(0.8, 0.97))
    kind = "reversible" if arcs == 1 else "reversible, two arcs"
    drawn = cell(kind, rng, shape, electrolyte, in_series(transfer, diffusion))
    if r_transfer * c * INSIDE * float(drawn.omega.min()) > 1:
        return reversible(rng, arcs)  # its arc does not close in this window
    return replace(drawn, ordinary=True, declared="reversible")


def reversible_two_arcs(rng: Generator) -> Cell:
    return reversible(rng, arcs=2)


# Cells that fool


def close_arcs(rng: Generator) -> Cell:
    shape = pellet(rng)
    bulk = bulk_of(rng, shape)
    second = Arc(bulk.resistance_ohm * log(rng, 0.3, 3), bulk.capacitance_f * log(rng, 3, 10), a=0.93)
    return cell("close arcs", rng, shape, (bulk, second), spike(rng, shape))


def _electrode(rng: Generator, shape: Shape, r: float, name: str) -> Part:
    """An electrode of a name, against an electrolyte of r ohm."""
    c, n = shape.of_area(log(rng, 1, 30)) / 2, rng.uniform(0.75, 0.97)
    if name == "branched":
        slow = {"r_slow": r * log(rng, 0.3, 10), "c_slow": c * log(rng, 0.3, 10)}
        return part(elements.branched, c=c, n=n, **slow)
    if name == "rough":
        return part(elements.line, r=r * log(rng, 0.1, 2), c=c, n=rng.uniform(0.85, 1.0))
    if name == "leaking":
        return part(elements.leaking, c=c, n=n, r_leak=r * log(rng, 0.5, 1e3))
    if name == "finite space":
        tau = r * c * log(rng, 0.1, 10)
        diffusion = part(elements.finite_space, r=r * log(rng, 0.1, 2), tau=tau)
        contact = layer(r * log(rng, 0.02, 0.3), shape.of_area(log(rng, 0.5, 5)), 0.9)
        return in_series(diffusion, contact) if rng.integers(2) else diffusion
    if name == "finite length":
        return part(elements.finite_length, r=r * log(rng, 0.3, 5), tau=r * c * log(rng, 1, 30))
    if name == "contact layer":
        arc = layer(r * log(rng, 0.1, 2), shape.of_area(log(rng, 0.3, 3)), rng.uniform(0.85, 1.0))
        return in_series(arc, part(elements.constant_phase, c=c, n=n))
    raise ValueError(f"no electrode {name!r}")


def with_electrode(name: str) -> Callable[[Generator], Cell]:
    def draw(rng: Generator) -> Cell:
        shape = pellet(rng)
        electrolyte = _electrolyte(rng, shape)
        r = sum(arc.resistance_ohm for arc in electrolyte)
        return cell(name, rng, shape, electrolyte, _electrode(rng, shape, r, name))

    return draw


def layer_under_spike(rng: Generator) -> Cell:
    """A layer at the electrode, 0.14 to 2 uF/cm2, smaller at its apex than the double layer's reactance."""
    shape = pellet(rng)
    electrolyte = _electrolyte(rng, shape, 1)
    arc = layer(electrolyte[0].resistance_ohm * log(rng, 0.1, 0.7), shape.of_area(log(rng, 0.14, 2.1)), 0.9)
    double = part(elements.constant_phase, c=shape.of_area(log(rng, 1, 4)) / 2, n=rng.uniform(0.75, 0.9))
    return cell("layer under the spike", rng, shape, electrolyte, in_series(arc, double))


def contact_gap(rng: Generator) -> Cell:
    """Contact over part of the area: the current narrows, and the gap of air, 20 to 100 nm, is beside it."""
    shape = pellet(rng)
    electrolyte = _electrolyte(rng, shape, 1)
    gap = shape.of_layer(1.0, log(rng, 20e-9, 100e-9))
    arc = layer(electrolyte[0].resistance_ohm * log(rng, 0.2, 1), gap, rng.uniform(0.9, 1.0))
    return cell("contact gap", rng, shape, electrolyte, in_series(arc, spike(rng, shape)))


def passivated(rng: Generator) -> Cell:
    """Metal electrodes under a layer of 0.15 to 0.9 um, between electrolyte and charge transfer."""
    shape = pellet(rng)
    electrolyte = _electrolyte(rng, shape, 1)
    r = electrolyte[0].resistance_ohm
    film = layer(r * log(rng, 0.3, 5), shape.of_layer(log(rng, 8, 12), log(rng, 0.15e-6, 0.9e-6)) / 2, 0.95)
    transfer = layer(r * log(rng, 0.05, 1), shape.of_area(log(rng, 2, 20)) / 2, 0.9)
    drawn = cell("passivated metal", rng, shape, electrolyte, in_series(film, transfer))
    return replace(drawn, declared="reversible")


def thin_tape(rng: Generator) -> Cell:
    """A thin, wide tape: its grain boundaries have up to 1e-6 F."""
    shape = tape(rng)
    bulk = bulk_of(rng, shape, (1e-8, 1e-4))
    boundary = boundary_of(rng, bulk)
    boundary = replace(boundary, capacitance_f=shape.of_area(log(rng, 0.02, 0.5)))
    return cell("thin tape", rng, shape, (bulk, boundary), spike(rng, shape))


def mixed_conductor(rng: Generator) -> Cell:
    """Blocked ions beside electrons, both beside the geometric capacitance."""
    shape = pellet(rng)
    ions = Arc(bulk_of(rng, shape).resistance_ohm, 0.0)
    electrons = ions.resistance_ohm * log(rng, 0.3, 100)
    drawn = cell("mixed conductor", rng, shape, (ions,), spike(rng, shape))
    return replace(drawn, beside=part(elements.arc, r=electrons, c=shape.bulk_f))


def leak_beside(rng: Generator) -> Cell:
    """A leak beside the sample: humidity on its rim, a contact across it."""
    shape = pellet(rng)
    electrolyte = _electrolyte(rng, shape)
    leak = sum(arc.resistance_ohm for arc in electrolyte) * log(rng, 3, 300)
    drawn = cell("leak beside the sample", rng, shape, electrolyte, spike(rng, shape))
    return replace(drawn, beside=part(elements.arc, r=leak, c=0.0))


def no_power_law(name: str) -> Callable[[Generator], Cell]:
    """Arcs that a constant phase element does not describe."""

    def draw(rng: Generator) -> Cell:
        shape = pellet(rng)
        plain = _electrolyte(rng, shape)
        shapes = {
            "Havriliak-Negami": {"a": rng.uniform(0.75, 0.95), "b": rng.uniform(0.5, 0.9)},
            "Cole-Davidson": {"a": 1.0, "b": rng.uniform(0.4, 0.8)},
            "Gaussian": {"a": 1.0, "b": 1.0, "width": rng.uniform(0.5, 2.0)},
        }
        return cell(name, rng, shape, tuple(replace(p, **shapes[name]) for p in plain), spike(rng, shape))

    return draw


def combination(rng: Generator) -> Cell:
    """A distributed arc, or two arcs, before an electrode that is not a constant phase element."""
    arcs = (close_arcs, two_arcs, *(no_power_law(name) for name in NO_POWER_LAWS))
    drawn = arcs[rng.integers(len(arcs))](rng)
    shape = Shape(drawn.thickness_m, drawn.area_m2, 1.0)
    names = [*ELECTRODES, "gap"]
    name = names[rng.integers(len(names))]
    if name == "gap":
        gap = layer(drawn.truth_ohm * log(rng, 0.2, 1), shape.of_layer(1.0, log(rng, 20e-9, 100e-9)), 0.95)
        electrode = in_series(gap, spike(rng, shape))
    else:
        electrode = _electrode(rng, shape, drawn.truth_ohm, name)
    return replace(drawn, kind="combination", ordinary=False, electrode=electrode)


def fast_diffusion(rng: Generator) -> Cell:
    """Randles: charge transfer and a diffusion hardly slower, both beside the double layer."""
    drawn = (reversible, reversible_two_arcs)[rng.integers(2)](rng)
    c, n = drawn.area_m2 * 1e-2 * log(rng, 2, 20) / 2, rng.uniform(0.8, 0.97)
    r = drawn.truth_ohm * log(rng, 0.1, 2)
    values = {"c": c, "n": n, "r": r, "r_slow": r * log(rng, 0.3, 3), "tau": r * c * log(rng, 3, 30)}
    electrode = Part(elements.randles, values)
    return replace(drawn, kind="fast diffusion", ordinary=False, electrode=electrode)


def one_side_blocks(rng: Generator) -> Cell:
    """Metal on one side, a blocking electrode on the other."""
    shape = pellet(rng)
    electrolyte = _electrolyte(rng, shape)
    r = electrolyte[0].resistance_ohm * log(rng, 0.1, 3)
    transfer = layer(r, shape.of_area(log(rng, 2, 20)), rng.uniform(0.8, 0.97))
    double = part(elements.constant_phase, c=shape.of_area(log(rng, 1, 30)), n=rng.uniform(0.75, 0.97))
    drawn = cell("one side blocks", rng, shape, electrolyte, in_series(transfer, double))
    return replace(drawn, declared="blocking/reversible")


def declared_wrongly(rng: Generator) -> Cell:
    """A reversible cell called blocking, or a blocking one called reversible."""
    drawn = (one_arc, two_arcs, reversible, reversible_two_arcs)[rng.integers(4)](rng)
    other = "reversible" if drawn.declared == "blocking" else "blocking"
    return replace(drawn, kind="declared wrongly", declared=other, ordinary=False)


def no_geometry(rng: Generator) -> Cell:
    """Thickness and area unknown; half of them with a contact layer."""
    drawn = with_electrode("contact layer")(rng) if rng.integers(2) else two_arcs(rng)
    return replace(drawn, kind="no geometry", ordinary=False, states_geometry=False)


def gain_error(rng: Generator) -> Cell:
    """An ordinary cell, and an analyser with a gain error of up to 0.5 % in each range."""
    drawn = (one_arc, two_arcs)[rng.integers(2)](rng)
    return replace(drawn, kind="analyser gain", ordinary=False, gain=0.005)


NO_POWER_LAWS = ("Havriliak-Negami", "Cole-Davidson", "Gaussian")
ELECTRODES = ("branched", "rough", "leaking", "finite space", "finite length", "contact layer")
ORDINARY: tuple[Callable[[Generator], Cell], ...] = (
    one_arc,
    two_arcs,
    bulk_above,
    reversible,
    reversible_two_arcs,
)
HARD: tuple[Callable[[Generator], Cell], ...] = (
    close_arcs,
    *(with_electrode(name) for name in ELECTRODES),
    layer_under_spike,
    contact_gap,
    passivated,
    thin_tape,
    mixed_conductor,
    leak_beside,
    *(no_power_law(name) for name in NO_POWER_LAWS),
    combination,
    fast_diffusion,
    one_side_blocks,
    declared_wrongly,
    no_geometry,
    gain_error,
)
ORDINARY_SHARE = 3  # each ordinary kind is drawn as often as this many hard kinds
SEQUENCE = (*ORDINARY * ORDINARY_SHARE, *HARD)


def drawn(seed: int, number: int) -> Cell:
    """Cell `number` of a seed: the kinds take turns."""
    return drawn_from(SEQUENCE[number % len(SEQUENCE)], np.random.default_rng([seed, number]))


def kind_of(number: int) -> str:
    """Name of the kind of cell `number`."""
    make = SEQUENCE[number % len(SEQUENCE)]
    return next(name for name, other in REGISTER.items() if other is make)


def drawn_from(kind: Callable[[Generator], Cell], rng: Generator) -> Cell:
    """The first decidable cell of a kind.

    Raises
    ------
    RuntimeError
        When no draw is decidable: the ranges of the kind cannot be right.
    """
    for _ in range(MOST_DRAWS):
        found = kind(rng)
        if decidable(found):
            return found
    raise RuntimeError("no decidable cell in as many draws as are allowed")


def decidable(cell: Cell) -> bool:
    """The slowest arc relaxes above the low end, the electrode is small there and visible at the low end."""
    if cell.electrode is None:
        return False
    slowest = max(cell.electrolyte, key=lambda arc: arc.time_s)
    apex = 1 / slowest.time_s if slowest.time_s > 0 else 1 / _electronic_time_s(cell)
    apex, lowest = min(apex, float(cell.omega.max())), float(cell.omega.min())
    at_apex, far_above, at_end = cell.electrode(np.array([apex, 1e6 * apex, lowest]))
    ends = apex > INSIDE * lowest and abs(at_apex - far_above) < LONGEST_ELECTRODE * slowest.resistance_ohm
    return bool(ends and abs(at_end) > SEEN * cell.truth_ohm and _closes(cell) and _readable(cell))


def _closes(cell: Cell) -> bool:
    """A path beside the cell is seen: the low end is past the apex of the arc that it makes."""
    if cell.beside is None or cell.electrode is None:
        return True
    path = float(cell.beside(np.array([1e-12])).real[0])
    at_end = abs(cell.electrode(np.array([float(cell.omega.min())]))[0])
    return at_end > CLOSED * (path + cell.truth_ohm)


def _electronic_time_s(cell: Cell) -> float:
    """R_i times the geometric capacitance, for a cell with that capacitance in parallel."""
    assert cell.beside is not None
    admittance = 1 / cell.beside(np.array([1e12]))
    return cell.truth_ohm * float(admittance.imag[0]) / 1e12


def _readable(cell: Cell) -> bool:
    """Within what an analyser reads, 1 ohm to 1e9 ohm, and no cable larger than the sample."""
    modulus = np.abs(cell.impedance())
    cable = float(cell.omega.max()) * cell.lead_henry
    return bool(modulus.max() < 1e9 and cell.truth_ohm > 1 and cable < cell.truth_ohm)


REGISTER: Mapping[str, Callable[[Generator], Cell]] = {
    drawn_from(make, np.random.default_rng(0)).kind: make for make in (*ORDINARY, *HARD)
}
