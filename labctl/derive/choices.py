"""Choices of a derivation: circuit, electrodes, leads, frequency range, form of the law, excluded points.

Nothing chosen is the derivation as it is made while a run is measured.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from labctl.analysis.circuits.circuit import parse_circuit
from labctl.errors import InvalidRequest
from labctl.units import ZERO_CELSIUS_K

FORMS = ("ln_sigma_t", "ln_sigma")
ELECTRODES = ("blocking", "reversible", "blocking/reversible", "reversible/blocking")
ONE_FREQUENCY = 0.005
ONE_TEMPERATURE_K = 0.5
EXCLUDE_EXAMPLES = "'spectrum 3', '20..30 degC', '25 degC', '50 Hz' or '1e5..1e6 Hz'"
_NUMBER = r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?"
_SPECTRUM = re.compile(r"(?:spectrum\s+)?(\d{1,9})")
_RANGE = re.compile(rf"({_NUMBER})(?:\s*\.\.\s*({_NUMBER}))?\s*(degC|°C|Hz)")


@dataclass(frozen=True)
class Excluded:
    """Measured points that no result stands on; what fulfils every condition that is given is excluded.

    Attributes
    ----------
    reason : str
    spectrum : int or None
        Number of a spectrum in its run.
    frequency_hz, temperature_k : (low, high) or None
        Ends included.
    """

    reason: str
    spectrum: int | None = None
    frequency_hz: tuple[float, float] | None = None
    temperature_k: tuple[float, float] | None = None

    def hits(self, spectrum: int, temperature_k: float | None) -> bool:
        """Return whether it is about the spectrum of this number and mean temperature."""
        if self.spectrum is not None and self.spectrum != spectrum:
            return False
        if self.temperature_k is None:
            return True
        low_k, high_k = self.temperature_k
        return temperature_k is not None and low_k <= temperature_k <= high_k

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> "Excluded":
        """Return it from the mapping that `dataclasses.asdict` made, as an analysis keeps it."""
        ranges = {
            name: None if described.get(name) is None else (described[name][0], described[name][1])
            for name in ("frequency_hz", "temperature_k")
        }
        return cls(described["reason"], described.get("spectrum"), **ranges)


@dataclass(frozen=True)
class Choices:
    """Choices of a person for a derivation; empty or None: not chosen.

    Attributes
    ----------
    circuit : str
        The only circuit to fit, e.g. `R0-p(R1,CPE1)-CPE2`.
    electrodes : str
        `blocking`, `reversible` or both as `blocking/reversible`, in place of the electrodes of the sample.
    exclude : tuple of str
        What to leave out, e.g. `spectrum 3`, `20..30 degC`, `50 Hz`.
    form : str
        Of the Arrhenius law: `ln_sigma_t` or `ln_sigma`.
    frequency_min_hz, frequency_max_hz : float or None
        Points outside are not fitted.
    lead_ohm, lead_u_ohm : float or None
        Resistance of the leads and its standard uncertainty, in place of leads and fixture of the sample.

    Raises
    ------
    InvalidRequest
        A choice that makes no sense; it says which.
    """

    circuit: str = ""
    electrodes: str = ""
    exclude: tuple[str, ...] = ()
    form: str = ""
    frequency_min_hz: float | None = None
    frequency_max_hz: float | None = None
    lead_ohm: float | None = None
    lead_u_ohm: float | None = None

    def __post_init__(self) -> None:
        if self.circuit:
            try:
                parse_circuit(self.circuit)
            except ValueError as problem:
                raise InvalidRequest(str(problem)) from problem
        _one_of("electrodes", self.electrodes, ELECTRODES)
        _one_of("form", self.form, FORMS)
        low_hz, high_hz = self.frequency_min_hz, self.frequency_max_hz
        if any(hz is not None and not 0 < hz < float("inf") for hz in (low_hz, high_hz)):
            raise InvalidRequest("a frequency is above 0 Hz and finite")
        if low_hz is not None and high_hz is not None and low_hz >= high_hz:
            raise InvalidRequest(f"no frequency is above {low_hz:g} Hz and below {high_hz:g} Hz")
        if any(ohm is not None and not 0 <= ohm < float("inf") for ohm in (self.lead_ohm, self.lead_u_ohm)):
            raise InvalidRequest("the leads have a resistance of 0 ohm or more, and so has its uncertainty")
        self.excluded()

    def excluded(self) -> tuple[Excluded, ...]:
        """Return what `exclude` names."""
        return tuple(_excluded(text) for text in self.exclude)

    def as_options(self) -> dict[str, Any]:
        """Return the choices by name, as an analysis keeps them."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
            if value not in ("", (), None)
        }

    @classmethod
    def of_options(cls, options: Mapping[str, Any]) -> "Choices":
        """Return the choices that an analysis keeps; raises InvalidRequest for one of a newer labctl."""
        known = {one.name for one in fields(cls)}
        if later := sorted(set(options) - known):
            raise InvalidRequest(f"this labctl has no choice {later[0]!r}: a newer one made the analysis")
        given: dict[str, Any] = {**options, "exclude": tuple(options.get("exclude", ()))}
        return cls(**given)


def leads_of(text: str) -> tuple[float, float | None]:
    """Return resistance and standard uncertainty of `2.5` or `2.5 ± 0.1` or `2.5 +- 0.1`, in ohm.

    Raises InvalidRequest for anything else.
    """
    found = re.fullmatch(rf"\s*({_NUMBER})(?:\s*(?:±|\+-|\+/-)\s*({_NUMBER}))?\s*(?:ohm)?\s*", text)
    if found is None:
        raise InvalidRequest(f"cannot read the leads {text!r}; use e.g. 2.5 or '2.5 +- 0.1'")
    return float(found[1]), None if found[2] is None else float(found[2])


def _excluded(text: str) -> Excluded:
    reason = f"excluded: {text}"
    if spectrum := _SPECTRUM.fullmatch(text.strip()):
        return Excluded(reason, spectrum=int(spectrum[1]))
    found = _RANGE.fullmatch(text.strip())
    if found is None:
        raise InvalidRequest(f"cannot read what to exclude, {text!r}; use e.g. {EXCLUDE_EXAMPLES}")
    low, high = sorted((float(found[1]), float(found[2] or found[1])))
    if found[3] == "Hz":
        near = 0.0 if found[2] else ONE_FREQUENCY
        return Excluded(reason, frequency_hz=(low * (1 - near), high * (1 + near)))
    near_k = 0.0 if found[2] else ONE_TEMPERATURE_K
    return Excluded(reason, temperature_k=(low + ZERO_CELSIUS_K - near_k, high + ZERO_CELSIUS_K + near_k))


def _one_of(name: str, value: str, allowed: Sequence[str]) -> None:
    if value and value not in allowed:
        raise InvalidRequest(f"{name} {value!r} is not known; there are {', '.join(allowed)}")


NO_CHOICE = Choices()
