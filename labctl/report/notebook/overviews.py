"""A run and a sample as tables of a notebook: what they are, and the numbers they are known by."""

from collections.abc import Mapping, Sequence
from typing import Any

from labctl.plain_text import local_time
from labctl.readmodel.formatting import celsius, typeset
from labctl.readmodel.law_text import for_the_thesis, law_in_words
from labctl.readmodel.shown_columns import conductivity_s_cm
from labctl.readmodel.transference_text import number_in_words
from labctl.report.notebook.tables import cell, table
from labctl.store import Database
from labctl.store.queries import conductivities, law_fits, samples, spectra, transference_numbers

Row = Mapping[str, Any]
SAMPLE = ("composition", "cation", "electrodes", "thickness_m", "area_m2", "lead_ohm")
UNITS = {"thickness_m": "m", "area_m2": "m2", "lead_ohm": "ohm"}
MOST_CONDUCTIVITIES = 3
MOST_RUNS = 30


def run_html(db: Database, run: Row) -> str:
    """Return a run with its numbers: law, conductivities, transference numbers."""
    parts = db.part_ids(run["id"])
    rows = [
        ["sample", _sample_name(db, run["sample_id"])],
        ["procedure", str(run["procedure"])],
        ["started", local_time(run["started_s"])],
        ["spectra", str(len(spectra.of_parts(db, parts)))],
        *_conductivities(db, parts),
        *_laws(db, run["id"]),
        *(["transference number", number_in_words(row)] for row in transference_numbers.of_parts(db, parts)),
    ]
    reason = f": {run['reason']}" if run["reason"] else ""
    return table(f"run {run['id']}, {run['status']}{reason}", ["", ""], rows)


def sample_html(db: Database, sample: Row, runs: Sequence[int]) -> str:
    """Return a sample as it was stored, with the runs of this entry of it."""
    rows = [
        [name, f"{text} {UNITS.get(name, '')}".rstrip()] for name in SAMPLE if (text := cell(sample, name))
    ]
    named = [db.run(run_id) for run_id in runs]
    rows += [[f"run {run['id']}", f"{run['procedure']}, {run['status']}"] for run in named[:MOST_RUNS]]
    note = f"and {len(named) - MOST_RUNS} more runs" if len(named) > MOST_RUNS else ""
    return table(f"sample {sample['id']}: {sample['name']}", ["", ""], rows, note)


def _sample_name(db: Database, sample_id: int) -> str:
    return "; ".join(str(row["name"]) for row in samples.with_id(db, sample_id))


def _conductivities(db: Database, parts: Sequence[int]) -> list[list[str]]:
    found = conductivities.of_parts(db, parts)
    rows = [
        [f"σ at {celsius(row['temperature_k'])} °C", f"{conductivity_s_cm(row)} S/cm"]
        for row in found[:MOST_CONDUCTIVITIES]
    ]
    left = len(found) - MOST_CONDUCTIVITIES
    return [*rows, ["", f"and {left} more conductivities"]] if left > 0 else rows


def _laws(db: Database, run_id: int) -> list[list[str]]:
    found = law_fits.of_run(db, run_id)
    rows = [["law", law_in_words(row)] for row in found if row["branch"] == "all" and row["preferred"]]
    said = for_the_thesis(found)
    return [*rows, ["", typeset(said)]] if said else rows
