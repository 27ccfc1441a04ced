"""To be written: settle."""
