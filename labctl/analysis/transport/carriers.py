"""Verdict on which carriers move, from the shares that several methods bound.

1. A method gives an interval (95 %) of the share of one carrier in the conductivity, or of all ions together,
   and what it presumes. Where a presumption is seen not to hold, the interval counts for nothing.
2. Shares are 0 or more and add up to 1; ions and electrons together are everything. Named ions may not be all
   ions, so nothing follows for one ion from upper limits of the others.
3. Methods that contradict each other are named, and both count for nothing.
4. A carrier carries the current where the lower limit of its share is above one half. It is excluded as the
   main carrier where its upper limit is below one half. Everything else is not excluded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, get_args

Carrier = Literal["electrons", "ions", "cation", "anion", "protons", "other ions"]
SINGLE: tuple[Carrier, ...] = ("electrons", "cation", "anion", "protons", "other ions")
IONS: tuple[Carrier, ...] = SINGLE[1:]
HALF = 0.5
CONDUCTORS: dict[Carrier, str] = {
    "electrons": "an electronic conductor",
    "cation": "a conductor of the cation",
    "anion": "an anion conductor",
    "protons": "a proton conductor (moisture, hydrate, hydroxide)",
    "other ions": "a conductor of another ion (an impurity, oxide ions)",
}
PLURAL = ("electrons", "ions", "protons", "other ions")


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What one measurement says about one carrier.

    Attributes
    ----------
    method : str
        With its origin, e.g. "Tubandt, facts 3 to 9".
    carrier : str
        One of `Carrier`.
    low, high : float
        Interval (95 %) of its share; 0 and 1 where there is no limit.
    value : float or None
        The share itself; None where it is only bounded.
    presumes : str
    broken : tuple of str
        Presumptions seen not to hold.
    temperature_k : float or None

    Raises
    ------
    ValueError
        Another carrier, or limits that are not in order.
    """

    method: str
    carrier: Carrier
    low: float
    high: float
    value: float | None = None
    presumes: str = ""
    broken: tuple[str, ...] = ()
    temperature_k: float | None = None

    def __post_init__(self) -> None:
        if self.carrier not in get_args(Carrier):
            raise ValueError(f"carrier must be one of {', '.join(get_args(Carrier))}, got {self.carrier!r}")
        if not self.low <= self.high:
            raise ValueError(f"low must not exceed high, got {self.low!r} and {self.high!r}")

    @property
    def limits(self) -> tuple[float, float]:
        """The part of the interval within 0 to 1; its nearest end where none is."""
        return min(max(self.low, 0.0), 1.0), max(min(self.high, 1.0), 0.0)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What all evidence at one temperature says.

    Attributes
    ----------
    limits : dict of carrier to (low, high)
        Of each carrier and of all ions that something bounds.
    carries : tuple of Carrier
        With a share of more than one half.
    statements : tuple of str
        What follows, one sentence each.
    contradictions : tuple of str
    broken : tuple of str
        Method and presumption that does not hold.
    not_excluded : tuple of str
        Conductors that the evidence leaves open.
    """

    limits: dict[Carrier, tuple[float, float]]
    carries: tuple[Carrier, ...]
    statements: tuple[str, ...]
    contradictions: tuple[str, ...]
    broken: tuple[str, ...]
    not_excluded: tuple[str, ...]


def weigh(evidence: Sequence[Evidence]) -> Verdict:
    """Weigh evidence of one sample at one temperature.

    A share outside of 0 to 1 by its whole interval is a presumption that does not hold.
    """
    whole = [one for one in evidence if not one.broken and not _impossible(one)]
    pairs = [pair for pair in combinations(whole, 2) if contradict(*pair)]
    doubted = {id(one) for pair in pairs for one in pair}
    counted = [one for one in whole if id(one) not in doubted]
    limits = _limits(counted)
    carries: tuple[Carrier, ...] = tuple(name for name in limits if limits[name][0] > HALF)
    broken = [f"{one.method}: {why}" for one in evidence for why in one.broken]
    broken += [
        f"{one.method}: a share of {one.low:.3g} to {one.high:.3g} is not possible"
        for one in evidence
        if _impossible(one)
    ]
    return Verdict(
        limits={name: ends for name, ends in limits.items() if ends != (0.0, 1.0)},
        carries=carries,
        statements=tuple(_statement(name, limits[name]) for name in carries),
        contradictions=tuple(_contradiction(*pair) for pair in pairs),
        broken=tuple(dict.fromkeys(broken)),
        not_excluded=tuple(CONDUCTORS[name] for name in SINGLE if _is_open(name, limits, carries)),
    )


def contradict(one: Evidence, other: Evidence) -> bool:
    """Whether no shares agree with both intervals."""
    a, b = sorted((one, other), key=lambda each: each.carrier)
    (a_low, a_high), (b_low, b_high) = a.limits, b.limits
    if a.carrier == b.carrier:
        return a_high < b_low or b_high < a_low
    if {a.carrier, b.carrier} == {"electrons", "ions"}:
        return a_low + b_low > 1 or a_high + b_high < 1
    if "ions" in (a.carrier, b.carrier):
        ions, single = (a, b) if a.carrier == "ions" else (b, a)
        return single.limits[0] > ions.limits[1]
    return a_low + b_low > 1


def _impossible(one: Evidence) -> bool:
    return one.high < 0 or one.low > 1


def _limits(counted: Sequence[Evidence]) -> dict[Carrier, tuple[float, float]]:
    """Return the limits of every carrier, each narrowed by the other carriers."""
    own = {name: _own(name, counted) for name in get_args(Carrier)}
    electrons, ions = own["electrons"], own["ions"]
    named = sum(own[name][0] for name in IONS)
    ions = max(ions[0], 1 - electrons[1], min(named, 1.0)), min(ions[1], 1 - electrons[0])
    electrons = max(electrons[0], 1 - ions[1]), min(electrons[1], 1 - ions[0])
    limits: dict[Carrier, tuple[float, float]] = {"electrons": electrons, "ions": ions}
    for name in IONS:
        others = named - own[name][0]
        limits[name] = own[name][0], max(min(own[name][1], ions[1] - others), 0.0)
    return limits


def _own(name: Carrier, counted: Sequence[Evidence]) -> tuple[float, float]:
    ends = [one.limits for one in counted if one.carrier == name]
    return max((low for low, _ in ends), default=0.0), min((high for _, high in ends), default=1.0)


def _is_open(name: Carrier, limits: dict[Carrier, tuple[float, float]], carries: Sequence[Carrier]) -> bool:
    return name not in carries and limits[name][1] >= HALF


def _statement(name: Carrier, ends: tuple[float, float]) -> str:
    verb = "carry" if name in PLURAL else "carries"
    noun = "ions together" if name == "ions" else name if name in PLURAL else f"the {name}"
    if name == "protons" and ends[1] == 1:
        return f"{noun} {verb} at least {ends[0]:.3g} of the current"
    return f"{noun} {verb} {ends[0]:.3g} to {ends[1]:.3g} of the current"


def _contradiction(one: Evidence, other: Evidence) -> str:
    return f"{_told(one)} contradicts {_told(other)}: neither counts"


def _told(one: Evidence) -> str:
    low, high = one.limits
    return f"{one.method} ({one.carrier} {low:.3g} to {high:.3g})"
