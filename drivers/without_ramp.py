"""Mixin for temperature controllers without a ramp."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from labctl.instrument import NO_RAMP, Capabilities

WITHOUT_RAMP = Capabilities(ramp_rate_k_s=NO_RAMP)


class WithoutRamp:
    """Mixin with a `ramp_rate_k_s` that is always 0: the instrument changes temperature at its own rate.

    It stands before `Instrument` among the bases.
    """

    name: str

    @classmethod
    def capabilities(cls, settings: Mapping[str, Any]) -> Capabilities:
        """Return the declaration of the instrument, without a ramp."""
        declared = super().capabilities(settings)  # type: ignore[misc] - of the instrument that follows
        return replace(declared, ramp_rate_k_s=NO_RAMP)

    @property
    def ramp_rate_k_s(self) -> float:
        """Always 0; setting any other value raises ValueError."""
        return 0.0

    @ramp_rate_k_s.setter
    def ramp_rate_k_s(self, value: float) -> None:
        WITHOUT_RAMP.check_ramp(self.name, value)
