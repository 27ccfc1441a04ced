"""Mixin for temperature controllers without a ramp."""


class WithoutRamp:
    """Mixin with a `ramp_rate_k_s` that is always 0: the instrument changes temperature at its own rate."""

    @property
    def ramp_rate_k_s(self) -> float:
        """Always 0; setting any other value raises ValueError."""
        return 0.0

    @ramp_rate_k_s.setter
    def ramp_rate_k_s(self, value: float) -> None:
        if value != 0:
            raise ValueError(f"ramp_rate_k_s is {value:g}, but {type(self).__name__} cannot ramp: give 0")
