"""Error queue and IEEE 488.2 status registers shared by the SCPI stand-ins."""

from collections import deque

from sim_instruments.wire.device import Refusal, SimDevice

UNDEFINED_HEADER, OUT_OF_RANGE, SETTINGS_CONFLICT = -113, -222, -221
OUTPUT_IS_OFF, BEYOND_COMPLIANCE = 802, 824
TEXTS = {
    UNDEFINED_HEADER: "Undefined header",
    OUT_OF_RANGE: "Data out of range",
    SETTINGS_CONFLICT: "Settings conflict",
    OUTPUT_IS_OFF: "Not permitted with OUTPUT off",
    BEYOND_COMPLIANCE: "Cannot exceed compliance range",
}
QUEUE_LENGTH = 10


class ScpiStatus:
    """Mixin with an error queue and `*ESR?`; the model defines `reset`."""

    no_error = '+0,"No error"'

    def __init__(self) -> None:
        self.errors: deque[int] = deque(maxlen=QUEUE_LENGTH)
        self.event_status = 128

    def plug_in(self, port: SimDevice) -> None:
        """Store the port for replies."""
        self._port = port

    def next_error(self) -> str:
        """SYST:ERR?."""
        if not self.errors:
            return self.no_error
        code = self.errors.popleft()
        return f'{code:+d},"{TEXTS[code]}"'

    def clear_status(self) -> None:
        """*CLS."""
        self.errors.clear()
        self.event_status = 0

    def read_event_status(self) -> int:
        """*ESR?, which clears it."""
        status, self.event_status = self.event_status, 0
        return status

    def not_understood(self, message: str) -> None:
        """Queue the error; send no reply."""
        self.errors.append(UNDEFINED_HEADER)
        self.event_status |= 32

    def declined(self, message: str, code: int) -> None:
        """Queue the error; send no reply."""
        self.errors.append(code if code in TEXTS else OUT_OF_RANGE)
        self.event_status |= 16

    @staticmethod
    def require(condition: bool, code: int = OUT_OF_RANGE) -> None:
        """Refuse unless `condition`."""
        if not condition:
            raise Refusal(code)
