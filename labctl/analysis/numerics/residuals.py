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
    free = np.flatnonzero(~held)
    if not free.size:
        return _nothing_free(residuals, held.size)
    j = jacobian if free.size == held.size else jacobian[free]
    m = residuals.size
    freedom = max(m - free.size, 1)
    variance = float(residuals @ residuals) / freedom
    bread = _inverse(j @ j.T)
    uneven = j if noise_known else j * np.repeat(_relative_noise(residuals, j, bread), 2)
    if _suspicious(residuals):
        both, shape = residuals.reshape(-1, 2), (free.size, -1, 2)
        rho, meat = _autoregression(both, j.reshape(shape), uneven.reshape(shape), freedom)
    else:
        rho, meat = 0.0, variance * (uneven @ uneven.T)
    shrink = (1 - rho * rho) / (1 + rho * rho)
    spread = max(variance, 1.0) if noise_known else variance
    inner = spread / max(variance, 1e-300) * (bread @ meat @ bread)
    covariance = inner
    if free.size < held.size:
        covariance = np.zeros((held.size, held.size))
        covariance[np.ix_(free, free)] = inner
    return Residuals(
        rms=float(np.sqrt(variance)),
        autocorrelation=rho,
        effective_points=m * (1 - rho) / (1 + rho),
        degrees_of_freedom=max(freedom * shrink, 1.0),
        covariance=covariance,
    )


def examine_all(
    residuals: FloatArray, jacobian: FloatArray, held: BoolArray, noise_known: bool
) -> list[Residuals]:
    """`examine` for b fits at once: residuals (b, 2n), jacobian (b, p, 2n), held (b, p).

    Where nothing is out of the ordinary the arithmetic is done for all together; others are examined singly.
    """
    m, p = residuals.shape[1], jacobian.shape[1]
    square = np.einsum("bm,bm->b", residuals, residuals)
    neighbours = np.einsum("bm,bm->b", residuals[:, 2:], residuals[:, :-2])
    plain = ~held.any(axis=1) & (square > 0)
    if m >= LEAST_TO_SUSPECT:
        plain &= neighbours <= square / np.sqrt(m)
    found: list[Residuals | None] = [None] * len(residuals)
    chosen = np.flatnonzero(plain)
    if chosen.size > 1:
        freedom = max(m - p, 1)
        covariance = _plain_covariance(residuals[chosen], jacobian[chosen], noise_known, freedom)
        rms = np.sqrt(square[chosen] / freedom)
        sound = np.isfinite(covariance.sum(axis=(1, 2))).tolist()
        for place, own, size, is_sound in zip(chosen, covariance, rms.tolist(), sound, strict=True):
            if is_sound:
                found[place] = Residuals(size, 0.0, float(m), float(freedom), own)
    return [
        examine(residuals[i], jacobian[i], held[i], noise_known) if one is None else one
        for i, one in enumerate(found)
    ]


def _plain_covariance(
    residuals: FloatArray, jacobian: FloatArray, noise_known: bool, freedom: int
) -> FloatArray:
    """Covariances (b, p, p) of fits with white residuals and nothing held; nan: cannot be inverted."""
    normal = jacobian @ jacobian.swapaxes(1, 2)
    scale = 1 / np.sqrt(np.maximum(np.einsum("bpp->bp", normal), 1e-300))
    scaled, scales = normal * scale[:, :, None] * scale[:, None, :], scale[:, :, None] * scale[:, None, :]
    try:
        inverse = np.linalg.inv(scaled)
    except np.linalg.LinAlgError:
        return np.full(normal.shape, np.nan)
    diagonal = np.einsum("bpp->bp", inverse)
    inverse[(diagonal.min(axis=1) <= 0) | (diagonal.max(axis=1) >= WELL_SEEN)] = np.nan
    bread = inverse * scales
    variance = np.einsum("bm,bm->b", residuals, residuals) / freedom
    uneven = jacobian
    if not noise_known:
        uneven = jacobian * _relative_noise(residuals, jacobian, bread).repeat(2, axis=-1)[:, None]
    spread = np.maximum(variance, 1.0) if noise_known else variance
    return spread[:, None, None] * (bread @ (uneven @ uneven.swapaxes(1, 2)) @ bread)


