"""Instrument drivers, one file per model: the manual's words below, labctl's words above."""
