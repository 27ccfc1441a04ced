"""Current of a symmetric cell after a voltage step: series resistance and finite-length diffusion, exactly.

With Z(s) = Rs + Rd tanh(sqrt(s tau)) / sqrt(s tau) and a = Rs / Rd, the inverse Laplace transform of
dV / (s Z(s)) is

    I(t) = Iss + sum_k 2 I0 a / (1 + a + a^2 y_k^2) exp(-y_k^2 t / tau),   tan y_k = -a y_k

with I0 = dV / Rs, Iss = I0 a / (1 + a). (The often quoted fixed odd modes are the limit Rs = 0.) For t << tau
diffusion has not met itself and I(t) = I0 erfcx(sqrt(t / tau) / a), with an error below exp(-tau / t).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

MODES = 10
SHORT_TIME = 0.04


def relaxation_current_a(
    time_s: ArrayLike, initial_current_a: float, steady_current_a: float, time_constant_s: float
) -> NDArray[np.float64]:
    """Current (n,) at times (n,) after the step.

    Parameters
    ----------
    time_s : (n,)
        Not negative.
    initial_current_a, steady_current_a : float
        I0 at t = 0+ and Iss, of one sign, |I0| > |Iss|.
    time_constant_s : float
        tau = L^2 / (4 D) for electrodes a distance L apart.

    Raises
    ------
    ValueError
        The currents do not decay to a steady value of the same sign; `time_constant_s` is not positive.
    """
    from scipy.special import erfcx

    if not 0 < steady_current_a / initial_current_a < 1:
        raise ValueError("initial_current_a must be larger than steady_current_a and of the same sign")
    if time_constant_s <= 0:
        raise ValueError(f"time_constant_s must be positive, got {time_constant_s!r}")
    u = np.asarray(time_s, dtype=float) / time_constant_s
    a = steady_current_a / (initial_current_a - steady_current_a)
    early = u < SHORT_TIME
    current = np.empty_like(u)
    current[early] = initial_current_a * erfcx(np.sqrt(u[early]) / a)
    y = _modes(a)
    amplitude = 2 * initial_current_a * a / (1 + a + (a * y) ** 2)
    current[~early] = steady_current_a + np.exp(-np.outer(u[~early], y**2)) @ amplitude
    return current


def time_to_steady_s(
    initial_current_a: float, steady_current_a: float, time_constant_s: float, tolerance: float
) -> float:
    """Time after which the slowest mode of the relaxation is below `tolerance` of the steady current.

    Raises
    ------
    ValueError
        `tolerance` is not positive.
    """
    if tolerance <= 0:
        raise ValueError(f"tolerance must be positive, got {tolerance!r}")
    a = steady_current_a / (initial_current_a - steady_current_a)
    y = float(_modes(a)[0])
    amplitude = 2 * (1 + a) / (1 + a + (a * y) ** 2)
    return max(0.0, time_constant_s / y**2 * float(np.log(amplitude / tolerance)))


def _modes(a: float) -> NDArray[np.float64]:
    """Roots of tan y = -a y, one in each ((k - 1/2) pi, k pi): Newton on y + arctan(a y) = k pi."""
    k = np.arange(1, MODES + 1) * np.pi
    y = np.asarray(k - np.arctan(a * k), dtype=float)
    for _ in range(6):
        y = y - (y + np.arctan(a * y) - k) / (1 + a / (1 + (a * y) ** 2))
    return y
