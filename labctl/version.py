"""Version of labctl."""

__version__ = "0.1.0"
