"""Stop flag, settable from any thread. A separate module, so that the supervisor starts quickly."""


class StopRequest:
    """A flag that can be set from any thread; the first reason is kept."""

    def __init__(self) -> None:
        self.reason = ""

    def request(self, reason: str) -> None:
        """Ask the procedure to stop after the point under way."""
        self.reason = self.reason or reason

    def __call__(self) -> bool:
        """Return whether a stop was requested."""
        return bool(self.reason)
