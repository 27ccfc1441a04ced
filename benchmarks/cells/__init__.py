"""Generated cells with a known resistance, made without labctl's circuits or the rig's physics."""
