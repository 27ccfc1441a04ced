"""Residuals of a fit: their size, their correlation between neighbours, and the covariance that follows.

Noise that is correlated from point to point (drift, a circuit that is not quite right) makes intervals from
white-noise formulas too short. A first-order autoregression along the frequencies is estimated by restricted
likelihood, which allows for the freedom the parameters have taken (Cheang & Reinsel, J. Am. Stat. Assoc. 95
(2000) 1173, 10.1080/01621459.2000.10474318), averaged over its posterior, and carried into the covariance by
the sandwich (X'X)^-1 X'VX (X'X)^-1.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from labctl.analysis.numerics.arrays import BoolArray, FloatArray, IndexArray

NOISE_WINDOW = 8  # neighbours on either side are the spectrum's points over this
LEAST_SEEN, WELL_SEEN = 1e-13, 1e10  # of a scaled normal matrix: eigenvalue, variance
LEAST_TO_SUSPECT = 16  # numbers
WHITE = 0.5  # correlation of neighbours, in standard deviations of what white noise has
RHO_GRID = np.linspace(-0.25, 0.95, 25)


@dataclass(frozen=True, eq=False)
class Residuals:
    """Result of `examine`; covariance (p, p) of the fitted logarithms."""

    rms: float
    autocorrelation: float
    effective_points: float
    degrees_of_freedom: float
    covariance: FloatArray


def examine(residuals: FloatArray, jacobian: FloatArray, held: BoolArray, noise_known: bool) -> Residuals:
    """Judge residuals (2n,), real and imaginary in turn, of a fit with jacobian (p, 2n).

    Parameters `held` (p,) at a bound carry no uncertainty of their own. With known noise the residuals are
    in units of it, and the covariance is enlarged only where they exceed it.
    """
    return _examine_alike(residuals[None], jacobian[None], held, noise_known)[0]


def examine_all(
    residuals: FloatArray, jacobian: FloatArray, held: BoolArray, noise_known: bool
) -> list[Residuals]:
    """`examine` for b fits at once: residuals (b, 2n), jacobian (b, p, 2n), held (b, p)."""
    found: dict[int, Residuals] = {}
    patterns, pattern_of = np.unique(held, axis=0, return_inverse=True)
    for i, pattern in enumerate(patterns):
        alike = np.flatnonzero(pattern_of.ravel() == i)
        judged = _examine_alike(residuals[alike], jacobian[alike], pattern, noise_known)
        found.update(zip(alike.tolist(), judged, strict=True))
    return [found[i] for i in range(len(residuals))]


def _examine_alike(
    residuals: FloatArray, jacobian: FloatArray, held: BoolArray, noise_known: bool
) -> list[Residuals]:
    """The same for fits with the same parameters held (p,)."""
    free, m = np.flatnonzero(~held), residuals.shape[1]
    if not free.size:
        return [_nothing_free(own, held.size) for own in residuals]
    j = jacobian if free.size == held.size else jacobian[:, free]
    freedom = max(m - free.size, 1)
    square = np.einsum("bm,bm->b", residuals, residuals)
    variance = square / freedom
    bread = _inverse(j @ j.swapaxes(1, 2))
    uneven = j if noise_known else j * _relative_noise(residuals, j, bread).repeat(2, axis=-1)[:, None]
    meat = variance[:, None, None] * (uneven @ uneven.swapaxes(1, 2))
    rho = np.zeros(len(residuals))
    suspicious = np.flatnonzero(_suspicious(residuals, square))
    if suspicious.size:
        correlated = residuals[suspicious], j[suspicious], uneven[suspicious]
        rho[suspicious], meat[suspicious] = _autoregression(*correlated, freedom)
    if noise_known:
        meat *= (np.maximum(variance, 1.0) / np.maximum(variance, 1e-300))[:, None, None]
    covariance = bread @ meat @ bread
    if free.size < held.size:
        inner, covariance = covariance, np.zeros((len(residuals), held.size, held.size))
        covariance[:, free[:, None], free] = inner
    rows = zip(np.sqrt(variance).tolist(), rho.tolist(), covariance, strict=True)
    return [_judged(*row, m, freedom) for row in rows]


def _judged(rms: float, rho: float, covariance: FloatArray, m: int, freedom: int) -> Residuals:
    return Residuals(
        rms=rms,
        autocorrelation=rho,
        effective_points=m * (1 - rho) / (1 + rho),
        degrees_of_freedom=max(freedom * (1 - rho * rho) / (1 + rho * rho), 1.0),
        covariance=covariance,
    )


def _nothing_free(residuals: FloatArray, parameters: int) -> Residuals:
    m = residuals.size
    rms = float(np.sqrt(np.mean(residuals**2)))
    return Residuals(rms, 0.0, float(m), float(m), np.zeros((parameters, parameters)))


def _inverse(normal: FloatArray) -> FloatArray:
    """Inverses of normal matrices (b, p, p), scaled first; directions not seen get a huge variance."""
    scale = 1 / np.sqrt(np.maximum(np.einsum("bpp->bp", normal), 1e-300))
    scales = scale[:, :, None] * scale[:, None, :]
    scaled = normal * scales
    try:
        inverse = np.linalg.inv(scaled)
    except np.linalg.LinAlgError:
        inverse = np.full(normal.shape, np.nan)
    diagonal = np.einsum("bpp->bp", inverse)
    sound = (diagonal.min(axis=1) > 0) & (diagonal.max(axis=1) < WELL_SEEN)
    if not sound.all():
        inverse[~sound] = _pseudo_inverse(scaled[~sound])
    return inverse * scales


def _pseudo_inverse(scaled: FloatArray) -> FloatArray:
    values, vectors = np.linalg.eigh(scaled)
    return (vectors / np.maximum(values, LEAST_SEEN)[:, None]) @ vectors.swapaxes(1, 2)


def _suspicious(residuals: FloatArray, square: FloatArray) -> BoolArray:
    """Neighbours agree more than white noise would let them: about one and a half standard deviations."""
    m = residuals.shape[1]
    if m < LEAST_TO_SUSPECT:
        return np.zeros(len(residuals), bool)
    neighbours = np.einsum("bm,bm->b", residuals[:, 2:], residuals[:, :-2])
    return (square > 0) & (neighbours > square / np.sqrt(m))


def looks_white(residuals: FloatArray) -> BoolArray:
    """Whether neighbours among the residuals (b, 2n) do not agree with each other, (b,)."""
    m = residuals.shape[1]
    if m < LEAST_TO_SUSPECT:
        return np.zeros(len(residuals), bool)
    square = np.einsum("bm,bm->b", residuals, residuals)
    neighbours = np.einsum("bm,bm->b", residuals[:, 2:], residuals[:, :-2])
    return neighbours <= WHITE / np.sqrt(m) * square


def _relative_noise(residuals: FloatArray, jacobian: FloatArray, bread: FloatArray) -> FloatArray:
    """Noise around each of n frequencies over the noise of all (..., n); an analyser averages longer at low
    ones.

    Squares of the residuals (..., 2n) over the freedom left to them (White, Econometrica 48 (1980) 817, with
    the leverages of the jacobian (..., p, 2n)), both summed over the neighbours.
    """
    n = residuals.shape[-1] // 2
    width = n // NOISE_WINDOW
    if width < 2 or not residuals.any():
        return np.ones((*residuals.shape[:-1], n))
    leverage = np.einsum("...pm,...pm->...m", bread @ jacobian, jacobian)
    both = np.array([residuals * residuals, 1 - leverage])
    total = np.zeros((*both.shape[:-1], n + 1))  # of squares, of freedom, from the first frequency on
    np.cumsum(both[..., ::2] + both[..., 1::2], axis=-1, out=total[..., 1:])
    before, after = _window(n, width)
    square, freedom = total[..., after] - total[..., before]
    whole = total[1, ..., -1:] / total[0, ..., -1:]
    return np.sqrt(square / np.maximum(freedom, 1e-300) * whole)


@lru_cache(maxsize=64)
def _window(size: int, width: int) -> tuple[IndexArray, IndexArray]:
    """Where the `width` neighbours on either side of each place begin and end."""
    place = np.arange(size)
    return np.maximum(place - width, 0), np.minimum(place + width + 1, size)


def _autoregression(
    residuals: FloatArray, jacobian: FloatArray, uneven: FloatArray, freedom: int
) -> tuple[FloatArray, FloatArray]:
    """Posterior means of rho (b,), and X'VX (b, p, p) averaged over the posterior; arguments (b, ..., 2n)."""
    n = residuals.shape[1] // 2
    log_likelihood, variance = _restricted_likelihood(residuals, jacobian, freedom)
    posterior = np.exp(log_likelihood - log_likelihood.max(axis=1, keepdims=True))
    posterior /= posterior.sum(axis=1, keepdims=True)
    powers, lag = _lags(n)
    v = ((posterior * variance) @ powers)[:, lag]
    parts = uneven[..., ::2], uneven[..., 1::2]
    meat = sum((part @ v @ part.swapaxes(1, 2) for part in parts), np.zeros(()))
    return np.maximum(posterior @ RHO_GRID, 0.0), meat


