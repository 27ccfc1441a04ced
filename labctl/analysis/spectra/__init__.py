"""Impedance spectra and the tests and corrections that need no circuit."""
