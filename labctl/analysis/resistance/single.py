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
from labctl.analysis.numerics.residuals import looks_white
from labctl.analysis.resistance.analyser_share import AnalyserShare, analyser_share
from labctl.analysis.resistance.bound import Bound, bound_from_data, bound_from_range, is_open
from labctl.analysis.resistance.candidates import (
    ARCS,
    BLOCKING,
    CANDIDATES,
    DIFFUSION_BEHIND,
    DIFFUSION_INSIDE,
    RICHER,
    RICHER_ALONE,
    WELL_INSIDE,
    blocks_at_the_end,
    conducts_at_the_end,
    electrode_tail,
    hidden,
    is_inductive,
    objections,
)
from labctl.analysis.resistance.judgement import (
    Declared,
    JudgedArc,
    Reading,
    Scales,
    interface_of,
    judged,
    judgement,
    resistances_of,
    total_of,
    with_spread,
)
from labctl.analysis.resistance.model_free import with_model_free
from labctl.analysis.resistance.model_spread import Contender, with_model_spread
from labctl.analysis.resistance.parts import Arc, arc_flags, named_arcs
from labctl.analysis.resistance.plain_methods import minimum_of_reactance_ohm, spike_intercept_ohm
from labctl.analysis.spectra.analyser_accuracy import AnalyserAccuracy
from labctl.analysis.spectra.bad_points import Judged, all_without_bad_points
from labctl.analysis.spectra.cell import Cell, electrode_sides
from labctl.analysis.spectra.fixture import without_declared_fixture
from labctl.analysis.spectra.spectrum import Spectrum

FEWEST_POINTS = 6
NEAR = 8  # places in temperature on either side that share their circuits
STARTS = 4
MORE_STARTS = 20
MUCH_WORSE = 1.5
INCOMPLETE = 3.0  # rms over what a Kramers-Kronig consistent chain leaves
LEAVES_MORE = 1.15  # the same, where richer electrodes are tried
AT_THE_NOISE = 1.5  # the same, where a richer electrode is taken at its word
SEVERAL_TIMES = 2.0
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
        The parts, fastest first: `series`, `bulk`, `grain boundary`, `interphase`, `electrode`.
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
    readings : tuple of Reading
        Meanings that the spectrum allows, that of `total_ohm` first; several where material and interface
        are both possible or where direct current passes. Their spread is in the interval of `total_ohm`.
    analyser : AnalyserShare or None
        Part of the uncertainty of `total_ohm` that the analyser's accuracy leaves; None: not stated, and not
        in the uncertainty.
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
    readings: tuple[Reading, ...] = ()
    analyser: AnalyserShare | None = None


def ionic_resistance(
    spectrum: Spectrum,
    electrodes: str | None = None,
    *,
    cell: Cell | None = None,
    lead_ohm: Estimate | float | None = None,
    range_ohm: tuple[float, float] = RANGE_OHM,
) -> Resistance:
    """Ionic resistance of a spectrum of n points, without a person's choice.

    Declarations (electrodes, geometry, leads) come from the arguments, then from `cell`, then from the
    spectrum's own cell. An argument that contradicts the spectrum's cell is used, with a flag.

    Parameters
    ----------
    spectrum : Spectrum
    electrodes : "blocking", "reversible" or "blocking/reversible", optional
        Of both sides. Blocking (steel, gold): arcs, then a capacitive spike. Reversible (Li, Mg): arcs and
        diffusion of the interphase after them. Blocking where nothing is declared.
    cell : Cell, optional
        Its thickness and area are the scales by which an arc counts as electrolyte or interface.
    lead_ohm : Estimate or float, optional
        Resistance of the leads, from a measured short; it is taken off the total.
    range_ohm : (low, high)
        Range of the instrument; a resistance outside becomes a bound.

    Raises
    ------
    ValueError
        For an argument that makes no sense. A bad spectrum gives flags, never an error.
    """
    return ionic_resistances([spectrum], electrodes, cell=cell, lead_ohm=lead_ohm, range_ohm=range_ohm)[0]


