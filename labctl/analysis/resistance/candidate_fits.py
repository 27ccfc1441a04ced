"""Fits of every candidate circuit, with more starts and richer electrodes where they leave much."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from labctl.analysis.circuits.circuit import parse_circuit
from labctl.analysis.circuits.elements import INDUCTANCE
from labctl.analysis.circuits.fit import CircuitFit, Problem, fit_problems, guesses
from labctl.analysis.circuits.pieces import pieces_of
from labctl.analysis.numerics.residuals import looks_white
from labctl.analysis.resistance.candidates import (
    ARCS,
    BLOCKING,
    BRANCHED,
    CANDIDATES,
    DIFFUSION_BEHIND,
    DIFFUSION_INSIDE,
    HEADS,
    RICHER,
    RICHEST,
    ROUGH,
    SLOWEST_ARC,
    THREE_ARCS,
    blocks_at_the_end,
    conducts_at_the_end,
)
from labctl.analysis.resistance.judged_fit import CABLES, JudgedFit
from labctl.analysis.resistance.prepared import Prepared
from labctl.analysis.resistance.relaxations import relaxations

NEAR = 12  # places in temperature on either side that share their circuits
STARTS = 4
MORE_STARTS = 20
FEW_ITERATIONS = 40  # of a richer electrode, or from the solution of a neighbour: enough, or hopeless
MUCH_WORSE = 1.5
NUMBERS_FOR_A_PARAMETER = 2  # of a richer electrode, at least
SLOWER, DIFFUSION_SHARE = (30.0, 1000.0), 0.3  # starts: diffusion over the slowest arc
INCOMPLETE = 3.0  # rms over what a Kramers-Kronig consistent chain leaves
LEAVES_MORE = 1.15  # the same, where richer electrodes are tried


def fit_candidates(
    data: Sequence[Prepared], circuits: Sequence[str] = (), *, neighbours: int = 0
) -> list[dict[str, CircuitFit]]:
    """Every candidate fitted to each spectrum, by its description; `circuits` instead of the usual ones.

    The first `neighbours` are of one series in rising temperature: what one of them needs is tried on those
    within NEAR places too.

    Where all of them leave far more than the Kramers-Kronig chain does, a minimum may have been missed: more
    starts are followed.
    """
    found = _fit_from(data, circuits, STARTS)
    missed = [i for i, fits in enumerate(found) if fits and is_incomplete(data[i], fits.values())]
    again = _fit_from([data[i] for i in missed], circuits, MORE_STARTS)
    for i, fits in zip(missed, again, strict=True):
        for description, fit in fits.items():
            found[i][description] = _better(found[i][description], fit)
    _refit_from_richer(data, found)
    if not circuits:
        _try_richer_electrodes(data, found, neighbours)
    return found


def _try_richer_electrodes(
    data: Sequence[Prepared], found: Sequence[dict[str, CircuitFit]], neighbours: int
) -> None:
    """Add the fits of richer electrodes where the others leave more than a consistent spectrum allows."""
    poor = _in_need(data, found, neighbours)
    _add_fits(data, found, {i: _richer_candidates(data[i]) for i in poor})
    poor_data, poor_fits = [data[i] for i in poor], [found[i] for i in poor]
    _refit_from_richer(poor_data, poor_fits)
    _refit_diffusion(poor_data, poor_fits)
    _refit_lines(poor_data, poor_fits)
    worse = [i for i in _in_need(data, found, neighbours) if data[i].cell.declared.blocks]
    _add_fits(data, found, {i: _decidable(data[i], _with_cables(data[i], RICHEST)) for i in worse})
    _try_other_electrodes(poor_data, poor_fits)


def _in_need(data: Sequence[Prepared], found: Sequence[dict[str, CircuitFit]], neighbours: int) -> list[int]:
    """Places where the fits leave too much, and those near them in the series of `neighbours`."""
    poor = [i for i, fits in enumerate(found) if fits and _leaves_more(data[i], fits.values())]
    near = {j for i in poor if i < neighbours for j in range(i - NEAR, i + NEAR + 1) if 0 <= j < neighbours}
    return sorted({*poor, *(j for j in near if found[j])})


def _add_fits(
    data: Sequence[Prepared], found: Sequence[dict[str, CircuitFit]], circuits: Mapping[int, Sequence[str]]
) -> None:
    """Fit circuits, given by place, that were not tried there."""
    tried = [tuple(c for c in of_one if c not in found[i]) for i, of_one in circuits.items()]
    fitted = _fitted([data[i] for i in circuits], tried, STARTS)
    for i, fits in zip(circuits, fitted, strict=True):
        found[i].update(fits)


def _try_other_electrodes(data: Sequence[Prepared], found: Sequence[dict[str, CircuitFit]]) -> None:
    """Add the plain circuits of the other kind of electrodes where no fit of those declared is sound."""
    lost = [i for i, fits in enumerate(found) if _soundest(data[i], fits.values()) is None]
    _add_fits(data, found, {i: _of_other_electrodes(data[i]) for i in lost})


def _of_other_electrodes(data: Prepared) -> tuple[str, ...]:
    """Circuits of the kind of electrodes that is not declared, where the spectrum allows them."""
    if not data.cell.declared.blocks:
        return _with_cables(data, BLOCKING)
    return _with_cables(data, CANDIDATES["reversible"]) if conducts_at_the_end(data.spectrum) else ()


def _refit_diffusion(data: Sequence[Prepared], found: Sequence[dict[str, CircuitFit]]) -> None:
    """Refit three arcs with diffusion behind them from solutions with diffusion inside the last or none."""
    both = [i for i, fits in enumerate(found) if DIFFUSION_BEHIND in fits and DIFFUSION_INSIDE in fits]
    inside = [start_values(found[i][DIFFUSION_INSIDE]) for i in both]
    starts = [{n.replace("Ws3", "Ws4"): v for n, v in own.items()} for own in inside]
    _refit(data, found, DIFFUSION_BEHIND, both, starts)
    arcs = [i for i, fits in enumerate(found) if DIFFUSION_BEHIND in fits and THREE_ARCS in fits]
    for slower in SLOWER:
        _refit(
            data, found, DIFFUSION_BEHIND, arcs, [_with_diffusion(found[i][THREE_ARCS], slower) for i in arcs]
        )


def _refit_lines(data: Sequence[Prepared], found: Sequence[dict[str, CircuitFit]]) -> None:
    """Refit a transmission line from a slow branch or a slow arc in its place that fits notably better."""
    for head in HEADS:
        line, branch, arc = f"{head}-{ROUGH}", f"{head}-{BRANCHED}", f"{head}-{SLOWEST_ARC}"
        for other, values_of in ((branch, _branch_as_line), (arc, _arc_as_line)):
            places = [i for i, fits in enumerate(found) if _is_notably_worse(fits, line, other)]
            starts = [values_of(start_values(found[i][other])) for i in places]
            _refit(data, found, line, places, starts)


def _is_notably_worse(fits: Mapping[str, CircuitFit], one: str, other: str) -> bool:
    return one in fits and other in fits and fits[one].rms > LEAVES_MORE * fits[other].rms


def _branch_as_line(values: Mapping[str, float]) -> dict[str, float]:
    """A line with the low-frequency limit of a slow branch: a third of its resistance, all capacitance."""
    exponent = max(values["CPE4_n"], values["CPE5_n"])
    admittance = values["CPE4_Q"] + values["CPE5_Q"]
    return {**values, "TLM4_R": 3 * values["R5"], "TLM4_Q": admittance, "TLM4_n": exponent}


def _arc_as_line(values: Mapping[str, float]) -> dict[str, float]:
    """A line with the low-frequency limit of an arc before a blocking electrode."""
    line = {"TLM4_R": 3 * values["R3"], "TLM4_Q": values["CPE4_Q"], "TLM4_n": values["CPE4_n"]}
    return {**values, **line}


def _refit(
    data: Sequence[Prepared],
    found: Sequence[dict[str, CircuitFit]],
    circuit: str,
    places: Sequence[int],
    starts: Sequence[Mapping[str, float]],
) -> None:
    """Refit a circuit to some spectra from the values given."""
    for i, fit in zip(places, fits_from([data[i] for i in places], circuit, starts), strict=True):
        found[i][circuit] = _better(found[i][circuit], fit)


def _with_diffusion(fit: CircuitFit, slower: float) -> dict[str, float]:
    """Values of three arcs, with a small diffusion that is slower than the slowest arc by a factor."""
    last = relaxations(fit)[-1]
    resistance_ohm, tau_s = DIFFUSION_SHARE * last.resistance_ohm, slower * last.time_s
    return {**start_values(fit), "Ws4_R": resistance_ohm, "Ws4_tau": tau_s}


def _leaves_more(data: Prepared, fits: Iterable[CircuitFit]) -> bool:
    """No sound fit comes near what noise and the Kramers-Kronig chain leave, or leaves but white noise."""
    best = _soundest(data, fits)
    if best is None:
        return True
    is_white = bool(looks_white(best.residuals.view(float)[None])[0])
    return best.rms > LEAVES_MORE * data.noise_rms and not is_white


def _soundest(data: Prepared, fits: Iterable[CircuitFit]) -> CircuitFit | None:
    """The fit with the smallest residuals of those that nothing speaks against."""
    by_rms = sorted(fits, key=lambda fit: fit.rms)
    return next((fit for fit in by_rms if not JudgedFit.of(fit, data.cell.declared).objections), None)


def _refit_from_richer(data: Sequence[Prepared], found: Sequence[dict[str, CircuitFit]]) -> None:
    """Refit a circuit that does much worse than with one more series resistor, from that one's solution."""
    for description in {d: None for fits in found for d in fits}:
        richer = {i: _much_better(description, fits) for i, fits in enumerate(found) if description in fits}
        starts = {i: start_values(fit) for i, fit in richer.items() if fit is not None}
        again = fits_from([data[i] for i in starts], description, list(starts.values()))
        for i, fit in zip(starts, again, strict=True):
            found[i][description] = _better(found[i][description], fit)


