"""Simulated nights with known truth: materials, instruments with errors, spectra, and the judge."""
