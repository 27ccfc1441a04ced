"""Roles of the instruments of a bench, and the points they yield, independent of the maker.

A driver satisfies a Protocol here by having its members; nothing is inherited. `labctl.bench` hands the names
on: drivers and procedures import them from there.

Rules every driver keeps:

1. Nothing is energised by constructing it or by `prepare()`. Where a reset restores a level of power-on,
   outputs are off before it, and the message that resets takes the level away again.
2. `make_safe()` removes every stimulus (heater, cell, source), reads back that it did, may be called at any
   time and any number of times, and works after any failure. `switch_off()`, which every driver inherits or
   defines, only sends the messages that do so, and reads nothing back.
3. A reply that cannot be a measurement is an InstrumentError, never a number.
4. A measured point that the instrument itself doubts keeps its value and says so in `status`.
5. A switch stimulates nothing, and is safe when every channel is open.
6. An atmosphere has no state that is safe for every laboratory: its driver says what `make_safe()` can do
   (leave the gas as it is, purge, close), the station chooses, and it is read back.
"""

from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol


class ImpedancePoint(NamedTuple):
    """One frequency of one spectrum. `z_imag_ohm` is the true imaginary part: negative for a capacitor."""

    frequency_hz: float
    z_real_ohm: float
    z_imag_ohm: float
    time_s: float
    status: str = "ok"


class CurrentPoint(NamedTuple):
    """One sample of a polarised or resting cell; `elapsed_s` counts from the potential step."""

    time_s: float
    elapsed_s: float
    potential_v: float
    current_a: float
    status: str = "ok"


class TemperatureReading(NamedTuple):
    """One reading while a temperature is awaited or held."""

    time_s: float
    temperature_k: float
    setpoint_k: float
    phase: str


class OutputState(NamedTuple):
    """State of the output of a temperature controller, as the controller reports it.

    Attributes
    ----------
    is_on : bool
        Whether it controls: it heats or cools when its set point asks for it.
    target_k : float or None
        Set point in K, during a ramp its end; None where the instrument does not say.
    power_percent : float or None
        Output now, in percent of the largest; None where the instrument does not say.
    problem : str
        Fault of the output that the instrument reports, such as `heater open load`; `""` for none.
    restarted : bool
        Whether it has lost its power since the state before was read.
    """

    is_on: bool
    target_k: float | None = None
    power_percent: float | None = None
    problem: str = ""
    restarted: bool = False


class Device(Protocol):
    """Anything on the bus."""

    name: str

    @property
    def identity(self) -> str:
        """Maker, model, serial number, firmware, as the instrument says them."""
        ...

    def prepare(self) -> None:
        """Check the identity and bring the instrument to a known state that energises nothing."""
        ...

    def make_safe(self) -> None:
        """Remove every stimulus and read back that it is gone; raises InstrumentError if it is not."""
        ...


class Thermometer(Protocol):
    """A sensor near the sample."""

    @property
    def temperature_k(self) -> float:
        """Temperature now."""
        ...


class TemperatureController(Device, Thermometer, Protocol):
    """An oven, cryostat, bath or stage."""

    @property
    def setpoint_k(self) -> float:
        """Set point as the instrument reports it (it moves during a ramp). Writing it starts control."""
        ...

    @setpoint_k.setter
    def setpoint_k(self, value: float) -> None: ...

    @property
    def ramp_rate_k_s(self) -> float:
        """Rate at which later set points are approached; 0 = as fast as the instrument can."""
        ...

    @ramp_rate_k_s.setter
    def ramp_rate_k_s(self, value: float) -> None: ...


class SeenOutput(Protocol):
    """Optional for a temperature controller: the settings in force at the instrument can be read back.

    labctl reads it beside the temperature, at most every half minute. Without it the set point alone is read.
    """

    @property
    def output_state(self) -> OutputState:
        """State of the output now; switches nothing. InstrumentError for a reply that cannot be one."""
        ...


class SeenAmplitude(Protocol):
    """Optional for a frequency response analyser: its amplitude can be read back between two points."""

    @property
    def amplitude_now_v(self) -> float:
        """Amplitude at the sample in V rms, as the instrument reports it; NaN: not known. Changes nothing."""
        ...


