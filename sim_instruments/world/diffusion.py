"""Functions of diffusion in a layer of finite thickness."""

import cmath


def tanh(root: complex) -> complex:
    """tanh of the root of (jw tau), also where it is large."""
    return 1.0 if root.real > 20 else cmath.tanh(root)
