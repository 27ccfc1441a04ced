"""Least squares, likelihood profiles, residual models, estimates and their propagation."""
