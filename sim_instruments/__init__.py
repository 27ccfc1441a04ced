"""Simulated instruments: message definitions (YAML) and the physics behind them."""
