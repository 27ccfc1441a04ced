"""Planned steps held against the declarations of the drivers of a station. No I/O."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from labctl.bench import PlannedStep
from labctl.capabilities import QUANTITIES, Capabilities
from labctl.config.declared import declared
from labctl.config.instrument_entries import InstrumentEntry
from labctl.errors import BeyondInstrument
from labctl.units import ZERO_CELSIUS_K

Conversion = Callable[[float], float]
CONVERSIONS: Mapping[str, Conversion] = {
    "_degc": lambda value: value + ZERO_CELSIUS_K,
    "_k": lambda value: value,
    "_k_min": lambda value: value / 60,
    "_k_s": lambda value: value,
    "_hz": lambda value: value,
    "_v": lambda value: value,
    "_mv": lambda value: value / 1e3,
    "_a": lambda value: value,
    "_ma": lambda value: value / 1e3,
    "_s": lambda value: value,
}
ENDINGS: Mapping[str, tuple[str, ...]] = {
    "temperature_k": ("_degc", "_k"),
    "ramp_rate_k_s": ("_k_min", "_k_s"),
    "frequency_hz": ("_hz",),
    "amplitude_v": ("_v", "_mv"),
    "bias_v": ("_v", "_mv"),
    "potential_v": ("_v", "_mv"),
    "current_a": ("_a", "_ma"),
    "interval_s": ("_s",),
}
"""Endings of the parameters of a procedure that can hold a quantity."""


def check_possible(step: PlannedStep, entries: Sequence[InstrumentEntry]) -> None:
    """Raise BeyondInstrument where the instruments of a station cannot carry out a planned step.

    A step with an amplitude or frequencies is a spectrum, and its potential a bias; one without is a hold.
    """
    for entry in entries:
        for role in entry.roles:
            check = CHECKS.get(role)
            if check is not None:
                check(step, declared_by(entry), described(entry))


def _check_oven(step: PlannedStep, can: Capabilities, instrument: str) -> None:
    if step.temperature_k is not None:
        can.check_temperature(instrument, step.temperature_k)
    if step.ramp_rate_k_s is not None:
        can.check_ramp(instrument, step.ramp_rate_k_s)


def _check_analyser(step: PlannedStep, can: Capabilities, instrument: str) -> None:
    if _is_spectrum(step):
        can.check_sweep(instrument, step.frequency_hz or (), step.amplitude_v or None, step.potential_v)


def _check_potentiostat(step: PlannedStep, can: Capabilities, instrument: str) -> None:
    if not _is_spectrum(step) and (step.potential_v or step.current_a):
        can.check_hold(instrument, step.potential_v, step.current_a or None)


CHECKS: Mapping[str, Callable[[PlannedStep, Capabilities, str], None]] = {
    "oven": _check_oven,
    "fra": _check_analyser,
    "potentiostat": _check_potentiostat,
}


def _is_spectrum(step: PlannedStep) -> bool:
    return bool(step.amplitude_v) or step.frequency_hz is not None


def declared_by(entry: InstrumentEntry) -> Capabilities:
    """Return the declaration of an instrument with its settings."""
    return declared(entry.driver_class, entry.settings)


def described(entry: InstrumentEntry) -> str:
    """Return name, driver and settings (no tables, no lists) of an instrument as text."""
    short = {key: value for key, value in entry.settings.items() if not isinstance(value, Mapping | list)}
    settings = (f"{key} = {value!r}" for key, value in short.items())
    return f"{entry.name} ({', '.join((entry.driver, *settings))})"


def undeclared(entries: Sequence[InstrumentEntry]) -> list[str]:
    """Return a sentence for each driver without a declared range of some quantity of its roles."""
    sentences = []
    for entry in entries:
        missing = declared_by(entry).undeclared(entry.roles)
        if missing:
            of = ", ".join(QUANTITIES[name].words for name in missing)
            problem = f"{entry.driver} declares no ranges of {of}"
            sentences.append(f"instruments.{entry.name}: {problem}; only [limits] holds for them")
    return sentences


def shortest_intervals(steps: Sequence[PlannedStep], entries: Sequence[InstrumentEntry]) -> list[str]:
    """Return a sentence for each planned interval that is shorter than the potentiostat can sample.

    Such samples come late; they are not lost.
    """
    found: dict[str, None] = {}
    for entry in (entry for entry in entries if "potentiostat" in entry.roles):
        for step in (step for step in steps if step.interval_s is not None):
            try:
                declared_by(entry).check_interval(described(entry), step.interval_s or 0.0)
            except BeyondInstrument as beyond:
                found[f"{step.label}: {beyond}; samples come later than planned"] = None
    return list(found)


def key_of(beyond: BeyondInstrument, procedure: Any) -> str:
    """Return the parameter of a procedure that has the value an instrument cannot do; "" for none.

    Of several with this value, the parameter named as the quantity is returned.
    """
    words = beyond.quantity.split("_")[0]
    names = sorted(getattr(procedure, "_parameters", {}), key=lambda name: words not in name)
    found = (name for name in names if _holds(name, getattr(procedure, name, None), beyond))
    return next(found, "")


def _holds(name: str, value: object, beyond: BeyondInstrument) -> bool:
    return any(
        math.isclose(CONVERSIONS[ending](number), beyond.value, rel_tol=1e-9)
        for ending in ENDINGS[beyond.quantity]
        if name.endswith(ending)
        for number in _numbers(value)
    )


def _numbers(value: object) -> Iterator[float]:
    for one in value if isinstance(value, list | tuple) else (value,):
        if isinstance(one, int | float) and not isinstance(one, bool):
            yield one
