"""A csv file of a pymeasure experiment as a results file, so that it is shown like a run.

The head of such a file is comments: procedure, parameters, metadata; then come the names of the columns.
"""

import csv
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labctl.store import Store

PARAMETER = re.compile(r"#\t(?P<name>[^:]+): (?P<value>.*)")
NOT_KNOWN = {"thickness_m": 1.0, "area_m2": 1.0, "electrodes": "blocking"}  # of no use: nothing is derived


@dataclass
class Experiment:
    """Content of a head: procedure, parameters as text, columns, and where the rows begin."""

    procedure: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    columns: list[str] = field(default_factory=list)
    first_row: int = 0


def as_database(path: Path, folder: Path) -> Path:
    """Write the experiment of a csv file into a new results file in `folder`; return its path.

    Raises
    ------
    ValueError
        The file is none of pymeasure.
    OSError, StoreError
        A file cannot be read or written.
    """
    head = read_head(path)
    made = folder / f"{path.stem}.db"
    with Store.open(made) as store:
        sample = store.find_or_add_sample({"name": path.stem, **NOT_KNOWN})
        run = {"sample_id": sample, "procedure": head.procedure, "parameters": head.parameters}
        written_s = path.stat().st_mtime
        run_id = store.insert("runs", run | {"started_s": written_s})
        for number, data in enumerate(read_rows(path, head)):
            row = {"run_id": run_id, "number": number, "time_s": written_s, "data": data}
            store.append("records", row)
        reason = f"opened from {path.name}; pymeasure does not keep how it ended"
        store.update("runs", run_id, {"status": "finished", "reason": reason, "ended_s": written_s})
    return made


def read_head(path: Path) -> Experiment:
    """Read the head of a csv file; raises ValueError where it is none of pymeasure."""
    found, section = Experiment(), ""
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        for number, line in enumerate(file):
            line = line.rstrip("\r\n")
            if not line.startswith("#"):
                found.columns, found.first_row = next(csv.reader([line]), []), number + 1
                break
            if line.startswith("#Procedure: "):
                found.procedure = line.removeprefix("#Procedure: ").strip("<> ").replace("class '", "")
            elif not line.startswith("#\t"):
                section = line
            elif (one := PARAMETER.match(line)) and section.startswith("#Parameters"):
                found.parameters[one["name"]] = one["value"]
    if not found.procedure or not found.columns:
        raise ValueError(
            "it has no line '#Procedure: ...' above its columns: it is no experiment of pymeasure"
        )
    return found


def read_rows(path: Path, head: Experiment) -> Iterator[dict[str, Any]]:
    """Return the rows by column: numbers where a text is one, nothing for `nan` and for missing cells."""
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        for _ in range(head.first_row):
            next(file)
        for cells in csv.reader(file):
            if cells and not cells[0].startswith("#"):
                yield {name: _value(cell) for name, cell in zip(head.columns, cells, strict=False)}


def _value(cell: str) -> Any:
    try:
        number = float(cell)
    except ValueError:
        return cell
    return number if math.isfinite(number) else None
