"""Verdicts on carriers of simulated samples: coverage, faults that are named, false statements.

    python benchmarks/carriers.py --samples 300
    python benchmarks/carriers.py --samples 100 --fault leak      also offset, "lost mass"

The samples are made without labctl (benchmarks/carrier_samples). Each has electrons and holes, a cation, an
anion and protons; four of five have one main carrier of 0.65 to 0.999. An interval counts for a method where
its presumptions hold. A fault is named where the verdict names a presumption that does not hold or a
contradiction, or a flag of the method names the fault. A false statement is a carrier that is stated to carry
the current and has less than one half.
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from carrier_samples import ANION, CATION, FAULTS, PROTON, Measured, Truth, draw
from figures import state_share
from scipy.stats import beta, binom

from labctl.analysis import Estimate
from labctl.analysis.transport.carriers import SINGLE, Evidence, Verdict, weigh
from labctl.analysis.transport.electromotive import share_of_ratios
from labctl.analysis.transport.hebb_wagner import hebb_wagner
from labctl.analysis.transport.partial_pressure import pressure_slope
from labctl.analysis.transport.tubandt import Ion, Weighed, tubandt

WORDS = {
    "leak": "proportional to the potential",
    "offset": "an offset of",
    "lost mass": "contradict each other",
}
SEVERAL = "several carriers"


@dataclass(frozen=True)
class Judged:
    """Statements of the methods and of the verdict about one sample."""

    truth: Truth
    intervals: dict[str, tuple[float, float, float]]
    flags: tuple[str, ...]
    verdict: Verdict

    @property
    def false_statements(self) -> list[str]:
        """Carriers that are stated to carry the current, and do not."""
        shares = self.truth.shares | {"ions": self.truth.ions, "other ions": 0.0}
        return [name for name in self.verdict.carries if shares[name] <= 0.5]

    @property
    def wrongly_excluded(self) -> bool:
        """Whether the main carrier is neither stated to carry the current nor left open."""
        high = {name: self.verdict.limits.get(name, (0.0, 1.0))[1] for name in SINGLE}
        return any(share > 0.5 and high[name] < 0.5 for name, share in self.truth.shares.items())

    @property
    def is_named(self) -> bool:
        """Whether the fault is named."""
        of_verdict = [*self.verdict.broken, *self.verdict.contradictions]
        return bool(of_verdict) or any(WORDS[self.truth.fault] in flag for flag in self.flags)


def judge(seed: int, fault: str = "") -> Judged:
    """Measure one sample by all methods, and weigh them."""
    truth, measured = draw(seed, fault)
    found = [_hebb_wagner(truth, measured), _emf(truth, measured), _tubandt(truth, measured)]
    evidence = [one for each in found for one in each[0]]
    intervals = {name: ends for each in found for name, ends in each[1].items()}
    flags = tuple(flag for each in found for flag in each[2])
    slope = _slope(truth, measured)
    if slope:
        intervals["slope of the pressure"] = slope
    return Judged(truth, intervals, flags, weigh(evidence))


Found = tuple[list[Evidence], dict[str, tuple[float, float, float]], tuple[str, ...]]


def _hebb_wagner(truth: Truth, measured: Measured) -> Found:
    found = hebb_wagner(
        measured.potential_v, measured.current_a, measured.current_u_a, truth.temperature_k, 1.0, 1.0
    )
    total = Estimate(*measured.total_s_m)
    share = _ratio(found.electronic_s_m, total)
    broken = [flag for flag in found.flags if WORDS["leak"] in flag or "scatter more" in flag]
    low, high = share.interval()
    one = Evidence(
        method="Hebb-Wagner", carrier="electrons", low=low, high=high, value=share.value, broken=tuple(broken)
    )
    return [one], {"Hebb-Wagner": (truth.shares["electrons"], low, high)}, found.flags


def _ratio(part: Estimate, whole: Estimate) -> Estimate:
    share = part.value / whole.value
    u = abs(share) * (part.relative_uncertainty**2 + whole.relative_uncertainty**2) ** 0.5
    return Estimate(share, u, part.degrees_of_freedom)


def _emf(truth: Truth, measured: Measured) -> Found:
    found = share_of_ratios(
        [Estimate(*one) for one in measured.emf_v], [Estimate(*one) for one in measured.theory_v]
    )
    low, high = found.share.interval()
    one = Evidence(method="emf", carrier="ions", low=min(low, 1.0), high=1.0, value=found.share.value)
    return [one], {"emf": (truth.ions, low, high)}, found.flags


def _tubandt(truth: Truth, measured: Measured) -> Found:
    """All three ions are named: sides and metals determine their sum, and bound each."""
    ions = [Ion(*CATION), Ion(*ANION), Ion(*PROTON)]
    parts = [
        Weighed(place, Estimate(before, u), Estimate(after, u), ions[0] if "metal" in place else None)  # type: ignore[arg-type]  # a place of the generator
        for place, (before, after, u) in measured.masses_kg.items()
    ]
    found = tubandt(Estimate(*measured.charge_c), parts, ions)
    names = {"M2+": "cation", "X-": "anion", "H+": "protons"}
    broken = tuple(flag for flag in found.flags if "carried by no ion" not in flag)
    evidence = [
        Evidence(method=f"Tubandt, {ion}", carrier=names[ion], low=low, high=high, broken=broken)  # type: ignore[arg-type]  # a carrier by name
        for ion, (low, high) in found.bounds.items()
    ]
    if not evidence:
        evidence = [Evidence(method="Tubandt", carrier="ions", low=0.0, high=1.0, broken=broken)]
    intervals = {f"Tubandt, {ion}": (truth.shares[names[ion]], *ends) for ion, ends in found.bounds.items()}
    if found.not_carried is not None:
        intervals["Tubandt, charge of no ion"] = (truth.shares["electrons"], *found.not_carried.interval())
    return evidence, intervals, found.flags


def _slope(truth: Truth, measured: Measured) -> tuple[float, float, float] | None:
    """Presumes one carrier: counted where ions have 0.99 and more, with a slope within 0.0025 of 0."""
    if truth.ions < 0.99:
        return None
    pressures = [Estimate(one, 0.0) for one in measured.pressure_pa]
    found = pressure_slope(pressures, [Estimate(*one) for one in measured.sigma_s_m], "O2")
    return 0.0, *found.slope.interval()


def sound(samples: int, first: int = 0) -> None:
    """Print coverage and statements where nothing is broken."""
    inside, count, carries = Counter[str](), Counter[str](), Counter[str]()
    false, excluded = 0, 0
    for one in _judged(samples, first):
        false += bool(one.false_statements)
        excluded += one.wrongly_excluded
        carries[f"{one.truth.kind}: {', '.join(one.verdict.carries) or 'nothing'}"] += 1
        for name, (truth, low, high) in one.intervals.items():
            count[name] += 1
            inside[name] += low <= truth <= high
    print(
        "| method | n | covered | share, 95 % interval | at least expected at 99 % |\n|---|---|---|---|---|"
    )
    for name, n in count.items():
        low, high = clopper_pearson(inside[name], n)
        least = int(binom.ppf(0.005, n, 0.95))
        print(f"| {name} | {n} | {inside[name]} | {100 * low:.0f} to {100 * high:.0f} % | {least} |")
        state_share(f"carriers.{name}", inside[name], n)
    print(f"\nfalse statements: {false} of {samples}; main carrier excluded: {excluded} of {samples}\n")
    state_share("carriers.false_statements", false, samples)
    state_share("carriers.main_carrier_excluded", excluded, samples)
    for words, n in sorted(carries.items()):
        print(f"  {n:4d}  {words}")


def broken(samples: int, fault: str, first: int = 0) -> None:
    """Print how often a fault is named, and false statements."""
    named = false = 0
    for one in _judged(samples, first, fault):
        named += one.is_named
        false += bool(one.false_statements)
    print(f"{fault}: named in {named} of {samples}; false statements in {false}")
    state_share(f"carriers.{fault}", named, samples)


def _judged(samples: int, first: int, fault: str = "") -> Iterator[Judged]:
    return (judge(seed, fault) for seed in range(first, first + samples))


def clopper_pearson(k: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share, `k` of `n`."""
    low = float(beta.ppf(0.025, k, n - k + 1)) if k else 0.0
    high = float(beta.ppf(0.975, k + 1, n - k)) if k < n else 1.0
    return low, high


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=300, help="(%(default)s)")
    parser.add_argument("--first", type=int, default=0, help="seed of the first (%(default)s)")
    parser.add_argument("--fault", choices=FAULTS, default="", help="break this presumption")
    return parser


def main() -> None:
    asked, start = parser().parse_args(), time.perf_counter()
    if asked.fault:
        broken(asked.samples, asked.fault, asked.first)
    else:
        sound(asked.samples, asked.first)
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
