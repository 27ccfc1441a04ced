"""The tabs of the window: each draws the runs that it is given, and redraws only changes."""
