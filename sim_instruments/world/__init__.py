"""One oven, one cell, one clock: the physics every simulated instrument shares."""
