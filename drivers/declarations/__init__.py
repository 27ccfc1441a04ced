"""Messages and bench checks of the drivers, in the order of their tables."""
