"""`repeat_first` in a new protocol: the first temperature again at the end, where it costs little time."""

import math
from collections.abc import Mapping
from typing import Any

KEY = "repeat_first"
LINE = f"{KEY} = true\n"
LARGEST_GROWTH = 0.1


def is_cheap(procedure_class: type, parameters: Mapping[str, Any]) -> bool:
    """Return whether a new protocol with these parameters gets `repeat_first = true`.

    It does where the procedure has the key, does not return to its first temperature already, and the
    repetition adds less than 10 % to its planned duration.
    """
    growth = growth_of(procedure_class, parameters)
    return growth is not None and growth < LARGEST_GROWTH


def with_first_again(text: str, path: str) -> str:
    """Return the text of a protocol of one procedure, with `repeat_first` where the repetition costs little.

    `path` names the text in errors.
    """
    from labctl.config.protocol import parse_protocol

    (entry,) = parse_protocol(text, path).procedures
    return text + LINE if is_cheap(entry.procedure_class, entry.parameters) else text


def growth_of(procedure_class: type, parameters: Mapping[str, Any]) -> float | None:
    """Return the share that the repetition adds to the planned duration, 0.1 for 10 %.

    None where nothing would be added, or the duration is not known.
    """
    if KEY not in getattr(procedure_class(), "_parameters", {}):
        return None
    try:
        without, repeated = (
            _steps_and_duration(procedure_class, {**parameters, KEY: asked}) for asked in (False, True)
        )
    except ValueError:  # the check of the protocol names the key at fault
        return None
    if repeated[0] == without[0] or not (math.isfinite(repeated[1]) and without[1] > 0):
        return None
    return repeated[1] / without[1] - 1


def _steps_and_duration(procedure_class: type, parameters: Mapping[str, Any]) -> tuple[int, float]:
    procedure = procedure_class()
    procedure.set_parameters(dict(parameters))
    plan = procedure.plan()
    return len(plan), sum(step.duration_s for step in plan)