def ionic_resistances(
    spectra: Sequence[Spectrum],
    electrodes: str | None = None,
    *,
    cell: Cell | None = None,
    lead_ohm: Estimate | float | None = None,
    range_ohm: tuple[float, float] = RANGE_OHM,
) -> tuple[Resistance, ...]:
    """Ionic resistance of each of many spectra, fitted together: faster than one after the other.

    Arguments, errors and results are as in `ionic_resistance` for each spectrum; the spectra need not be
    of one sample and do not influence each other.
    """
    check_range(range_ohm)
    declared = [declared_for(spectrum, electrodes, cell, lead_ohm) for spectrum in spectra]
    spectra = [without_fixture(spectrum, cell, lead_ohm) for spectrum in spectra]
    data = prepare_all(spectra, declared)
    fits = fit_candidates(data)
    return tuple(conclude(one, list(own.values()), range_ohm) for one, own in zip(data, fits, strict=True))


@dataclass(frozen=True)
class Stated:
    """Declarations about a cell, its lead, and flags where arguments contradict the spectrum's own cell."""

    declared: Declared
    lead: Estimate
    flags: tuple[str, ...]
    analyser: AnalyserAccuracy | None = None


@dataclass(frozen=True)
class Prepared:
    """A spectrum without its bad points, highest frequency first, and the findings of the checks."""

    spectrum: Spectrum
    flags: tuple[str, ...]
    inductive: bool
    consistent_rms: float
    noise_rms: float
    cell: Stated

    @property
    def enough(self) -> bool:
        """There are points enough for a circuit."""
        return len(self.spectrum) >= FEWEST_POINTS


def check_range(range_ohm: tuple[float, float]) -> None:
    """ValueError for a range that makes no sense."""
    if not 0 <= range_ohm[0] < range_ohm[1]:
        raise ValueError(f"range_ohm must be (low, high) with 0 <= low < high, got {range_ohm!r}")


def declared_for(
    spectrum: Spectrum,
    electrodes: str | None,
    cell: Cell | None,
    lead_ohm: Estimate | float | None,
) -> Stated:
    """Declarations in force for the cell of a spectrum; raises ValueError as `ionic_resistance` does."""
    own = without_fixture(spectrum, cell, lead_ohm).cell or Cell()
    given = cell or Cell()
    sides = None if electrodes is None else electrode_sides(electrodes)
    stated = Cell(
        electrodes=sides or given.electrodes or own.electrodes,
        thickness_m=given.thickness_m or own.thickness_m,
        area_m2=given.area_m2 or own.area_m2,
    )
    lead = next((lead for lead in (lead_ohm, given.lead_ohm, own.lead_ohm) if lead is not None), 0.0)
    flags = _contradictions(replace(stated, lead_ohm=checked_lead(lead)), own)
    if own.fixture_short is not None or own.fixture_open is not None:
        flags = (*flags, "lead: given, so the fixture that the spectrum's sample states is not taken out")
    declared = Declared(stated.electrodes or ("blocking", "blocking"), Scales.of(stated))
    return Stated(declared, checked_lead(lead), flags, given.analyser or own.analyser)


def without_fixture(spectrum: Spectrum, cell: Cell | None, lead_ohm: Estimate | float | None) -> Spectrum:
    """The spectrum without the fixture that its cell declares; with leads given, as it is."""
    if lead_ohm is not None or (cell is not None and cell.lead_ohm is not None):
        return spectrum
    return without_declared_fixture(spectrum)


def _contradictions(used: Cell, own: Cell) -> tuple[str, ...]:
    """Name the values in use that differ from the spectrum's own cell."""
    names = {"electrodes": "electrodes", "thickness_m": "thickness", "area_m2": "area", "lead_ohm": "lead"}
    flags = []
    for name, words in names.items():
        asked, stated = getattr(used, name), getattr(own, name)
        if stated is not None and _value(asked) != _value(stated):
            flags.append(
                f"{words}: {_in_words(asked)} given, the spectrum's sample states {_in_words(stated)}"
            )
    return tuple(flags)


