"""One part of an uncertainty, with its cause, and how parts add up."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

SOURCES = (
    "fit and noise",
    "circuit",
    "law",
    "thickness",
    "area",
    "thermal expansion",
    "thermometer",
    "sensor to sample",
    "analyser",
    "potentiostat",
    "leads",
    "electronic share",
    "reference resistor",
    "isolation",
    "between mounts",
    "change of the sample",
    "steady current",
    "step of potential",
    "bulk resistance",
    "interface resistance",
    "zero of the current",
    "scale of the current",
    "polarity",
    "linear range",
    "mass",
    "charge passed",
    "electromotive force",
    "theory of the emf",
    "pressure",
)
"""Names of sources, as a person reads them."""

Kind = Literal["A", "B"]
Distribution = Literal["normal", "rectangular"]
DISTRIBUTIONS = ("normal", "rectangular")


@dataclass(frozen=True, slots=True)
class Component:
    """Part of an uncertainty that has one cause.

    Attributes
    ----------
    source : str
        One of `SOURCES`.
    change : float
        Signed change of the value for one standard uncertainty of the cause, in the unit of the value. Its
        magnitude is the standard uncertainty that this cause gives.
    kind : {"A", "B"}
        Evaluated from repeated observations (A) or from other knowledge (B), JCGM 100:2008, 4.2 and 4.3.
    common : bool
        Shared by the points of a run: one thermometer, one pellet.
    cause : str
        Identity of the cause, e.g. "thermometer 3 offset". Components with the same cause are the same error,
        fully correlated. Empty: an error of its own, independent of all others.
    degrees_of_freedom : float
    distribution : {"normal", "rectangular"}
        Of the error. Rectangular: a limit of error a, of which `change` is a / sqrt(3) (JCGM 100, 4.3.7).

    Raises
    ------
    ValueError
        An unknown source, kind or distribution, a change that is NaN, or degrees of freedom that are not
        positive.
    """

    source: str
    change: float
    kind: Kind = "A"
    common: bool = False
    cause: str = ""
    degrees_of_freedom: float = math.inf
    distribution: Distribution = "normal"

    def __post_init__(self) -> None:
        if self.source not in SOURCES:
            raise ValueError(f"source must be one of {', '.join(SOURCES)}, got {self.source!r}")
        if self.kind not in ("A", "B"):
            raise ValueError(f"kind must be 'A' or 'B', got {self.kind!r}")
        if self.distribution not in DISTRIBUTIONS:
            raise ValueError(f"distribution must be one of {DISTRIBUTIONS}, got {self.distribution!r}")
        if math.isnan(self.change):
            raise ValueError(f"change must be a number, got {self.change!r} for {self.source}")
        if not self.degrees_of_freedom > 0:
            raise ValueError(f"degrees_of_freedom must be positive, got {self.degrees_of_freedom!r}")

    @property
    def standard_uncertainty(self) -> float:
        """Magnitude of the change."""
        return abs(self.change)

    def scaled(self, factor: float) -> "Component":
        """The part of `factor` times the value."""
        return replace(self, change=self.change * factor)

    def as_dict(self) -> dict[str, Any]:
        """Return JSON: a key for each attribute, `type` for the kind, and standard_uncertainty.

        Infinite numbers are None.
        """
        return {
            "source": self.source,
            "change": _finite(self.change),
            "standard_uncertainty": _finite(self.standard_uncertainty),
            "type": self.kind,
            "common": self.common,
            "cause": self.cause,
            "degrees_of_freedom": _finite(self.degrees_of_freedom),
            "distribution": self.distribution,
        }

    @classmethod
    def from_dict(cls, described: Mapping[str, Any]) -> "Component":
        """Return what `as_dict` described; what has a default may be left out.

        Raises
        ------
        ValueError
            An entry is missing or is no such entry.
        """
        if not isinstance(described, Mapping):
            raise ValueError(f"this does not describe a component: {described!r:.60}")
        try:
            change, freedom = described["change"], described.get("degrees_of_freedom")
            return cls(
                source=described["source"],
                change=math.inf if change is None else float(change),
                kind=described["type"],
                common=bool(described["common"]),
                cause=str(described.get("cause", "")),
                degrees_of_freedom=math.inf if freedom is None else float(freedom),
                distribution=described.get("distribution", "normal"),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"this does not describe a component: {error!r}") from error


def joined(components: Iterable[Component]) -> tuple[Component, ...]:
    """Components with one entry for each error: parts of one cause and source add up signed.

    Independent ones (no cause) of one source and kind add up in quadrature; limits of error stay apart.
    Zeros vanish.
    """
    groups: dict[tuple[Any, ...], list[Component]] = {}
    for place, one in enumerate(components):
        apart = place if one.distribution == "rectangular" and not one.cause else -1
        groups.setdefault((one.cause, one.source, one.kind, one.common, apart), []).append(one)
    together = (
        group[0] if len(group) == 1 else (_same_error if key[0] else _independent)(group)
        for key, group in groups.items()
    )
    return tuple(one for one in together if one.change)


def combined(components: Iterable[Component]) -> float:
    """Standard uncertainty of all components together: signed within a cause, then in quadrature."""
    return math.hypot(*(change for change, _ in _errors(components)))


def effective_degrees_of_freedom(components: Iterable[Component]) -> float:
    """Welch-Satterthwaite, JCGM 100:2008, G.4.1, with one term for each cause."""
    errors = _errors(components)
    u = math.hypot(*(change for change, _ in errors))
    if not u or math.isinf(u):
        return math.inf
    spent = sum((change / u) ** 4 / freedom for change, freedom in errors)
    return 1 / spent if spent > 0 else math.inf


def limits_and_rest(components: Iterable[Component]) -> tuple[list[float], float, float]:
    """Limits of error (half widths), and what else there is: standard uncertainty, degrees of freedom.

    A cause is a limit where all its components are rectangular.
    """
    by_cause: dict[str, list[Component]] = {}
    alone: list[list[Component]] = []
    for one in components:
        if one.cause:
            by_cause.setdefault(one.cause, []).append(one)
        else:
            alone.append([one])
    limits, rest = [], list[Component]()
    for group in (*by_cause.values(), *alone):
        if all(one.distribution == "rectangular" for one in group):
            limits.append(math.sqrt(3) * abs(math.fsum(one.change for one in group)))
        else:
            rest += group
    return limits, combined(rest), effective_degrees_of_freedom(rest)


def _errors(components: Iterable[Component]) -> list[tuple[float, float]]:
    """Change and degrees of freedom of each independent error; one cause is one error."""
    by_cause: dict[str, tuple[float, float]] = {}
    alone: list[tuple[float, float]] = []
    for one in components:
        if not one.cause:
            alone.append((one.change, one.degrees_of_freedom))
            continue
        change, freedom = by_cause.get(one.cause, (0.0, math.inf))
        by_cause[one.cause] = (change + one.change, min(freedom, one.degrees_of_freedom))
    return [*by_cause.values(), *alone]


def _same_error(group: Sequence[Component]) -> Component:
    fewest = min(one.degrees_of_freedom for one in group)
    return replace(group[0], change=math.fsum(one.change for one in group), degrees_of_freedom=fewest)


def _independent(group: Sequence[Component]) -> Component:
    freedom = effective_degrees_of_freedom(group)
    return replace(group[0], change=math.hypot(*(one.change for one in group)), degrees_of_freedom=freedom)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
