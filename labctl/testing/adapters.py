"""Connections with reproducible faults, and a connection that records messages."""

from typing import Any

from pymeasure.adapters import ProtocolAdapter
from pyvisa.rname import to_canonical_name

from labctl.clock import VirtualClock
from labctl.errors import InstrumentError
from labctl.instruments.connection import Connection


class Silent(ProtocolAdapter):
    """Records sent messages; every read is a time-out."""

    def __init__(self) -> None:
        super().__init__([])
        self.clock = VirtualClock()
        self.sent: list[str] = []
        self.reads = 0

    def _write(self, command: str, **kwargs: Any) -> None:
        self.sent.append(command)

    def _write_bytes(self, content: bytes, **kwargs: Any) -> None:
        self.sent.append(content.hex(" "))

    def _read(self, **kwargs: Any) -> str:
        self.reads += 1
        raise InstrumentError("silent", str(self.sent[-1:]), "", "time-out")

    def _read_bytes(self, count: int, break_on_termchar: bool = False, **kwargs: Any) -> bytes:
        return self._read().encode()


class Dead(Silent):
    """Every write fails too."""

    def _write(self, command: str, **kwargs: Any) -> None:
        super()._write(command)
        raise InstrumentError("dead", command, "", "lost")

    def _write_bytes(self, content: bytes, **kwargs: Any) -> None:
        super()._write_bytes(content)
        raise InstrumentError("dead", content.hex(" "), "", "lost")


class Babbling(Silent):
    """Replies to every query with the same meaningless text."""

    def _read(self, **kwargs: Any) -> str:
        return "HELLO"

    def _read_bytes(self, count: int, break_on_termchar: bool = False, **kwargs: Any) -> bytes:
        return (b"HELLO" * (1 + abs(count)))[: max(count, 0)]


class RecordingConnection(Connection):
    """A connection that keeps every message in `sent` and the longest time-out in `longest_timeout_s`.

    `unanswered` has the messages after which nothing was read before the next one; `address` is kept when
    the connection is lost.
    """

    def __init__(self, *args: Any, sent: list[str], **settings: Any) -> None:
        self.sent = sent
        self.unanswered: list[str] = []
        self.longest_timeout_s = 0.0
        super().__init__(*args, **settings)
        self.address = to_canonical_name(self.connection.resource_name)

    def _write(self, command: str, **kwargs: Any) -> None:
        self._note(command)
        super()._write(command, **kwargs)

    def _write_bytes(self, content: bytes, **kwargs: Any) -> None:
        self._note(content.hex(" "))
        super()._write_bytes(content, **kwargs)

    def _note(self, message: str) -> None:
        self.sent.append(message)
        self.unanswered.append(message)

    def _read(self, **kwargs: Any) -> str:
        self._forget_last()
        return super()._read(**kwargs)

    def _read_bytes(self, count: int, break_on_termchar: bool = False, **kwargs: Any) -> bytes:
        self._forget_last()
        return super()._read_bytes(count, break_on_termchar, **kwargs)

    def _forget_last(self) -> None:
        """The last message is a question: its answer is read. Further lines may follow."""
        if self.sent[-1:] == self.unanswered[-1:]:
            self.unanswered.pop()

    def set_timeout(self, seconds: float) -> None:
        """Record the requested time-out."""
        self.longest_timeout_s = max(self.longest_timeout_s, seconds)
        super().set_timeout(seconds)
