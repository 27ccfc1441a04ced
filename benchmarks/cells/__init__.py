"""Cells whose true resistance is known, drawn without labctl's circuits or the rig's physics."""
