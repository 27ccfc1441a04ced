"""Relays of a switch: commanded, reported and true states."""

from collections.abc import Callable, Iterable


class Relays:
    """Channels of one switch.

    Sets for tests and faults, by channel: `stuck_open` and `stuck_closed` relays do not move and the switch
    reports it; `dead` relays do not close and `welded` relays do not open, and the switch reports neither.
    """

    def __init__(self, channels: Iterable[str], on_change: Callable[[], None]) -> None:
        self.channels = tuple(channels)
        self.commanded: set[str] = set()
        self.stuck_open: set[str] = set()
        self.stuck_closed: set[str] = set()
        self.dead: set[str] = set()
        self.welded: set[str] = set()
        self._on_change = on_change

    @property
    def reported(self) -> tuple[str, ...]:
        """Channels that the switch reports as closed, in their order."""
        closed = (self.commanded - self.stuck_open) | self.stuck_closed
        return tuple(channel for channel in self.channels if channel in closed)

    @property
    def closed(self) -> frozenset[str]:
        """Channels that are truly closed."""
        return frozenset((set(self.reported) - self.dead) | self.welded)

    def close(self, channels: Iterable[str]) -> None:
        """Close channels; others stay as they are."""
        self.commanded |= set(channels)
        self._on_change()

    def open(self, channels: Iterable[str] | None = None) -> None:
        """Open channels; all without a list."""
        self.commanded -= self.commanded if channels is None else set(channels)
        self._on_change()
