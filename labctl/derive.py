"""To be written: derive."""