def _much_better(description: str, fits: dict[str, CircuitFit]) -> CircuitFit | None:
    """The fit with one more series resistor, where it does much better."""
    richer = _with_series_resistor(description, fits)
    return richer if richer is not None and richer.rms * MUCH_WORSE < fits[description].rms else None


def _with_series_resistor(description: str, fits: dict[str, CircuitFit]) -> CircuitFit | None:
    """The fit of the same circuit with one more resistor in series; None where it is no candidate."""
    return next((fits[other] for other in fits if _adds_series_resistor(description, other)), None)


@cache
def _adds_series_resistor(description: str, other: str) -> bool:
    names, others = set(parse_circuit(description).names), set(parse_circuit(other).names)
    added = others - names
    return len(added) == 1 and names < others and added <= {*pieces_of(other).resistors}


def _better(one: CircuitFit, other: CircuitFit) -> CircuitFit:
    return other if other.rms < one.rms else one


def fits_from(
    data: Sequence[Prepared], description: str, values: Sequence[Mapping[str, float]]
) -> list[CircuitFit]:
    """A circuit fitted to each spectrum from the values given for it."""
    problems = [Problem.of(one.spectrum, parse_circuit(description), "modulus") for one in data]
    starts = [problem.starts(own) for problem, own in zip(problems, values, strict=True)]
    return fit_problems(problems, starts, FEW_ITERATIONS)


