"""VISA connections, discovery, the roles of instruments, and the limits of a station."""
