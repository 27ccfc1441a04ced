"""Polarisation, relaxation, transference numbers, Nernst-Einstein."""
