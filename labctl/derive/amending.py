"""Amend samples and runs: check the values, derive every run concerned again, write all of it together.

1. A request is checked and derived in a scratch view of the file (`labctl.store.scratch`); nothing is written
   by that. `propose` ends there: it is the dry run.
2. `amend` writes the amendments and all derived rows in one transaction. A program killed at any moment
   leaves the old state or the new one.
3. If another person amended, or a run grew, while the request was derived, it is checked and derived again.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from labctl.clock import RealClock
from labctl.config.amended_values import GIVEN, amended_values, in_force_in_words
from labctl.derive.excluding import exclusion_rows
from labctl.derive.in_force import in_force, sample_in_force
from labctl.derive.whole_runs import Evaluation, evaluated
from labctl.errors import InvalidRequest, StoreError
from labctl.plain_text import has_control_characters, shown
from labctl.store import Database, Store, amendments
from labctl.store.amending import seen
from labctl.store.amendments import FIELDS, REMARK
from labctl.store.queries import amendments as queries
from labctl.store.queries import derived_rows, samples
from labctl.store.queries.run_parts import standing_on
from labctl.store.scratch import ScratchDatabase

ATTEMPTS = 10
LONGEST_REASON = 2000
Row = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """A change asked for: values of a run or of a sample, or an amendment to revoke.

    Attributes
    ----------
    reason, person : str
        A reason is required.
    run : int, str or None
        Id, start of the uuid, or `last`.
    sample : str or None
        Name of a sample: all of its entries, which must agree in what changes; with `entry` one of them.
    values : mapping
        As in `labctl.config.amended_values.amended_values`.
    exclusion : mapping or None
        `spectrum`, `frequency_min_hz`, `frequency_max_hz`, `temperature_min_k`, `temperature_max_k`.
    remark : str
        A note about a run.
    revokes : int or None
        Id of an amendment.
    sure : bool
        Accept a change by more than a factor of ten.
    """

    reason: str
    person: str = ""
    run: int | str | None = None
    sample: str | None = None
    entry: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    exclusion: Mapping[str, Any] | None = None
    remark: str = ""
    revokes: int | None = None
    sure: bool = False


@dataclass(frozen=True)
class Proposal:
    """The rows that a request would write.

    Attributes
    ----------
    amendments : tuple of dict
        Rows of `amendments`.
    runs : tuple of int
        Runs that are derived again.
    before : mapping
        Derived rows of the current analysis of these runs: run id to table to rows.
    analyses : mapping
        The analysis that each run gets.
    standing : mapping
        Ids of the amendments in force for each run before.
    """

    amendments: tuple[Row, ...]
    runs: tuple[int, ...]
    before: Mapping[int, Mapping[str, list[Row]]]
    analyses: Mapping[int, Evaluation]
    seen: tuple[Any, ...]
    standing: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    @property
    def after(self) -> dict[int, Mapping[str, list[Row]]]:
        """Derived rows of these runs as they would be: run id to table to rows."""
        return {run_id: made.rows for run_id, made in self.analyses.items()}


def propose(path: Path, request: Request, on_run: Callable[[int, int, int], None] | None = None) -> Proposal:
    """Check a request and derive what it would change; nothing is written.

    Parameters
    ----------
    path : Path
        The results file.
    request : Request
    on_run : callable, optional
        Called before each derivation with the run, how many were derived, and how many there are.

    Raises
    ------
    InvalidRequest, ConfigurationError
        No such run or sample, a value that is wrong or in force already, no reason.
    StoreError
        The file cannot be read, or a run cannot be evaluated.
    """
    _require_reason(request.reason)
    with Database(path) as db:
        rows = _rows(db, path, request)
        runs = _runs_concerned(db, rows) if any(row["field"] != REMARK for row in rows) else ()
        mark = seen(db, runs)
        standing = {run_id: in_force(db, run_id).amendments for run_id in runs}
    if not runs:
        return Proposal(tuple(rows), (), {}, {}, mark)
    before, after = _derived(path, rows, runs, on_run or (lambda run_id, done, count: None))
    return Proposal(tuple(rows), runs, before, after, mark, standing)


def amend(
    path: Path,
    request: Request,
    on_run: Callable[[int, int, int], None] | None = None,
    shown: Proposal | None = None,
) -> tuple[list[int], Proposal]:
    """Carry out a request; return the ids of the new amendments and the rows written.

    `shown` is the dry run that a person agreed to: nothing is written where its runs were amended since.

    Raises
    ------
    InvalidRequest, ConfigurationError, StoreError
        As `propose`; where the runs were amended since `shown`; and StoreError where the file cannot be
        written, or where the runs changed more often than they could be derived. Nothing is written then.
    """
    if not path.is_file():
        raise InvalidRequest(f"{path}: no such file")
    with Store.open(path) as store:
        for _ in range(ATTEMPTS):
            proposal = propose(path, request, on_run)
            if shown is not None:
                _require_as_shown(proposal, shown)
            made = {run_id: (one.maker, one.rows) for run_id, one in proposal.analyses.items()}
            ids = store.amend(proposal.amendments, made, proposal.seen)
            if ids is not None:
                return ids, proposal
    raise StoreError(
        f"{path}: the runs changed {ATTEMPTS} times while they were derived; nothing was written: "
        "try again when the measurement has ended"
    )


def _require_as_shown(proposal: Proposal, shown: Proposal) -> None:
    """Raise InvalidRequest where other amendments are in force than when the dry run was made."""
    names = ("run_id", "sample_id", "field", "revokes", "old_value", "new_value")
    now, then = ([[row[name] for name in names] for row in one.amendments] for one in (proposal, shown))
    if now != then or proposal.standing != shown.standing:
        raise InvalidRequest(
            "these runs were amended since the preview; nothing was written: look at it again"
        )


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise InvalidRequest('a reason is missing: say why, e.g. --reason "measured again with a micrometer"')
    if len(reason) > LONGEST_REASON or has_control_characters(reason):
        raise InvalidRequest(f"a reason is one line of at most {LONGEST_REASON} characters")


def _rows(db: Database, path: Path, request: Request) -> list[Row]:
    """Return the rows to be written."""
    made = {"person": request.person, "time_s": RealClock().time(), "reason": request.reason.strip()}
    if request.revokes is not None:
        changes = [_revocation(db, request.revokes)]
    elif request.exclusion is not None:
        changes = exclusion_rows(db, _run(db, request), request.exclusion)
    elif request.remark:
        changes = [_remark(_run(db, request), request.remark)]
    else:
        changes = _of_values(db, path, request)
    return [{"uuid": str(uuid.uuid4()), "revokes": None, **change, **made} for change in changes]


def _of_values(db: Database, path: Path, request: Request) -> list[Row]:
    """Return a row for each field of each target that changes."""
    if request.run is not None:
        parts = db.part_ids(_run(db, request)["id"])
        targets = [({"run_id": part, "sample_id": None}, in_force(db, part).sample) for part in parts]
    else:
        entries = _entries(db, request)
        _require_agreement(db, entries, request.values)
        targets = [({"run_id": None, "sample_id": entry["id"]}, entry) for entry in entries]
    rows = []
    for target, sample in targets:
        for name, new in amended_values(sample, request.values, path, request.sure).items():
            old = {key: sample[key] for key in new}
            rows.append(target | {"field": name, "old_value": old, "new_value": new})
    if not rows:
        already = in_force_in_words(targets[0][1], request.values)
        raise InvalidRequest(f"nothing changes: {already} already")
    return rows


def _run(db: Database, request: Request) -> Row:
    if request.run is None:
        raise InvalidRequest("name a run: its number, the start of its uuid, or last")
    return db.run(request.run)


def _entries(db: Database, request: Request) -> list[Row]:
    """Return the entries of a sample as they are in force, oldest first."""
    if request.sample is None:
        raise InvalidRequest("name a run, or a sample by --sample NAME")
    return [sample_in_force(db, row) for row in named_entries(db, request.sample, request.entry)]


def named_entries(db: Database, name: str, entry: int | None) -> list[Row]:
    """Return the entries of a sample's name as stored, oldest first; with `entry` the one of this number.

    Raises
    ------
    InvalidRequest
        There is none; the message names the samples of the file.
    """
    known = samples.all_samples(db)
    named = [row for row in known if row["name"] == name]
    if not named:
        names = ", ".join(repr(name) for name in dict.fromkeys(row["name"] for row in known[::-1][:10]))
        raise InvalidRequest(f"{db.path}: no sample {shown(name)}; known here: {names or 'none'}")
    chosen = [row for row in named if entry in (None, row["id"])]
    if not chosen:
        numbers = ", ".join(str(row["id"]) for row in named)
        raise InvalidRequest(f"sample {shown(name)} has no entry {entry}; it has {numbers}")
    return chosen


def _require_agreement(db: Database, entries: Sequence[Row], given: Mapping[str, Any]) -> None:
    """Raise InvalidRequest where entries of one name differ in what changes: which one is meant?"""
    names = dict.fromkeys(name for key in given for name in GIVEN.get(key, ()))
    differ = [name for name in names if any(entry[name] != entries[0][name] for entry in entries)]
    if not differ:
        return
    told = "; ".join(
        f"--entry {entry['id']}: {differ[0]} {entry[differ[0]]} ({_runs_in_words(db, entry['id'])})"
        for entry in entries
    )
    raise InvalidRequest(
        f"{len(entries)} entries have the name {shown(entries[0]['name'])}: say which one is meant. {told}"
    )


def _runs_in_words(db: Database, sample_id: int) -> str:
    ids = queries.runs_of_sample(db, sample_id)
    if not ids:
        return "no run"
    return f"run {ids[0]}" if len(ids) == 1 else f"{len(ids)} runs, {ids[0]} to {ids[-1]}"


def _remark(run: Row, remark: str) -> Row:
    text = remark.strip()
    if not text or len(text) > LONGEST_REASON:
        raise InvalidRequest(f"a note is a text of at most {LONGEST_REASON} characters")
    target = {"run_id": run["id"], "sample_id": None, "field": REMARK}
    return target | {"old_value": {}, "new_value": {"remark": text}}


def _revocation(db: Database, amendment_id: int) -> Row:
    """Return the row that revokes an amendment in force, which may be a revocation."""
    known = queries.all_amendments(db)
    found = next((row for row in known if row["id"] == amendment_id), None)
    if found is None:
        raise InvalidRequest(
            f"{db.path}: no amendment {amendment_id}; `labctl amend --list` shows their numbers"
        )
    revoked_by = amendments.revoked_by(known)
    if amendment_id in revoked_by:
        raise InvalidRequest(f"amendment {amendment_id} is revoked already, by {revoked_by[amendment_id]}")
    target = {name: found[name] for name in ("run_id", "sample_id", "field")}
    after = [*known, {"id": known[-1]["id"] + 1, "revokes": amendment_id}]
    old, new = (_values_of(db, found, amendments.in_force(rows)) for rows in (known, after))
    return target | {"revokes": amendment_id, "old_value": old, "new_value": new}


def _values_of(db: Database, like: Row, standing: Sequence[Mapping[str, Any]]) -> Row:
    """Return the values in force of what an amendment amends; of an exclusion, what it excludes."""
    names = FIELDS.get(like["field"])
    if names is None:
        return next((dict(row["new_value"]) for row in standing if row["id"] == like["id"]), {})
    sample_id = like["sample_id"] or db.run(like["run_id"])["sample_id"]
    targets = [(None, sample_id), (like["run_id"], None)]
    of_it = [row for row in standing if (row["run_id"], row["sample_id"]) in targets]
    sample = amendments.amended(db.sample(sample_id), of_it)
    return {name: sample[name] for name in names}


def _runs_concerned(db: Database, rows: Sequence[Row]) -> tuple[int, ...]:
    """Return the ids of the runs that stand on what changes: also runs that continue one of these."""
    direct = {row["run_id"] for row in rows if row["run_id"] is not None}
    for sample_id in {row["sample_id"] for row in rows if row["sample_id"] is not None}:
        direct.update(queries.runs_of_sample(db, sample_id))
    return tuple(standing_on(db, sorted(direct)))


def _derived(
    path: Path, rows: Sequence[Row], runs: Sequence[int], on_run: Callable[[int, int, int], None]
) -> tuple[dict[int, Mapping[str, list[Row]]], dict[int, Evaluation]]:
    """Return the derived rows of each run before, and its analysis after."""
    before, after = {}, {}
    derived_s = RealClock().time()
    with ScratchDatabase(path, runs) as scratch:
        for row in rows:
            scratch.add("amendments", row)
        for done, run_id in enumerate(runs):
            on_run(run_id, done, len(runs))
            before[run_id] = derived_rows.of_run(scratch, run_id)
            made = _evaluated(scratch, run_id, derived_s, rows[0]["person"])
            scratch.keep(run_id, made.maker, made.rows)
            after[run_id] = made
    return before, after


def _evaluated(scratch: Database, run_id: int, derived_s: float, person: str) -> Evaluation:
    """Derive a run; its analysis has a uuid already, for the runs that continue it."""
    try:
        made = evaluated(scratch, run_id, derived_s, person=person)
    except (ArithmeticError, LookupError, TypeError, ValueError) as fault:
        problem = f"run {run_id} cannot be evaluated: {type(fault).__name__}: {fault}"
        raise StoreError(f"{scratch.path}: {problem[:300]}; nothing was written") from fault
    return replace(made, maker=replace(made.maker, uuid=str(uuid.uuid4())))
