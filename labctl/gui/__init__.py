"""The window on the rig computer: a client of the runner that reads the store and writes requests."""
