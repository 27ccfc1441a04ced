"""The ionic resistance of a spectrum, and how far to believe it.

Bad points are masked, every candidate circuit is fitted, impossible fits are ruled out, the Bayesian
information criterion with the effective number of points chooses, and the uncertainty holds the spread of
the circuits that are as good. The result is the total: the low-frequency end of the electrolyte's arcs.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from labctl.analysis.circuits.circuit import parse_circuit
from labctl.analysis.circuits.elements import INDUCTANCE
from labctl.analysis.circuits.fit import CircuitFit, Problem, fit_problems, guesses
from labctl.analysis.circuits.pieces import pieces_of
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.resistance.bound import Bound, bound_from_data, bound_from_range, is_open
from labctl.analysis.resistance.candidates import CANDIDATES, Electrodes, is_inductive, objections
from labctl.analysis.resistance.model_spread import Contender, with_model_spread
from labctl.analysis.resistance.parts import Arc, arc_flags, interphase, named_arcs, total
from labctl.analysis.resistance.plain_methods import minimum_of_reactance_ohm, spike_intercept_ohm
from labctl.analysis.spectra.bad_points import Judged, all_without_bad_points
from labctl.analysis.spectra.spectrum import Spectrum

FEWEST_POINTS = 6
STARTS = 4
MORE_STARTS = 20
MUCH_WORSE = 1.5
INCOMPLETE = 3.0  # rms over what a Kramers-Kronig consistent chain leaves
POOR_FIT = 0.03
RANGE_OHM = (1e-2, 1e10)
CABLES = "L0"


@dataclass(frozen=True)
class Candidate:
    """A circuit that was tried; `objections` says why it was ruled out, if it was."""

    circuit: str
    total_ohm: Estimate
    rms: float
    bic: float
    objections: tuple[str, ...]


@dataclass(frozen=True)
class Resistance:
    """The ionic resistance of one spectrum.

    Attributes
    ----------
    total_ohm : Estimate
        Bulk and grain boundaries together; the uncertainty holds noise, correlation of the residuals, the
        spread between plausible circuits and the uncertainty of a lead subtracted. nan when unknown.
    arcs : tuple of Arc
        The parts, fastest first: `series`, `bulk`, `grain boundary`, `interphase`.
    interphase_ohm : Estimate or None
        Sum of the interphase arcs (reversible electrodes).
    circuit : str
        Description of the chosen circuit; `""` when none was acceptable.
    bound : None, "lower" or "upper"
        When set, `total_ohm.value` is only that bound, not a resistance.
    flags : tuple of str
    intercept_ohm, minimum_ohm : float
        The plain methods: the spike's intercept, Z' at the minimum of -Z''; nan where they do not apply.
    candidates : tuple of Candidate
    fit : CircuitFit or None
    """

    total_ohm: Estimate
    arcs: tuple[Arc, ...]
    interphase_ohm: Estimate | None
    circuit: str
    bound: str | None
    flags: tuple[str, ...]
    intercept_ohm: float
    minimum_ohm: float
    candidates: tuple[Candidate, ...]
    fit: CircuitFit | None


def ionic_resistance(
    spectrum: Spectrum,
    electrodes: Electrodes = "blocking",
    *,
    lead_ohm: Estimate | float = 0.0,
    range_ohm: tuple[float, float] = RANGE_OHM,
) -> Resistance:
    """Ionic resistance of a spectrum of n points, without a person's choice.

    Parameters
    ----------
    spectrum : Spectrum
    electrodes : "blocking" or "reversible"
        Blocking (steel, gold): arcs, then a capacitive spike; all arcs count. Reversible (Li, Mg): arcs with
        more than 1e-7 F are the interphase and count separately, as does the diffusion that follows.
    lead_ohm : Estimate or float
        Resistance of the leads, from a measured short; it is taken off the total.
    range_ohm : (low, high)
        Range of the instrument; a resistance outside becomes a bound.

    Raises
    ------
    ValueError
        For an argument that makes no sense. A bad spectrum gives flags, never an error.
    """
    lead = checked_lead(lead_ohm)
    check_arguments(electrodes, range_ohm)
    data = prepare(spectrum)
    (fits,) = fit_candidates([data], electrodes)
    return conclude(data, list(fits.values()), electrodes, lead, range_ohm)


@dataclass(frozen=True)
class Prepared:
    """A spectrum without its bad points, highest frequency first, and the findings of the checks."""

    spectrum: Spectrum
    flags: tuple[str, ...]
    inductive: bool
    consistent_rms: float

    @property
    def enough(self) -> bool:
        """There are points enough for a circuit."""
        return len(self.spectrum) >= FEWEST_POINTS


def check_arguments(electrodes: str, range_ohm: tuple[float, float]) -> None:
    """ValueError for electrodes or a range that make no sense."""
    if electrodes not in CANDIDATES:
        raise ValueError(f"electrodes must be 'blocking' or 'reversible', got {electrodes!r}")
    if not 0 <= range_ohm[0] < range_ohm[1]:
        raise ValueError(f"range_ohm must be (low, high) with 0 <= low < high, got {range_ohm!r}")


def checked_lead(lead_ohm: Estimate | float) -> Estimate:
    """The lead as an Estimate; ValueError when it is negative or no number."""
    lead = lead_ohm if isinstance(lead_ohm, Estimate) else Estimate(float(lead_ohm), 0.0)
    if not (lead.value >= 0 and math.isfinite(lead.value) and math.isfinite(lead.standard_uncertainty)):
        raise ValueError(f"lead_ohm must be finite and not negative, got {lead!r}")
    return lead


def prepare(spectrum: Spectrum) -> Prepared:
    """Mask what cannot be used and test the rest for Kramers-Kronig consistency."""
    return prepare_all([spectrum])[0]


def prepare_all(spectra: Sequence[Spectrum]) -> list[Prepared]:
    """`prepare` for many spectra, tested together."""
    clean = [spectrum.cleaned() for spectrum in spectra]
    enough = [i for i, one in enumerate(clean) if len(one) >= FEWEST_POINTS]
    judged = dict(zip(enough, all_without_bad_points([clean[i] for i in enough]), strict=True))
    return [_prepared(spectrum, clean[i], judged.get(i)) for i, spectrum in enumerate(spectra)]


def _prepared(spectrum: Spectrum, clean: Spectrum, judged: Judged | None) -> Prepared:
    masked = len(spectrum) - len(clean)
    flags = [f"{masked} of {len(spectrum)} points masked: no valid reading"] if masked else []
    if judged is None:
        return Prepared(
            clean,
            (*flags, "too few usable points for a resistance"),
            inductive=False,
            consistent_rms=math.nan,
        )
    clean, test, left_out = judged
    flags += [f"point masked: {frequency:.4g} Hz does not belong to the spectrum" for frequency in left_out]
    inductive = is_inductive(clean.z_ohm.imag)
    if inductive:
        flags.append("inductive: the highest frequencies show the cables")
    return Prepared(clean, (*flags, *test.flags), inductive, test.rms)


def fit_candidates(
    data: Sequence[Prepared], electrodes: Electrodes, circuits: Sequence[str] = ()
) -> list[dict[str, CircuitFit]]:
    """Every candidate fitted to each spectrum, by its description; `circuits` instead of the usual ones.

    Where all of them leave far more than the Kramers-Kronig chain does, a minimum may have been missed: more
    starts are followed.
    """
    found = _fit_from(data, electrodes, circuits, STARTS)
    missed = [i for i, fits in enumerate(found) if fits and _is_incomplete(data[i], fits.values())]
    again = _fit_from([data[i] for i in missed], electrodes, circuits, MORE_STARTS)
    for i, fits in zip(missed, again, strict=True):
        for description, fit in fits.items():
            found[i][description] = _better(found[i][description], fit)
    _refit_from_richer(data, found)
    return found


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
    return fit_problems(problems, starts)


def start_values(fit: CircuitFit) -> dict[str, float]:
    """Its parameters as a start for another fit."""
    return {name: max(estimate.value, 1e-300) for name, estimate in fit.parameters.items()}


def _is_incomplete(data: Prepared, fits: Iterable[CircuitFit]) -> bool:
    return min(fit.rms for fit in fits) > INCOMPLETE * data.consistent_rms


def _fit_from(
    data: Sequence[Prepared], electrodes: Electrodes, circuits: Sequence[str], count: int
) -> list[dict[str, CircuitFit]]:
    found: list[dict[str, CircuitFit]] = [{} for _ in data]
    tried = [candidates_for(one, electrodes, circuits) for one in data]
    descriptions = {d: None for of_one in tried for d in of_one}
    scaled: dict[int, Problem] = {}
    for description in descriptions:
        circuit = parse_circuit(description)
        chosen = [i for i, of_one in enumerate(tried) if description in of_one]
        for i in chosen:
            one = scaled.get(i)
            of_spectrum = data[i].spectrum
            scaled[i] = one.with_circuit(circuit) if one else Problem.of(of_spectrum, circuit, "modulus")
        problems = [scaled[i] for i in chosen]
        for i, fit in zip(chosen, fit_problems(problems, guesses(problems, count)), strict=True):
            found[i][description] = fit
    return found


def candidates_for(data: Prepared, electrodes: Electrodes, circuits: Sequence[str] = ()) -> tuple[str, ...]:
    """The circuits worth trying on a spectrum: those its points can hold, with cables where they show.

    `circuits` stand in the place of the usual candidates and get no cables added.
    """
    if not data.enough:
        return ()
    if circuits:
        return tuple(c for c in circuits if 2 * len(data.spectrum) > len(parse_circuit(c).names) + 1)
    circuits = CANDIDATES[electrodes]
    if data.inductive:
        circuits = (*circuits, *(f"{CABLES}-{c}" for c in circuits if not _has_inductor(c)))
    return tuple(c for c in circuits if 2 * len(data.spectrum) > len(parse_circuit(c).names) + 1)


def _has_inductor(description: str) -> bool:
    return INDUCTANCE in parse_circuit(description).kinds


def conclude(
    data: Prepared,
    fits: Sequence[CircuitFit],
    electrodes: Electrodes,
    lead: Estimate,
    range_ohm: tuple[float, float],
) -> Resistance:
    """Rule out, choose, widen, take the lead off, and state a bound where there is no number."""
    if not fits:
        return _without_circuit(data, (), lead, range_ohm)
    ruled_out = [objections(fit, electrodes) for fit in fits]
    sound = [fit for fit, problems in zip(fits, ruled_out, strict=True) if not problems]
    points = min(sound or fits, key=lambda fit: fit.rms).effective_points
    candidates = tuple(
        Candidate(fit.circuit, total(fit, electrodes), fit.rms, fit.bic_for(points), problems)
        for fit, problems in zip(fits, ruled_out, strict=True)
    )
    sound = [fit for fit in sound if math.isfinite(total(fit, electrodes).value)]
    if not sound or is_open(data.spectrum):
        return _without_circuit(data, candidates, lead, range_ohm)
    best = min(sound, key=lambda fit: fit.bic_for(points))
    contenders = {fit.circuit: Contender(total(fit, electrodes), fit.bic_for(points)) for fit in sound}
    chosen = contenders.pop(best.circuit)
    widened, spread_flags = with_model_spread(chosen, list(contenders.values()))
    arcs = named_arcs(best, electrodes)
    poor = _quality_flags(data, best)
    found = Resistance(
        total_ohm=widened,
        arcs=arcs,
        interphase_ohm=_interphase_ohm(best, sound, electrodes, points),
        circuit=best.circuit,
        bound=None,
        flags=(*data.flags, *poor, *best.flags, *arc_flags(best, arcs), *spread_flags),
        intercept_ohm=spike_intercept_ohm(data.spectrum),
        minimum_ohm=minimum_of_reactance_ohm(data.spectrum),
        candidates=candidates,
        fit=best,
    )
    return _within_range(_without_lead(found, lead), range_ohm)


def _interphase_ohm(
    best: CircuitFit, sound: Sequence[CircuitFit], electrodes: Electrodes, points: float
) -> Estimate | None:
    """The best circuit's interphase, widened by the other circuits that have one."""
    chosen = interphase(best, electrodes)
    if chosen is None:
        return None
    others = [(interphase(fit, electrodes), fit.bic_for(points)) for fit in sound if fit is not best]
    contenders = [Contender(estimate, bic) for estimate, bic in others if estimate is not None]
    return with_model_spread(Contender(chosen, best.bic_for(points)), contenders)[0]


