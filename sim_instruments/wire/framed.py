"""Devices with a dialogue of dependent lines or binary frames instead of independent commands.

Their YAML file has `framer: lines`, `framer: modbus_rtu`, or `framer: frames` if the model cuts its own
frames. A fault's `command` is matched against the line, or the frame in hexadecimal: `01 03 00 01 00 02 95
F8`.
"""

from typing import Protocol

from sim_instruments.wire.device import Model, SimDevice
from sim_instruments.wire.faults import IN_THE_WORLD, ON_HEARING
from sim_instruments.wire.modbus import cut_frame

SILENT_CHARACTERS = 3.5


class LineModel(Model, Protocol):
    """A model that reads line by line, including empty lines."""

    def hear(self, line: str) -> None:
        """Process one line; reply through the port."""
        ...


class FrameModel(Model, Protocol):
    """A model that replies to frames."""

    def answer(self, frame: bytes) -> bytes | None:
        """Return the reply frame, None for no reply."""
        ...


class LineDevice(SimDevice):
    """Passes every line to its model."""

    model: LineModel

    def hear(self, message: bytes) -> None:
        """Process one line without its terminator."""
        text = message.decode("latin-1")
        if not self._struck_by_fault(text):
            self.model.hear(text)

    def _struck_by_fault(self, text: str) -> bool:
        self.faults.strike(IN_THE_WORLD, self.address, text, self.world.time_s)
        fault = self.faults.strike(ON_HEARING, self.address, text, self.world.time_s)
        if fault is not None:
            self._apply_fault(fault)
        return fault is not None


class FrameDevice(LineDevice):
    """Cuts frames out of the stream, Modbus RTU or model-specific; a silence discards an incomplete frame."""

    model: FrameModel  # type: ignore[assignment]

    def write(self, data: bytes, end: bool = False) -> None:
        """Receive bytes from the host; reply to every frame they complete."""
        now_s = self.world.now()
        if now_s < self.deaf_until_s:
            return
        if now_s - getattr(self, "_last_byte_s", now_s) > self._silence_s():
            self._input_buffer.clear()
        self._last_byte_s = now_s
        self._input_buffer.extend(data)
        cut = getattr(self.model, "cut", cut_frame)
        while (frame := cut(self._input_buffer)) is not None:
            self._respond(frame)

    def _respond(self, frame: bytes) -> None:
        text = frame.hex(" ").upper()
        answer = None if self._struck_by_fault(text) else self.model.answer(frame)
        if answer is not None:
            self.send(answer, text)

    def _silence_s(self) -> float:
        return self.line.duration_s(1) * SILENT_CHARACTERS if self.line is not None else 0.004
