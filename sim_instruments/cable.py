"""A cable between a program and a served instrument that can be cut, or make the instrument appear sick."""

import select
import socket
import threading
from contextlib import suppress

SICKNESSES = ("cut", "silent", "dripping", "flooding", "garbage")
DRIP_S = 0.3
LOOK_S = 0.05


class Cable:
    """A TCP proxy in front of one instrument of a served rig.

    Nothing reaches the instrument unless the state is `well`. A `silent` instrument answers nothing; a
    `dripping` one sends a byte every 0.3 s and never a whole line; a `flooding` one sends without end; one of
    `garbage` sends lines that are no text. Bytes of one connection arrive before the bytes of a later one.

    Parameters
    ----------
    port : int
        Port of the instrument on 127.0.0.1.

    Attributes
    ----------
    port : int
        Port on 127.0.0.1 that a program connects to instead.
    state : str
        `well`, or one of `SICKNESSES`.
    """

    def __init__(self, port: int) -> None:
        self._target, self.state = ("127.0.0.1", port), "well"
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._lines: list[socket.socket] = []
        self._clients: list[socket.socket] = []
        self._passing_on = threading.Lock()
        self._over = threading.Event()
        self._accepting = self._start_accepting()

    def become(self, state: str) -> None:
        """Change the state; a cut cable closes its connections and refuses new ones."""
        before, self.state = self.state, state
        if state == "cut" != before:
            self._close_all()
        elif before == "cut" != state:
            self._listening = socket.create_server(("127.0.0.1", self.port))
            self._accepting = self._start_accepting()

    def lead_to(self, port: int) -> None:
        """Connect to another instrument from now on."""
        self._target = ("127.0.0.1", port)

    def close(self) -> None:
        """End every connection and thread."""
        self._over.set()
        self._close_all()

    def _close_all(self) -> None:
        for line in (self._listening, *self._lines):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
        self._accepting.join()

    def _start_accepting(self) -> threading.Thread:
        thread = threading.Thread(target=self._accept, args=(self._listening,), daemon=True)
        thread.start()
        return thread

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                self._await_earlier()
                instrument = socket.create_connection(self._target)
                self._lines += [client, instrument]
                self._clients.append(client)
                for do in (self._forward, self._answer):
                    threading.Thread(target=do, args=(client, instrument), daemon=True).start()

    def _await_earlier(self) -> None:
        """Wait until all that earlier connections have sent, their end too, is passed on."""
        while not self._over.is_set():
            with self._passing_on:
                open_ones = [client for client in self._clients if client.fileno() >= 0]
                if not open_ones or not select.select(open_ones, (), (), 0)[0]:
                    return
            self._over.wait(0.001)

    def _forward(self, client: socket.socket, instrument: socket.socket) -> None:
        with suppress(OSError):
            while client.recv(1, socket.MSG_PEEK):
                with self._passing_on:
                    data = client.recv(4096)
                    if self.state == "well":
                        instrument.sendall(data)
        with self._passing_on, suppress(OSError):
            self._clients.remove(client)
            instrument.shutdown(socket.SHUT_RDWR)

    def _answer(self, client: socket.socket, instrument: socket.socket) -> None:
        instrument.settimeout(LOOK_S)
        with suppress(OSError):
            while not self._over.is_set() and (data := self._from(instrument)) != b"":
                self._send(client, data)
            client.shutdown(socket.SHUT_RDWR)

    def _from(self, instrument: socket.socket) -> bytes | None:
        try:
            return instrument.recv(4096)
        except TimeoutError:
            return None

    def _send(self, client: socket.socket, data: bytes | None) -> None:
        match self.state:
            case "well" if data:
                client.sendall(data)
            case "dripping":
                client.sendall(b"x")
                self._over.wait(DRIP_S)
            case "flooding":
                client.sendall(b"x" * 4096)
            case "garbage":
                client.sendall(b"\xff\x00?!\n")
