"""What breaks under labctl: a cable to a served instrument, the power of a disk, the clocks of a process."""

import os
import shutil
import socket
import subprocess
import sys
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

    def lead_to(self, port):
        """Connect to another instrument from now on."""
        self._target = ("127.0.0.1", port)

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


@pytest.fixture
def disk(tmp_path):
    """An ext4 image, mounted; power_cut() takes its power away and mount() gives it back."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a power cut on a loop-mounted ext4 image needs root on Linux")
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("a power cut on a loop-mounted ext4 image needs mkfs.ext4")
    image = Disk(tmp_path / "disk.img", tmp_path / "mounted")
    image.make()
    yield image
    subprocess.run(["umount", "--lazy", str(image.folder)], check=True)


class Disk:
    """A disk with simulated power failure: FS_IOC_SHUTDOWN without flushing the journal."""

    _FS_IOC_SHUTDOWN, _NO_LOG_FLUSH = 0x8004587D, 2

    def __init__(self, image, folder):
        self.image, self.folder = image, folder

    def make(self):
        self.folder.mkdir()
        with self.image.open("wb") as file:
            file.truncate(512 * 2**20)  # sparse; a run needs 256 MB
        subprocess.run(["mkfs.ext4", "-q", "-F", str(self.image)], check=True)
        mount = ["mount", "-o", "loop", str(self.image), str(self.folder)]
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no loop device for a power cut: {done.stderr.strip()}")

    def power_cut(self):
        import fcntl

        folder = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, self._FS_IOC_SHUTDOWN, self._NO_LOG_FLUSH.to_bytes(4, sys.byteorder))
        finally:
            os.close(folder)

    def power_on(self):
        self.unmount()
        subprocess.run(["mount", "-o", "loop", str(self.image), str(self.folder)], check=True)

    def unmount(self):
        subprocess.run(["umount", str(self.folder)], check=True)


SHIFTS_CLOCKS = """
import os, time

def shifted(name):
    read, file = getattr(time, name), os.path.join(os.path.dirname(__file__), name)

    def now():
        with open(file) as shift:
            return read() + float(shift.read())

    return now

time.time, time.monotonic = shifted("time"), shifted("monotonic")
"""


class Clocks:
    """Shifts the clocks of every Python process that is started with `environment`, while it runs."""

    def __init__(self, folder):
        self._folder, self._shift_s = folder, {"time": 0.0, "monotonic": 0.0}
        (folder / "sitecustomize.py").write_text(SHIFTS_CLOCKS)
        self.jump()
        self.environment = os.environ | {"PYTHONPATH": str(folder)}

    def jump(self, **seconds):
        """Shift `time` and `monotonic` by so many seconds more."""
        for name, shift_s in seconds.items():
            self._shift_s[name] += shift_s
        for name, shift_s in self._shift_s.items():
            new = self._folder / f"{name}.new"
            new.write_text(f"{shift_s}")
            new.replace(self._folder / name)


@pytest.fixture
def clocks(tmp_path):
    """The clocks of processes: as if the system clock were set, or the computer suspended."""
    (tmp_path / "clocks").mkdir()
    return Clocks(tmp_path / "clocks")
