"""Doubts about a protocol or station file: possible mistakes, which are shown and not refused."""

import datetime
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labctl.accuracy import DRIFTS, DRIFTS_FROM_DEGC, ROUNDING_K, ZERO_CELSIUS_K, ThermometerClass
from labctl.clock import RealClock
from labctl.config.accuracy import StationAccuracy
from labctl.config.instrument_entries import InstrumentEntry
from labctl.config.possible_steps import declared_by, undeclared
from labctl.config.sample import Sample
from labctl.config.shared_addresses import unit_of
from labctl.config.station import Station
from labctl.typed_number import end_before_last

MOST_UNCERTAIN = 0.2
ORDINARY_LIMIT_A = 10.0  # where no instrument declares its largest current
SPAN = re.compile(r"[^,:]+:[^,:]+:[^,:]+")
COM_PORT = re.compile(r"COM(\d+)", re.IGNORECASE)


def doubts_about_sample(sample: Sample) -> list[str]:
    """Return a sentence for each length or area that is less certain than 20 %."""
    known = {
        "thickness": (sample.thickness_u_m, sample.thickness_m),
        "electrode area": (sample.area_u_m2, sample.area_m2),
    }
    return [
        f"sample: the {name} has an uncertainty of {100 * uncertainty / value:.0f} %; are value and "
        "uncertainty in the same unit?"
        for name, (uncertainty, value) in known.items()
        if uncertainty > MOST_UNCERTAIN * value * (1 + 1e-9)
    ]


def doubts_about_parameters(parameters: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each range `first:last:step` that ends before its last value."""
    return [
        f"{name}: '{span}' ends at {end:g}"
        for name, value in parameters.items()
        if isinstance(value, str)
        for span, end in _ends_early(value)
    ]


def unconfirmed_settings(entries: Sequence[InstrumentEntry]) -> list[str]:
    """Return a sentence for each thing that a driver wants confirmed at the bench for these settings."""
    return [
        f"instruments.{entry.name}: {sentence}"
        for entry in entries
        if hasattr(entry.driver_class, "unconfirmed")
        for sentence in entry.driver_class.unconfirmed(entry.settings)
    ]


def doubts_about_accuracy(accuracy: StationAccuracy, today: datetime.date) -> list[str]:
    """Return a sentence for each certificate that is no longer valid; its figures still count."""
    return [
        f"accuracy.{role}: the certificate of {one.instrument} was valid until {one.valid_until}; have it "
        "calibrated again, or give the class of the instrument"
        for role, one in accuracy.statements()
        if one is not None and one.expired(today)
    ]


def doubts_about_temperatures(accuracy: StationAccuracy, temperatures_k: Sequence[float]) -> list[str]:
    """Return a sentence for each planned temperature at which the thermometer's statement does not hold.

    A class states nothing outside its range. The wire of a thermocouple changes above 200 degC unless it was
    calibrated in place.
    """
    stated = accuracy.thermometer
    if stated is None or not temperatures_k:
        return []
    value = stated.value
    low, high = (t - ZERO_CELSIUS_K for t in (min(temperatures_k), max(temperatures_k)))
    doubts = []
    if isinstance(value, ThermometerClass):
        first, last = value.range_degc
        if low < first - ROUNDING_K or high > last + ROUNDING_K:
            doubts.append(
                f"accuracy.thermometer: {value.name} is stated from {first:g} to {last:g} degC, and this "
                f"goes from {low:g} to {high:g} degC: outside, the thermometer is not stated"
            )
    couple = getattr(value, "couple", "")
    if couple and high > DRIFTS_FROM_DEGC and not getattr(value, "in_place", False):
        known = f"up to {100 * DRIFTS[couple]:g} %" if couple in DRIFTS else "by an amount that is not stated"
        doubts.append(
            f"accuracy.thermometer: {stated.instrument} is a thermocouple of type {couple}; above "
            f"{DRIFTS_FROM_DEGC:g} degC its wire changes, {known}, unless it was calibrated in place"
        )
    return doubts


def doubts_about_station(station: Station) -> list[str]:
    """Return the doubts about the instruments of a station and about their certificates today."""
    today = datetime.date.fromtimestamp(RealClock().time())
    return [
        *doubts_about_current(station.limits.current_a, station.instruments),
        *doubts_about_instruments(station.instruments),
        *doubts_about_accuracy(station.accuracy, today),
    ]


def doubts_about_current(limit_a: float, entries: Sequence[InstrumentEntry]) -> list[str]:
    """Return a sentence where the limit of the current is beyond every instrument: it was meant in mA."""
    ranges = {entry.name: declared_by(entry).current_a for entry in entries}
    able_a = {name: one.high for name, one in ranges.items() if one is not None and math.isfinite(one.high)}
    most_a = max(able_a.values(), default=ORDINARY_LIMIT_A)
    if limit_a <= most_a:
        return []
    able = ", ".join(f"{name} up to {high:g} A" for name, high in able_a.items()) or "none declares a current"
    return [f"limits.current_a is {limit_a:g} A, more than this station can ({able}); is it meant in mA?"]


def doubts_about_instruments(entries: Sequence[InstrumentEntry]) -> list[str]:
    """Return a sentence for each shared address, name of a port, undeclared range and thing not confirmed."""
    there: dict[str, list[InstrumentEntry]] = {}
    for entry in entries:
        there.setdefault(_spelt(entry.address), []).append(entry)
    shared = [
        f"instruments: {' and '.join(one.name for one in sharing)} have the same address {address}; is one "
        "of them wrong?"
        for address, sharing in there.items()
        if len(sharing) > 1 and not address.startswith("ASRL")  # a serial line may have several devices
        if not all(map(unit_of, sharing))  # read_station has compared the units
    ]
    renamed = [
        f"instruments.{entry.name}.address: {entry.address} is a name that few VISA libraries know; the VISA "
        f"address is ASRL{found[1]}::INSTR"
        for entry in entries
        if (found := COM_PORT.fullmatch(entry.address.strip()))
    ]
    return shared + renamed + _impossible(entries) + undeclared(entries) + unconfirmed_settings(entries)


def _impossible(entries: Sequence[InstrumentEntry]) -> list[str]:
    from labctl.config.addresses import address_doubt

    doubts = {entry.name: address_doubt(entry.address) for entry in entries}
    return [f"instruments.{name}.address: {doubt}" for name, doubt in doubts.items() if doubt]


def _spelt(address: str) -> str:
    from labctl.instruments.wires import canonical_address

    return canonical_address(address)


def _ends_early(text: str) -> Iterator[tuple[str, float]]:
    for found in SPAN.findall(text):
        try:
            end = end_before_last(*map(float, found.split(":")))
        except (ArithmeticError, TypeError, ValueError):  # the procedure says what is wrong
            continue
        if end is not None:
            yield found.strip(), end
