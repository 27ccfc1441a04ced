"""The protocol of an old run for another sample: `labctl queue add --like 12 --sample "pellet 8"`."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from labctl.config.protocol import Protocol, parse_protocol
from labctl.config.sample import Sample
from labctl.errors import ConfigurationError
from labctl.queue.jobs import Jobs
from labctl.queue.submission import reuse
from labctl.readmodel.protocol_text import ProcedureForm, SampleForm, protocol_text
from labctl.store.queries import runs
from labctl.store.transactions import WriteConnection

OF_ONE_PELLET = {"note": "", "thickness_after_mm": 0.0, "thickness_after_u_mm": 0.0}
"""What is not taken over to another sample: it was said or measured of the old one."""


@dataclass(frozen=True)
class AnotherSample:
    """Name and size of a sample; None: as in the run. Lengths in mm, one standard uncertainty each."""

    name: str = ""
    thickness_mm: float | None = None
    thickness_u_mm: float | None = None
    diameter_mm: float | None = None
    diameter_u_mm: float | None = None


@dataclass(frozen=True)
class LikeRun:
    """A protocol as an old run, and what of the old sample was taken over, in words."""

    protocol: Protocol
    taken_over: str


def like_run(connection: WriteConnection, run_id: int, another: AnotherSample) -> LikeRun:
    """Return the procedure of a run with its exact parameters, for its sample or another one.

    Raises ConfigurationError for a sample of another name without a thickness, for a size without a name,
    and where the procedure is not to be found here any more.
    """
    row = runs.protocol_and_sample(connection, run_id)
    old = SampleForm.of_row(row)
    sample = sample_like(old, another, run_id)
    source = _source(connection, run_id)
    parameters = json.loads(row["parameters"])
    entry = reuse(row["protocol_text"], source, row["procedure"], parameters, Sample.of_row(row)).procedures[
        0
    ]
    title = f"{sample.name}: {entry.procedure_class.__name__}, as run {run_id}"
    text = protocol_text(title, sample, [ProcedureForm(entry.reference, dict(entry.parameters))])
    return LikeRun(parse_protocol(text, source, connection.path), _taken_over(old, sample, another, run_id))


def sample_like(old: SampleForm, another: AnotherSample, run_id: int) -> SampleForm:
    """Return a sample as another one, with name and size of its own; raises ConfigurationError."""
    origin = f"labctl queue add --like {run_id}"
    if not another.name or another.name == old.name:
        if another != AnotherSample(name=another.name):
            size = f"{old.name!r} is as run {run_id} measured it; correct it with labctl amend"
            problem = f"is needed for another size: {size}"
            raise ConfigurationError(origin, "--sample", problem)
        return old
    if another.thickness_mm is None:
        raise ConfigurationError(origin, "--thickness-mm", f"is missing: the thickness of {another.name!r}")
    changes: dict[str, Any] = {"name": another.name, "thickness_mm": another.thickness_mm, **OF_ONE_PELLET}
    if another.thickness_u_mm is not None:
        changes["thickness_u_mm"] = another.thickness_u_mm
    if another.diameter_mm is not None:
        changes |= _area(another.diameter_mm, another.diameter_u_mm or 0.0)
    return replace(old, **changes)


def _area(diameter_mm: float, u_mm: float) -> dict[str, float]:
    area_cm2 = math.pi / 4 * (diameter_mm / 10) ** 2
    return {"area_cm2": area_cm2, "area_u_cm2": math.pi / 2 * diameter_mm * u_mm / 100}


def _taken_over(old: SampleForm, new: SampleForm, another: AnotherSample, run_id: int) -> str:
    if new == old:
        return ""
    parts = [f"electrodes {new.area_cm2:.4g} cm2"] if another.diameter_mm is None else []
    if another.thickness_u_mm is None and new.thickness_u_mm:
        parts.append(f"uncertainty of the thickness {new.thickness_u_mm:g} mm")
    kept: Mapping[str, Any] = {"composition": new.composition, "mobile ion": new.cation}
    parts += [f"{name} {value}" for name, value in kept.items() if value]
    parts += [f"leads {new.lead_ohm:g} ohm"] if new.lead_ohm else []
    parts += ["the fixture"] if new.fixture_short or new.fixture_open else []
    return f"as run {run_id}: {', '.join(parts)}" if parts else ""


def _source(connection: WriteConnection, run_id: int) -> str:
    """Return the path that the protocol has, beside the one of the run: its own procedures lie there."""
    job_id = runs.job_of(connection, run_id)
    source = Jobs(connection).get(job_id).source if job_id is not None else ""
    return str(Path(source).parent / f"like-run-{run_id}.toml") if source else f"like-run-{run_id}.toml"