def start_values(fit: CircuitFit) -> dict[str, float]:
    """Its parameters as a start for another fit."""
    return {name: max(estimate.value, 1e-300) for name, estimate in fit.parameters.items()}


def is_incomplete(data: Prepared, fits: Iterable[CircuitFit]) -> bool:
    """All fits leave far more than the Kramers-Kronig chain does."""
    return min(fit.rms for fit in fits) > INCOMPLETE * data.consistent_rms


def _fit_from(data: Sequence[Prepared], circuits: Sequence[str], count: int) -> list[dict[str, CircuitFit]]:
    return _fitted(data, [candidates_for(one, circuits) for one in data], count)


def _fitted(
    data: Sequence[Prepared], tried: Sequence[Sequence[str]], count: int
) -> list[dict[str, CircuitFit]]:
    """The circuits `tried` on each spectrum, fitted from `count` starts."""
    places = [(i, description) for i, of_one in enumerate(tried) for description in of_one]
    problems = _problems(data, places)
    found: list[dict[str, CircuitFit]] = [{} for _ in data]
    fits = fit_problems(problems, guesses(problems, count))
    for (i, description), fit in zip(places, fits, strict=True):
        found[i][description] = fit
    return found


def _problems(data: Sequence[Prepared], places: Sequence[tuple[int, str]]) -> list[Problem]:
    """The spectra and circuits named, each spectrum scaled once."""
    scaled: dict[int, Problem] = {}
    found: list[Problem] = []
    for i, description in places:
        circuit = parse_circuit(description)
        one = scaled.get(i)
        scaled[i] = one.with_circuit(circuit) if one else Problem.of(data[i].spectrum, circuit, "modulus")
        found.append(scaled[i])
    return found


