"""VISA connections, discovery, what each role can do, and the limits of a station."""
