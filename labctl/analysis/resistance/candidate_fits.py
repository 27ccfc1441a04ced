"""Fits of every candidate circuit, with more starts and richer electrodes where they leave much."""

from collections.abc import Iterable, Mapping, Sequence

from labctl.analysis.circuits.circuit import parse_circuit
from labctl.analysis.circuits.elements import INDUCTANCE
from labctl.analysis.circuits.fit import CircuitFit, fit_problems, guesses
from labctl.analysis.numerics.residuals import looks_white
from labctl.analysis.resistance.candidates import (
    ARCS,
    BLOCKING,
    CANDIDATES,
    RICHER,
    RICHEST,
    blocks_at_the_end,
    conducts_at_the_end,
)
from labctl.analysis.resistance.judged_fit import CABLES, JudgedFit
from labctl.analysis.resistance.prepared import Prepared
from labctl.analysis.resistance.refits import (
    problems_of,
    refit_diffusions,
    refit_richer,
    refit_series_resistors,
)

NEAR = 12  # places in temperature on either side that share their circuits
STARTS, STARTS_OF_RICHER = 4, 8
MORE_STARTS = 20
NUMBERS_FOR_A_PARAMETER = 2  # of a richer electrode, at least
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
    refit_series_resistors(data, found)
    if not circuits:
        _try_richer_electrodes(data, found, neighbours)
    return found


def _try_richer_electrodes(
    data: Sequence[Prepared], found: Sequence[dict[str, CircuitFit]], neighbours: int
) -> None:
    """Add the fits of richer electrodes where the others leave more than a consistent spectrum allows."""
    poor = _in_need(data, found, neighbours)
    refit_diffusions([data[i] for i in poor], [found[i] for i in poor])
    poor = _in_need(data, found, neighbours)
    _add_fits(data, found, {i: _richer_candidates(data[i]) for i in poor})
    poor_data, poor_fits = [data[i] for i in poor], [found[i] for i in poor]
    refit_richer(poor_data, poor_fits)
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
    fitted = _fitted([data[i] for i in circuits], tried, STARTS_OF_RICHER)
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


def _better(one: CircuitFit, other: CircuitFit) -> CircuitFit:
    return other if other.rms < one.rms else one


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
    problems = problems_of(data, places)
    found: list[dict[str, CircuitFit]] = [{} for _ in data]
    fits = fit_problems(problems, guesses(problems, count))
    for (i, description), fit in zip(places, fits, strict=True):
        found[i][description] = fit
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