class Watchdog(Protocol):
    """Hardware that takes the power from the heater when it is not kicked in time.

    It is either a device on a wire of its own, which the supervisor kicks while all is well, or part of a
    controller, which the process that holds the controller kicks. Not to kick it is always safe.
    """

    name: str

    @property
    def identity(self) -> str:
        """Maker, model, serial number, firmware, as far as it says them."""
        ...

    @property
    def period_s(self) -> float:
        """Time after the last kick at which it acts, in s."""
        ...

    def prepare(self) -> None:
        """Check the identity; a watchdog on a wire of its own is armed by its first kick only."""
        ...

    def kick(self) -> None:
        """Begin its period again; raises InstrumentError where it does not confirm this."""
        ...


class FrequencyResponseAnalyzer(Device, Protocol):
    """Measures impedance."""

    def sweep(
        self,
        frequencies_hz: Sequence[float],
        amplitude_v: float,
        integration_s: float = 1.0,
        bias_v: float = 0.0,
    ) -> Generator[ImpedancePoint, None, None]:
        """Yield a point per frequency, in the order given; `amplitude_v` is rms.

        The stimulus is off when the iterator is exhausted or closed.
        """
        ...

    def point_duration_s(self, frequency_hz: float, integration_s: float = 1.0) -> float:
        """Return how long one point takes, as far as the manual says."""
        ...


class Potentiostat(Device, Protocol):
    """Polarises a cell and reads its current."""

    def rest(self, times_s: Iterable[float]) -> Generator[CurrentPoint, None, None]:
        """Yield the open-circuit potential at `times_s` after the call; the cell is off."""
        ...

    def hold(
        self, potential_v: float, times_s: Iterable[float], current_limit_a: float
    ) -> Generator[CurrentPoint, None, None]:
        """Step the cell to `potential_v`, yield potential and current at `times_s` after the step.

        The cell stays polarised while the iterator is open, so that a spectrum with the same bias may be
        taken after the last point; closing it switches the cell off.
        """
        ...


class Switch(Device, Protocol):
    """Relays between the cells of one oven and the instruments that they share; all open is safe."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of all channels that it can close, as a station file writes them."""
        ...

    @property
    def closed_channels(self) -> frozenset[str]:
        """Channels that are closed now, as the instrument reports them; asked anew each time."""
        ...

    def close(self, channels: Iterable[str]) -> None:
        """Open every channel, then close these, so that no others are closed at any moment.

        Raises ValueError, before anything is sent, for a channel that it does not have; InstrumentError where
        the instrument refuses it, or does not report the channels open in between and closed afterwards.
        """
        ...

    def open_all(self) -> None:
        """Open every channel; raises InstrumentError unless it is read back that none is closed."""
        ...


class Monitor(Device, Protocol):
    """An instrument that only watches: humidity, pressure, a second thermocouple, a gas flow."""

    @property
    def readings(self) -> Mapping[str, float]:
        """Values now, by names that end in their unit.

        For example `relative_humidity_percent`, `pressure_pa`, `temperature_k`, `flow_m3_s`. InstrumentError
        for a reply that cannot be a measurement.
        """
        ...


class Atmosphere(Device, Protocol):
    """An instrument that sets one quantity of the gas about the samples: flow, dew point, oxygen pressure."""

    @property
    def quantity(self) -> str:
        """Name of the quantity that it sets, its unit at the end: `flow_m3_s`, `dew_point_k`, `oxygen_pa`."""
        ...

    @property
    def setpoint(self) -> float:
        """Set point as the instrument reports it, in the unit of `quantity`.

        Writing it starts control; it raises LimitExceeded before anything is sent for a value out of range,
        and InstrumentError where the instrument does not report the new value.
        """
        ...

    @setpoint.setter
    def setpoint(self, value: float) -> None: ...

    @property
    def value(self) -> float:
        """The quantity as measured now."""
        ...

    @property
    def readings(self) -> Mapping[str, float]:
        """All that it measures now, as of a `Monitor`; `quantity` is one of the names."""
        ...
