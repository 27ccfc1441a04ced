"""What the residuals of a fit say: how large they are, whether neighbours agree, what the fit is worth.

Noise that is correlated from point to point (drift, a circuit that is not quite right) makes intervals from
white-noise formulas too short. A first-order autoregression along the frequencies is estimated by restricted
likelihood, which allows for the freedom the parameters have taken (Cheang & Reinsel, J. Am. Stat. Assoc. 95
(2000) 1173, 10.1080/01621459.2000.10474318), averaged over its posterior, and carried into the covariance by
the sandwich (X'X)^-1 X'VX (X'X)^-1.
"""

from dataclasses import dataclass

import numpy as np

from labctl.analysis.spectrum import BoolArray, FloatArray

RHO_GRID = np.linspace(-0.25, 0.95, 25)


@dataclass(frozen=True, eq=False)
class Residuals:
    """What `examine` found; covariance (p, p) is that of the fitted logarithms."""

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
    r, j = residuals.reshape(-1, 2), jacobian[free].reshape(free.size, -1, 2)
    m = residuals.size
    freedom = max(m - free.size, 1)
    variance = float(residuals @ residuals) / freedom
    bread = _inverse(jacobian[free] @ jacobian[free].T)
    rho, meat = 0.0, None
    if _suspicious(r, m):
        rho, meat = _autoregression(r, j, bread, freedom)
    shrink = (1 - rho * rho) / (1 + rho * rho)
    spread = max(variance, 1.0) if noise_known else variance
    inner = spread * bread if meat is None else spread / max(variance, 1e-300) * (bread @ meat @ bread)
    covariance = np.zeros((held.size, held.size))
    covariance[np.ix_(free, free)] = inner
    return Residuals(
        rms=float(np.sqrt(variance)),
        autocorrelation=rho,
        effective_points=m * (1 - rho) / (1 + rho),
        degrees_of_freedom=max(freedom * shrink, 1.0),
        covariance=covariance,
    )


def _inverse(normal: FloatArray) -> FloatArray:
    """Inverse of a normal matrix, scaled first; directions the data do not see get a huge variance."""
    scale = 1 / np.sqrt(np.maximum(np.diag(normal), 1e-300))
    values, vectors = np.linalg.eigh(normal * scale[:, None] * scale)
    values = np.maximum(values, 1e-13)
    return (vectors / values) @ vectors.T * scale[:, None] * scale


def _suspicious(r: FloatArray, m: int) -> bool:
    """Neighbours agree more than white noise would let them: about one and a half standard deviations."""
    if m < 16:
        return False
    square = float(np.sum(r * r))
    return square > 0 and float(np.sum(r[1:] * r[:-1])) / square > 1.0 / np.sqrt(m)


def _autoregression(
    r: FloatArray, j: FloatArray, bread: FloatArray, freedom: int
) -> tuple[float, FloatArray]:
    """Posterior mean of rho (0 when white noise is likelier), and X'VX averaged over the posterior."""
    log_likelihood, variance = np.array([_restricted(r, j, rho, freedom) for rho in RHO_GRID]).T
    posterior = np.exp(log_likelihood - log_likelihood.max())
    posterior /= posterior.sum()
    rho = float(posterior @ RHO_GRID)
    lag = np.abs(np.subtract.outer(np.arange(len(r)), np.arange(len(r))))
    v = np.zeros(lag.shape)
    for weight, s2, grid_rho in zip(posterior, variance, RHO_GRID, strict=True):
        if weight > 1e-4:
            v += weight * s2 / (1 - grid_rho**2) * grid_rho**lag
    meat = np.einsum("pak,ab,qbk->pq", j, v, j, optimize=True)
    return max(rho, 0.0), meat


def _restricted(r: FloatArray, j: FloatArray, rho: float, freedom: int) -> tuple[float, float]:
    """Restricted log-likelihood of rho, linearised at the fit, and the variance of the innovations."""
    wr, wj = _whiten(r, rho, 0).ravel(), _whiten(j, rho, 1).reshape(len(j), -1)
    normal, gradient = wj @ wj.T, wj @ wr
    square = float(wr @ wr - gradient @ np.linalg.lstsq(normal, gradient, rcond=None)[0])
    square = max(square, 1e-300)
    sign, log_det = np.linalg.slogdet(normal)
    penalty = 0.5 * log_det if sign > 0 else 0.0
    return -0.5 * freedom * np.log(square) + np.log(1 - rho * rho) - penalty, square / freedom


def _whiten(a: FloatArray, rho: float, axis: int) -> FloatArray:
    a = np.moveaxis(a, axis, 0)
    return np.concatenate([a[:1] * np.sqrt(1 - rho * rho), a[1:] - rho * a[:-1]])
