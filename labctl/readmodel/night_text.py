"""The summary of a night as sections of text, the same on the terminal, on the page and in a message."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from labctl.queue.hours import hour_in_words
from labctl.queue.job import STARTABLE
from labctl.readmodel.best_numbers import Best
from labctl.readmodel.formatting import celsius, duration, with_uncertainty
from labctl.readmodel.night_summary import JobSummary, NightSummary, RunSummary
from labctl.readmodel.snapshot import Row
from labctl.readmodel.station_view import StationView

MOST_NAMED = 5
NOBODY = "no runner has run here: its outputs were not read back"
UNWATCHED = "not known: run {} began after the last heartbeat of the runner"
S_CM = 0.01  # S/cm in S/m
NOTHING_TO_DO = "nothing: every job is finished"
ALL_OFF = f"{NOTHING_TO_DO}, and every output was read back off"


@dataclass(frozen=True)
class Section:
    """A heading and its lines; `is_grave`: a person should read it first."""

    title: str
    lines: tuple[str, ...]
    is_grave: bool = False


def night_in_words(summary: NightSummary) -> list[Section]:
    """Return the sections of a summary: outputs first, then what to do next, then each job, then warnings."""
    grave = any(view.in_trouble for view in summary.stations.values())
    outputs = tuple(_outputs_in_words(summary))
    todo = next_steps(summary)
    nothing = ALL_OFF if summary.is_all_off else NOTHING_TO_DO
    sections = [Section("Is it cold?", outputs, grave), Section("What to do next", todo or (nothing,))]
    sections += [_job_section(one, summary.now_s) for one in summary.jobs]
    if not summary.jobs:
        sections.append(Section("Nothing was measured", ("no run and no job since then",)))
    if summary.events:
        lines = (f"{hour_in_words(e['time_s'], summary.now_s)}  {e['message']}" for e in summary.events)
        sections.append(Section("Warnings of the station", tuple(lines)))
    return sections


def headline(summary: NightSummary) -> str:
    """Return e.g. `since Mon 12:00: 2 jobs finished, 1 failed, 1 run by hand finished`."""
    jobs = Counter(one.job.state for one in summary.jobs if one.job is not None)
    alone = Counter(run.run["status"] for one in summary.jobs if one.job is None for run in one.runs)
    parts = [f"{count} {_plural('job', count)} {state}" for state, count in jobs.items()]
    parts += [f"{count} {_plural('run', count)} by hand {state}" for state, count in alone.items()]
    return f"since {hour_in_words(summary.since_s, summary.now_s)}: {', '.join(parts) or 'nothing'}"


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


def _outputs_in_words(summary: NightSummary) -> Iterator[str]:
    for name, view in summary.stations.items():
        later = summary.unwatched_runs(name)
        yield f"{name}: {UNWATCHED.format(later[0]) if later else output_in_words(view)}"
    for name in summary.unseen_stations:
        yield f"{name}: not known: run {summary.unwatched_runs(name)[0]} had no supervisor, and wrote nothing"
    if not summary.stations and not summary.unseen_stations:
        yield (
            "no instrument was used: what was measured here is simulated or imported"
            if summary.jobs
            else NOBODY
        )


def output_in_words(view: StationView) -> str:
    """Return whether every output of a station is off, who read it back and when, in one line."""
    runner = view.runner
    if runner is None:
        return f"not known: {NOBODY}"
    when = hour_in_words(runner.beat_s, view.time_s)
    if view.not_safe:
        return f"NOT SAFE, not read back off: {view.not_safe} (last heartbeat {when})"
    if view.runner_state == "dismissed":
        return f"not read back off, but a person has seen to it: {view.left_on}"
    if view.runner_state == "frozen":
        return f"NOT KNOWN: the runner does not respond since {when}"
    if view.runner_state == "running":
        warm = f", {celsius(runner.temperature_k)} °C" if runner.temperature_k is not None else ""
        return f"a runner is at work: {runner.doing or 'idle'}{warm}"
    return f"every output is off, read back; the last heartbeat of the runner was at {when}"


def _job_section(one: JobSummary, now_s: float) -> Section:
    lines = [line for run in one.runs for line in run_in_words(run)]
    job = one.job
    if job is None:
        run = one.runs[0].run
        return Section(f"run {run['id']}, started by hand", tuple(lines), run["status"] == "failed")
    if job.state in STARTABLE and not one.runs:
        lines.append(_wait_in_words(one, now_s))
    if one.report is not None:
        lines.append(_report_in_words(one.report, now_s))
    reason = f": {job.reason}" if job.reason and job.state != "finished" else ""
    title = f"job {job.id} {job.title!r}: {job.state}{reason}"
    return Section(title, tuple(lines), job.state == "failed")


def _report_in_words(event: Row, now_s: float) -> str:
    """Return where the report is, why there is none, or since when it is wanted."""
    if event["state"] == "wanted":
        return f"report: not there yet, wanted since {hour_in_words(event['time_s'], now_s)}"
    return str(event["message"])


def _with_reason(run: Row) -> str:
    return f"{run['status']}: {run['reason']}" if run["reason"] else str(run["status"])


def _wait_in_words(one: JobSummary, now_s: float) -> str:
    job = one.job
    if job is None:
        return ""
    when = f" not before {hour_in_words(job.not_before_s, now_s)}" if job.not_before_s else ""
    return f"waits{when}" + (f"; {job.rehearsal_in_words}" if job.rehearsal_in_words else "")


def run_in_words(run: RunSummary) -> list[str]:
    """Return the lines of one run: what it is, its numbers, its temperatures, its faults."""
    row = run.run
    took = f", {duration(row['ended_s'] - row['started_s'])}" if row["ended_s"] else ""
    simulated = " (simulated)" if row["clock"] == "virtual" else ""
    kind = row["procedure"].rpartition(":")[2]
    lines = [f"run {row['id']}{simulated}: {row['sample'] or '?'}, {kind}, {_with_reason(row)}{took}"]
    lines += [f"  {line}" for line in numbers_in_words(run)]
    about = (run.not_stated if run.has_number else "", _spectra_in_words(run), _temperature_in_words(run))
    lines += [f"  {line}" for line in about if line]
    return lines + [f"  {_fault_in_words(fault)}" for fault in run.faults]


def numbers_in_words(run: RunSummary) -> list[str]:
    """Return a line for each number of a run, or one that says that there is none."""
    lines = [
        _number("sigma(25 °C)", run.at_room_s_m, S_CM, "S/cm"),
        _number("", run.energy_ev, 1.0, "eV"),
        _number("", run.transference, 1.0, ""),
    ]
    return [line for line in lines if line] or ["no conductivity at 25 °C, no law, no transference number"]


def _number(symbol: str, best: Best | None, scale: float, unit: str) -> str:
    if best is None:
        return ""
    u = None if best.standard_uncertainty is None else scale * best.standard_uncertainty
    remarks = [best.words if symbol else "", f"{best.not_stated} not stated" if best.not_stated else ""]
    remark = ", ".join(filter(None, remarks))
    text = f"{symbol or best.words} = {with_uncertainty(scale * best.value, u)} {unit}".rstrip()
    return f"{text} ({remark})" if remark else text


def _spectra_in_words(run: RunSummary) -> str:
    spectra = run.spectra
    if not spectra["count"]:
        return ""
    parts = [f"{spectra['finished']:.0f} of {spectra['count']} spectra finished"]
    if spectra["repeated"]:
        parts.append(f"{spectra['repeated']} measured again")
    if spectra["without_number"]:
        parts.append(f"{spectra['without_number']} without a conductivity")
    if len(run.parts) > 1:
        parts.append(f"resumed {len(run.parts) - 1} times" if len(run.parts) > 2 else "resumed once")
    return ", ".join(parts)


def _temperature_in_words(run: RunSummary) -> str:
    low_k, high_k = run.spectra["lowest_k"], run.spectra["highest_k"]
    parts = []
    if low_k is not None:
        parts.append(f"set points {celsius(low_k)} to {celsius(high_k)} °C")
    if run.departure_k is not None:
        parts.append(f"within {run.departure_k:.2g} K of them during spectra")
    if run.highest_k is not None:
        parts.append(f"highest {celsius(run.highest_k)} °C")
    return f"temperature: {', '.join(parts)}" if parts else ""


def _fault_in_words(fault: Row) -> str:
    times = f" ({fault['count']} times, the last)" if int(fault["count"]) > 1 else ""
    return f"{fault['level']}, {fault['kind']}{times}: {fault['message']}"


def next_steps(summary: NightSummary) -> tuple[str, ...]:
    """Return what a person should do now, the most urgent first; empty where there is nothing."""
    steps = [step for name, view in summary.stations.items() for step in _steps_at_station(name, view)]
    unknown = [name for name in (*summary.stations, *summary.unseen_stations) if summary.unwatched_runs(name)]
    steps += [f"look at {name}, or `labctl instruments safe`: its outputs are not known" for name in unknown]
    for one in summary.jobs:
        steps += _steps_of_job(one)
    return tuple(dict.fromkeys(steps))


def _steps_at_station(name: str, view: StationView) -> Iterator[str]:
    if view.not_safe:
        yield f"go to {name}: {view.not_safe}; then `labctl instruments safe`"
    elif view.in_trouble:
        yield f"go to {name}: its runner is not running; `labctl supervisor` makes safe and starts a new one"
    if view.pause is not None:
        yield f"{name}: the queue is paused ({view.pause.words}); `labctl queue resume` goes on"
    waits = [job for job in view.jobs if job.state in STARTABLE]
    if waits and view.runner_state in ("ended", "none", "dismissed"):
        named = ", ".join(str(job.id) for job in waits[:MOST_NAMED]) + ", ..." * (len(waits) > MOST_NAMED)
        yield f"{name}: no runner is there, but jobs wait ({named}); `labctl runner` measures them"


def _steps_of_job(one: JobSummary) -> Iterator[str]:
    job = one.job
    if job is not None and job.state == "failed":
        yield f"job {job.id} failed: mend the cause; `labctl queue retry {job.id}` does what is missing"
    if job is not None and job.state == "held":
        yield f"job {job.id} is held ({job.reason}); `labctl queue release {job.id}` lets it begin"
    for run in one.runs:
        if run.spectra["without_number"]:
            yield f"`labctl show {run.run['id']}` says why spectra gave no conductivity"
        if run.run["status"] in ("failed", "aborted", "interrupted") and job is None:
            yield f"run {run.run['id']} is {run.run['status']}; `labctl run` measures its protocol anew"
        stated = [best.not_stated for best in (run.at_room_s_m, run.transference) if best is not None]
        if missing := next(filter(None, stated), ""):
            name = run.run["sample"] or "?"
            yield f"{name}: the uncertainty of its {missing} is not stated; `labctl amend --sample` takes it"


def as_plain_text(sections: Sequence[Section]) -> str:
    """Return the sections as text with an empty line between them, as for a message."""
    parts = ([section.title, *(f"  {line}" for line in section.lines)] for section in sections)
    return "\n\n".join("\n".join(part) for part in parts)
