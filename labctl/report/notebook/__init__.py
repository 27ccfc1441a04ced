"""Frames, runs, samples and spectra for notebooks: they show and draw themselves."""
