"""The report of a night, with the judgement of its results file."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from combined.plan import Plan
from combined.promise import Kept
from combined.seen import OFF, Seen
from labctl.errors import StoreError
from labctl.store import Database
from labctl.store.care import check

POINTS = 13
FINISHED = """SELECT r.job_id, r.uuid, s.step, s.number, count(p.number) AS points
    FROM spectra s JOIN runs r ON r.id = s.run_id JOIN impedance_points p ON p.spectrum_id = s.id
    WHERE s.status = 'finished' GROUP BY s.id"""


@dataclass
class Report:
    """Report of a night.

    Attributes
    ----------
    plan : str
    kept : list of Kept
        Promises of outputs that were on, as they ended.
    unsafe : bool
        Whether `unsafe` was reported.
    jobs : tuple of str
    nobody_left : bool
        Whether a file was deleted that no program had open, or only programs that were killed or frozen
        within 3 s: what it held is gone, and cannot be judged.
    broken : dict
        Violated guarantees, and how often.
    details : list of str
        About them.
    """

    plan: str
    kept: list[Kept] = field(default_factory=list)
    unsafe: bool = False
    jobs: tuple[str, ...] = ()
    nobody_left: bool = False
    rows: int = 0
    took_s: float = 0.0
    broken: Counter[str] = field(default_factory=Counter)
    details: list[str] = field(default_factory=list)

    def breaks(self, what: str, detail: str = "") -> None:
        """Count a violated guarantee."""
        self.broken[what] += 1
        self.details.append(f"{what}: {detail}" if detail else what)

    def as_row(self) -> dict[str, Any]:
        """For a line of JSON."""
        return asdict(self) | {"broken": dict(self.broken)}


def judge_file(folder: Path, plan: Plan, seen: Seen, report: Report) -> None:
    """Judge the results file once every process has ended: nothing lost, nothing twice, every state true."""
    try:
        state = seen.look()
        for problem in check(seen.path).problems:
            report.breaks("file damaged", problem)
        for what, count in {} if report.nobody_left else seen.lost().items():
            report.breaks(f"{what} lost", str(count))
        with Database(seen.path) as database:
            finished = database.rows(FINISHED)
            _judge_spectra(finished, plan.program == "script", report)
            _judge_jobs(database, plan, finished, report)
    except StoreError as error:
        if not report.nobody_left:
            report.breaks("file lost", str(error))
        return
    if state is None or not (state.runner in OFF or (report.nobody_left and not state.runner)):
        report.breaks("state not true", str(seen.state))
    told = folder / "told.txt"
    returned = len(told.read_text().splitlines()) if told.exists() else 0
    if returned > len(finished):
        report.breaks("returned spectrum lost", f"{returned} returned, {len(finished)} in the file")
    report.rows = sum(len(rows) for rows in seen.rows.values())
    report.jobs = seen.state.jobs


def _judge_spectra(finished: list[dict[str, Any]], by_number: bool, report: Report) -> None:
    """A script has no steps: its spectra are distinguished by their order."""
    steps = [(row["job_id"] or row["uuid"], row["number" if by_number else "step"]) for row in finished]
    for step in {step for step in steps if steps.count(step) > 1}:
        report.breaks("measured twice", str(step))
    for row in finished:
        if row["points"] != POINTS:
            report.breaks("spectrum incomplete", str(row))


def _judge_jobs(database: Database, plan: Plan, finished: list[dict[str, Any]], report: Report) -> None:
    for job in database.rows("SELECT id, state, reason FROM jobs"):
        steps = {row["step"] for row in finished if row["job_id"] == job["id"]}
        if job["state"] == "finished" and len(steps) != len(plan.temperatures_degc[0]):
            report.breaks("finished, not complete", str(job))
        if job["state"] == "failed" and not job["reason"]:
            report.breaks("failed without a reason", str(job))
    for run in database.rows("SELECT id, reason FROM runs WHERE status = 'running'"):
        report.breaks("run still running", str(run))
