"""Byte exchange between a stream (socket, pseudo-terminal) and a device, for hosts outside this process."""

from sim_instruments.wire.device import SimDevice

MOST_BYTES = 1 << 20


class Exchange:
    """Gateway to one device."""

    def __init__(self, device: SimDevice) -> None:
        self.device = device

    def put(self, data: bytes) -> None:
        """Pass bytes from the host to the device; raises VI_ERROR_CONN_LOST (VisaIOError)."""
        with self.device.world.lock:
            self.device.check_online()
            self.device.write(data)

    def get(self) -> bytes:
        """Return the bytes ready for the host, possibly none; raises VI_ERROR_CONN_LOST (VisaIOError)."""
        ready = bytearray()
        with self.device.world.lock:
            self.device.check_online()
            self.device.take(ready, MOST_BYTES, None, end_ends=False)
        return bytes(ready)

    def restart(self) -> None:
        """Discard input and replies of an earlier host."""
        with self.device.world.lock:
            self.device.clear()
