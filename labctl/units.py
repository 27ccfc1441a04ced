"""Constants that turn the units of a person into SI units and back."""

ZERO_CELSIUS_K = 273.15
