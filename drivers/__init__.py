"""Instrument drivers, one file per model: the manual's commands below, the roles of labctl above."""
