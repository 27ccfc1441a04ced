"""Stand-ins for the instruments: what the wire says (YAML) and the physics behind it."""
