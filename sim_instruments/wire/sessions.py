"""VISA sessions that wait on the rig's clock and transfer whole replies instead of single bytes."""

from typing import Any

from pyvisa.constants import (
    VI_TMO_INFINITE,
    ResourceAttribute,
    SerialTermination,
    StatusCode,
)
from pyvisa.errors import VisaIOError
from pyvisa_sim.sessions import gpib, serial, session, tcpip, usb

from sim_instruments.wire.device import SimDevice

SHORTEST_SLEEP_S = 1e-9
"""Longer than the rounding error of a clock reading, so that every sleep advances the time."""


class TimedSession(session.MessageBasedSession):
    """Session that reads until END, termination character, count or time-out, whichever comes first."""

    carries_end = True

    @property
    def instrument(self) -> SimDevice:
        """The device at the other end."""
        assert isinstance(self.device, SimDevice)
        return self.device

    def after_parsing(self) -> None:
        """Set the attributes, with LF as termination character as in the VISA standard."""
        super().after_parsing()
        self.attrs[ResourceAttribute.termchar] = 0x0A

    def read(self, count: int) -> tuple[bytes, StatusCode]:
        """Wait for bytes; raises VI_ERROR_TMO, VI_ERROR_CONN_LOST."""
        device = self.instrument
        world = device.world
        stop, end_ends = self._stop_byte(), self._end_ends()
        received = bytearray()
        with world.lock:
            device.check_online()
            deadline_s = world.time_s + self._timeout_s()
            status = device.take(received, count, stop, end_ends)
        while status is None:
            self._wait(deadline_s)
            with world.lock:
                device.check_online()
                status = device.take(received, count, stop, end_ends)
                if status is None and world.time_s >= deadline_s:
                    raise VisaIOError(StatusCode.error_timeout)
        return bytes(received), status

    def write(self, data: bytes) -> tuple[int, StatusCode]:
        """Pass bytes to the device; raises VI_ERROR_CONN_LOST."""
        with self.instrument.world.lock:
            self.instrument.check_online()
            self.instrument.write(
                data, end=self.carries_end and bool(self._get(ResourceAttribute.send_end_enabled))
            )
        return len(data), StatusCode.success

    def wait_for_service(self, timeout_s: float) -> None:
        """Wait until the instrument requests service; raises VI_ERROR_TMO, VI_ERROR_CONN_LOST."""
        world = self.instrument.world
        deadline_s = world.now() + timeout_s
        while not self._wants_service():
            if world.time_s >= deadline_s:
                raise VisaIOError(StatusCode.error_timeout)
            self._wait(deadline_s)

    def _wants_service(self) -> bool:
        with self.instrument.world.lock:
            self.instrument.check_online()
            return bool(self.instrument.poll() & 64)

    def _wait(self, deadline_s: float) -> None:
        """Sleep until the next reply, scheduled action or deadline."""
        world = self.instrument.world
        with world.lock:
            wake_s = min(self.instrument.next_arrival_s, world.next_plan_s, deadline_s)
            pause_s = wake_s - world.time_s
        world.clock.sleep(max(pause_s, SHORTEST_SLEEP_S))

    def _timeout_s(self) -> float:
        timeout_ms = self._get(ResourceAttribute.timeout_value)
        return float("inf") if timeout_ms == VI_TMO_INFINITE else timeout_ms / 1000

    def _stop_byte(self) -> int | None:
        return (
            self._get(ResourceAttribute.termchar) if self._get(ResourceAttribute.termchar_enabled) else None
        )

    def _end_ends(self) -> bool:
        return self.carries_end and not self._get(ResourceAttribute.suppress_end_enabled)

    def _get(self, attribute: ResourceAttribute) -> Any:
        return self.get_attribute(attribute)[0]


class GPIBSession(TimedSession, gpib.GPIBInstrumentSession):
    """GPIB: END is sent with the last byte."""


class USBSession(TimedSession, usb.USBInstrumentSession):
    """USB-TMC: END is sent as in GPIB."""


class TCPIPSession(TimedSession, tcpip.TCPIPInstrumentSession):
    """VXI-11: END is sent as in GPIB."""


class SocketSession(TimedSession, tcpip.TCPIPSocketSession):
    """Raw socket: a stream without END."""

    carries_end = False


class SerialSession(TimedSession, serial.SerialInstrumentSession):
    """Serial port: a stream; by default VISA ends a read at the termination character."""

    carries_end = False

    def get_attribute(self, attribute: ResourceAttribute) -> tuple[Any, StatusCode]:
        """Return an attribute, including the number of arrived bytes."""
        if attribute == ResourceAttribute.asrl_avalaible_number:
            self.instrument.world.now()
            return self.instrument.waiting_bytes, StatusCode.success
        return super().get_attribute(attribute)

    def write(self, data: bytes) -> tuple[int, StatusCode]:
        """Pass bytes to the device; with line settings that differ from the instrument's they are lost."""
        line = self.instrument.line
        if line is not None and not line.agrees(self._get):
            return len(data), StatusCode.success
        if line is not None and line.echo:
            with self.instrument.world.lock:
                self.instrument.return_bytes(data)
        return super().write(data)

    def _stop_byte(self) -> int | None:
        if self._get(ResourceAttribute.asrl_end_in) == SerialTermination.termination_char:
            return self._get(ResourceAttribute.termchar)
        return super()._stop_byte()


SESSIONS = {
    cls.session_type: cls for cls in (GPIBSession, USBSession, TCPIPSession, SocketSession, SerialSession)
}
