"""The oracles as programs: each runs in its own environment, made by `.ci/oracles`; none is imported."""

import json
import socket
import subprocess
from pathlib import Path
from typing import Any

from labctl.clock import RealClock

ROOT = Path(__file__).parents[3]
BRIDGE = Path(__file__).with_name("labmcp_bridge.py")
LEWIS_SPEED = 1000.0
LEWIS_CYCLE_S = 0.005
LEWIS_STARTS_WITHIN_S = 20.0
ANSWERS_WITHIN_S = 3.0


def environment(distribution: str) -> Path | None:
    """Return the folder of an oracle's environment, None where it is not installed."""
    folder = ROOT / ".oracles" / distribution
    return folder if (folder / ".installed").exists() else None


class LabmcpProcess:
    """The simulators of a labmcp package; their time is the time that a request says."""

    speed = 0.0

    def __init__(self, folder: Path) -> None:
        command = [folder / "bin" / "python", BRIDGE]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def begin(self, family: str, model: str) -> None:
        """Make a new simulator, as after power-on."""
        self._request(do="begin", family=family, model=model)

    def hear(self, message: str, now_s: float) -> str | list[str] | None:
        """Return the reply to a message or its lines, None where it has none."""
        return self._request(do="hear", message=message, now_s=now_s)

    def truth(self, now_s: float) -> dict[str, Any]:
        """Return the true state of the simulator."""
        return self._request(do="truth", now_s=now_s)

    def set_at_panel(self, name: str, value: Any) -> None:
        """Change a setting at the front panel."""
        self._request(do="panel", name=name, value=value)

    def _request(self, **request: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the oracle ended at {request}")
        return json.loads(line)["reply"]

    def close(self) -> None:
        """End the process."""
        with self._process:
            self._process.kill()


class LewisProcess:
    """A device of lewis behind its own socket; its time is real, `LEWIS_SPEED` times faster.

    Each message to it has a reply, which ends with the terminator of the device.
    """

    speed = LEWIS_SPEED

    def __init__(self, folder: Path, device: str, protocol: str, reply_end: bytes) -> None:
        self._end, self._reply_end = b"\r", reply_end
        port = _free_port()
        options = f"{protocol}: {{bind_address: 127.0.0.1, port: {port}}}"
        command = [folder / "bin" / "lewis", device, "-p", options, "-o", "none"]
        command += ["-c", str(LEWIS_CYCLE_S), "-e", str(LEWIS_SPEED)]
        self._process = subprocess.Popen(command)
        self._socket = self._connected(port)

    def _connected(self, port: int) -> socket.socket:
        clock = RealClock()
        gives_up_s = clock.monotonic() + LEWIS_STARTS_WITHIN_S
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port), ANSWERS_WITHIN_S)
            except ConnectionRefusedError:
                if self._process.poll() is not None or clock.monotonic() > gives_up_s:
                    self._end_process()
                    raise
                clock.sleep(0.05)

    def hear(self, message: bytes) -> bytes:
        """Return the reply to a message, without terminator; raises TimeoutError where it has none."""
        self._socket.sendall(message + self._end)
        received = bytearray()
        while not received.endswith(self._reply_end):
            received += self._socket.recv(4096)
        return bytes(received.removesuffix(self._reply_end))

    def close(self) -> None:
        """End the process."""
        self._socket.close()
        self._end_process()

    def _end_process(self) -> None:
        self._process.kill()
        self._process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]
