"""The pages of one rig, from the read model: tonight, runs, one run, samples, a comparison."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from labctl.clock import RealClock
from labctl.errors import InvalidRequest
from labctl.plain_text import local_time
from labctl.readmodel.across_runs import OverviewRun, overview_runs
from labctl.readmodel.best_numbers import Best, numbers_of, sample_overviews
from labctl.readmodel.formatting import celsius, with_uncertainty
from labctl.readmodel.night_summary import NightSummary, night_summary
from labctl.readmodel.night_text import headline, night_in_words, output_in_words
from labctl.readmodel.station_view import StationView, status_in_words
from labctl.readmodel.whole_run import runs_named, whole_run, with_fits
from labctl.report.figures.kinds import KINDS, NEED_FITS, figure_of
from labctl.report.figures.saving import drawn
from labctl.store import Database
from labctl.store.looking import LookConnection
from labctl.store.time_limit import TimeLimit
from labctl.web.markup import figures, items, link, page, section, table, text

NOON_H = 12
AGAIN_S = 5
MOST_RUNS = 500
MOST_COMPARED = 12
FIGURE_MM = 100.0
OF_A_RUN = {"nyquist": "Nyquist", "arrhenius": "Arrhenius", "temperature": "Temperature"}
S_CM = 0.01

COVERS = "numbers ± one standard uncertainty"
FORM = "Ea by the law and form that the figure of the run names"


@dataclass(frozen=True)
class Rig:
    """The file that pages are drawn from, and `silence_s` of a station by its name."""

    db: Path
    silence_s: Callable[[str], float]
    offers_make_safe: bool = False

    def tonight(self) -> str:
        """Return the page of the present night: state, temperature, last spectrum, expected end, outputs."""
        summary = self._summary()
        words = headline(summary)
        stations = "".join(
            section(name, _station(view) + self._safe_form(name), "red" if view.in_trouble else "")
            for name, view in summary.stations.items()
        )
        told = night_in_words(summary)
        rest = "".join(
            section(one.title, items(one.lines), "red" if one.is_grave else "plain") for one in told
        )
        now = f"as of {local_time(summary.now_s)}; {COVERS}"
        return page(f"labctl, {words}", now, stations + self._newest() + rest, AGAIN_S)

    def status(self) -> dict[str, Any]:
        """Return the state of the rig for the page of a group."""
        summary = self._summary()
        return {
            "time_s": summary.now_s,
            "headline": headline(summary),
            "stations": {name: _as_object(view) for name, view in summary.stations.items()},
            "last": self._last_spectrum(),
        }

    def runs(self) -> str:
        """Return the page of all runs, newest first."""
        with self._database() as db:
            rows = overview_runs(db)[::-1]
        shown = table(
            ("run", "sample", "status", "begun", "25 °C, S/cm", "Ea, eV", "t"),
            (_run_row(run) for run in rows[:MOST_RUNS]),
        )
        more = f"<p>The newest {MOST_RUNS} of {len(rows)}.</p>" if len(rows) > MOST_RUNS else ""
        return page("Runs", f"{len(rows)} runs of {self.db.name}; {COVERS}; {FORM}", shown + more)

    def run(self, run_id: int) -> str:
        """Return the page of one run; it renews itself while the run goes on. InvalidRequest without one."""
        with self._database() as db:
            found = whole_run(db, run_id)
            row = db.run(run_id)
            rows = db.conductivities(run_id).tail(100).to_dict("records")
        goes_on = row["status"] == "running"
        drawings = figures((f"/run/{run_id}/{kind}.svg", title) for kind, title in OF_A_RUN.items())
        numbers = table(
            ("spectrum", "temperature, °C", "conductivity, S/cm", "u, S/cm", "remarks"),
            (_conductivity_row(one) for one in rows),
        )
        when = (
            f"{row['status']}; begun {local_time(row['started_s'])}; {len(found.spectra)} spectra; {COVERS}"
        )
        raw = link(f"/raw/spectra?run_id={run_id}", "its rows")
        body = f"{drawings}<h2>Conductivities</h2>{numbers}<p>{raw}</p>"
        return page(f"Run {run_id}, {found.title}", when, body, AGAIN_S if goes_on else None)

    def samples(self) -> str:
        """Return the page of all samples with their best numbers."""
        with self._database() as db:
            overviews = sample_overviews(overview_runs(db))
        rows = (
            (
                text(one.name),
                text(one.composition),
                ", ".join(link(f"/run/{run_id}", run_id) for run_id in one.runs[-20:]),
                _best(one.at_room_s_m, S_CM),
                _best(one.energy_ev),
                link(f"/compare?runs={','.join(map(str, one.runs[-MOST_COMPARED:]))}", "compare"),
            )
            for one in overviews
        )
        headings = ("sample", "composition", "runs", "25 °C, S/cm", "Ea, eV", "")
        return page(
            "Samples",
            f"{len(overviews)} samples; the best number of each; {COVERS}; {FORM}",
            table(headings, rows),
        )

    def compare(self, runs: Sequence[int]) -> str:
        """Return the page of runs on common axes. InvalidRequest for none, too many, or one not there."""
        if not 0 < len(runs) <= MOST_COMPARED:
            raise InvalidRequest(f"name 1 to {MOST_COMPARED} runs: /compare?runs=1,2")
        with self._database() as db:
            for run_id in runs:
                db.run(run_id)
            rows = [run for run in overview_runs(db) if run.id in runs]
        named = ",".join(map(str, runs))
        figure = figures([(f"/compare/arrhenius.svg?runs={named}", "Conductivities")])
        headings = ("run", "sample", "status", "begun", "25 °C, S/cm", "Ea, eV", "t")
        return page(
            f"Runs {named}",
            f"on common axes; {COVERS}; {FORM}",
            figure + table(headings, map(_run_row, rows)),
        )

    def figure(self, kind: str, runs: Sequence[int]) -> bytes:
        """Return a figure of runs as SVG. InvalidRequest for another kind, or a run that is not there."""
        if kind not in KINDS or not 0 < len(runs) <= MOST_COMPARED:
            raise InvalidRequest(f"no figure {kind} of these runs")
        with self._database() as db:
            found = runs_named(db, list(runs))
        if kind in NEED_FITS:
            found = [with_fits(run) for run in found]
        return drawn(figure_of(kind, found, width_mm=FIGURE_MM), "svg")

    def _safe_form(self, station: str) -> str:
        if not self.offers_make_safe:
            return ""
        return (
            '<form method="post" action="/make-safe" autocomplete="off">'
            f'<input type="hidden" name="station" value="{text(station)}">'
            '<label>Your name <input name="person" required maxlength="80"></label> '
            '<label>Token <input name="token" type="password" required maxlength="200"></label> '
            '<button class="safe">Make safe</button></form>'
        )

    def _newest(self) -> str:
        last = self._last_spectrum()
        if last is None:
            return ""
        words = f"spectrum {last['number']} of run {last['run_id']}, {last['status']}"
        kelvin = last["setpoint_k"]
        at = "" if kelvin is None else f", at {celsius(kelvin)} °C"
        address = f"/run/{last['run_id']}"
        shown = f"<p>{text(words + at)}; {link(address, 'the run with its figures')}</p>"
        figure = f'<img src="{address}/nyquist.svg" alt="Nyquist of the run">'
        return section("Last spectrum", shown + figure, "plain")

    def _last_spectrum(self) -> dict[str, Any] | None:
        with self._database() as db:
            try:
                run_id = db.run("last")["id"]
            except InvalidRequest:
                return None
            rows = db.spectra(run_id).tail(1).to_dict("records")
        if not rows:
            return None
        setpoint_k = rows[0]["setpoint_k"]
        return {
            "run_id": int(run_id),
            "number": int(rows[0]["number"]),
            "status": str(rows[0]["status"]),
            "setpoint_k": None if setpoint_k is None or setpoint_k != setpoint_k else float(setpoint_k),
        }

    def _summary(self) -> NightSummary:
        now_s = RealClock().time()
        with self._database() as db, LookConnection(self.db) as connection:
            return night_summary(db, connection, last_noon_s(now_s), now_s, self.silence_s)

    @contextmanager
    def _database(self) -> Iterator[Database]:
        with Database(self.db, TimeLimit()) as database:
            yield database


def last_noon_s(now_s: float) -> float:
    """Return yesterday's local noon, s since 1970-01-01 UTC."""
    yesterday = datetime.fromtimestamp(now_s).date() - timedelta(days=1)
    return datetime(yesterday.year, yesterday.month, yesterday.day, NOON_H).timestamp()


