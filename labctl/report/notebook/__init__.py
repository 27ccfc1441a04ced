"""What `labctl.open` gives a notebook: frames, runs, samples and spectra that show and draw themselves."""
