"""Bytes between a stream (socket, pseudo-terminal) and a device, for hosts outside this process."""

from sim_instruments.wire.device import SimDevice

MOST_BYTES = 1 << 20


class Exchange:
    """What a gateway does with one device."""

    def __init__(self, device: SimDevice) -> None:
        self.device = device

    def put(self, data: bytes) -> None:
        """Hand bytes from the host over; raises VI_ERROR_CONN_LOST (VisaIOError)."""
        with self.device.world.lock:
            self.device.check_online()
            self.device.write(data)

    def get(self) -> bytes:
        """Whatever is ready for the host, perhaps nothing; raises VI_ERROR_CONN_LOST (VisaIOError)."""
        ready = bytearray()
        with self.device.world.lock:
            self.device.check_online()
            self.device.take(ready, MOST_BYTES, None, end_ends=False)
        return bytes(ready)

    def restart(self) -> None:
        """Forget what an earlier host left behind."""
        with self.device.world.lock:
            self.device.clear()