def _value(declared: object) -> object:
    return declared.value if isinstance(declared, Estimate) else declared


def _in_words(declared: object) -> str:
    value = _value(declared)
    return "/".join(dict.fromkeys(value)) if isinstance(value, tuple) else f"{value:g}"


def checked_lead(lead_ohm: Estimate | float) -> Estimate:
    """The lead as an Estimate; ValueError when it is negative or no number."""
    lead = lead_ohm if isinstance(lead_ohm, Estimate) else Estimate(float(lead_ohm), 0.0)
    if not (lead.value >= 0 and math.isfinite(lead.value) and math.isfinite(lead.standard_uncertainty)):
        raise ValueError(f"lead_ohm must be finite and not negative, got {lead!r}")
    return lead


def prepare(spectrum: Spectrum, stated: Stated | None = None) -> Prepared:
    """Mask what cannot be used and test the rest for Kramers-Kronig consistency."""
    return prepare_all([spectrum], [stated or declared_for(spectrum, None, None, None)])[0]


def prepare_all(spectra: Sequence[Spectrum], stated: Sequence[Stated]) -> list[Prepared]:
    """`prepare` for many spectra, tested together."""
    clean = [spectrum.cleaned() for spectrum in spectra]
    enough = [i for i, one in enumerate(clean) if len(one) >= FEWEST_POINTS]
    tested = dict(zip(enough, all_without_bad_points([clean[i] for i in enough]), strict=True))
    return [
        _prepared(spectrum, clean[i], tested.get(i), of_one)
        for i, (spectrum, of_one) in enumerate(zip(spectra, stated, strict=True))
    ]


def _prepared(spectrum: Spectrum, clean: Spectrum, tested: Judged | None, stated: Stated) -> Prepared:
    masked = len(spectrum) - len(clean)
    flags = [*stated.flags]
    if masked:
        flags.append(f"{masked} of {len(spectrum)} points masked: no valid reading")
    if tested is None:
        return Prepared(
            clean,
            (*flags, "too few usable points for a resistance"),
            inductive=False,
            consistent_rms=math.nan,
            noise_rms=math.nan,
            cell=stated,
        )
    clean, test, left_out = tested
    flags += [f"point masked: {frequency:.4g} Hz does not belong to the spectrum" for frequency in left_out]
    inductive = is_inductive(clean.z_ohm.imag)
    if inductive:
        flags.append("inductive: the highest frequencies show the cables")
    noise_rms = min(test.rms, test.noise)
    return Prepared(clean, (*flags, *test.flags), inductive, test.rms, noise_rms, stated)


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
    missed = [i for i, fits in enumerate(found) if fits and _is_incomplete(data[i], fits.values())]
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
    poor = [i for i, fits in enumerate(found) if fits and _leaves_more(data[i], fits.values())]
    near = {j for i in poor if i < neighbours for j in range(i - NEAR, i + NEAR + 1) if 0 <= j < neighbours}
    poor = sorted({*poor, *(j for j in near if found[j])})
    tried = [tuple(c for c in _richer_candidates(data[i]) if c not in found[i]) for i in poor]
    for i, fits in zip(poor, _fitted([data[i] for i in poor], tried, STARTS), strict=True):
        found[i].update(fits)
    poor_data, poor_fits = [data[i] for i in poor], [found[i] for i in poor]
    _refit_from_richer(poor_data, poor_fits)
    _refit_diffusion(poor_data, poor_fits)


