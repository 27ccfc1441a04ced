"""A cable between labctl and a served instrument that can be cut, or behave like a sick instrument."""

import socket
import threading
from contextlib import ExitStack, suppress

import pytest

DRIP_S = 0.3
LOOK_S = 0.05


class Cable:
    """A TCP proxy; `state` is well, cut, silent, dripping, flooding or garbage."""

    def __init__(self, port):
        self._target, self.state = ("127.0.0.1", port), "well"
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._lines, self._over = [], threading.Event()
        self._accepting = self._start_accepting()

    def become(self, state):
        """Change the state; a cut cable takes its connections along and refuses new ones."""
        before, self.state = self.state, state
        if state == "cut":
            self._close_all()
        elif before == "cut":
            self._listening = socket.create_server(("127.0.0.1", self.port))
            self._accepting = self._start_accepting()

    def close(self):
        self._over.set()
        self._close_all()

    def _close_all(self):
        for line in (self._listening, *self._lines):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
        self._accepting.join()

    def _start_accepting(self):
        thread = threading.Thread(target=self._accept, args=(self._listening,), daemon=True)
        thread.start()
        return thread

    def _accept(self, listening):
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                instrument = socket.create_connection(self._target)
                self._lines += [client, instrument]
                for do in (self._forward, self._answer):
                    threading.Thread(target=do, args=(client, instrument), daemon=True).start()

    def _forward(self, client, instrument):
        with suppress(OSError):
            while data := client.recv(4096):
                if self.state == "well":
                    instrument.sendall(data)
            instrument.shutdown(socket.SHUT_RDWR)

    def _answer(self, client, instrument):
        instrument.settimeout(LOOK_S)
        with suppress(OSError):
            while not self._over.is_set() and (data := self._from(instrument)) != b"":
                self._send(client, data)
            client.shutdown(socket.SHUT_RDWR)

    def _from(self, instrument):
        try:
            return instrument.recv(4096)
        except TimeoutError:
            return None

    def _send(self, client, data):
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


@pytest.fixture
def cables():
    """Replaces the ports of instruments in a station file by cables, and returns these by port."""
    with ExitStack() as laid:

        def lay(station_file, *ports):
            found = []
            for port in ports:
                cable = Cable(port)
                laid.callback(cable.close)
                text = station_file.read_text()
                assert f"::{port}::" in text
                station_file.write_text(text.replace(f"::{port}::", f"::{cable.port}::"))
                found.append(cable)
            return found

        yield lay
