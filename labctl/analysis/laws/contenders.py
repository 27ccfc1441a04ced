"""The laws that compete for a series, each with what choosing among them needs."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.laws.arrhenius import ArrheniusForm, arrhenius_design, arrhenius_of_series, ln_prefactor
from labctl.analysis.laws.law_fit import LawFit
from labctl.analysis.laws.temperature_series import TemperatureSeries, distinct_temperatures_k
from labctl.analysis.laws.two_segments import Transition, break_designs, two_segments_of_series
from labctl.analysis.laws.vogel_profile import vogel_designs
from labctl.analysis.laws.vtf import vtf_of_series

TEMPERATURES_FOR_A_CURVE = 5
TEMPERATURES_FOR_A_BREAK = 10

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Contender:
    """One law as a family of straight-line problems.

    Attributes
    ----------
    law : str
    fewest_temperatures : int
        Different temperatures below which the law is not considered.
    fewest_points : int
        Points that leave one degree of freedom.
    fit : callable
        Series -> LawFit.
    designs : callable
        Temperatures (n,) and a slice of the nodes of the scan -> columns of the linear parameters at each of
        these, (k, n, p).
    prefactor : callable
        Temperatures (n,) -> term added to ln sigma that makes the problem linear, (n,).
    """

    law: str
    fewest_temperatures: int
    fewest_points: int
    fit: Callable[[TemperatureSeries], LawFit]
    designs: Callable[[Array, slice], Array]
    prefactor: Callable[[Array], Array]

    def uncertainty(self, series: TemperatureSeries) -> Array:
        """Effective uncertainty of each point, with the mean slope of the series: (n,)."""
        slope = np.polyfit(series.temperature_k, series.ln_sigma(), 1)[0]
        return series.uncertainty(np.full(len(series), slope))


def contenders(series: TemperatureSeries, form: ArrheniusForm, prefactor_exponent: float) -> list[Contender]:
    """Those that the number of different temperatures allows; Arrhenius always."""
    every = [
        _arrhenius(form),
        _vtf(prefactor_exponent),
        _two_segments(form, "kink"),
        _two_segments(form, "step"),
    ]
    distinct = distinct_temperatures_k(series.temperature_k).size
    return [one for one in every if distinct >= one.fewest_temperatures]


def _arrhenius(form: ArrheniusForm) -> Contender:
    return Contender(
        law="arrhenius",
        fewest_temperatures=2,
        fewest_points=3,
        fit=lambda series: arrhenius_of_series(series, form),
        designs=lambda temperature_k, part: arrhenius_design(temperature_k, temperature_k)[None][part],
        prefactor=lambda temperature_k: ln_prefactor(temperature_k, form),
    )


def _vtf(exponent: float) -> Contender:
    return Contender(
        law="vtf",
        fewest_temperatures=TEMPERATURES_FOR_A_CURVE,
        fewest_points=TEMPERATURES_FOR_A_CURVE,
        fit=lambda series: vtf_of_series(series, exponent),
        designs=vogel_designs,
        prefactor=lambda temperature_k: -exponent * np.log(temperature_k),
    )


def _two_segments(form: ArrheniusForm, transition: Transition) -> Contender:
    return Contender(
        law="two_segments",
        fewest_temperatures=TEMPERATURES_FOR_A_BREAK,
        fewest_points=TEMPERATURES_FOR_A_BREAK,
        fit=lambda series: two_segments_of_series(series, form, transition),
        designs=lambda temperature_k, part: break_designs(temperature_k, transition, part),
        prefactor=lambda temperature_k: ln_prefactor(temperature_k, form),
    )
