"""To be written: station."""