def candidates_for(data: Prepared, circuits: Sequence[str] = ()) -> tuple[str, ...]:
    """The circuits worth trying on a spectrum: those its points can hold, with cables where they show.

    `circuits` stand in the place of the usual candidates and get no cables added.
    """
    if not data.enough:
        return ()
    if circuits:
        return tuple(c for c in circuits if 2 * len(data.spectrum) > len(parse_circuit(c).names) + 1)
    return _with_cables(data, _usual_candidates(data))


def _with_cables(data: Prepared, circuits: Sequence[str]) -> tuple[str, ...]:
    """The circuits that the points can hold, also with cables where these show."""
    if data.inductive:
        circuits = (*circuits, *(f"{CABLES}-{c}" for c in circuits if not _has_inductor(c)))
    return tuple(c for c in circuits if 2 * len(data.spectrum) > len(parse_circuit(c).names) + 1)


def _richer_candidates(data: Prepared) -> tuple[str, ...]:
    """Electrodes beyond the usual ones, with and without direct current where that was declared otherwise."""
    if data.cell.declared.blocks:
        conducts = RICHER["conducting"] if conducts_at_the_end(data.spectrum) else ARCS
        richer = (*RICHER["blocking"], *conducts)
    else:
        blocking = RICHER["blocking"] if blocks_at_the_end(data.spectrum) else ()
        richer = (*RICHER["reversible"], *blocking)
    return _decidable(data, _with_cables(data, richer))


def _decidable(data: Prepared, circuits: Sequence[str]) -> tuple[str, ...]:
    """Circuits of which each parameter has numbers enough in the spectrum.

    With fewer, Akaike's correction for few numbers costs a circuit more than its parameters can gain.
    """
    most = 2 * len(data.spectrum) // NUMBERS_FOR_A_PARAMETER
    return tuple(c for c in circuits if len(parse_circuit(c).names) <= most)


def _usual_candidates(data: Prepared) -> tuple[str, ...]:
    """Candidates of the declared electrodes, and of another kind that the spectrum shows."""
    if data.cell.declared.blocks:
        usual = CANDIDATES["blocking"]
        return (*usual, *ARCS) if conducts_at_the_end(data.spectrum) else usual
    usual = CANDIDATES["reversible"]
    return (*usual, *BLOCKING) if blocks_at_the_end(data.spectrum) else usual


def _has_inductor(description: str) -> bool:
    return INDUCTANCE in parse_circuit(description).kinds
