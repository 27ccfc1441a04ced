"""To be written: run."""
