"""Solartron 1260 and 1287 combined: the 1260 measures through the potentiostat.

Wiring: generator of the 1260 to the polarisation input of the 1287; rear potential output of the 1287 to V1,
rear current output to V2. Then Z = (V1/V2) times the standard resistor, with both outputs at gain 1. The cell
stays connected to the 1287, which has the cell relay that the 1260 lacks.
"""

import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from drivers.solartron1260 import VOLTAGE_RATIO, Solartron1260
from drivers.solartron1287 import FULL_SCALE_V, SMALLEST_LIMIT_A, Solartron1287
from labctl.bench import ImpedancePoint
from labctl.errors import ConfigurationError
from labctl.instrument import Capabilities

FINE_GAIN, LARGEST_FINE_AMPLITUDE_V = 0.01, 0.03
SAME_BIAS_V = 1e-6
UNVERIFIED_MAP = (
    "the scale of its impedances is not confirmed: sources disagree on which standard resistor a range of "
    "the 1287 has. Measure a known resistor with 1000 ohm as standard, then set range_map_verified = true "
    "(docs/bench-checks.md)"
)


class Solartron1260With1287(Solartron1287):
    """A `labctl.bench.FrequencyResponseAnalyzer` and a `labctl.bench.Potentiostat` in one.

    Its address is the address of the 1287; the entry `with` of the station file names the 1260.

    Parameters
    ----------
    partner : Solartron1260
        The connected analyser. This instrument prepares it and makes it safe.
    standard_resistor_ohm : float
        Current range of the 1287 (0.1 to 1e6 ohm in decades). It scales every impedance: check it once with
        a known resistor.
    range_map_verified : bool
        Whether this was done. Sources disagree on the map of ranges, so until then `labctl check` and every
        run state that the scale of the impedances is not confirmed, and no current is imposed.
    """

    def __init__(
        self,
        adapter: Any,
        name: str | None = None,
        *,
        partner: Solartron1260,
        standard_resistor_ohm: float,
        version: str = "",
        reads_back: bool = True,
        range_map_verified: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            adapter,
            name,
            standard_resistor_ohm=standard_resistor_ohm,
            version=version,
            reads_back=reads_back,
            range_map_verified=range_map_verified,
            **kwargs,
        )
        if not isinstance(partner, Solartron1260):
            raise ConfigurationError(self.name, "with", "must name a Solartron 1260")
        self.analyser = partner
        self.resistor_ohm = standard_resistor_ohm

    safe_within_s: ClassVar[float] = 5.0
    can: Capabilities = replace(
        Solartron1287.can,
        frequency_hz=Solartron1260.can.frequency_hz,
        amplitude_v=Solartron1260.can.amplitude_v,
        amplitude_v_above_hz=Solartron1260.can.amplitude_v_above_hz,
        bias_v=Solartron1287.can.potential_v,
    )

    @classmethod
    def unconfirmed(cls, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Return a sentence until the map of standard resistors is verified: it scales every impedance."""
        return () if settings.get("range_map_verified") else (UNVERIFIED_MAP,)

    def prepare(self) -> None:
        """Prepare both instruments; the cell is off."""
        self.analyser.prepare()
        super().prepare()

    def switch_off(self) -> None:
        """Switch the cell off, then set the generator to zero; both are attempted."""
        self.attempt_all(super().switch_off, self.analyser.switch_off)

    @contextmanager
    def until(self, monotonic_s: float) -> Iterator[None]:
        """Let every exchange with either instrument end at `monotonic_s` of the clock at the latest."""
        with super().until(monotonic_s), self.analyser.until(monotonic_s):
            yield

    def make_safe(self) -> None:
        """Switch the cell off, then set the generator to zero; both are attempted."""
        self.attempt_all(super().make_safe, self.analyser.make_safe)

    def point_duration_s(self, frequency_hz: float, integration_s: float = 1.0) -> float:
        """Return delay, integration in whole cycles and overhead of one point; autoranging takes longer."""
        return self.analyser.point_duration_s(frequency_hz, integration_s)

    def sweep(
        self,
        frequencies_hz: Sequence[float],
        amplitude_v: float,
        integration_s: float = 1.0,
        bias_v: float = 0.0,
    ) -> Generator[ImpedancePoint, None, None]:
        """Yield a point per frequency; afterwards the cell stays on only during a `hold` at the same bias.

        Raises ValueError if the cell is held at a potential other than `bias_v`.
        """
        if self._held_v is None:
            return self._sweep_at_bias(frequencies_hz, amplitude_v, integration_s, bias_v)
        if abs(self._held_v - bias_v) > SAME_BIAS_V:
            raise ValueError(f"bias_v is {bias_v:g}, but the cell is held at {self._held_v:g} V")
        return self._points(frequencies_hz, amplitude_v, integration_s)

    def _sweep_at_bias(
        self, frequencies_hz: Sequence[float], amplitude_v: float, integration_s: float, bias_v: float
    ) -> Generator[ImpedancePoint, None, None]:
        self.can.check_sweep(self.name, frequencies_hz, amplitude_v, bias_v)
        try:
            self._set_up(max(SMALLEST_LIMIT_A, FULL_SCALE_V / self.resistor_ohm))
            self._switch_on(bias_v)
            yield from self._points(frequencies_hz, amplitude_v, integration_s)
        finally:
            self.cell_off()

    def _points(
        self, frequencies_hz: Sequence[float], amplitude_v: float, integration_s: float
    ) -> Generator[ImpedancePoint, None, None]:
        fine = amplitude_v <= LARGEST_FINE_AMPLITUDE_V
        for command in ("VX0", "IX0", "PI1" if fine else "PI0"):
            self.tell(command)
        if (
            self.reads_back
        ):  # without the gain of 0.01 the amplitude at the cell would be a hundred times larger
            self._confirm("?PI", int(fine))
        generator_v = amplitude_v / FINE_GAIN if fine else amplitude_v
        ratios = self.analyser.spectrum(VOLTAGE_RATIO, frequencies_hz, generator_v, integration_s)
        try:
            for ratio in ratios:
                yield self._impedance(ratio, amplitude_v)
        finally:
            self.attempt_all(ratios.close, partial(self.write, "PI0"))

    def _impedance(self, ratio: ImpedancePoint, amplitude_v: float) -> ImpedancePoint:
        error = self.last_error()
        doubts = [] if ratio.status == "ok" else [ratio.status]
        size = abs(complex(ratio.z_real_ohm, ratio.z_imag_ohm))  # |Z| / standard resistor
        if math.sqrt(2) * amplitude_v > FULL_SCALE_V * size:
            doubts.append("the alternating current is beyond the range of the standard resistor")
        if error:
            doubts.append(f"1287: error {error:02d}")
        return ratio._replace(
            z_real_ohm=ratio.z_real_ohm * self.resistor_ohm,
            z_imag_ohm=ratio.z_imag_ohm * self.resistor_ohm,
            status="; ".join(doubts) or "ok",
        )
