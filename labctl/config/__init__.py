"""Files that a person writes: station, protocol, sample, and the code that they name."""
