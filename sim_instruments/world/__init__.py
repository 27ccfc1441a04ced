"""Physics shared by all simulated instruments of a rig: one oven, one cell, one clock."""