def _quality_flags(data: Prepared, best: CircuitFit) -> tuple[str, ...]:
    if best.rms > POOR_FIT:
        return (f"poor fit: residuals {best.rms:.1%}",)
    if _is_incomplete(data, [best]):
        allowed = data.consistent_rms
        return (f"circuit incomplete: residuals {best.rms:.2%}, a consistent spectrum allows {allowed:.2%}",)
    return ()


def _without_lead(found: Resistance, lead: Estimate) -> Resistance:
    if lead.value == 0 and lead.standard_uncertainty == 0:
        return found
    measured = found.total_ohm
    left = Estimate(
        measured.value - lead.value,
        math.hypot(measured.standard_uncertainty, lead.standard_uncertainty),
        measured.degrees_of_freedom,
    )
    return replace(found, total_ohm=left)


def _within_range(found: Resistance, range_ohm: tuple[float, float]) -> Resistance:
    bound = bound_from_range(found.total_ohm, range_ohm)
    return found if bound is None else _as_bound(found, bound)


def _as_bound(found: Resistance, bound: Bound) -> Resistance:
    sign = ">" if bound.side == "lower" else "<"
    flag = f"{bound.reason}: the resistance is {sign} {bound.resistance_ohm:.3g} ohm"
    limit = Estimate(bound.resistance_ohm, math.inf)
    return replace(found, total_ohm=limit, bound=bound.side, flags=(*found.flags, flag))


def _without_circuit(
    data: Prepared, candidates: tuple[Candidate, ...], lead: Estimate, range_ohm: tuple[float, float]
) -> Resistance:
    nothing = Resistance(
        total_ohm=Estimate(math.nan, math.nan),
        arcs=(),
        interphase_ohm=None,
        circuit="",
        bound=None,
        flags=data.flags,
        intercept_ohm=spike_intercept_ohm(data.spectrum),
        minimum_ohm=minimum_of_reactance_ohm(data.spectrum),
        candidates=candidates,
        fit=None,
    )
    bound = bound_from_data(data.spectrum) if data.enough else None
    if bound is None:
        flags = data.flags if not data.enough else (*data.flags, "no circuit describes this spectrum")
        return replace(nothing, flags=flags)
    if bound.side == "lower":
        limit = min(max(bound.resistance_ohm - lead.value, 0.0), range_ohm[1])
    else:
        limit = max(bound.resistance_ohm, range_ohm[0])
    return _as_bound(nothing, replace(bound, resistance_ohm=limit))
