"""A printed conductivity of the review beside the measured one."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Beside:
    """A printed conductivity and the measured law at its temperature, both in S/m.

    `low_s_m` and `high_s_m` are the 95 % interval, None where there is no value; `origin` is `law`,
    `spectrum` or `extrapolated`.
    """

    material: str
    references: tuple[int, ...]
    run: int
    temperature_k: float
    published_s_m: float
    measured_s_m: float | None = None
    low_s_m: float | None = None
    high_s_m: float | None = None
    origin: str = ""

    @property
    def verdict(self) -> str:
        """Whether the printed value lies inside the 95 % interval."""
        if self.low_s_m is None or self.high_s_m is None:
            return "no value"
        return "inside" if self.low_s_m <= self.published_s_m <= self.high_s_m else "OUTSIDE"