@lru_cache(maxsize=64)
def _lags(n: int) -> tuple[FloatArray, IndexArray]:
    """Autocovariance (rho, lag) over the innovations' variance, and the lag between n points (n, n)."""
    lags = np.arange(n)
    powers = RHO_GRID[:, None] ** lags / (1 - RHO_GRID**2)[:, None]
    return powers, np.abs(np.subtract.outer(lags, lags))


def _restricted_likelihood(
    residuals: FloatArray, jacobian: FloatArray, freedom: int
) -> tuple[FloatArray, FloatArray]:
    """Restricted log-likelihood (b, rho), linearised at the fit, and the innovations' variance (b, rho).

    Whitened inner products are quadratic in rho: sum a b - rho sum (a b' + a' b) + rho^2 (sum inside a b).
    """
    scale = np.sqrt(np.einsum("bpm,bpm->bp", jacobian, jacobian)) + 1e-300
    both = np.concatenate([jacobian / scale[:, :, None], residuals[:, None]], axis=1)
    turned = both.swapaxes(1, 2)
    neighbours = both[:, :, 2:] @ turned[:, :-2]
    lagged = neighbours + neighbours.swapaxes(1, 2)
    inside = both[:, :, 2:-2] @ turned[:, 2:-2]
    whole, lagged, inside = (a.transpose(1, 2, 0)[..., None] for a in (both @ turned, lagged, inside))
    products = whole - RHO_GRID * lagged + RHO_GRID**2 * inside
    p = jacobian.shape[1]
    products[range(p), range(p)] += 1e-12
    pivots = np.maximum(_pivots(products), 1e-300)
    log_det, square = np.log(pivots[:p]).sum(axis=0), pivots[p]
    return -0.5 * freedom * np.log(square) + np.log(1 - RHO_GRID**2) - 0.5 * log_det, square / freedom


def _pivots(matrices: FloatArray) -> FloatArray:
    """Pivots (n, ...) of symmetric matrices (n, n, ...) by elimination; the last is the Schur complement."""
    left, n = matrices, len(matrices)
    found = np.empty(matrices.shape[1:])
    for i in range(n):
        found[i] = left[0, 0]
        column = left[1:, 0]
        left = left[1:, 1:] - column[:, None] * (column / left[0, 0])
    return found
