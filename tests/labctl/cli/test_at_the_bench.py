"""Bench checks with a person whose answers are scripted, on stand-ins."""

import json
import os
import select
import signal
import sys

import pytest
from typer.testing import CliRunner

from drivers.lakeshore33x import LakeShore336
from labctl.cli import app, at_the_bench
from labctl.cli.at_the_bench import Session, Stopped, hold_session
from labctl.clock import RealClock
from labctl.command_table import UNKNOWN, messages_of
from labctl.config.station import read_station
from labctl.errors import ConfigurationError, InstrumentError, StoreError
from labctl.instruments.bench_checks import checks_at
from labctl.store import Database
from labctl.store.transactions import WriteConnection

OVEN = """
name = "rig"
[limits]
temperature_degc = [0, 100]
potential_v = 1
current_a = 0.1
[instruments.oven]
driver = "drivers.lakeshore33x:LakeShore336"
address = "GPIB0::12::INSTR"
roles = ["oven"]
[simulation.options.instruments]
"GPIB0::12::INSTR" = "lakeshore336"
"""
BATH = """
name = "rig"
[limits]
temperature_degc = [0, 100]
potential_v = 1
current_a = 0.1
[instruments.bath]
driver = "drivers.huber:Huber"
address = "ASRL1::INSTR"
roles = ["oven"]
[simulation.options.instruments]
"ASRL1::INSTR" = "huber"
"""
SENT = [message for message in messages_of(LakeShore336) if message.is_sent]
CHECKS = checks_at(LakeShore336, "GPIB0::12::INSTR")
runner = CliRunner()