def _nothing_free(residuals: FloatArray, parameters: int) -> Residuals:
    m = residuals.size
    rms = float(np.sqrt(np.mean(residuals**2)))
    return Residuals(rms, 0.0, float(m), float(m), np.zeros((parameters, parameters)))


def _inverse(normal: FloatArray) -> FloatArray:
    """Inverse of a normal matrix, scaled first; directions the data do not see get a huge variance."""
    scale = 1 / np.sqrt(np.maximum(normal.diagonal(), 1e-300))
    scaled, scales = normal * scale[:, None] * scale, scale[:, None] * scale
    try:
        inverse = np.linalg.inv(scaled)
        if inverse.diagonal().min() > 0 and inverse.diagonal().max() < WELL_SEEN:
            return inverse * scales
    except np.linalg.LinAlgError:
        pass
    values, vectors = np.linalg.eigh(scaled)
    return (vectors / np.maximum(values, LEAST_SEEN)) @ vectors.T * scales


def _suspicious(residuals: FloatArray) -> bool:
    """Neighbours agree more than white noise would let them: about one and a half standard deviations."""
    m = residuals.size
    if m < LEAST_TO_SUSPECT:
        return False
    square = float(residuals @ residuals)
    return square > 0 and float(residuals[2:] @ residuals[:-2]) / square > 1.0 / np.sqrt(m)


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
    r: FloatArray, j: FloatArray, uneven: FloatArray, freedom: int
) -> tuple[float, FloatArray]:
    """Posterior mean of rho, and X'VX averaged over the posterior, for r (n, 2) and j (p, n, 2)."""
    log_likelihood, variance = _restricted_likelihood(r, j, freedom)
    posterior = np.exp(log_likelihood - log_likelihood.max())
    posterior /= posterior.sum()
    lags = np.arange(len(r))
    covariance_at = (posterior * variance / (1 - RHO_GRID**2)) @ RHO_GRID[:, None] ** lags
    v = covariance_at[np.abs(np.subtract.outer(lags, lags))]
    meat = sum(uneven[..., k] @ v @ uneven[..., k].T for k in (0, 1))
    return max(float(posterior @ RHO_GRID), 0.0), np.asarray(meat)


def _restricted_likelihood(r: FloatArray, j: FloatArray, freedom: int) -> tuple[FloatArray, FloatArray]:
    """Restricted log-likelihood on the grid of rho, linearised at the fit, and the innovations' variance.

    Whitened inner products are quadratic in rho: sum a b - rho sum (a b' + a' b) + rho^2 (sum inside a b).
    """
    scale = np.sqrt(np.einsum("pnk,pnk->p", j, j)) + 1e-300
    both = np.concatenate([j / scale[:, None, None], r[None]])
    flat = both.reshape(len(both), -1)
    neighbours = both[:, 1:].reshape(len(both), -1) @ both[:, :-1].reshape(len(both), -1).T
    inside = both[:, 1:-1].reshape(len(both), -1)
    rho = RHO_GRID[:, None, None]
    products = flat @ flat.T - rho * (neighbours + neighbours.T) + rho**2 * (inside @ inside.T)
    p = len(j)
    normal, gradient = products[:, :p, :p] + 1e-12 * np.eye(p), products[:, :p, p]
    shift = np.linalg.solve(normal, gradient[..., None])[..., 0]
    square = np.maximum(products[:, p, p] - np.einsum("gp,gp->g", gradient, shift), 1e-300)
    log_det = np.linalg.slogdet(normal)[1]
    return -0.5 * freedom * np.log(square) + np.log(1 - RHO_GRID**2) - 0.5 * log_det, square / freedom
