"""Requests that are wrong: one sentence, exit code 2, nothing touched."""

import pytest
from typer.testing import CliRunner

from labctl.cli import app, exit_code_of, refusal
from labctl.errors import LabctlError, SettlingTimeout, StoreError

STATION = """
name = "rig"
[limits]
temperature_degc = [0, 150]
potential_v = 1.0
current_a = 0.1
[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"
roles = ["fra"]
[simulation]
"""
PROTOCOL = """
title = "quick"
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.eis:EIS"
frequency_max_hz = 1e6
frequency_min_hz = 1e4
"""


class Laboratory:
    """A folder with a station, a protocol and a queue of one job."""

    def __init__(self, folder):
        self.folder = folder
        self.write("station.toml", STATION)
        self.write("quick.toml", PROTOCOL)
        assert self("queue", "add", "quick.toml") == (0, "")

    def write(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")

    def __call__(self, *words):
        """Return exit code and refusal of a command."""
        result = CliRunner().invoke(app, list(words))
        if isinstance(result.exception, LabctlError):
            return exit_code_of(result.exception), refusal(result.exception)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stderr


@pytest.fixture
def laboratory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Laboratory(tmp_path)


def test_what_failed_later_is_no_wrong_request():
    assert exit_code_of(SettlingTimeout(300, 290, 60, 0.5)) == 1
    assert exit_code_of(StoreError("the disk is full")) == 1


@pytest.mark.parametrize(
    "words",
    [
        ["show", "--db", "nonexistent/x.db"],
        ["fit", "--db", "absent.db"],
        ["status", "--db", "absent.db"],
        ["queue", "list", "--db", "absent.db"],
        ["run", "quick.toml", "--db", "nonexistent/x.db"],
        ["queue", "add", "quick.toml", "--db", "nonexistent/x.db"],
        ["db", "check", "absent.db"],
        ["db", "merge", "absent.db"],
        ["show", "--db", "quick.toml"],
    ],
    ids=" ".join,
)
def test_a_results_file_that_is_not_there_or_is_none_is_a_wrong_request(laboratory, words):
    code, sentence = laboratory(*words)
    assert code == 2
    assert words[-1] in sentence or "quick.toml" in sentence


@pytest.mark.parametrize(
    "words",
    ["show", "fit", "status", "queue list", "queue pause", "queue add quick.toml", "run quick.toml"],
)
def test_a_folder_in_the_place_of_a_results_file_is_a_wrong_request(laboratory, words):
    assert laboratory(*words.split(), "--db", ".") == (2, "labctl: .: is a folder; name a results file")


@pytest.mark.parametrize("number", ["9" * 20, "-1", "0", "9" * 5000])
@pytest.mark.parametrize("words", [["show"], ["fit"], ["queue", "show"], ["queue", "hold"]], ids=" ".join)
def test_a_run_or_job_of_any_number_is_looked_up(laboratory, words, number):
    code, sentence = laboratory(*words, "--", number)
    assert code == 2
    assert 0 < len(sentence) < 2500


@pytest.mark.parametrize("time", ["+99999999999h", "+" + "9" * 400 + "h", "9999-12-31 23:59", "0001-01-01"])
def test_a_time_far_away_is_refused_when_a_job_is_queued(laboratory, time):
    for option in ("--not-before", "--deadline"):
        code, sentence = laboratory("queue", "add", "quick.toml", option, time)
        assert code == 2
        assert "22:30" in sentence
    assert laboratory("queue", "list") == (0, "")


@pytest.mark.parametrize("priority", ["9" * 20, "-1000001"])
def test_a_priority_beyond_sense_is_refused(laboratory, priority):
    assert laboratory("queue", "add", "quick.toml", "--priority", priority)[0] == 2


@pytest.mark.parametrize("spans", ["60:1e9:1e-9", "1:inf:1", "nan", "1:2", "1:2:0", "1e300", ","])
def test_temperatures_that_are_no_list_are_refused(laboratory, spans):
    code, sentence = laboratory("queue", "temperatures", "1", spans)
    assert code == 2
    assert "give 60,70 or 60:100:10" in sentence


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('roles = ["fra"]', 'roles = ["fra", ["oven"]]', "roles: is ['fra', ['oven']]; give"),
        ("drivers.solartron1260:Solartron1260", ".x:Y", "analyser.driver: is '.x:Y'; give module:Name"),
        ("drivers.solartron1260:Solartron1260", "../x:Y", "analyser.driver: is '../x:Y'; give module:Name"),
        ("current_a = 0.1", "current_a = 1" + "0" * 400, "is a whole number of about 401 digits; give"),
        ("[simulation]", "[night]\nsilence = 3\n[simulation]", "night.silence: is not known; did you mean"),
        ("[simulation]", "[simulation]\nclock = inf", "clock: is inf; give 'virtual', 'real' or"),
        ('name = "rig"', 'name = "rig\\u0000"', r"name: is 'rig\x00', with a control character; remove it"),
    ],
)  # fmt: skip
def test_a_wrong_station_is_told_with_key_and_right_value(laboratory, old, new, sentence):
    laboratory.write("station.toml", STATION.replace(old, new))
    for words in (["check", "quick.toml"], ["queue", "add", "quick.toml"]):
        code, told = laboratory(*words)
        assert code == 2
        assert sentence in told


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["check", "station.toml"], "limits: belongs to a station; give a protocol, with [sample]"),
        (
            ["check", "quick.toml", "--station", "quick.toml"],
            "procedure: belongs to a protocol; give a station",
        ),
        (
            ["queue", "show", "last"],
            "'last' is not the number of a job; `labctl queue list` shows the numbers",
        ),
        (["queue", "pause", "--after", "noon"], "after 'noon' is not possible; give point, step or job"),
        (["db", "merge", "lab.db"], "lab.db: is the file to copy into; name another with --db"),
    ],
)
def test_a_command_given_the_wrong_thing_says_which_is_right(laboratory, words, sentence):
    code, told = laboratory(*words)
    assert code == 2
    assert sentence in " ".join(told.split())


