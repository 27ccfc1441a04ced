"""Transference numbers from polarisation: Bruce-Vincent, Watanabe, Hebb-Wagner."""

import math
from dataclasses import dataclass, field

from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.notebook import NotebookResult
from labctl.analysis.numerics.propagation import as_estimate, combine
from labctl.analysis.transport.linear_range import corrected, linear_correction

LARGEST_STEP_V = 1.0
SMALL_STEP_V = 0.1
ALARM = 3.0
MOST_IN_THE_INTERPHASE = 0.9
NOTICEABLE_CHANGE = 0.02
MANY_ELECTRONS = 0.1
NEAR_ZERO = 0.01
CURRENT_FRACTION = (
    "rho+ (Bruce-Vincent): the current fraction of the cation at steady state under a small voltage. "
    "It equals the transference number t+ in an ideal, dilute solution of a fully dissociated salt "
    "(Balsara & Newman, 10.1149/2.0651514jes)."
)
ELECTRONIC = (
    "t_el (Hebb-Wagner): the share of the total conductivity that electrons carry, from the steady current "
    "between electrodes that block ions."
)


@dataclass(frozen=True, kw_only=True)
class Transference(NotebookResult):
    """A transference number with all it was made from.

    Attributes
    ----------
    value : Estimate
    label : str
        Name of the number, e.g. "rho+ (Bruce-Vincent)".
    meaning : str
        In words, with the condition on which it is the transference number proper.
    inputs : dict of str to Estimate
        The arguments by their names.
    naive : Estimate or None
        Iss / I0, for comparison only: wrong whenever the interphases have a resistance.
    watanabe : Estimate or None
        Rb / (dV / Iss - Rss), where the bulk resistance was given: Watanabe's variant. With
        I0 = dV / (Rb + R0) it is the same number, and no check of it.
    newman_number : Estimate or None
        Ne = 1 / rho+ - 1 of Bruce-Vincent (Balsara & Newman, 10.1149/2.0651514jes).
    flags : tuple of str
    """

    value: Estimate
    label: str
    meaning: str = field(repr=False)
    inputs: dict[str, Estimate]
    naive: Estimate | None = None
    watanabe: Estimate | None = None
    newman_number: Estimate | None = None
    flags: tuple[str, ...] = ()


