"""VTF fits beside scipy's curve_fit and (where installed) lmfit: time and success. And adaptive temperatures.

    python benchmarks/laws.py [sets]
    python benchmarks/laws.py --celsius 20000

All are given the same sets, one after the other, in one run. The peers start from all ones, and from an
ordinary guess (B = 0.1 eV, T0 fifty kelvin below the data, ln A from the first point). A fit succeeds when
its sum of squares is within 0.1 % of the best that any of them found.
"""

import argparse
import time
import warnings
from collections.abc import Callable

import numpy as np
from figures import state
from scipy.optimize import OptimizeWarning, curve_fit

from labctl.analysis import fit_temperature_law, fit_vtf, half_width, next_temperature
from labctl.analysis.numerics.celsius import straighter_in_celsius

KB = 8.617333262e-5
Fit = Callable[[np.ndarray, np.ndarray], float]


def law(temperature_k: np.ndarray, ln_a: float, b_ev: float, t0_k: float) -> np.ndarray:
    with np.errstate(all="ignore"):
        return ln_a - 0.5 * np.log(temperature_k) - b_ev / (KB * (temperature_k - t0_k))


def draw(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    low, n = rng.uniform(280, 320), int(rng.integers(8, 21))
    temperature = np.linspace(low, low + rng.uniform(30, 90), n)
    truth = law(temperature, rng.uniform(0, 8), rng.uniform(0.04, 0.12), low - rng.uniform(40, 120))
    return temperature, truth + rng.uniform(0.003, 0.03) * rng.standard_normal(n)


def labctl(temperature_k: np.ndarray, ln_sigma: np.ndarray) -> float:
    fit = fit_vtf(temperature_k, np.exp(ln_sigma))
    fit.vogel_temperature_k.interval()
    return float(np.sum(fit.solution.residuals**2))


def ones(_temperature_k: np.ndarray, _ln_sigma: np.ndarray) -> list[float]:
    return [1.0, 1.0, 1.0]


def guess(temperature_k: np.ndarray, ln_sigma: np.ndarray) -> list[float]:
    t0_k = float(temperature_k.min()) - 50
    b_ev = 0.1
    return [float(ln_sigma[0] - law(temperature_k[:1], 0.0, b_ev, t0_k)[0]), b_ev, t0_k]


def scipy_from(start: Callable[..., list[float]]) -> Fit:
    def fit(temperature_k: np.ndarray, ln_sigma: np.ndarray) -> float:
        found, _ = curve_fit(law, temperature_k, ln_sigma, p0=start(temperature_k, ln_sigma), maxfev=5000)
        return float(np.sum((ln_sigma - law(temperature_k, *found)) ** 2))

    return fit


def lmfit_from(start: Callable[..., list[float]], interval: bool) -> Fit:
    import lmfit  # pyright: ignore[reportMissingImports]

    def fit(temperature_k: np.ndarray, ln_sigma: np.ndarray) -> float:
        names = ("ln_a", "b_ev", "t0_k")
        parameters = lmfit.create_params(**dict(zip(names, start(temperature_k, ln_sigma), strict=True)))
        problem = lmfit.Minimizer(
            lambda p: ln_sigma - law(temperature_k, *(p[name].value for name in names)), parameters
        )
        found = problem.minimize()
        if interval:
            lmfit.conf_interval(problem, found, p_names=["t0_k"], sigmas=[2])
        return float(np.sum(found.residual**2))

    return fit


def peers() -> dict[str, Fit]:
    fits: dict[str, Fit] = {
        "labctl, with profile interval": labctl,
        "curve_fit from ones": scipy_from(ones),
        "curve_fit from a guess": scipy_from(guess),
    }
    try:
        fits["lmfit from ones"] = lmfit_from(ones, False)
        fits["lmfit from a guess"] = lmfit_from(guess, False)
        fits["lmfit from a guess, with profile interval"] = lmfit_from(guess, True)
    except ImportError:
        print("lmfit is not installed: left out")
    return fits


def compare(sets: int) -> None:
    rng, fits = np.random.default_rng(0), peers()
    squares, seconds = np.full((len(fits), sets), np.inf), np.zeros((len(fits), sets))
    for column in range(sets):
        points = draw(rng)
        for row, fit in enumerate(fits.values()):
            start = time.perf_counter()
            try:
                squares[row, column] = np.nan_to_num(fit(*points), nan=np.inf)
            except Exception as problem:  # noqa: BLE001 a peer may fail in any way; that is what is counted
                squares[row, column] = np.inf if problem else 0.0
            seconds[row, column] = time.perf_counter() - start
    ok = squares <= 1.001 * squares.min(axis=0)
    median_ms = 1e3 * np.median(seconds, axis=1)
    print(f"{'':45s}{'ms':>7s}{'ratio':>8s}{'success':>10s}   ({sets} sets)")
    for name, ms, good in zip(fits, median_ms, ok, strict=True):
        print(f"{name:45s}{ms:7.2f}{ms / median_ms[0]:8.2f}{100 * good.mean():9.1f} %")
        state(f"laws.time_of_{name}", ms / median_ms[0])
        state(f"laws.success_of_{name}", 100 * good.mean(), "%")


def temperatures_needed(quantity: str, half: float, refine: bool, rng: np.random.Generator) -> int:
    """Temperatures until the 95 % half-width is reached, points of 1 % between 25 and 95 degC."""
    truth = (2.0, 0.08, 215.0)
    low, high = 298.15, 368.15

    def sigma(temperature_k: np.ndarray) -> np.ndarray:
        if quantity == "activation_energy_ev":
            value = np.exp(-0.5 / (KB * temperature_k)) / temperature_k
        else:
            value = np.exp(law(temperature_k, *truth))
        return value * np.exp(0.01 * rng.standard_normal(temperature_k.size))

    temperature = np.linspace(low, high, 5)
    measured = sigma(temperature)
    while temperature.size < 100:
        found = fit_temperature_law(temperature, measured, standard_uncertainty_s_m=0.01 * measured)
        known = any(quantity in fit.gradients for fit in found.candidates.values())
        if known and half_width(found, quantity) <= half:
            break
        proposal = next_temperature(found, low, high, quantity, closest_k=0.5) if known and refine else None
        if proposal is not None:
            temperature = np.append(temperature, proposal.temperature_k)
            measured = np.append(measured, sigma(temperature[-1:]))
        else:
            temperature = np.linspace(low, high, temperature.size + 1)
            measured = sigma(temperature)
    return temperature.size


def adaptive() -> None:
    print("\ntemperatures needed for a 95 % half-width (median of 9)      even grid   refined")
    for quantity, half in (
        ("activation_energy_ev", 0.004),
        ("activation_energy_ev", 0.0025),
        ("vogel_temperature_k", 3.0),
        ("vogel_temperature_k", 2.0),
    ):
        counts = []
        for refine in (False, True):
            rng = np.random.default_rng(1)
            counts.append(np.median([temperatures_needed(quantity, half, refine, rng) for _ in range(9)]))
        print(f"{quantity} to {half:g}".ljust(62) + f"{counts[0]:8.0f}{counts[1]:10.0f}")
        state(f"laws.even_{quantity}_{half:g}", counts[0], "temperatures")
        state(f"laws.refined_{quantity}_{half:g}", counts[1], "temperatures")


def bent(rng: np.random.Generator, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """A series in kelvin of 5 to 20 temperatures with 0.1 to 5 % of noise; returns kelvin and ln sigma."""
    low, n = rng.uniform(230, 700), int(rng.integers(5, 21))
    kelvin = np.sort(rng.uniform(low, low + rng.uniform(20, 300), n))
    kelvin = kelvin + 0.6 * np.arange(n)
    ev = rng.uniform(0.1, 1.5)
    straight = -np.log(kelvin) * rng.integers(0, 2) - ev / (KB * kelvin)
    middle = float(rng.uniform(kelvin[1], kelvin[-2]))
    above = kelvin > middle
    y = {
        "arrhenius": straight,
        "vtf": law(kelvin, 0.0, rng.uniform(0.02, 0.25), kelvin[0] - rng.uniform(20, 150)),
        "kink up": straight - above * rng.uniform(0.02, 0.8) * (1 / kelvin - 1 / middle) / KB,
        "kink down": straight + above * rng.uniform(0.02, 0.8) * ev * (1 / kelvin - 1 / middle) / KB,
        "jump": straight + above * rng.uniform(0.1, 7.0),
        "two in parallel": np.logaddexp(straight, -(ev + 0.4) / (KB * kelvin) + 0.4 / (KB * middle)),
        "two in series": -np.logaddexp(-straight, (ev + 0.4) / (KB * kelvin) - 0.4 / (KB * middle)),
        "ageing": straight + np.linspace(0.0, rng.uniform(-0.5, 0.0), n),
    }[kind]
    return kelvin, y + rng.uniform(0.001, 0.05) * rng.standard_normal(n)


KINDS = ("arrhenius", "vtf", "kink up", "kink down", "jump", "two in parallel", "two in series", "ageing")


def celsius(sets: int) -> None:
    """How often kelvin are taken for degrees Celsius, and degrees Celsius of the same series are found."""
    print(f"{'':20s}{'false alarms':>14s}{'one in':>9s}{'found':>9s}   ({sets} series each)")
    for number, kind in enumerate(KINDS):
        rng, alarms, found, possible = np.random.default_rng([7, number]), 0, 0, 0
        for _ in range(sets):
            kelvin, ln_sigma = bent(rng, kind)
            alarms += straighter_in_celsius(kelvin, ln_sigma) > 0
            if kelvin.min() > 283.15:  # degrees Celsius below 10 would not pass for kelvin
                possible += 1
                found += straighter_in_celsius(kelvin - 273.15, ln_sigma) > 0
        one_in = f"{sets / alarms:9.0f}" if alarms else "        -"
        print(f"{kind:20s}{alarms:14d}{one_in}{100 * found / max(possible, 1):8.1f} %")
        state(f"laws.celsius_alarms_{kind}", alarms, f"of {sets}")


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", type=int, nargs="?", default=300, help="(%(default)s)")
    parser.add_argument("--celsius", type=int, default=0, metavar="SERIES", help="false alarms of that test")
    return parser


def main() -> None:
    warnings.simplefilter("ignore", (RuntimeWarning, OptimizeWarning))
    asked = parser().parse_args()
    if asked.celsius:
        celsius(asked.celsius)
        return
    compare(asked.sets)
    adaptive()


if __name__ == "__main__":
    main()
