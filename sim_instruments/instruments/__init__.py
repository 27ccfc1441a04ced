"""One model per instrument: YAML for what the wire says, Python for what the instrument does."""
