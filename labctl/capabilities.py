"""Ranges that a driver declares of its instrument, held against planned and requested values.

A driver declares each range once. `labctl check`, `queue add`, the window and `run` hold every planned step
against the declaration before anything is touched, and the driver itself refuses other values by the same
declaration, so that the two cannot differ:

    from labctl.instrument import Capabilities, Instrument, OneOf, Range

    class AcmeLcr(Instrument):
        can = Capabilities(
            frequency_hz=Range(20.0, 2e6),
            amplitude_v=Range(0.005, 2.0),
            bias_v=Range(-40.0, 40.0),
            settings={"cable_m": OneOf((0, 1, 2))},
        )

        def sweep(self, frequencies_hz, amplitude_v, integration_s=1.0, bias_v=0.0):
            self.can.check_sweep(self.name, frequencies_hz, amplitude_v, bias_v)

A declaration that depends on the settings of the station file is made by the class method
`capabilities(settings)`, which returns `cls.can` unless a driver overrides it. A quantity that is not
declared is unknown: it is never taken for unlimited, and `labctl check` says which are not declared.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

from labctl.errors import BeyondInstrument, ConfigurationError
from labctl.units import ZERO_CELSIUS_K

ROUNDING = 1e-9
"""Share of an end of a range by which a value may be outside it, for conversions of units."""


@dataclass(frozen=True)
class Range:
    """Range of a number with its ends; `whole`: of whole numbers, `excludes_low`: without its lower end.

    `math.inf` as the upper end: without one.
    """

    low: float
    high: float
    whole: bool = False
    excludes_low: bool = False

    def has(self, value: object) -> bool:
        """Return whether a value is a number in the range, also one of numpy; NaN is not."""
        if isinstance(value, bool) or not isinstance(value, Real):
            return False
        number = float(value)
        if self.whole and not number.is_integer():
            return False
        if self.excludes_low and number <= self.low:
            return False
        return self.low - ROUNDING * abs(self.low) <= number <= self.high + ROUNDING * abs(self.high)

    def words(self, unit: str = "", factor: float = 1.0, offset: float = 0.0) -> str:
        """Return the range as text, in the unit that `factor * value + offset` has."""
        low, high = (f"{factor * end + offset:.6g}" for end in (self.low, self.high))
        kind = "a whole number, " if self.whole else ""
        if math.isinf(self.high):
            return f"{kind}{'above' if self.excludes_low else 'at least'} {low} {unit}".strip()
        return f"{kind}{'above ' if self.excludes_low else ''}{low} to {high} {unit}".strip()


@dataclass(frozen=True)
class OneOf:
    """Possible values of a setting, and why there are no others."""

    values: tuple[Any, ...]
    because: str = ""

    def has(self, value: object) -> bool:
        """Return whether a value is one of them; True is not 1."""
        return any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in self.values)

    def words(self) -> str:
        """Return them as text."""
        return ", ".join(map(repr, self.values)) + (f" ({self.because})" if self.because else "")


@dataclass(frozen=True)
class Above:
    """Another range that holds above a value of another quantity."""

    value: float
    allowed: Range


NO_RAMP = Range(0.0, 0.0)
"""Declared as `ramp_rate_k_s`: the instrument has no ramp."""


@dataclass(frozen=True)
class Quantity:
    """How a quantity is shown: words, unit, and conversion from SI."""

    words: str
    unit: str
    factor: float = 1.0
    offset: float = 0.0

    def shown(self, value: float) -> str:
        """Return a value with its unit."""
        return f"{self.factor * value + self.offset:.6g} {self.unit}"

    def range_shown(self, allowed: Range) -> str:
        """Return a range with its unit."""
        return allowed.words(self.unit, self.factor, self.offset)


QUANTITIES: Mapping[str, Quantity] = {
    "frequency_hz": Quantity("frequency", "Hz"),
    "amplitude_v": Quantity("amplitude (rms)", "V"),
    "bias_v": Quantity("DC bias", "V"),
    "potential_v": Quantity("potential", "V"),
    "current_a": Quantity("current limit", "A"),
    "temperature_k": Quantity("set point", "degC", offset=-ZERO_CELSIUS_K),
    "ramp_rate_k_s": Quantity("ramp", "K/min", factor=60.0),
    "interval_s": Quantity("interval", "s"),
}
OF_ROLE: Mapping[str, tuple[str, ...]] = {
    "oven": ("temperature_k", "ramp_rate_k_s"),
    "fra": ("frequency_hz", "amplitude_v", "bias_v"),
    "potentiostat": ("potential_v", "current_a"),
}
"""The quantities that a driver of a role should declare."""


@dataclass(frozen=True)
class Capabilities:
    """Capabilities of an instrument; None and empty: not declared.

    Attributes
    ----------
    frequency_hz, amplitude_v, bias_v : Range
        Of a spectrum: frequency, amplitude at the sample in V rms, direct potential.
    amplitude_v_above_hz : tuple of Above
        Other ranges of the amplitude above certain frequencies; of several the last that applies holds.
    potential_v, current_a : Range
        Of a hold: potential, and magnitude of the current limit.
    current_a_above_v : tuple of Above
        Other ranges of the current limit above certain magnitudes of the potential.
    temperature_k : Range
        Set points.
    ramp_rate_k_s : Range
        Rates of a ramp, `NO_RAMP` where there is none; 0 (as fast as possible) is always allowed.
    interval_s : Range
        Time between two samples of a hold or at rest.
    settings : mapping
        Possible values of entries of `settings` in the station file: `Range` or `OneOf`, by name. Sensor
        inputs (`sensor`) and outputs (`output`) belong here.
    ramp_needs : str
        With `NO_RAMP`: name of the setting without which ramps are refused; empty: the instrument has none.
    """

    frequency_hz: Range | None = None
    amplitude_v: Range | None = None
    amplitude_v_above_hz: tuple[Above, ...] = ()
    bias_v: Range | None = None
    potential_v: Range | None = None
    current_a: Range | None = None
    current_a_above_v: tuple[Above, ...] = ()
    temperature_k: Range | None = None
    ramp_rate_k_s: Range | None = None
    interval_s: Range | None = None
    settings: Mapping[str, Range | OneOf] = field(default_factory=dict)
    ramp_needs: str = ""

    def undeclared(self, roles: Sequence[str]) -> tuple[str, ...]:
        """Return the quantities of some roles that are not declared."""
        wanted = (name for role in roles for name in OF_ROLE.get(role, ()))
        return tuple(name for name in dict.fromkeys(wanted) if getattr(self, name) is None)

    def check_sweep(
        self,
        instrument: str,
        frequencies_hz: Sequence[float],
        amplitude_v: float | None,
        bias_v: float = 0.0,
    ) -> None:
        """Raise BeyondInstrument (a ValueError) unless a spectrum is possible; None: not known."""
        _check(instrument, "bias_v", bias_v, self.bias_v)
        for frequency_hz in frequencies_hz:
            _check(instrument, "frequency_hz", frequency_hz, self.frequency_hz)
        if amplitude_v is not None:
            self._check_amplitude(instrument, amplitude_v, max(frequencies_hz, default=0.0))

    def _check_amplitude(self, instrument: str, amplitude_v: float, highest_hz: float) -> None:
        _check(instrument, "amplitude_v", amplitude_v, self.amplitude_v)
        above = _last(self.amplitude_v_above_hz, highest_hz)
        if above is not None:
            _check(instrument, "amplitude_v", amplitude_v, above.allowed, f"above {above.value:g} Hz")

    def check_hold(self, instrument: str, potential_v: float, current_a: float | None = None) -> None:
        """Raise BeyondInstrument unless a hold is possible; None: the current limit is not known."""
        _check(instrument, "potential_v", potential_v, self.potential_v)
        if current_a is None:
            return
        _check(instrument, "current_a", current_a, self.current_a)
        above = _last(self.current_a_above_v, abs(potential_v))
        if above is not None:
            _check(instrument, "current_a", current_a, above.allowed, f"above {above.value:g} V")

    def check_temperature(self, instrument: str, temperature_k: float) -> None:
        """Raise BeyondInstrument unless a set point is possible."""
        _check(instrument, "temperature_k", temperature_k, self.temperature_k)

    def check_ramp(self, instrument: str, rate_k_s: float) -> None:
        """Raise BeyondInstrument unless a ramp is possible; 0 always is."""
        if rate_k_s == 0:
            return
        if self.ramp_rate_k_s == NO_RAMP:
            shown = QUANTITIES["ramp_rate_k_s"].shown(rate_k_s)
            possible = f"0; any other needs settings.{self.ramp_needs}" if self.ramp_needs else ""
            raise BeyondInstrument(instrument, "ramp_rate_k_s", rate_k_s, shown, "ramp", possible)
        _check(instrument, "ramp_rate_k_s", rate_k_s, self.ramp_rate_k_s, "or 0 for no ramp")

    def check_interval(self, instrument: str, interval_s: float) -> None:
        """Raise BeyondInstrument unless samples can follow each other at this interval."""
        _check(instrument, "interval_s", interval_s, self.interval_s)

    def check_settings(self, instrument: str, **given: object) -> None:
        """Raise ConfigurationError unless each setting has a possible value; None: not given."""
        for name, value in given.items():
            possible = self.settings.get(name)
            if value is not None and possible is not None and not possible.has(value):
                problem = f"is {value!r}; possible: {possible.words()}"
                raise ConfigurationError(instrument, f"settings.{name}", problem)


def _check(instrument: str, name: str, value: float, allowed: Range | None, condition: str = "") -> None:
    if allowed is None or allowed.has(value):
        return
    quantity = QUANTITIES[name]
    possible = f"{quantity.range_shown(allowed)} {condition}".strip()
    raise BeyondInstrument(instrument, name, value, quantity.shown(value), quantity.words, possible)


def _last(above: Sequence[Above], value: float) -> Above | None:
    return next((one for one in reversed(above) if value > one.value), None)
