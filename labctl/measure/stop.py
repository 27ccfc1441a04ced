"""A wish to stop, which anybody may raise. In a file of its own: whoever watches must be quick to start."""


class StopRequest:
    """A flag that anybody may raise once; the first reason is kept."""

    def __init__(self) -> None:
        self.reason = ""

    def request(self, reason: str) -> None:
        """Ask the procedure to stop after the point under way."""
        self.reason = self.reason or reason

    def __call__(self) -> bool:
        """Tell whether a stop was asked for."""
        return bool(self.reason)
