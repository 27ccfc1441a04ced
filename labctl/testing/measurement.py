"""Short measurements and single readings with a driver under test."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from labctl.errors import ConfigurationError, InstrumentError
from labctl.testing.trial import Candidate, Trial

TARGET_K = 320.0
ATMOSPHERE_SETPOINTS = {"flow_m3_s": 5e-7, "dew_point_k": 280.0, "oxygen_pa": 1e4, "water_pa": 2e3}
SETTLED_AFTER_S = 600.0
QUICK_HZ, SLOW_HZ = (1e4, 1e3), 100.0
AMPLITUDE_V, STEP_V, CURRENT_LIMIT_A = 0.01, 0.01, 1e-3
REFUSALS = (ValueError, ConfigurationError, InstrumentError)
RELATIVE_TOLERANCE, ABSOLUTE_TOLERANCE_K, ABSOLUTE_TOLERANCE_V = 0.05, 1.5, 1e-4


@dataclass(frozen=True)
class Value:
    """One value reported by an instrument; `elapsed_s` is its time, for a quantity that changes."""

    what: str
    number: complex
    status: str = "ok"
    elapsed_s: float = 0.0

    def contradicts(self, truth: "Value") -> bool:
        """Return whether the value differs from the truth without a flag."""
        if self.status != "ok" or abs(self.elapsed_s - truth.elapsed_s) > 0.5:
            return False
        if self.what.endswith("_k"):
            return abs(self.number - truth.number) > ABSOLUTE_TOLERANCE_K
        allowed = RELATIVE_TOLERANCE * abs(truth.number) + (
            ABSOLUTE_TOLERANCE_V if self.what.endswith("_v") else 0
        )
        return abs(self.number - truth.number) > allowed


@dataclass
class Outcome:
    """Result of a trial: values or the error, the commands hit by a fault, whether anything is still on."""

    values: list[Value] = field(default_factory=list)
    error: Exception | None = None
    struck: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    took_s: float = 0.0
    energised_after: bool | None = None
    made_safe_wrongly: bool = False

    @property
    def is_doubted(self) -> bool:
        """Whether any status is not ok."""
        return any(value.status != "ok" for value in self.values)

    @property
    def is_within_a_message(self) -> bool:
        """Whether the fault hit a line of a longer message, a script: a single line cannot be lost."""
        return any(self.struck[0] in text.split("\n") for text in self.messages if "\n" in text)

    def contradicts(self, truth: "Outcome") -> bool:
        """Return whether a value differs from the truth without a flag."""
        if self.error:
            return False
        pairs = zip(truth.values, self.values, strict=True)
        return any(seen.contradicts(true) for true, seen in pairs)


def measure(trial: Trial) -> Iterator[Value]:
    """Prepare, yield all values of a short measurement, and make safe."""
    driver = trial.driver
    driver.prepare()
    if hasattr(driver, "setpoint_k"):
        yield Value("temperature_k", driver.temperature_k)
        driver.setpoint_k = TARGET_K
        trial.clock.sleep(SETTLED_AFTER_S)
        yield Value("temperature_k", driver.temperature_k)
        yield Value("setpoint_k", driver.setpoint_k)
    elif hasattr(driver, "temperature_k"):
        yield Value("temperature_k", driver.temperature_k)
        trial.clock.sleep(SETTLED_AFTER_S)
        yield Value("temperature_k", driver.temperature_k)
    if hasattr(driver, "closed_channels"):
        driver.close(driver.channels[:2])
        yield from _closed(driver)
    if hasattr(driver, "quantity"):
        yield from _stepped(driver, trial)
    if hasattr(driver, "sweep"):
        yield from _spectrum(driver, (QUICK_HZ[0], SLOW_HZ))
    if hasattr(driver, "hold"):
        yield from _polarised(driver, (0, 5))
    driver.make_safe()


def _stepped(driver: Any, trial: Trial) -> Iterator[Value]:
    """Set the quantity that an atmosphere has, and read it back and as it settles."""
    yield Value("value", driver.value)
    target: float = ATMOSPHERE_SETPOINTS.get(driver.quantity) or driver.setpoint
    driver.setpoint = target
    trial.clock.sleep(SETTLED_AFTER_S)
    yield Value("value", driver.value)
    yield Value("setpoint", driver.setpoint)


def _spectrum(driver: Any, frequencies_hz: tuple[float, ...]) -> Iterator[Value]:
    for point in driver.sweep(list(frequencies_hz), AMPLITUDE_V):
        yield Value("impedance_ohm", complex(point.z_real_ohm, point.z_imag_ohm), point.status)


def _polarised(driver: Any, times_s: tuple[float, ...]) -> Iterator[Value]:
    for point in driver.hold(STEP_V, list(times_s), CURRENT_LIMIT_A):
        yield Value("potential_v", point.potential_v, point.status, point.elapsed_s)
        yield Value("current_a", point.current_a, point.status, point.elapsed_s)


def _closed(driver: Any) -> list[Value]:
    closed = driver.closed_channels
    return [Value(f"channel {name} closed", float(name in closed)) for name in driver.channels]


def _watched(driver: Any) -> list[Value]:
    return [Value(name, number) for name, number in driver.readings.items()]


Reading = Callable[[Any], list[Value]]


def readings(candidate: Candidate) -> dict[str, Reading]:
    """Return each reading of the driver by its name."""
    found: dict[str, Reading] = {}
    if {"oven", "thermometer"} & set(candidate.roles):
        found["temperature_k"] = lambda driver: [Value("temperature_k", driver.temperature_k)]
    if "oven" in candidate.roles:
        found["setpoint_k"] = lambda driver: [Value("setpoint_k", driver.setpoint_k)]
        if hasattr(candidate.driver_class, "output_state"):
            found["output_state"] = _output_state
    if "switch" in candidate.roles:
        found["closed_channels"] = _closed
    if "monitor" in candidate.roles:
        found["readings"] = _watched
    if "atmosphere" in candidate.roles:
        found["setpoint"] = lambda driver: [Value("setpoint", driver.setpoint)]
        found["value"] = lambda driver: [Value("value", driver.value)]
    if "fra" in candidate.roles:
        found["sweep"] = lambda driver: list(_spectrum(driver, (QUICK_HZ[1],)))
    if "potentiostat" in candidate.roles:
        found["hold"] = lambda driver: list(_polarised(driver, (0,)))
        found["rest"] = lambda driver: [
            Value("rest_v", point.potential_v, point.status) for point in driver.rest([0.0])
        ]
    return found


def _output_state(driver: Any) -> list[Value]:
    state = driver.output_state
    target = [] if state.target_k is None else [Value("target_k", state.target_k)]
    return [Value("is_on", state.is_on), *target]


def energise(trial: Trial) -> Callable[[], None]:
    """Switch on heater, cell, source or relays; return a function that ends a measurement that keeps it on.

    A thermometer has none of them, and is only prepared.
    """
    driver = trial.driver
    driver.prepare()
    if hasattr(driver, "setpoint_k"):
        driver.setpoint_k = TARGET_K
        return lambda: None
    if hasattr(driver, "closed_channels"):
        driver.close(driver.channels[:2])
        return lambda: None
    if hasattr(driver, "hold"):
        points = driver.hold(STEP_V, [0.0, 1e6], CURRENT_LIMIT_A)
    elif hasattr(driver, "sweep"):
        points = driver.sweep(list(QUICK_HZ), AMPLITUDE_V)
    else:
        return lambda: None
    next(points)
    return points.close


def attempt(candidate: Candidate, kind: str = "", skip: int = 0, **details: Any) -> Outcome:
    """Measure with a fault at one exchange; always make safe when the fault is over."""
    outcome = Outcome()
    with candidate.connected() as trial:
        if kind:
            trial.rig.faults.add(kind, skip=skip, **details)
        began_s = trial.clock.monotonic()
        try:
            with _errors_named(f"{kind} at exchange {skip}"):
                outcome.values.extend(measure(trial))
            outcome.made_safe_wrongly = bool(trial.energised)
        except (InstrumentError, ConfigurationError) as failure:
            outcome.error = failure
        outcome.messages, outcome.took_s = list(trial.sent), trial.clock.monotonic() - began_s
        outcome.struck = [strike.command for strike in trial.rig.faults.log]
        _make_safe_after(trial)
        outcome.energised_after = trial.energised
    return outcome


@contextmanager
def _errors_named(where: str) -> Iterator[None]:
    """Turn an error that is not an InstrumentError into a failure that names its place."""
    try:
        yield
    except (InstrumentError, ConfigurationError):
        raise
    except Exception as other:
        raise AssertionError(
            f"{where}: {type(other).__name__} instead of an InstrumentError: {other}"
        ) from other


def _make_safe_after(trial: Trial) -> None:
    trial.rig.faults.clear()
    trial.clock.sleep(60)
    try:
        trial.driver.make_safe()
    except InstrumentError as failure:
        raise AssertionError(f"the fault is over, but make_safe() fails: {failure}") from failure


def spoil(candidate: Candidate, reading: Reading, kind: str = "", skip: int = 0, **details: Any) -> Outcome:
    """Read once undisturbed, then once with a fault at one exchange."""
    outcome = Outcome()
    with candidate.connected() as trial:
        trial.driver.prepare()
        if "oven" in candidate.roles:
            trial.driver.setpoint_k = TARGET_K
        reading(trial.driver)
        trial.clock.sleep(SETTLED_AFTER_S if "oven" in candidate.roles else 1.0)
        if kind:
            trial.rig.faults.add(kind, skip=skip, **details)
        before, began_s = len(trial.sent), trial.clock.monotonic()
        try:
            with _errors_named(f"{kind} at exchange {skip}"):
                outcome.values = reading(trial.driver)
        except InstrumentError as failure:
            outcome.error = failure
        outcome.messages, outcome.took_s = trial.sent[before:], trial.clock.monotonic() - began_s
        outcome.struck = [strike.command for strike in trial.rig.faults.log]
        _make_safe_after(trial)
        outcome.energised_after = trial.energised
    return outcome


def closed_early(points: Any) -> None:
    """Take one point of a measurement and close it."""
    with closing(points):
        next(points)