def bruce_vincent(
    delta_v_v: Estimate | float,
    initial_current_a: Estimate | float,
    steady_current_a: Estimate | float,
    initial_resistance_ohm: Estimate | float,
    steady_resistance_ohm: Estimate | float,
    *,
    bulk_resistance_ohm: Estimate | float | None = None,
    resistance_correlation: float = 0.0,
    cation_charge: int = 1,
    anion_charge: int = 1,
    temperature_k: float | None = None,
    electrodes_pass: bool | None = None,
) -> Transference:
    """Cation transference number of a symmetric cell with reversible electrodes.

    t+ = Iss (dV - I0 R0) / (I0 (dV - Iss Rss)), Evans, Vincent & Bruce, 10.1016/0032-3861(87)90394-6.
    Uncertainties of the inputs propagate linearly. Where I0 was not measured but is dV / (Rb + R0), its error
    comes from dV, Rb and R0, and `watanabe` has the uncertainty that includes it.

    Parameters
    ----------
    delta_v_v : Estimate or float
        The step, V; of either sign, the currents of the same.
    initial_current_a, steady_current_a : Estimate or float
        At t = 0+ and in the steady state.
    initial_resistance_ohm, steady_resistance_ohm : Estimate or float
        Of both interphases together, before and after.
    bulk_resistance_ohm : Estimate or float, optional
        Adds Watanabe's variant and a check of I0 against dV / (Rb + R0).
    resistance_correlation : float
        Correlation of the errors of R0 and Rss (they come from one circuit and one instrument), -1 to 1.
    cation_charge, anion_charge : int
        Without sign; another charge of the cation than 1 adds a caution.
    temperature_k : float, optional
        With it the voltage over the electrolyte is held against the range in which the steady current is
        proportional to it, and the current corrected, or refused: see `transport.linear_range`.
    electrodes_pass : bool, optional
        Whether a spectrum or the other polarity shows that the electrodes pass the cation; None: not known.
        Without it a number below 0.01 is refused: blocked ions and a leak give the same current.

    Raises
    ------
    ValueError
        Naming the argument: not finite, currents that are zero or of a sign other than the step's, negative
        resistances, a step above 1 V (millivolt given as volt?) or far outside the linear range, an
        interphase that takes all of the voltage, a number near 0 of electrodes that may block.
    """
    inputs = {
        "delta_v_v": as_estimate("delta_v_v", delta_v_v),
        "initial_current_a": as_estimate("initial_current_a", initial_current_a),
        "steady_current_a": as_estimate("steady_current_a", steady_current_a),
        "initial_resistance_ohm": as_estimate("initial_resistance_ohm", initial_resistance_ohm),
        "steady_resistance_ohm": as_estimate("steady_resistance_ohm", steady_resistance_ohm),
    }
    if not -1 <= resistance_correlation <= 1:
        raise ValueError(f"resistance_correlation must lie between -1 and 1, got {resistance_correlation!r}")
    _refuse(inputs)
    factor, step_flags = linear_correction(inputs, (cation_charge, anion_charge), temperature_k)
    value = corrected(_current_fraction(inputs, resistance_correlation), factor)
    refuse_near_zero(value.value, electrodes_pass, value.value)
    bulk = None if bulk_resistance_ohm is None else as_estimate("bulk_resistance_ohm", bulk_resistance_ohm)
    if bulk is not None and not bulk.value > 0:
        raise ValueError(f"bulk_resistance_ohm must be positive, got {bulk.value:g}")
    return Transference(
        value=value,
        label="rho+ (Bruce-Vincent)",
        meaning=CURRENT_FRACTION,
        inputs=inputs if bulk is None else {**inputs, "bulk_resistance_ohm": bulk},
        naive=_naive(inputs),
        watanabe=None if bulk is None else corrected(_watanabe(inputs, bulk), factor),
        newman_number=_newman(value),
        flags=(*step_flags, *_flags(inputs, value), *_bulk_flags(inputs, bulk), *_caution(cation_charge)),
    )


def refuse_near_zero(lowest: float, electrodes_pass: bool | None, value: float) -> None:
    """Raise ValueError for a number near 0 where nothing shows that the electrodes pass the cation.

    `lowest` is the value, or the value less its standard uncertainty.
    """
    if lowest < NEAR_ZERO and not electrodes_pass:
        raise ValueError(
            f"rho+ = {value:.2g} is near 0, and neither the spectrum nor the other polarity "
            "shows that the electrodes pass the cation: a blocked cell with a leak or an offset gives the "
            "same current"
        )


def electronic_transference(
    total_resistance_ohm: Estimate | float, delta_v_v: Estimate | float, steady_current_a: Estimate | float
) -> Transference:
    """Electronic transference number of a mixed conductor between ion-blocking electrodes.

    t_el = R Iss / dV with R the total resistance of the spectrum, ions and electrons in parallel (Hebb,
    J. Chem. Phys. 20 (1952) 185; Wagner, Z. Elektrochem. 60 (1956) 4). The ionic one is 1 - t_el.

    Parameters
    ----------
    total_resistance_ohm, delta_v_v, steady_current_a : Estimate or float

    Raises
    ------
    ValueError
        Naming the argument: not finite, a resistance that is not positive, no voltage.
    """
    inputs = {
        "total_resistance_ohm": as_estimate("total_resistance_ohm", total_resistance_ohm),
        "delta_v_v": as_estimate("delta_v_v", delta_v_v),
        "steady_current_a": as_estimate("steady_current_a", steady_current_a),
    }
    resistance, step, current = (estimate.value for estimate in inputs.values())
    if not resistance > 0:
        raise ValueError(f"total_resistance_ohm must be positive, got {resistance:g}")
    if step == 0:
        raise ValueError("delta_v_v must not be zero")
    value = resistance * current / step
    derivatives = {
        "total_resistance_ohm": current / step,
        "delta_v_v": -value / step,
        "steady_current_a": resistance / step,
    }
    share = combine(value, inputs, derivatives)
    return Transference(
        value=share,
        label="t_el (Hebb-Wagner)",
        meaning=ELECTRONIC,
        inputs=inputs,
        flags=_electronic_flags(share),
    )


