"""Drivers connected to oracles: simulated instruments by other people, each in an environment of its own."""
