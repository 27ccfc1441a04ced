"""Estimates of a procedure about its measurement: pairs of label and text, as pymeasure shows them."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

MOST_SHOWN = 20


def own_estimates(
    procedure: Any, sweep: Sequence[Mapping[str, Any]] | None = None
) -> tuple[tuple[str, str], ...]:
    """Return the estimates of a procedure with a list of pairs from `get_estimates`; else none.

    Parameters
    ----------
    procedure : pymeasure.experiment.Procedure
    sweep : sequence of mappings, optional
        The parameters of each job of a sweep. They are given as `sequence`, and their number as
        `sequence_length`, to a `get_estimates` that takes these names. Without a sweep the sequence is empty
        and its length 1: one job.
    """
    try:
        found = procedure.get_estimates(**_asked_for(procedure.get_estimates, sweep))
    except Exception as error:  # noqa: BLE001 - foreign code may raise anything, and this is only an estimate
        return () if isinstance(error, NotImplementedError) else (("estimates", f"not available: {error}"),)
    if not isinstance(found, list | tuple):
        return ()
    pairs = [pair for pair in found if isinstance(pair, list | tuple) and len(pair) == 2]
    return tuple((str(label), str(text)) for label, text in pairs[:MOST_SHOWN])


def _asked_for(get_estimates: Any, sweep: Sequence[Mapping[str, Any]] | None) -> dict[str, Any]:
    entries = [tuple({name: value} for name, value in one.items()) for one in sweep or ()]
    known: dict[str, Any] = {"sequence": entries, "sequence_length": len(entries) or 1}
    taken = inspect.signature(get_estimates).parameters
    return {name: value for name, value in known.items() if name in taken}