def wagner_ionic_transference(
    initial_current_a: Estimate | float, steady_current_a: Estimate | float
) -> Transference:
    """Total ionic transference number, 1 - Iss / I0, between ion-blocking electrodes (after Wagner).

    It counts every ion, not the cation alone.

    Raises
    ------
    ValueError
        Naming the argument: not finite, no initial current.
    """
    initial = as_estimate("initial_current_a", initial_current_a)
    steady = as_estimate("steady_current_a", steady_current_a)
    if initial.value == 0:
        raise ValueError("initial_current_a must not be zero")
    inputs = {"initial_current_a": initial, "steady_current_a": steady}
    ratio = steady.value / initial.value
    derivatives = {"initial_current_a": ratio / initial.value, "steady_current_a": -1 / initial.value}
    value = combine(1 - ratio, inputs, derivatives)
    return Transference(
        value=value,
        label="t_ion (Wagner)",
        meaning="t_ion (Wagner): the share of the current that ions of both signs carry, not cations alone.",
        inputs=inputs,
        flags=() if 0 <= value.value <= 1 else (f"t_ion = {value.value:.3g} lies outside 0 to 1",),
    )


def _refuse(inputs: dict[str, Estimate]) -> None:
    step, initial, steady, r0, rss = (estimate.value for estimate in inputs.values())
    if step == 0:
        raise ValueError("delta_v_v must not be zero")
    if abs(step) > LARGEST_STEP_V:
        raise ValueError(f"delta_v_v is {step:g} V: a small step is meant; was it given in millivolt?")
    for name in ("initial_current_a", "steady_current_a"):
        if not inputs[name].value * step > 0:
            raise ValueError(f"{name} must flow with delta_v_v, got {inputs[name].value:g} A at {step:g} V")
    for name in ("initial_resistance_ohm", "steady_resistance_ohm"):
        if inputs[name].value < 0:
            raise ValueError(f"{name} must not be negative, got {inputs[name].value:g}")
    if initial * r0 / step >= 1:
        raise ValueError(
            f"initial_current_a times initial_resistance_ohm is {initial * r0:.4g} V, not below delta_v_v = "
            f"{step:g} V: the interphases cannot take more than the whole voltage"
        )
    if steady * rss / step >= 1:
        raise ValueError(
            f"steady_current_a times steady_resistance_ohm is {steady * rss:.4g} V, not below delta_v_v = "
            f"{step:g} V: the interphases cannot take more than the whole voltage"
        )


def _current_fraction(inputs: dict[str, Estimate], correlation: float) -> Estimate:
    step, initial, steady, r0, rss = (estimate.value for estimate in inputs.values())
    before, after = step - initial * r0, step - steady * rss
    value = steady * before / (initial * after)
    derivatives = {
        "delta_v_v": value * (1 / before - 1 / after),
        "initial_current_a": -value * step / (initial * before),
        "steady_current_a": value * step / (steady * after),
        "initial_resistance_ohm": -value * initial / before,
        "steady_resistance_ohm": value * steady / after,
    }
    pair = ("initial_resistance_ohm", "steady_resistance_ohm")
    return combine(value, inputs, derivatives, {pair: correlation})


def _naive(inputs: dict[str, Estimate]) -> Estimate:
    initial, steady = inputs["initial_current_a"].value, inputs["steady_current_a"].value
    ratio = steady / initial
    return combine(ratio, inputs, {"initial_current_a": -ratio / initial, "steady_current_a": 1 / initial})


