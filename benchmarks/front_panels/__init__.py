"""What people and other programs leave at an instrument, and the judge of what a driver makes of it."""
