"""Messages that a procedure logs are events of its run."""

import logging

from labctl.config.protocol import parse_protocol
from labctl.config.station import read_station
from labctl.measure import procedure_log
from labctl.measure.procedure_log import logged_as_events
from labctl.measure.run import StopRequest, run_protocol
from labctl.store import Database, Store
from labctl.testing import STATION

TALKATIVE = """
import logging

from pymeasure.experiment import Procedure

log = logging.getLogger(__name__)
log.addHandler(logging.NullHandler())


class Talkative(Procedure):
    DATA_COLUMNS = ["x"]

    def execute(self):
        log.debug("not kept")
        log.info("Loop number: %d", 3)
        log.warning("field is low")
        log.info("%d is no number", "this")
        self.emit("results", {"x": 1.0})
"""
PROTOCOL = """
[sample]
name = "film"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "talkative:Talkative"
"""


def test_what_a_pymeasure_procedure_logs_is_kept_with_its_run(tmp_path):
    (tmp_path / "station.toml").write_text(STATION)
    (tmp_path / "talkative.py").write_text(TALKATIVE)
    station = read_station(tmp_path / "station.toml")
    protocol = parse_protocol(PROTOCOL, str(tmp_path / "p.toml"))
    with station.open() as bench, Store.open(tmp_path / "lab.db") as store:
        (outcome,) = run_protocol(protocol, station, bench, store, StopRequest())
    with Database(tmp_path / "lab.db") as database:
        query = "SELECT level, message FROM events WHERE run_id = ? AND kind = 'procedure' ORDER BY id"
        found = [tuple(row.values()) for row in database.rows(query, (outcome.run_id,))]
    assert found[:2] == [("info", "Loop number: 3"), ("warning", "field is low")]
    assert "cannot be formatted" in found[2][1]
    assert len(found) == 3


def test_the_level_of_a_logger_is_as_before_and_too_many_messages_are_cut(monkeypatch):
    monkeypatch.setattr(procedure_log, "MOST_MESSAGES", 2)
    log, kept = logging.getLogger(__name__), []
    before = log.level

    class Here:
        pass

    with logged_as_events(Here(), lambda *event: kept.append(event)):
        for number in range(5):
            log.info("%d", number)
    assert log.level == before
    log.warning("afterwards")
    assert [message for _, _, message in kept] == ["0", "1", "more than 2 messages: the others are not kept"]


def test_what_a_procedure_logs_by_the_root_logger_is_kept_once_and_nothing_of_others(tmp_path):
    talkative = TALKATIVE.replace("getLogger(__name__)", "getLogger('')").replace(
        'log.info("Loop', 'logging.getLogger(__name__).info("once"); log.info("Loop'
    )
    others = 'logging.getLogger("elsewhere").warning("of another")'
    talkative = talkative.replace('log.warning("field is low")', others)
    talkative = talkative.replace('log.info("%d is no number", "this")', "pass")
    (tmp_path / "station.toml").write_text(STATION)
    (tmp_path / "rooted.py").write_text(talkative)
    protocol = parse_protocol(PROTOCOL.replace("talkative:", "rooted:"), str(tmp_path / "p.toml"))
    station, before = read_station(tmp_path / "station.toml"), logging.root.level
    with station.open() as bench, Store.open(tmp_path / "lab.db") as store:
        run_protocol(protocol, station, bench, store, StopRequest())
    with Database(tmp_path / "lab.db") as database:
        query = "SELECT message FROM events WHERE kind = 'procedure' ORDER BY id"
        found = [row["message"] for row in database.rows(query)]
    assert found == ["once", "Loop number: 3"]
    assert logging.root.level == before