def _refit_diffusion(data: Sequence[Prepared], found: Sequence[dict[str, CircuitFit]]) -> None:
    """Refit three arcs with diffusion behind them from the solution with diffusion inside the last one."""
    both = [i for i, fits in enumerate(found) if DIFFUSION_BEHIND in fits and DIFFUSION_INSIDE in fits]
    inside = [start_values(found[i][DIFFUSION_INSIDE]) for i in both]
    values = [{name.replace("Ws3", "Ws4"): value for name, value in own.items()} for own in inside]
    for i, fit in zip(both, fits_from([data[i] for i in both], DIFFUSION_BEHIND, values), strict=True):
        found[i][DIFFUSION_BEHIND] = _better(found[i][DIFFUSION_BEHIND], fit)


def _leaves_more(data: Prepared, fits: Iterable[CircuitFit]) -> bool:
    """No sound fit comes near what noise and the Kramers-Kronig chain leave, or leaves but white noise."""
    declared = data.cell.declared
    by_rms = sorted(fits, key=lambda fit: fit.rms)
    best = next((fit for fit in by_rms if not JudgedFit.of(fit, declared).objections), None)
    if best is None:
        return True
    is_white = bool(looks_white(best.residuals.view(float)[None])[0])
    return best.rms > LEAVES_MORE * data.noise_rms and not is_white


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


def _fit_from(data: Sequence[Prepared], circuits: Sequence[str], count: int) -> list[dict[str, CircuitFit]]:
    return _fitted(data, [candidates_for(one, circuits) for one in data], count)


def _fitted(
    data: Sequence[Prepared], tried: Sequence[Sequence[str]], count: int
) -> list[dict[str, CircuitFit]]:
    """The circuits `tried` on each spectrum, fitted from `count` starts."""
    found: list[dict[str, CircuitFit]] = [{} for _ in data]
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
        return _with_cables(data, (*RICHER["blocking"], *conducts))
    blocking = RICHER["blocking"] if blocks_at_the_end(data.spectrum) else ()
    return _with_cables(data, (*RICHER["reversible"], *blocking))


def _usual_candidates(data: Prepared) -> tuple[str, ...]:
    """Candidates of the declared electrodes, and of another kind that the spectrum shows."""
    if data.cell.declared.blocks:
        usual = CANDIDATES["blocking"]
        return (*usual, *ARCS) if conducts_at_the_end(data.spectrum) else usual
    usual = CANDIDATES["reversible"]
    return (*usual, *BLOCKING) if blocks_at_the_end(data.spectrum) else usual


def _has_inductor(description: str) -> bool:
    return INDUCTANCE in parse_circuit(description).kinds


@dataclass(frozen=True)
class JudgedFit:
    """A fit with the meaning of its arcs, and what speaks against it.

    Where the electrode's dispersion reaches the highest frequency, the electrolyte ends somewhere between the
    series resistors and the smallest Z': that is in the uncertainty of the total.
    """

    fit: CircuitFit
    arcs: tuple[JudgedArc, ...]
    total_ohm: Estimate
    objections: tuple[str, ...]

    @classmethod
    def of(cls, fit: CircuitFit, declared: Declared) -> "JudgedFit":
        """Judge a fit."""
        arcs = judged(fit, declared)
        total = total_of(fit, arcs)
        tail_ohm = max(electrode_tail(fit, arcs), 0.0) * total.value
        u = math.hypot(total.standard_uncertainty, tail_ohm / math.sqrt(3))
        widened = Estimate(total.value, u, total.degrees_of_freedom)
        return cls(fit, arcs, widened, objections(fit, arcs, declared))

    def with_hidden_arcs(self) -> "JudgedFit":
        """The same without the objection to arcs under the spike, which become ambiguous instead."""
        lowest_s = WELL_INSIDE / (2 * math.pi * float(self.fit.frequency_hz.max()))
        seen = [arc for arc in self.arcs if arc.relaxation.time_s > lowest_s]
        names = {hidden(arc.relaxation.name) for arc in seen} & {*self.objections}
        under = [hidden(arc.relaxation.name) in names for arc in self.arcs]
        arcs = tuple(
            replace(arc, ambiguous=arc.ambiguous or is_under)
            for arc, is_under in zip(self.arcs, under, strict=True)
        )
        left = tuple(words for words in self.objections if words not in names)
        return replace(self, arcs=arcs, objections=left)


