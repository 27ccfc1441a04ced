"""Temperature laws as functions of temperature, kept without the points of the fit.

`function_of` takes from a fit the parameters in which it was solved and their covariance, so the function has
the curve and the band of the fit to the last digit. `function_from_parameters` begins with the
parameters as they are published (Ea, A, T0 ...); it has no covariance, hence no band.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.laws.arrhenius import PRE_EXPONENTIAL_UNIT, ArrheniusFit, ln_prefactor
from labctl.analysis.laws.common_errors import Responses
from labctl.analysis.laws.law_fit import BOLTZMANN_EV_K, LawFit
from labctl.analysis.laws.two_segments import BrokenLine, Transition, TwoSegmentFit
from labctl.analysis.laws.vogel_profile import vogel_model
from labctl.analysis.laws.vtf import VTFFit
from labctl.analysis.numerics.component import Component, Distribution, Kind
from labctl.analysis.numerics.interval_estimates import coverage_factor

Array = NDArray[np.float64]
SHARP_K = 1e-6
LINES_MEET_LN = 1e-6
LAWS = ("arrhenius", "vtf", "two_segments")


@dataclass(frozen=True, eq=False)
class CommonChange:
    """Change of the parameters (p,) of a law for one standard uncertainty of a shared cause."""

    source: str
    cause: str
    kind: Kind
    parameters: Array
    distribution: Distribution = "normal"

    def as_dict(self) -> dict[str, Any]:
        """In lists and numbers; without `distribution` where it is normal."""
        about = {"source": self.source, "cause": self.cause, "type": self.kind}
        if self.distribution != "normal":
            about["distribution"] = self.distribution
        return about | {"parameters": [float(f"{one:.9g}") for one in self.parameters]}

    @classmethod
    def from_dict(cls, described: Mapping[str, Any]) -> "CommonChange":
        """Return what `as_dict` described; raises KeyError, TypeError or ValueError."""
        changes = np.array(described["parameters"], dtype=float)
        shape = described.get("distribution", "normal")
        return cls(described["source"], described["cause"], described["type"], changes, shape)


@dataclass(frozen=True, kw_only=True, eq=False)
class LawFunction:
    """ln sigma as a function of temperature, with the covariance of its parameters.

    Attributes
    ----------
    law : {"arrhenius", "vtf", "two_segments"}
    form : str
        "ln_sigma_t" or "ln_sigma"; for VTF "T^m" with the exponent m, e.g. "T^-0.5".
    reference : float
        Where the law is centred: 1 / (kB T) in 1/eV (Arrhenius, two segments), T in K (VTF).
    transition : {"", "kink", "step"}
        Of two segments.
    parameters : (p,)
        Arrhenius: ln(sigma or sigma T) at `reference`, Ea in eV. VTF: a, c, s of `laws.vtf`. Two segments:
        the linear parameters of `BrokenLine`, the break in K, and for a step ln(width / K).
    covariance : (p, p) or None
        None where it is not known.
    degrees_of_freedom : float
        Behind the covariance; infinite where stated uncertainties decide.
    temperature_range_k : (low, high)
        Of the points that the law stands on.
    common : tuple of CommonChange or None
        Errors that the points share, which are not in the covariance; None: not kept.
    weight : float
        Probability of the law beside its rivals.
    rivals : tuple of LawFunction
        The other laws that remain possible, each with its weight.
    """

    law: str
    form: str
    reference: float
    transition: str
    parameters: Array
    covariance: Array | None
    degrees_of_freedom: float
    temperature_range_k: tuple[float, float]
    common: tuple[CommonChange, ...] | None = None
    weight: float = 1.0
    rivals: "tuple[LawFunction, ...]" = ()

    def ln_conductivity(self, temperature_k: ArrayLike) -> tuple[Array, Array]:
        """ln(sigma / S/m) and its standard uncertainty at temperatures (m,): (m,) each.

        The uncertainty is NaN where the covariance is not known.

        Raises
        ------
        ValueError
            A temperature is not positive, or the law has no value there (at or below T0).
        """
        temperature = np.atleast_1d(np.asarray(temperature_k, dtype=float))
        if not (np.isfinite(temperature) & (temperature > 0)).all():
            raise ValueError("temperature_k must be positive and finite")
        value, gradient = self._value_and_gradient(temperature)
        if self.covariance is None:
            return value, np.full(temperature.shape, math.nan)
        variance = np.einsum("mi,ij,mj->m", gradient, self.covariance, gradient)
        return value, np.sqrt(np.maximum(variance, 0.0))

    def ln_half_width(self, temperature_k: ArrayLike, level: float = 0.95) -> Array:
        """Half the width of the interval of ln sigma (m,) that holds the truth with probability `level`."""
        return coverage_factor(level, self.degrees_of_freedom) * self.ln_conductivity(temperature_k)[1]

    def common_components(self, temperature_k: float) -> list[Component]:
        """Components of ln sigma at a temperature that the points of the law share; empty where not kept.

        Raises
        ------
        ValueError
            The law has no value there.
        """
        _, gradient = self._value_and_gradient(np.array([temperature_k]))
        return self._components(gradient[0])

    def law_components(self, temperature_k: float) -> list[Component]:
        """The spread of ln sigma at a temperature over the laws that remain possible, as a component "law".

        As `laws.law_spread`: the variance is sum w (u^2 + d^2) over all laws with a value there; empty where
        the covariance is not known.
        """
        value, u = (float(part[0]) for part in self.ln_conductivity([temperature_k]))
        found = [(self.weight, 0.0, u)]
        for rival in self.rivals:
            try:
                other, other_u = (float(part[0]) for part in rival.ln_conductivity([temperature_k]))
            except ValueError:  # below a Vogel temperature
                continue
            found.append((rival.weight, other - value, other_u))
        known = [one for one in found if math.isfinite(one[2])]
        total = sum(weight for weight, _, _ in known)
        if math.isnan(u) or not total > 0:
            return []
        variance = sum(weight * (own**2 + apart**2) for weight, apart, own in known) / total
        return [Component("law", math.sqrt(variance - u**2), "B")] if variance > u**2 else []

    def energy_components(self) -> list[Component]:
        """Components of the activation energy of an Arrhenius law, eV, that its points share."""
        return self._components(np.array([0.0, 1.0]))

    def _components(self, gradient: Array) -> list[Component]:
        return [
            Component(
                one.source,
                float(gradient @ one.parameters),
                one.kind,
                common=True,
                cause=one.cause,
                distribution=one.distribution,
            )
            for one in self.common or ()
        ]

    def as_dict(self) -> dict[str, Any]:
        """Everything but `law` and `form`, in lists and numbers; infinite degrees of freedom are None."""
        covariance = None if self.covariance is None else self.covariance.tolist()
        known = math.isfinite(self.degrees_of_freedom)
        return {
            "reference": self.reference,
            "transition": self.transition,
            "parameters": self.parameters.tolist(),
            "covariance": covariance,
            "degrees_of_freedom": self.degrees_of_freedom if known else None,
            "temperature_range_k": list(self.temperature_range_k),
        } | self._optional()

    def _optional(self) -> dict[str, Any]:
        """What older rows do not have, and most rows do not need."""
        kept: dict[str, Any] = {}
        if self.common is not None:
            kept["common"] = [one.as_dict() for one in self.common]
        if self.rivals:
            kept["weight"] = self.weight
            kept["rivals"] = [
                {"law": one.law, "form": one.form, "weight": one.weight, **one.as_dict()}
                for one in self.rivals
            ]
        return kept

    def _value_and_gradient(self, temperature_k: Array) -> tuple[Array, Array]:
        if self.law == "vtf":
            return self._vtf(temperature_k)
        if self.law == "arrhenius":
            distance = self.reference - 1 / (BOLTZMANN_EV_K * temperature_k)
            gradient = np.column_stack([np.ones_like(distance), distance])
            value = gradient @ self.parameters
        else:
            lines = BrokenLine(_transition(self.transition), self.reference)
            value, gradient = lines.model(temperature_k, self.parameters)
        return value - ln_prefactor(temperature_k, _arrhenius_form(self.form)), gradient

    def _vtf(self, temperature_k: Array) -> tuple[Array, Array]:
        vogel_k = self.reference - 1 / self.parameters[2]
        if (temperature_k <= vogel_k).any():
            raise ValueError(f"temperature_k must lie above T0 = {vogel_k:.2f} K")
        value, gradient = vogel_model(temperature_k - self.reference, self.parameters)
        return value + _exponent(self.form) * np.log(temperature_k), gradient


def function_of(
    fit: LawFit,
    responses: Responses | None = None,
    weight: float = 1.0,
    rivals: Sequence[LawFunction] = (),
) -> LawFunction:
    """Return the function of a fit, with what `responses` to errors of its points say, and its rivals.

    Raises
    ------
    ValueError
        It is none of the three laws.
    """
    law, form, reference, transition = _about(fit)
    known = math.isfinite(fit.solution.variance_factor)
    return LawFunction(
        law=law,
        form=form,
        reference=reference,
        transition=transition,
        parameters=fit.solution.parameters,
        covariance=fit.solution.covariance if known else None,
        degrees_of_freedom=fit.solution.degrees_of_freedom,
        temperature_range_k=fit.temperature_range_k,
        common=None if responses is None else _common(responses),
        weight=weight,
        rivals=tuple(rivals),
    )


def _common(responses: Responses) -> tuple[CommonChange, ...]:
    return tuple(
        CommonChange(error.source, cause, error.kind, change, error.distribution)
        for error, changes in zip(responses.errors, responses.changes, strict=True)
        for cause, change in zip(error.causes, changes, strict=True)
        if np.isfinite(change).all()
    )


def function_from_dict(law: str, form: str, described: Mapping[str, Any]) -> LawFunction:
    """Return the function that `as_dict` described.

    Raises
    ------
    ValueError
        Unknown law or form, or an entry that is missing or not a number.
    """
    if law not in LAWS:
        raise ValueError(f"law must be one of {', '.join(LAWS)}, got {law!r}")
    try:
        low_k, high_k = described["temperature_range_k"]
        covariance, freedom = described["covariance"], described["degrees_of_freedom"]
        common = described.get("common")
        return LawFunction(
            law=law,
            form=form,
            reference=float(described["reference"]),
            transition=described["transition"],
            parameters=np.array(described["parameters"], dtype=float),
            covariance=None if covariance is None else np.array(covariance, dtype=float),
            degrees_of_freedom=math.inf if freedom is None else float(freedom),
            temperature_range_k=(float(low_k), float(high_k)),
            common=None if common is None else tuple(map(CommonChange.from_dict, common)),
            weight=float(described.get("weight", 1.0)),
            rivals=tuple(
                function_from_dict(one["law"], one["form"], one) for one in described.get("rivals", ())
            ),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"this does not describe a law: {error!r}") from error


def function_from_parameters(
    law: str, form: str, values: Mapping[str, float], temperature_range_k: tuple[float, float]
) -> LawFunction:
    """Return the function of published parameters, without a band.

    Parameters
    ----------
    law, form : str
        As in `LawFunction`.
    values : mapping
        arrhenius: activation_energy (eV), pre_exponential. vtf: pseudo_activation_energy (eV),
        vogel_temperature (K), pre_exponential. two_segments: activation_energy_below and _above (eV),
        pre_exponential_below and _above, break_temperature (K); lines that do not meet at the break are a
        sharp step. Pre-exponentials in SI (S K/m, S/m, S/m K^-m).
    temperature_range_k : (low, high)

    Raises
    ------
    ValueError
        Unknown law, or a parameter that is missing or has no finite value.
    """
    makers = {"arrhenius": _arrhenius_parameters, "vtf": _vtf_parameters, "two_segments": _two_lines}
    if law not in makers:
        raise ValueError(f"law must be one of {', '.join(LAWS)}, got {law!r}")
    try:
        reference, transition, parameters = makers[law](values, temperature_range_k)
    except (KeyError, TypeError, ArithmeticError) as error:
        raise ValueError(f"these parameters do not give a law: {error!r}") from error
    if not np.isfinite(parameters).all():
        raise ValueError("these parameters do not give a law: one of them has no finite value")
    return LawFunction(
        law=law,
        form=form,
        reference=reference,
        transition=transition,
        parameters=np.array(parameters),
        covariance=None,
        degrees_of_freedom=math.inf,
        temperature_range_k=temperature_range_k,
    )


def is_sharp_step(function: LawFunction) -> bool:
    """Whether two lines do not meet and the width of the step between them is not known."""
    return function.transition == "step" and function.parameters[-1] == math.log(SHARP_K)


def _about(fit: LawFit) -> tuple[str, str, float, str]:
    """Law, form, reference and transition."""
    if isinstance(fit, ArrheniusFit):
        return "arrhenius", fit.form, float(np.mean(1 / (BOLTZMANN_EV_K * fit.series.temperature_k))), ""
    if isinstance(fit, VTFFit):
        return "vtf", f"T^{fit.prefactor_exponent:g}", fit.shape.reference_k, ""
    if isinstance(fit, TwoSegmentFit):
        return "two_segments", fit.form, fit.lines.centre, fit.transition
    raise ValueError(f"{type(fit).__name__} is not one of {', '.join(LAWS)}")


Described = tuple[float, str, list[float]]


def _arrhenius_parameters(values: Mapping[str, float], _: tuple[float, float]) -> Described:
    return 0.0, "", [math.log(values["pre_exponential"]), float(values["activation_energy"])]


def _vtf_parameters(values: Mapping[str, float], range_k: tuple[float, float]) -> Described:
    """Invert B / kB = c / s^2, T0 = reference - 1 / s, ln A = a + c / s; the reference is amid the range."""
    reference = (range_k[0] + range_k[1]) / 2
    s = 1 / (reference - values["vogel_temperature"])
    c = values["pseudo_activation_energy"] / BOLTZMANN_EV_K * s**2
    return reference, "", [math.log(values["pre_exponential"]) - c / s, c, s]


def _two_lines(values: Mapping[str, float], _: tuple[float, float]) -> Described:
    above, below = values["activation_energy_above"], values["activation_energy_below"]
    level_above = math.log(values["pre_exponential_above"])
    level_below = math.log(values["pre_exponential_below"])
    break_k = values["break_temperature"]
    inverse = 1 / (BOLTZMANN_EV_K * break_k)
    at_break = level_above - above * inverse
    if abs(at_break - (level_below - below * inverse)) < LINES_MEET_LN:
        return 0.0, "kink", [at_break, above, below, break_k]
    return 0.0, "step", [level_above, above, level_below, below, break_k, math.log(SHARP_K)]


def _transition(name: str) -> Transition:
    if name == "kink" or name == "step":
        return name
    raise ValueError(f"transition must be 'kink' or 'step', got {name!r}")


def _arrhenius_form(form: str) -> Any:
    if form not in PRE_EXPONENTIAL_UNIT:
        raise ValueError(f"form must be 'ln_sigma_t' or 'ln_sigma', got {form!r}")
    return form


def _exponent(form: str) -> float:
    """Return m of the form "T^m"."""
    return float(form.removeprefix("T^"))
