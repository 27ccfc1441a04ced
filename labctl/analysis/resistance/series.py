"""The resistances of one sample at several temperatures, each fit helped by its neighbours.

On its own a spectrum is now and then fitted at a wrong minimum, a spike dressed up as an arc. Neighbours in
temperature look alike, so every candidate circuit is fitted again from the solutions on both sides, and where
that finds a better fit its neighbours are asked again, until nothing improves.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.circuits.circuit import parse_circuit
from labctl.analysis.circuits.fit import CircuitFit
from labctl.analysis.numerics.arrays import FloatArray
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.resistance.candidate_fits import NEAR, fit_candidates
from labctl.analysis.resistance.conclusion import RANGE_OHM, Choice, Resistance, check_range, conclude
from labctl.analysis.resistance.prepared import Prepared, prepare_all
from labctl.analysis.resistance.refits import fits_from, start_values
from labctl.analysis.resistance.series_choice import choices, vote_of
from labctl.analysis.resistance.stated import declared_for, without_fixture
from labctl.analysis.spectra.cell import Cell
from labctl.analysis.spectra.spectrum import Spectrum

BETTER = 1 - 1e-6
WORTH_HANDING_ON = 1 - 1e-4
MOST_ROUNDS = 8
OUT_OF_LINE_LN = 0.5
AT_ONCE = 256  # spectra fitted together: what is kept of the others does not grow with their points


def ionic_resistance_series(
    spectra: Sequence[Spectrum],
    temperatures_k: ArrayLike | Sequence[float | None],
    electrodes: str | None = None,
    *,
    cell: Cell | None = None,
    lead_ohm: Estimate | float | None = None,
    range_ohm: tuple[float, float] = RANGE_OHM,
    details: bool = True,
    circuits: Sequence[str] = (),
) -> tuple[Resistance, ...]:
    """Ionic resistance of each spectrum of a temperature series, in the order given.

    temperatures_k (n,) may come in any order and repeat; None stands for a temperature that is not known, and
    its spectrum is fitted alone, without neighbours. Other arguments as in `ionic_resistance`. A resistance
    that its neighbours contradict (ln R by more than 0.5 from the line through the two on either side)
    carries the flag `out of line`.

    With `circuits` only these are tried, in place of the usual candidates of the electrodes; they can be
    ruled out like those.

    `spectra` is indexed, each spectrum at most a few times: a sequence may read each from a file. Without
    `details`, `candidates` and `fit` of the results are empty; they take most of the memory of a long series.

    Raises
    ------
    ValueError
        When temperatures_k are neither None nor positive and finite, or not one for each spectrum, or a
        circuit cannot be read; for others as `ionic_resistance`. A bad spectrum gives flags, never an error.
    """
    check_range(range_ohm)
    declared_for(Spectrum([], []), electrodes, cell, lead_ohm)
    for circuit in circuits:
        parse_circuit(circuit)
    known, temperatures = _known_temperatures(temperatures_k, len(spectra))
    rising = known[np.argsort(temperatures, kind="stable")]
    order = np.concatenate([rising, np.setdiff1d(np.arange(len(spectra)), known)])
    found: list[Resistance] = []
    for begin in range(0, len(order), AT_ONCE):
        end = min(begin + AT_ONCE, len(order))
        # a spectrum learns from MOST_ROUNDS places away and hears the votes of NEAR: as if all were there
        reach = MOST_ROUNDS + 2 * NEAR
        low, high = max(0, begin - reach), min(len(order), end + reach)
        asked = [without_fixture(spectra[i], cell, lead_ohm) for i in order[low:high]]
        data = prepare_all(asked, [declared_for(one, electrodes, cell, lead_ohm) for one in asked])
        neighbours = max(0, len(known) - low)
        fits = [list(own.values()) for own in _fitted_together(data, neighbours, circuits)]
        neighbours = min(neighbours, len(data))
        votes = [vote_of(*one) for one in zip(data[:neighbours], fits, strict=False)]
        kelvin = np.sort(temperatures)[low : low + neighbours]
        chosen = [*choices(votes, kelvin), *(Choice() for _ in data[neighbours:])]
        concluded = [
            conclude(data[i - low], fits[i - low], range_ohm, chosen[i - low]) for i in range(begin, end)
        ]
        found += concluded if details else [replace(r, candidates=(), fit=None) for r in concluded]
    found = [*_in_line(found[: len(known)], np.sort(temperatures)), *found[len(known) :]]
    return tuple(found[place] for place in np.argsort(order, kind="stable"))


def _known_temperatures(
    temperatures_k: ArrayLike | Sequence[float | None], count: int
) -> tuple[NDArray[np.int_], FloatArray]:
    """Places (m,) of the known temperatures, and these (m,) in the order given."""
    given = np.asarray(temperatures_k, dtype=object)
    if given.shape != (count,):
        raise ValueError(f"temperatures_k must hold {count} values, got shape {given.shape}")
    known = np.array([place for place, kelvin in enumerate(given) if kelvin is not None], dtype=int)
    temperatures = given[known].astype(float)
    if not (np.isfinite(temperatures) & (temperatures > 0)).all():
        raise ValueError("temperatures_k must be positive and finite, or None")
    return known, temperatures


def _fitted_together(
    data: Sequence[Prepared], known: int, circuits: Sequence[str]
) -> list[dict[str, CircuitFit]]:
    """Every candidate fitted to each spectrum; the first `known` rise in temperature and help each other."""
    fits = fit_candidates(data, circuits, neighbours=min(known, len(data)))
    improved = {(place, circuit) for place, own in enumerate(fits[:known]) for circuit in own}
    for _ in range(MOST_ROUNDS):
        improved = _hand_on(data[:known], fits[:known], improved)
    return fits


def _hand_on(
    data: Sequence[Prepared], fits: list[dict[str, CircuitFit]], sources: set[tuple[int, str]]
) -> set[tuple[int, str]]:
    """Refit the neighbours of `sources`, places and circuits, from the solutions there.

    Return the places and circuits that became worth handing on.
    """
    improved = set()
    for circuit in {c: None for own in fits for c in own}:
        places = sorted(place for place, of_one in sources if of_one == circuit)
        asked = [(i, source) for source in places for i in (source - 1, source + 1) if 0 <= i < len(data)]
        pairs = [(i, source) for i, source in asked if circuit in fits[i]]
        values = [start_values(fits[source][circuit]) for _, source in pairs]
        again = fits_from([data[i] for i, _ in pairs], circuit, values)
        for (i, _), fit in zip(pairs, again, strict=True):
            if fit.rms < fits[i][circuit].rms * BETTER:
                if fit.rms < fits[i][circuit].rms * WORTH_HANDING_ON:
                    improved.add((i, circuit))
                fits[i][circuit] = fit
    return improved


def _in_line(found: list[Resistance], temperatures_k: FloatArray) -> list[Resistance]:
    """Flag what lies off the line through its neighbours in ln R against 1/T."""
    known = [i for i, r in enumerate(found) if r.bound is None and r.total_ohm.value > 0]
    result = list(found)
    for before, here, after in zip(known, known[1:], known[2:], strict=False):
        x = [1 / temperatures_k[i] for i in (before, here, after)]
        y = [math.log(found[i].total_ohm.value) for i in (before, here, after)]
        if x[0] == x[2]:
            continue
        expected = y[0] + (y[2] - y[0]) * (x[1] - x[0]) / (x[2] - x[0])
        if abs(y[1] - expected) > OUT_OF_LINE_LN:
            flag = f"out of line: its neighbours lead one to expect about {math.exp(expected):.3g} ohm"
            result[here] = replace(found[here], flags=(*found[here].flags, flag))
    return result