def _sound(data: Prepared, tried: Sequence[JudgedFit]) -> list[JudgedFit]:
    """The fits that nothing speaks against, and fits with a hidden arc where all others fit far worse.

    Such an arc may be the electrode's dispersion: it counts as ambiguous. A richer electrode counts where it
    fits at the noise, or much better than every usual circuit; else it bends what none of them describes.
    """
    sound = [one for one in tried if not one.objections]
    usual = min((one.fit.rms for one in sound if not _is_richer(one)), default=math.inf)
    sound = [one for one in sound if not _is_richer(one) or _counts(one, data.noise_rms, usual)]
    least = min((one.fit.rms for one in sound), default=math.inf)
    acquitted = [one.with_hidden_arcs() for one in tried if one.fit.rms * SEVERAL_TIMES < least]
    return [*sound, *(one for one in acquitted if not one.objections)]


@dataclass(frozen=True)
class Choice:
    """Choice of the neighbours in a series: circuit, `""` for none, and the meaning of ambiguous arcs."""

    circuit: str = ""
    material_f: float | None = None
    flags: tuple[str, ...] = ()


def _is_richer(one: JudgedFit) -> bool:
    return one.fit.circuit.removeprefix(f"{CABLES}-") in RICHER_ALONE


def _counts(one: JudgedFit, noise_rms: float, usual_rms: float) -> bool:
    return one.fit.rms < AT_THE_NOISE * noise_rms or one.fit.rms * SEVERAL_TIMES < usual_rms


def sound_fits(data: Prepared, fits: Sequence[CircuitFit]) -> tuple[list[JudgedFit], float]:
    """The fits that nothing speaks against, and the number of points by which they are compared."""
    sound = _sound(data, [JudgedFit.of(fit, data.cell.declared) for fit in fits])
    return sound, min((one.fit for one in sound), key=lambda fit: fit.rms).effective_points if sound else 0.0


def conclude(
    data: Prepared, fits: Sequence[CircuitFit], range_ohm: tuple[float, float], choice: Choice | None = None
) -> Resistance:
    """Rule out, choose, widen, take the lead off, and state a bound where there is no number."""
    choice = choice or Choice()
    declared = replace(data.cell.declared, decided_f=choice.material_f)
    tried = [JudgedFit.of(fit, declared) for fit in fits]
    if not tried:
        return _without_circuit(data, (), range_ohm)
    sound = _sound(data, tried)
    points = min(sound or tried, key=lambda one: one.fit.rms).fit.effective_points
    candidates = tuple(
        Candidate(one.fit.circuit, one.total_ohm, one.fit.rms, one.fit.bic_for(points), one.objections)
        for one in tried
    )
    if not sound or is_open(data.spectrum, declared.scales.electrode_f):
        return _without_circuit(data, candidates, range_ohm)
    together = [one for one in sound if one.fit.circuit == choice.circuit]
    best = min(together or sound, key=lambda one: one.fit.bic_for(points))
    others = [one for one in sound if one is not best]
    contenders = [Contender(one.total_ohm, one.fit.bic_for(points)) for one in others]
    chosen = Contender(best.total_ohm, best.fit.bic_for(points))
    widened, spread_flags = with_model_spread(chosen, contenders)
    shape_flags: tuple[str, ...] = ()
    if all(arc.material for arc in best.arcs):  # without a circuit an electrode's arc would count
        widened, shape_flags = with_model_free(widened, data.spectrum, best.fit, data.consistent_rms)
    arcs = named_arcs(best.fit, best.arcs, declared)
    meaning = judgement(best.fit, best.arcs, declared)
    flags = (*data.flags, *_quality_flags(data, best.fit), *best.fit.flags, *choice.flags)
    flags = (*flags, *arc_flags(best.fit, arcs))
    found = Resistance(
        total_ohm=widened,
        arcs=arcs,
        interphase_ohm=_interphase_ohm(best, others, declared, points),
        circuit=best.fit.circuit,
        bound=None,
        flags=(*flags, *spread_flags, *shape_flags, *meaning.flags),
        intercept_ohm=spike_intercept_ohm(data.spectrum),
        minimum_ohm=minimum_of_reactance_ohm(data.spectrum),
        candidates=candidates,
        fit=best.fit,
        readings=meaning.readings,
    )
    concluded = _with_readings(_within_range(_without_lead(found, data.cell.lead), range_ohm))
    return _with_analyser(concluded, resistances_of(best.fit, best.arcs), data.cell.analyser)


