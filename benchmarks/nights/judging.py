"""Judge stated 95 % intervals against the truth: coverage, bias, and large errors without a flag.

A quantity is met when 95 % lies inside the 99 % binomial interval of the observed coverage.

A rectangular limit of error a has the standard uncertainty a / sqrt(3), and 1.96 of it exceeds a: an interval
by linear propagation that such a limit dominates covers 100 %, not 95 %. So the coverage that the printed
interval must have is computed for each number by Monte Carlo from its own budget, with limits as rectangles
and everything else as normal distributions. Its mean over the nights, `expected`, shows whether a printed
interval is another one than its budget gives.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from cells import trust
from cells.results import Row, table, verdict
from scipy.stats import beta

ASKED = 0.95
MOST_UNTOLD = 0.005
FAR = 4.0  # standard uncertainties
DRAWS = 4000
RECTANGULAR = ("analyser", "potentiostat")
THERMOMETER = "thermometer"
FEWEST = 300
QUANTITIES = {
    "R": "R",
    "sigma": "sigma",
    "sigma25": "sigma(25 degC)",
    "Ea": "Ea",
    "A": "A",
    "B": "B",
    "T0": "T0",
    "rho+": "rho+",
    "mounts": "sigma25 mounts",
}
TELLING = (  # words of flags about a law or a fraction that may be another one; `cells.trust` has the others
    "not decided",
    "has no value at",
    "is suspected",
    "outlier at",
    "unit of the temperature",
    "hysteresis:",
    "the sample changed",
    "too large for linear propagation",
    "not steady",
    "bulk resistance changed",
    "linear range",
    "no circuit describes",
)


def tells(flags: Iterable[str]) -> bool:
    """A flag says that the number may be another one."""
    return any(trust.tells([flag]) or any(words in flag for words in TELLING) for flag in flags)


def judged(stated: Mapping[str, Any], truth: float, *, classed: bool, seed: int = 0) -> Row:
    """Compare a stated number with the truth.

    `classed`: its thermometer is stated by a class, and has rectangular limits.
    """
    low, high, u = stated["low"], stated["high"], stated["u"]
    error = stated["value"] - truth
    return {
        "truth": truth,
        "value": stated["value"],
        "u": u,
        "z": error / u if u > 0 else math.inf,
        "covered": bool(low <= truth <= high),
        "told": tells(stated["flags"]),
        "flags": list(stated["flags"]),
        "expected": expected_coverage(stated, classed=classed, seed=seed),
        "budget": {one["source"]: _change(one) for one in stated["budget"]},
    }


def expected_coverage(stated: Mapping[str, Any], *, classed: bool, seed: int = 0) -> float:
    """Probability that the interval holds the truth, if its budget is true; 0.95 without a budget."""
    parts = stated["budget"]
    if not parts or not any(_is_rectangular(one, classed) for one in parts):
        return ASKED
    rng = np.random.default_rng([seed, len(parts)])
    errors, causes = np.zeros(DRAWS), dict[str, np.ndarray]()
    for place, one in enumerate(parts):
        cause = str(one.get("cause") or f"{place}")
        if cause not in causes:
            causes[cause] = _draws(one, classed, rng)
        errors += _change(one) * causes[cause]
    low, high = stated["value"] - stated["high"], stated["value"] - stated["low"]
    if _in_logarithm(stated):
        low, high = _of_logarithm(stated)
    return float(np.mean((low <= errors) & (errors <= high)))


def _in_logarithm(stated: Mapping[str, Any]) -> bool:
    """The interval is symmetric in the logarithm, as intervals of sigma and A are."""
    low, value, high = stated["low"], stated["value"], stated["high"]
    if not (low > 0 and high - low > 1e-3 * value):
        return False
    return abs(math.log(high / value) - math.log(value / low)) < abs(high + low - 2 * value) / value / 2


def _of_logarithm(stated: Mapping[str, Any]) -> tuple[float, float]:
    value = stated["value"]
    return value * math.log(value / stated["high"]), value * math.log(value / stated["low"])


def _draws(one: Mapping[str, Any], classed: bool, rng: np.random.Generator) -> np.ndarray:
    if _is_rectangular(one, classed):
        return rng.uniform(-math.sqrt(3), math.sqrt(3), DRAWS)
    freedom = one.get("degrees_of_freedom")
    if freedom is not None and math.isfinite(freedom) and freedom > 2:
        return rng.standard_t(freedom, DRAWS)
    return rng.standard_normal(DRAWS)


def _is_rectangular(one: Mapping[str, Any], classed: bool) -> bool:
    source = one["source"]
    return source in RECTANGULAR or (classed and source == THERMOMETER)


def _change(one: Mapping[str, Any]) -> float:
    return float(one["change"] if "change" in one else one["standard_uncertainty"])


def binomial_interval(covered: int, n: int, level: float = 0.99) -> tuple[float, float]:
    """Clopper and Pearson's interval of a share, 10.1093/biomet/26.4.404."""
    tail = (1 - level) / 2
    low = 0.0 if covered == 0 else float(beta.ppf(tail, covered, n - covered + 1))
    high = 1.0 if covered == n else float(beta.ppf(1 - tail, covered + 1, n - covered))
    return low, high


