"""Nights on a served rig with combined faults: drawn, run with real processes, and judged."""
