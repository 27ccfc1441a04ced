"""The far end of a connection: a socket of this computer or a pseudo-terminal."""

import os
import select
import socket
from contextlib import suppress
from typing import Protocol

HOST = "127.0.0.1"
ACKNOWLEDGE_AT_ONCE = getattr(socket, "TCP_QUICKACK", socket.TCP_NODELAY)
"""A driver that sends two messages waits until the first is acknowledged, 40 ms by default."""


class Line(Protocol):
    """The far end of a connection of the driver."""

    address: str

    def receive(self, wait_s: float) -> bytes:
        """Return the bytes that the driver sent, none after `wait_s`."""
        ...

    def send(self, data: bytes) -> None:
        """Send to the driver."""
        ...

    def close(self) -> None:
        """Close both ends."""
        ...


class Socket:
    """A TCP socket; the driver may close its end and open it again."""

    def __init__(self) -> None:
        self._listener = socket.create_server((HOST, 0))
        self._client: socket.socket | None = None
        self.address = f"TCPIP0::{HOST}::{self._listener.getsockname()[1]}::SOCKET"

    def receive(self, wait_s: float) -> bytes:
        ends = [end for end in (self._client, self._listener) if end is not None]
        ready, _, _ = select.select(ends, [], [], wait_s)
        if self._client is not None and self._client in ready:
            return self._received_from_client()
        if self._listener in ready:
            self._drop_client()
            self._client, _ = self._listener.accept()
            self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return b""

    def _received_from_client(self) -> bytes:
        """Return the bytes that the client sent; none when it has closed its end."""
        assert self._client is not None
        data = b""
        with suppress(ConnectionError):
            data = self._client.recv(65536)
            self._client.setsockopt(socket.IPPROTO_TCP, ACKNOWLEDGE_AT_ONCE, 1)
        if not data:
            self._drop_client()
        return data

    def send(self, data: bytes) -> None:
        if self._client is not None:
            with suppress(ConnectionError):
                self._client.sendall(data)

    def _drop_client(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None

    def close(self) -> None:
        self._drop_client()
        self._listener.close()


class PseudoTerminal:
    """A serial port of this computer, without its bit rate, parity and handshake."""

    def __init__(self) -> None:
        import pty
        import tty

        self._here, self._there = pty.openpty()
        tty.setraw(self._there)
        self.name = os.ttyname(self._there)
        self.address = f"ASRL{self.name}::INSTR"

    def receive(self, wait_s: float) -> bytes:
        ready, _, _ = select.select([self._here], [], [], wait_s)
        return os.read(self._here, 65536) if ready else b""

    def send(self, data: bytes) -> None:
        os.write(self._here, data)

    def close(self) -> None:
        os.close(self._here)
        os.close(self._there)


LINES = {"socket": Socket, "pty": PseudoTerminal}
