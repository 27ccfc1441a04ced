"""The clock of the computer is set while a job runs: no result changes, and no job is lost."""

import pytest

from labctl.clock import VirtualClock
from labctl.config.protocol import parse_protocol
from labctl.config.station import read_station
from labctl.measure.run import StopRequest
from labctl.queue.jobs import Jobs
from labctl.queue.runner import Runner
from labctl.store import Database
from labctl.store.transactions import WriteConnection

HOUR_S = 3600.0
USUAL_S = 1_767_290_400.0
LAST_OF_32_BITS_S = 2.0**31
MEASURED = {
    "spectra": ("number", "started_s", "ended_s"),
    "impedance_points": ("number", "time_s", "z_real_ohm", "temperature_k"),
    "temperature_log": ("number", "time_s", "temperature_k"),
}
DERIVED = {
    "conductivities": ("conductivity_s_m", "temperature_k", "flags"),
    "law_fits": ("law", "activation_energy_ev", "flags"),
}


@pytest.fixture(scope="module")
def series(tmp_path_factory, station_text, protocol_text):
    """Return a function that measures a series on a new rig; `steps_s`: by how much the clock is set."""

    def measure(name, steps_s=(), epoch_s=USUAL_S):
        folder = tmp_path_factory.mktemp(name)
        (folder / "station.toml").write_text(station_text)
        clock, station = VirtualClock(epoch_s=epoch_s), read_station(folder / "station.toml")
        left, seen = list(steps_s), [0]

        def set_the_clock(event):
            seen[0] += event.topic in ("results", "temperature")
            if left and seen[0] % 25 == 24:
                clock.jump(left.pop(0))

        with WriteConnection(folder / "lab.db") as connection:
            text = protocol_text.format(title="series", temperatures=[40, 50])
            Jobs(connection, clock).add(parse_protocol(text, str(folder / "p.toml")))
            Runner(
                station,
                folder / "lab.db",
                StopRequest(),
                clock=clock,
                until_empty=True,
                on_event=set_the_clock,
            ).run()
            (job,) = Jobs(connection, clock).listed()
        assert (job.state, left) == ("finished", [])
        with Database(folder / "lab.db") as db:
            return Night(db)

    return measure


@pytest.fixture(scope="module")
def quiet(series):
    """The night whose clock nobody sets."""
    return series("quiet")


class Night:
    """The rows of a night, with times counted from its start."""

    def __init__(self, db):
        self.start_s = db.run("last")["started_s"]
        self.measured = {table: self.rows(db, table, names) for table, names in MEASURED.items()}
        self.derived = {table: self.rows(db, table, names) for table, names in DERIVED.items()}
        self.told = [row["message"] for row in db.rows("SELECT message FROM events WHERE kind = 'clock'")]

    def rows(self, db, table, names):
        rows = db.rows(f"SELECT {', '.join(names)} FROM {table}")
        return [tuple(self.relative(name, row[name]) for name in names) for row in rows]

    def relative(self, name, value):
        if name.endswith("_s") and name != "conductivity_s_m":
            return round(value - self.start_s, 3)
        return round(value, 9) if isinstance(value, float) else value


def test_a_clock_that_is_set_during_a_job_changes_no_row_and_no_result(quiet, series):
    jumpy = series("jumpy", [HOUR_S, -25 * HOUR_S, 0.5])
    assert jumpy.measured == quiet.measured
    assert jumpy.derived == quiet.derived
    assert quiet.told == []
    counts = "this run counts its own time on"
    assert jumpy.told == [
        f"the clock of the computer was set forward by 3600 s; {counts}",
        f"the clock of the computer was set back by 90000 s; {counts}",
    ]


def test_the_year_2038_changes_no_row_and_no_result(quiet, series):
    late = series("late", epoch_s=LAST_OF_32_BITS_S - 500.0)
    assert late.start_s < LAST_OF_32_BITS_S < late.start_s + late.measured["spectra"][-1][2]
    assert late.measured == quiet.measured
    assert late.derived == quiet.derived