def _station(view: StationView) -> str:
    return items([*status_in_words(view), output_in_words(view)])


def _as_object(view: StationView) -> dict[str, Any]:
    runner = view.runner
    return {
        "runner": view.runner_state,
        "supervisor": view.supervisor_state,
        "in_trouble": view.in_trouble,
        "temperature_k": None if runner is None else runner.temperature_k,
        "words": [*status_in_words(view), output_in_words(view)],
    }


def _run_row(run: OverviewRun) -> tuple[str, ...]:
    room, energy, transference = numbers_of(run)
    return (
        link(f"/run/{run.id}", run.id),
        text(run.sample["sample"] if "sample" in run.sample else run.sample.get("name", "")),
        text(run.row["status"]),
        text(local_time(run.row["started_s"])),
        _best(room, S_CM),
        _best(energy),
        _best(transference),
    )


def _best(best: Best | None, scale: float = 1.0) -> str:
    if best is None:
        return ""
    u = best.standard_uncertainty
    return text(with_uncertainty(best.value * scale, None if u is None or u != u else u * scale))


def _conductivity_row(row: dict[str, Any]) -> tuple[str, ...]:
    kelvin, value, u = (
        row[name] for name in ("temperature_k", "conductivity_s_m", "standard_uncertainty_s_m")
    )
    flags = row["flags"] if isinstance(row["flags"], list) else []
    return (
        text(row["spectrum_id"]),
        "" if kelvin is None or kelvin != kelvin else text(celsius(kelvin)),
        "" if value is None or value != value else text(f"{value * S_CM:.4g}"),
        "" if u is None or u != u else text(f"{u * S_CM:.2g}"),
        text("; ".join(map(str, flags))[:300]),
    )