def test_single_colons_are_no_visa_address(laboratory):
    laboratory.write("station.toml", STATION.replace("GPIB0::4::INSTR", "GPIB0:4:INSTR"))
    code, told = laboratory("check", "quick.toml")
    assert code == 2
    assert "address: is 'GPIB0:4:INSTR', which is no VISA address; write 'GPIB0::4::INSTR'" in told


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "frequency_min_hz = 1e4",
            "frequency_min_hz = 0",
            "frequency_min_hz: is 0, below what is possible (",
        ),
        ("procedures.eis:EIS", ".x:Y", "use: is '.x:Y'; give module:Name"),
        ("thickness_mm = 1.0", 'thickness_mm = "1,0"', "is '1,0', which is not a number; give a number from"),
        (
            "thickness_mm = 1.0",
            "thickness_mm = 0.001\nthickness_uncertainty_mm = 0.01",
            "sample.thickness_mm: is 0.001 with an uncertainty of 0.01: are both in mm?",
        ),
        (
            "diameter_mm = 10.0",
            "area_cm2 = 0.5\narea_uncertainty_cm2 = 1",
            "sample.area_cm2: is 0.5 with an uncertainty of 1: are both in cm2?",
        ),
        ('title = "quick"', "title = quick", 'line 2: `quick` is text without quotes; write "quick"'),
    ],
)
def test_a_wrong_protocol_is_told_with_key_and_right_value(laboratory, old, new, sentence):
    laboratory.write("quick.toml", PROTOCOL.replace(old, new))
    code, told = laboratory("check", "quick.toml")
    assert code == 2
    assert sentence in told
    assert "FloatParameter" not in told


def test_a_sample_file_with_an_impossible_name_is_refused(laboratory):
    _, _, procedure = PROTOCOL.partition("[[procedure]]")
    laboratory.write("quick.toml", 'sample = "a\\u0000.toml"\n[[procedure]]' + procedure)
    code, told = laboratory("check", "quick.toml")
    assert code == 2
    assert r"a\x00.toml" in told


@pytest.mark.parametrize(
    "words", [["db", "backup"], ["show", "--db"], ["status", "--db"], ["check"]], ids=" ".join
)
def test_no_file_has_so_long_a_name(laboratory, words):
    if words == ["db", "backup"]:
        words = [*words, "--db", "lab.db"]
    code, sentence = laboratory(*words, "x" * 5000)
    assert code == 2
    assert "too long" in sentence


@pytest.mark.parametrize(
    "words", [["show", "\udcff"], ["queue", "pause", "--person", "\udcff"]], ids=["show", "pause"]
)
def test_bytes_that_are_no_text_are_refused(laboratory, words):
    code, sentence = laboratory(*words)
    assert code == 2
    assert r"\udcff" in sentence


def test_a_name_too_long_for_a_file_is_refused(laboratory):
    for what in (["driver", "--role", "oven"], ["procedure"]):
        assert laboratory("new", *what, "x" * 5000)[0] == 2
