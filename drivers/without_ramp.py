"""For temperature controllers that cannot ramp."""


class WithoutRamp:
    """Has `ramp_rate_k_s`, which is always 0: as fast as the instrument can."""

    @property
    def ramp_rate_k_s(self) -> float:
        """Always 0; ValueError for anything else."""
        return 0.0

    @ramp_rate_k_s.setter
    def ramp_rate_k_s(self, value: float) -> None:
        if value != 0:
            raise ValueError(f"ramp_rate_k_s is {value:g}, but {type(self).__name__} cannot ramp: give 0")