def of_quantity(rows: Iterable[Row], quantity: str) -> list[Row]:
    """Judged numbers of one quantity, over all nights."""
    return [row[quantity] for row in rows if row.get(quantity) is not None]


def report(rows: Sequence[Row], fewest: int = FEWEST) -> tuple[str, bool]:
    """Table over quantities, the verdicts, and whether all are met."""
    heading = ["quantity", "n", "flagged", "covered", "99 % interval", "expected", "95 % in it"]
    heading += ["bias, u", "|z| > 4 untold"]
    lines, verdicts = [], []
    for quantity, name in QUANTITIES.items():
        line, asked = _line(name, of_quantity(rows, quantity), fewest)
        lines.append(line)
        verdicts += asked
    text = [table(heading, lines), "", *(verdict(met, asked) for met, asked in verdicts)]
    return "\n".join(text), all(met for met, _ in verdicts)


def _line(name: str, judged: list[Row], fewest: int) -> tuple[list[str], list[tuple[bool, str]]]:
    plain = [row for row in judged if not row["told"]]
    n, covered = len(plain), sum(row["covered"] for row in plain)
    if n == 0:
        return [name, "0", str(len(judged)), *["-"] * 6], [(False, f"{name}: no number was judged")]
    low, high = binomial_interval(covered, n)
    expected = float(np.mean([row["expected"] for row in plain]))
    z = np.array([row["z"] for row in plain])
    far = int(np.sum(np.abs(z) > FAR))
    met = low <= ASKED <= high
    line = [
        name,
        str(n),
        str(len(judged) - n),
        f"{100 * covered / n:.1f} %",
        f"{100 * low:.1f} to {100 * high:.1f} %",
        f"{100 * expected:.1f} %",
        "yes" if met else "no",
        f"{float(np.median(z)):+.2f}",
        str(far),
    ]
    about = f"{name}: {100 * ASKED:.0f} % in {100 * low:.1f} to {100 * high:.1f} %"
    asked = [(met, about), (far <= MOST_UNTOLD * n, f"{name}: off by more than 4 u, untold: {far} of {n}")]
    asked.append((n >= fewest, f"{name}: at least {fewest} nights: {n}"))
    return line, asked


def named(row: Row) -> str:
    """One line about a night with a number that is not covered and not flagged; empty for the others."""
    against = []
    for quantity in QUANTITIES:
        one = row.get(quantity)
        if one is None or one["told"] or one["covered"]:
            continue
        against.append(
            f"{quantity} {one['value']:.6g} +- {one['u']:.2g}, truth {one['truth']:.6g} ({one['z']:+.1f} u)"
        )
    about = f"{row['number']:5d} {row['kind']}, {row['law']}, {row['thermometer']}, {row['way']}"
    return f"{about}: {'; '.join(against)}" if against else ""
