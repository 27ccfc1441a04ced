"""Conversion constants between everyday units and SI units."""

ZERO_CELSIUS_K = 273.15
