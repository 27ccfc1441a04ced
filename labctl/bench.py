"""To be written: bench."""
