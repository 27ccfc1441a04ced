"""Instrument models: YAML for the messages, Python for the behaviour."""
