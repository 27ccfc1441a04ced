"""labctl: ion transport in solid electrolytes, measured overnight and evaluated honestly."""

__version__ = "0.1.0"