def _watanabe(inputs: dict[str, Estimate], bulk: Estimate) -> Estimate:
    step, _, steady, _, rss = (estimate.value for estimate in inputs.values())
    rest = step / steady - rss
    value = bulk.value / rest
    derivatives = {
        "bulk": 1 / rest,
        "delta_v_v": -value / (rest * steady),
        "steady_current_a": value * step / (rest * steady**2),
        "steady_resistance_ohm": value / rest,
    }
    return combine(value, {**inputs, "bulk": bulk}, derivatives)


def _newman(value: Estimate) -> Estimate | None:
    if not value.value > 0:
        return None
    return combine(1 / value.value - 1, {"rho": value}, {"rho": -1 / value.value**2})


def _flags(inputs: dict[str, Estimate], value: Estimate) -> list[str]:
    step, initial, steady, r0, rss = (estimate.value for estimate in inputs.values())
    flags = []
    if abs(step) > SMALL_STEP_V:
        flags.append(f"the step of {abs(step):g} V is not small: the cell may not answer linearly")
    if steady >= initial if step > 0 else steady <= initial:
        flags.append("the steady current is not below the initial one: no polarisation was seen")
    if not 0 < value.value <= 1:
        flags.append(f"rho+ = {value.value:.3g} lies outside 0 to 1")
    share = max(initial * r0, steady * rss) / step
    if share > MOST_IN_THE_INTERPHASE:
        flags.append(f"the interphases take {100 * share:.0f} % of the voltage: rho+ rests on a small rest")
    if value.relative_uncertainty > 1 / 3:
        flags.append("the uncertainty is too large for linear propagation: read it as an order of magnitude")
    return [*flags, *_growth(inputs)]


def _growth(inputs: dict[str, Estimate]) -> list[str]:
    before, after = inputs["initial_resistance_ohm"], inputs["steady_resistance_ohm"]
    change = after.value - before.value
    noise = ALARM * math.hypot(before.standard_uncertainty, after.standard_uncertainty)
    if abs(change) <= max(noise, NOTICEABLE_CHANGE * before.value):
        return []
    if change < 0:
        return [
            f"Rss = {after.value:.4g} ohm is below R0 = {before.value:.4g} ohm: are they swapped? "
            "An interphase grows as a rule"
        ]
    percent = f"{100 * change / before.value:.2g} %" if before.value else f"{change:.4g} ohm"
    return [f"the interphases grew by {percent} during polarisation; Rss carries it into rho+"]


def _bulk_flags(inputs: dict[str, Estimate], bulk: Estimate | None) -> list[str]:
    if bulk is None:
        return []
    step, initial, r0 = (inputs[n] for n in ("delta_v_v", "initial_current_a", "initial_resistance_ohm"))
    series = bulk.value + r0.value
    expected = step.value / series
    relative = math.hypot(
        step.relative_uncertainty,
        math.hypot(bulk.standard_uncertainty, r0.standard_uncertainty) / series,
        initial.relative_uncertainty,
    )
    ratio = initial.value / expected
    if abs(ratio - 1) <= max(ALARM * relative, 0.02):
        return []
    return [f"I0 is {ratio:.3g} times dV / (Rb + R0) = {expected:.4g} A: was its first sample late?"]


def _caution(cation_charge: int) -> list[str]:
    if cation_charge == 1:
        return []
    return ["multivalent salts associate: rho+ is a current fraction and may differ much from t+"]


def _electronic_flags(share: Estimate) -> tuple[str, ...]:
    low, high = share.interval()
    if low <= 0:
        return (f"no electronic current beyond its uncertainty: t_el < {high:.2g} (95 %)",)
    if share.value > 1:
        return (f"t_el = {share.value:.3g} is above 1: the DC resistance is below that of the spectrum",)
    if share.value > MANY_ELECTRONS:
        return (f"t_el = {share.value:.3g} is large: a mixed conductor, or electrodes that let ions pass",)
    return ()
