"""Serial port settings that must agree at both ends."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyvisa.constants import Parity, ResourceAttribute, StopBits

_STOP_BITS = {1.0: StopBits.one, 1.5: StopBits.one_and_a_half, 2.0: StopBits.two}


@dataclass(frozen=True)
class SerialLine:
    """Baud rate and frame set in the instrument; it receives nothing sent with other settings.

    `echo`: the adapter returns every byte that is sent. `boots_s`: opening the port resets the instrument,
    which is deaf for so long afterwards.
    """

    baud_rate: int = 9600
    data_bits: int = 8
    parity: str = "none"
    stop_bits: float = 1.0
    echo: bool = False
    boots_s: float = 0.0

    @classmethod
    def of(cls, entries: dict[str, str]) -> "SerialLine":
        """Make settings from the entries of a YAML file."""
        return cls(
            int(entries.get("baud_rate", 9600)),
            int(entries.get("data_bits", 8)),
            entries.get("parity", "none"),
            float(entries.get("stop_bits", 1)),
            entries.get("echo", "false") == "true",
            float(entries.get("boots_s", 0)),
        )

    def agrees(self, attribute: Callable[[ResourceAttribute], Any]) -> bool:
        """Whether the VISA attributes of a host's port match these settings."""
        return (
            attribute(ResourceAttribute.asrl_baud_rate) == self.baud_rate
            and attribute(ResourceAttribute.asrl_data_bits) == self.data_bits
            and attribute(ResourceAttribute.asrl_parity) == Parity[self.parity]
            and attribute(ResourceAttribute.asrl_stop_bits) == _STOP_BITS[self.stop_bits]
        )

    def duration_s(self, count: int) -> float:
        """Transmission time of `count` bytes."""
        frame_bits = 1 + self.data_bits + (self.parity != "none") + self.stop_bits
        return count * frame_bits / self.baud_rate