class Person:
    """Answers by a part of the question, in order; Enter to everything else."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def __call__(self, question):
        self.asked.append(question)
        if self.answers and self.answers[0][0] in question:
            answer = self.answers.pop(0)[1]
            if isinstance(answer, BaseException):
                raise answer
            return answer
        return ""


@pytest.fixture
def files(tmp_path):
    (tmp_path / "station.toml").write_text(OVEN, encoding="utf-8")
    return tmp_path / "station.toml", tmp_path / "lab.db"


def hold(files, *answers, again=False):
    """Hold the checks; return the sentences of an early end, the rows and the questions."""
    station, db = files
    person = Person(*answers)
    with WriteConnection(db) as connection:
        ended = hold_session(Session(read_station(station), connection, "A. Person", again, person))
    assert person.answers == [], "questions that were not asked"
    return ended, rows_of(db), person.asked


def rows_of(db):
    with Database(db) as database:
        return database.rows("SELECT * FROM bench_checks ORDER BY id")


def by_name(rows):
    return {row["check_name"]: row for row in rows}


def test_a_reply_that_is_as_expected_confirms_a_check_without_a_question(files):
    _, rows, _ = hold(files)
    (row,) = rows
    assert (row["check_name"], row["outcome"], row["reading"]) == ("the unit", "confirmed", "2,1,0,1,1")
    assert (row["person"], row["station"], row["instrument"]) == ("A. Person", "rig", "oven")
    assert row["serial"] == "LSCI,MODEL336,336A1SM/SIMULAT"
    assert row["simulated"] == 1
    assert len(row["driver_sha256"]) == 64
    assert row["time_s"] == pytest.approx(RealClock().time(), abs=60)


def test_a_reply_that_is_not_as_expected_differs(files, monkeypatch):
    monkeypatch.setattr("drivers.lakeshore33x.LakeShore336.ask", lambda *_: "LSCI,MODEL336,A1/B2,9")
    monkeypatch.setattr("drivers.lakeshore33x.LakeShore336.prepare", lambda _: None)
    monkeypatch.setattr("drivers.lakeshore33x.LakeShore336.make_safe", lambda _: None)
    monkeypatch.setattr("drivers.lakeshore33x.LakeShore336.temperature_k", 300.0)
    _, rows, _ = hold(files)
    assert by_name(rows)["the unit"]["outcome"] == "differs"


def test_a_number_within_the_tolerance_confirms_and_is_typed_before_labctl_shows_its_own(files, capsys):
    _, rows, _ = hold(files, ("what does the display show", "22.4"))
    row = by_name(rows)["the temperature (oven)"]
    assert (row["outcome"], row["answer"]) == ("confirmed", "22.4 degC")
    printed = capsys.readouterr().out
    assert "22.0" not in printed[: printed.index("confirmed: read")]


def test_a_number_outside_the_tolerance_differs_and_is_never_confirmed(files):
    _, rows, _ = hold(files, ("what does the display show", "2.24"))
    assert by_name(rows)["the temperature (oven)"]["outcome"] == "differs"


def test_a_text_in_the_place_of_a_number_is_asked_again(files, capsys):
    _, rows, _ = hold(files, ("what does the display show", "22,4"), ("what does the display show", "22.4"))
    assert by_name(rows)["the temperature (oven)"]["answer"] == "22.4 degC"
    assert "'22,4' can be 22.4 or the list 22 and 4; write 22.4" in capsys.readouterr().out


def test_not_a_number_confirms_nothing(files):
    _, rows, _ = hold(files, ("what does the display show", "nan"))
    assert by_name(rows)["the temperature (oven)"]["outcome"] == "differs"


def test_what_the_person_sees_is_recorded_as_confirmed_or_as_different(files):
    _, rows, _ = hold(
        files,
        ("as expected", "y"),
        ("a remark", "new firmware"),
        ("as expected", "maybe"),
        ("as expected", "n"),
        ("what did you see", "the heater stayed on"),
    )
    found = by_name(rows)
    assert (found["the identity"]["outcome"], found["the identity"]["answer"]) == (
        "confirmed",
        "new firmware",
    )
    off = found["switching off"]
    assert (off["outcome"], off["answer"]) == ("differs", "the heater stayed on")


def test_enter_records_nothing(files):
    _, rows, asked = hold(files)
    assert len(rows) == 1  # the one that needs no person
    assert len([question for question in asked if "as expected" in question]) > 5


def test_an_instrument_that_does_not_answer_is_recorded_as_failed_and_the_next_check_follows(
    files, monkeypatch
):
    def silent(driver):
        raise InstrumentError("oven", "KRDG? A", "", "time-out")

    monkeypatch.setattr("drivers.lakeshore33x.LakeShore336.temperature_k", property(silent))
    _, rows, _ = hold(files, ("what does the display show", "22.4"))
    found = by_name(rows)
    assert found["the temperature (oven)"]["outcome"] == "failed"
    assert "time-out" in found["the temperature (oven)"]["answer"]
    assert found["the unit"]["outcome"] == "confirmed"


@pytest.mark.parametrize(
    ("end", "words"),
    [(KeyboardInterrupt(), "stopped"), (EOFError(), "the terminal was closed"), (Stopped(), "ended")],
)
def test_an_end_in_the_middle_keeps_the_answers_and_reads_every_output_back_off(
    files, monkeypatch, end, words
):
    safe = []
    make_safe = at_the_bench_oven().make_safe
    monkeypatch.setattr(at_the_bench_oven(), "make_safe", lambda self: safe.append(make_safe(self)))
    ended, rows, asked = hold(files, ("as expected", "y"), ("what does the display show", end))
    assert ended == [f"{words}: 1 answers are kept", "every output was read back off"]
    assert [row["check_name"] for row in rows] == ["the identity"]
    assert len(asked) == 3
    assert len(safe) == 2  # as it was opened, and at the end


def at_the_bench_oven():
    from drivers.lakeshore33x import LakeShore336

    return LakeShore336


def test_an_output_that_is_not_read_back_off_is_said(files, monkeypatch):
    station, db = files
    with WriteConnection(db) as connection:
        session = Session(read_station(station), connection, "A", False, Person(("as expected", Stopped())))
        session.hold = lambda: (
            session._note_left({"oven": "the heater is still on"}),
            session.ask("as expected"),
        )
        ended = hold_session(session)
    assert ended[1:] == ["oven was not read back off: the heater is still on"]


def test_an_end_before_anything_was_opened_claims_nothing(files, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("labctl.config.station.Station.hold", interrupted)
    ended, _, _ = hold(files)
    assert ended == ["stopped: 0 answers are kept", "no instrument was opened"]


def test_an_answer_that_cannot_be_written_ends_the_checks(files, monkeypatch):
    def full(*_):
        raise StoreError("the disk is full")

    monkeypatch.setattr(at_the_bench, "add_bench_check", full)
    with pytest.raises(StoreError, match="disk is full"):
        hold(files)


def test_a_confirmed_check_is_not_asked_again_unless_wished_and_a_different_one_is(files):
    first = (("as expected", "y"), ("what does the display show", "99"))
    hold(files, *first)
    _, _, asked = hold(files)
    assert "what does the display show" in asked[0]
    _, rows, asked = hold(files, again=True)
    assert "as expected" in asked[0]
    assert [row["check_name"] for row in rows].count("the unit") == 2


def test_an_instrument_without_a_serial_number_is_asked_for_that_on_its_plate(tmp_path):
    (tmp_path / "station.toml").write_text(BATH, encoding="utf-8")
    files = tmp_path / "station.toml", tmp_path / "lab.db"
    _, rows, asked = hold(files, ("serial number on the plate of bath", "47 11"), ("as expected", "y"))
    (row,) = rows
    assert (row["serial"], row["plate"], row["check_name"]) == ("", "47 11", "the identity")
    _, _, asked = hold(files, ("serial number on the plate of bath", "47 12"))
    assert "as expected" in asked[1]  # another one: its identity is not confirmed
    _, _, asked = hold(files, ("serial number on the plate of bath", "47 11"))
    assert "what does the display show" in asked[1]


def test_what_needs_an_output_is_asked_after_the_instruments_are_released(files, monkeypatch, capsys):
    station, db = files
    off = []
    with WriteConnection(db) as connection:
        session = Session(read_station(station), connection, "A", False, Person())
        session.ask = lambda question: off.append(session.left_on) or ""
        session.hold()
    assert off[0] is None
    assert off[-1] == {}
    printed = capsys.readouterr().out
    assert printed.index("the temperature (oven)") < printed.index("are released")
    assert printed.index("are released") < printed.index("a pulled cable")


# As a command.


def check(files, *words, **settings):
    return runner.invoke(
        app, ["instruments", "check", str(files[0]), "--db", str(files[1]), *words], **settings
    )


def test_without_a_terminal_it_is_refused_in_words_and_nothing_is_opened(files, monkeypatch):
    monkeypatch.setattr("labctl.config.station.Station.open", pytest.fail)
    result = check(files, "--at-the-bench", input="y\n")
    assert isinstance(result.exception, ConfigurationError)
    assert "asks a person at a terminal, and standard input is none" in str(result.exception)
    assert not files[1].exists()


def test_it_prints_no_json(files):
    result = check(files, "--at-the-bench", "--json")
    assert isinstance(result.exception, ConfigurationError)
    assert "asks nothing" in str(result.exception)


def test_without_the_option_it_asks_nothing_and_makes_no_results_file(files, monkeypatch):
    monkeypatch.setattr("builtins.input", pytest.fail)
    result = check(files)
    assert result.exit_code == 0, result.output
    assert not files[1].exists()
    sent, alone = len(SENT), sum(message.second_source == UNKNOWN for message in SENT)
    assert f"{sent} messages, none tried on hardware by us, {alone} without a second source" in result.output
    assert f"bench checks: {len(CHECKS)} open" in result.output


def test_again_without_the_checks_is_refused(files):
    result = check(files, "--again")
    assert isinstance(result.exception, ConfigurationError)
    assert "belongs to --at-the-bench" in str(result.exception)


def test_a_results_file_that_cannot_be_read_is_said_and_the_instruments_are_checked_all_the_same(files):
    files[1].write_text("no database", encoding="utf-8")
    result = check(files)
    assert result.exit_code == 0, result.output
    assert "bench checks cannot be read: " in result.output
    assert "nothing was energised" in result.output


def test_check_counts_what_was_confirmed_and_shows_what_differs(files):
    hold(files, ("as expected", "y"), ("what does the display show", "99"))
    result = check(files)
    assert f"bench checks: 2 confirmed, 1 differs, {len(CHECKS) - 3} open" in result.output
    assert "the temperature (oven): differs on this simulated instrument on " in result.output
    assert "by A. Person: 99 degC" in result.output
    told = json.loads(check(files, "--json").output)["oven"]
    doubled = sum(message.second_source != UNKNOWN for message in SENT)
    assert told["messages"] == {"sent": len(SENT), "with_second_source": doubled, "tried_on_hardware": 0}
    states = {entry["check"]: entry["state"] for entry in told["bench_checks"]}
    assert (states["the unit"], states["the temperature (oven)"]) == ("confirmed", "differs")


PROTOCOL = """
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.temperature_hold:TemperatureHold"
temperature_degc = 30
hold_min = 1
"""


def test_show_names_what_was_confirmed_on_the_instruments_of_a_run(files):
    hold(files, ("what does the display show", "99"))
    (files[0].parent / "protocol.toml").write_text(PROTOCOL, encoding="utf-8")
    protocol, (station, db) = str(files[0].parent / "protocol.toml"), map(str, files)
    done = runner.invoke(app, ["run", protocol, "--station", station, "--db", db])
    assert done.exit_code == 0, done.output
    shown = " ".join(runner.invoke(app, ["show", "last", "--db", db]).output.split())
    assert "336A1SM/SIMULAT,2.9): confirmed on this simulated instrument on " in shown
    assert ": the unit oven (" in shown
    assert (
        ": the temperature (oven)" in shown.partition("not as expected on this simulated instrument on ")[2]
    )
    told = json.loads(runner.invoke(app, ["show", "last", "--db", db, "--json"]).output)
    (oven,) = told["instruments"]
    assert {row["check_name"]: row["outcome"] for row in oven["bench_checks"]} == {
        "the temperature (oven)": "differs",
        "the unit": "confirmed",
    }


def test_a_driver_that_resets_says_what_may_have_been_at_the_cell(tmp_path):
    text = BATH.replace("drivers.huber:Huber", "drivers.lcr_meters:KeysightE4980A")
    text = text.replace('"oven"', '"fra"').replace('= "huber"', '= "keysight_e4980a"')
    (tmp_path / "station.toml").write_text(text.replace("ASRL1::INSTR", "GPIB0::17::INSTR"), encoding="utf-8")
    result = check((tmp_path / "station.toml", tmp_path / "lab.db"))
    assert result.exit_code == 0, result.output
    assert "nothing was energised" not in result.output
    assert "bath was reset, which may have put its power-on level, 1 V, at the cell" in result.output


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_ctrl_c_at_a_real_terminal_ends_with_1_and_keeps_the_answers(files):
    import pty

    words = ["-m", "labctl", "instruments", "check", str(files[0]), "--db", str(files[1]), "--at-the-bench"]
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, *words])
    try:
        for expected, answer in ((b"as expected?", b"y\n"), (b"a remark", b"\n"), (b"in degC?", b"\x03")):
            assert expected in read_until(terminal, expected, 60)
            os.write(terminal, answer)
        printed = read_until(terminal, b"read back off", 10)
        if b"stopped" not in printed:  # Python sees a signal just before the read of a line at the next one
            os.write(terminal, b"\x03")
            printed = read_until(terminal, b"read back off", 60)
        assert b"stopped: 1 answers are kept" in printed
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 1
    assert [row["check_name"] for row in rows_of(files[1])] == ["the identity"]


def read_until(terminal, expected, silence_s):
    """Return what is printed up to the expected text, or before a silence."""
    printed = b""
    while expected not in printed and select.select([terminal], [], [], silence_s)[0]:
        printed += os.read(terminal, 4096)
    return printed
