"""VISA library for one rig, derived from pyvisa-sim, with separate state for each rig.

Differences from pyvisa-sim 0.7: an absent address cannot be opened, negative statuses are raised, a Python
exception in a model is not swallowed, waiting uses the rig's clock, and device clear, serial poll and flush
are implemented.
"""

import itertools
from typing import Any

from pyvisa import constants, rname
from pyvisa.constants import StatusCode
from pyvisa.errors import VisaIOError
from pyvisa_sim.devices import Devices
from pyvisa_sim.highlevel import SimVisaLibrary

from sim_instruments.wire.device import SimDevice
from sim_instruments.wire.sessions import SESSIONS, TimedSession

_serial_numbers = itertools.count(1)


class RigLibrary(SimVisaLibrary):
    """VISA library of one rig; made with `RigLibrary.private()` and passed to `pyvisa.ResourceManager`."""

    sessions: dict[int, Any]
    devices: Devices
    bounds_reads = True  # a read ends after its time-out, however the bytes come

    @classmethod
    def private(cls) -> "RigLibrary":
        """Make a library that shares no state with any other."""
        return cls(f"simulated rig {next(_serial_numbers)}")  # type: ignore[return-value]

    def _init(self) -> None:
        self.sessions = {}
        self.devices = Devices()
        self._handles = itertools.count(1)

    def _register(self, obj: Any) -> Any:
        handle = next(self._handles)
        self.sessions[handle] = obj
        return handle

    def add(self, address: str, device: SimDevice) -> None:
        """Connect a device at a VISA resource name."""
        self.devices.add_device(rname.to_canonical_name(address), device)

    def open(self, session: Any, resource_name: str, access_mode: Any = 0, open_timeout: Any = 0) -> Any:
        """Open a session; raises VI_ERROR_RSRC_NFOUND for an address without a device."""
        parsed = rname.parse_resource_name(resource_name)
        device = self._device(str(parsed))
        opened = SESSIONS[(parsed.interface_type_const, parsed.resource_class)](
            session, resource_name, parsed
        )
        opened.device = device
        if parsed.resource_class == "SOCKET":
            device.clear()  # what an earlier connection did not read was lost with it
        device.opened_s = device.world.time_s
        if device.line is not None and device.address.startswith("ASRL"):
            device.boot(device.line.boots_s)
        return self._register(opened), self.handle_return_value(session, StatusCode.success)

    def _device(self, resource_name: str) -> SimDevice:
        try:
            device = self.devices[resource_name]
        except KeyError:
            raise VisaIOError(StatusCode.error_resource_not_found) from None
        assert isinstance(device, SimDevice)
        device.world.now()
        if not device.online:
            raise VisaIOError(StatusCode.error_resource_not_found)
        return device

    def read(self, session: Any, count: int) -> Any:
        """Read as VISA's viRead."""
        data, status = self._session(session).read(count)
        return data, self.handle_return_value(session, status)

    def write(self, session: Any, data: bytes) -> Any:
        """Write as VISA's viWrite."""
        count, status = self._session(session).write(data)
        return count, self.handle_return_value(session, status)

    def clear(self, session: Any) -> StatusCode:
        """Device clear; a serial line has none, so there only arrived bytes are discarded."""
        with self._locked(session) as device:
            if device.address.startswith("ASRL"):
                device.clear_line()
            else:
                device.clear()
        return self.handle_return_value(session, StatusCode.success)

    def flush(self, session: Any, mask: constants.BufferOperation) -> StatusCode:
        """Discard arrived bytes (for any of the read operations); writes are never buffered."""
        reading = (
            constants.BufferOperation.discard_read_buffer
            | constants.BufferOperation.discard_read_buffer_no_io
            | constants.BufferOperation.discard_receive_buffer
            | constants.BufferOperation.discard_receive_buffer2
        )
        with self._locked(session) as device:
            if mask & reading:
                device.discard_arrived()
        return self.handle_return_value(session, StatusCode.success)

    def read_stb(self, session: Any) -> tuple[int, StatusCode]:
        """Serial poll."""
        with self._locked(session) as device:
            return device.poll(), self.handle_return_value(session, StatusCode.success)

    def assert_trigger(self, session: Any, protocol: constants.TriggerProtocol) -> StatusCode:
        """Group execute trigger: processed as `*TRG`."""
        with self._locked(session) as device:
            device.hear(b"*TRG")
        return self.handle_return_value(session, StatusCode.success)

    def gpib_control_ren(self, session: Any, mode: constants.RENLineOperation) -> StatusCode:
        """Accept any state of the remote line."""
        return self.handle_return_value(session, StatusCode.success)

    def enable_event(self, session: Any, event_type: Any, mechanism: Any, context: None = None) -> StatusCode:
        """Accept any event; `wait_on_event` waits for the service request."""
        return self.handle_return_value(session, StatusCode.success)

    def wait_on_event(self, session: Any, in_event_type: constants.EventType, timeout: int) -> Any:
        """Wait for a request for service; raises VI_ERROR_TMO."""
        self._session(session).wait_for_service(timeout / 1000)
        context = self._register(None)
        return in_event_type, context, self.handle_return_value(session, StatusCode.success)

    def _session(self, session: Any) -> TimedSession:
        try:
            return self.sessions[session]
        except KeyError:
            raise VisaIOError(StatusCode.error_invalid_object) from None

    def _locked(self, session: Any) -> "_LockedDevice":
        return _LockedDevice(self._session(session).instrument)


class _LockedDevice:
    def __init__(self, device: SimDevice) -> None:
        self._device = device

    def __enter__(self) -> SimDevice:
        self._device.world.lock.acquire()
        try:
            self._device.check_online()
        except BaseException:
            self._device.world.lock.release()
            raise
        return self._device

    def __exit__(self, *_: object) -> None:
        self._device.world.lock.release()