def _with_analyser(
    found: Resistance, resistances: Sequence[str], accuracy: AnalyserAccuracy | None
) -> Resistance:
    """The analyser's part in the interval, where its accuracy is stated; a bound has no interval."""
    if accuracy is None or found.fit is None or found.bound is not None or not resistances:
        return found
    share = analyser_share(found.fit, resistances, accuracy)
    if share is None:
        return found
    return replace(found, total_ohm=share.added_to(found.total_ohm), analyser=share)


def _with_readings(found: Resistance) -> Resistance:
    """The spread of the readings in the interval; a bound has its own flag and no interval."""
    if found.bound is not None:
        return found
    first, *others = found.readings
    readings = (replace(first, total_ohm=found.total_ohm), *others)
    return replace(found, total_ohm=with_spread(found.total_ohm, readings), readings=readings)


def _interphase_ohm(
    best: JudgedFit, others: Sequence[JudgedFit], declared: Declared, points: float
) -> Estimate | None:
    """The best circuit's interphase, widened by the other circuits that have one."""
    chosen = interface_of(best.fit, best.arcs)
    if chosen is None or declared.interface != "interphase":
        return None
    estimates = [(interface_of(one.fit, one.arcs), one.fit.bic_for(points)) for one in others]
    contenders = [Contender(estimate, bic) for estimate, bic in estimates if estimate is not None]
    return with_model_spread(Contender(chosen, best.fit.bic_for(points)), contenders)[0]


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
    readings = tuple(replace(r, total_ohm=_less(r.total_ohm, lead)) for r in found.readings)
    return replace(found, total_ohm=_less(found.total_ohm, lead), readings=readings)


def _less(measured: Estimate, lead: Estimate) -> Estimate:
    u = math.hypot(measured.standard_uncertainty, lead.standard_uncertainty)
    return Estimate(measured.value - lead.value, u, measured.degrees_of_freedom)


def _within_range(found: Resistance, range_ohm: tuple[float, float]) -> Resistance:
    bound = bound_from_range(found.total_ohm, range_ohm)
    return found if bound is None else _as_bound(found, bound)


def _as_bound(found: Resistance, bound: Bound) -> Resistance:
    sign = ">" if bound.side == "lower" else "<"
    flag = f"{bound.reason}: the resistance is {sign} {bound.resistance_ohm:.3g} ohm"
    limit = Estimate(bound.resistance_ohm, math.inf)
    return replace(found, total_ohm=limit, bound=bound.side, flags=(*found.flags, flag))


def _without_circuit(
    data: Prepared, candidates: tuple[Candidate, ...], range_ohm: tuple[float, float]
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
    least_f, lead = data.cell.declared.scales.electrode_f, data.cell.lead
    bound = bound_from_data(data.spectrum, least_f) if data.enough else None
    if bound is None:
        flags = data.flags if not data.enough else (*data.flags, "no circuit describes this spectrum")
        return replace(nothing, flags=flags)
    if bound.side == "lower":
        limit = min(max(bound.resistance_ohm - lead.value, 0.0), range_ohm[1])
    else:
        limit = max(bound.resistance_ohm, range_ohm[0])
    return _as_bound(nothing, replace(bound, resistance_ohm=limit))
