"""Programs ask through `labctl mcp` what a person may ask, and can heat nothing."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import labctl.cli
from labctl.cli import mcp_tools
from labctl.cli.mcp import replies
from labctl.cli.mcp_tools import TOOLS, Files

pytestmark = pytest.mark.xdist_group("mcp")

PROTOCOL = """
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [{degc}]
frequency_min_hz = 1000.0
dwell_min = 10
"""
CHANGING = {
    *("run", "queue", "runner", "supervisor", "service", "instruments", "demo", "gui", "web"),
    *(
        "amend",
        "exclude",
        "note",
        "fact",
        "import",
        "fit",
        "db",
        "archive",
        "new",
        "export",
        "report",
        "plot",
    ),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A simulated station with one measured run, and a protocol beside it."""
    folder = tmp_path_factory.mktemp("rig")
    words = [
        "demo",
        "-q",
        "--out",
        str(folder),
        "--temperatures-degc",
        "80,100",
        "--db",
        str(folder / "lab.db"),
    ]
    done = CliRunner().invoke(labctl.cli.app, words)
    assert done.exit_code == 0, done.output
    (folder / "warm.toml").write_text(PROTOCOL.format(degc=60), encoding="utf-8")
    return Files(folder / "station.toml", folder / "lab.db")


def call(files, name, **arguments):
    message = {
        "jsonrpc": "2.0",
        "id": 7,
        "method": "tools/call",
        "params": {"name": name, "arguments": arguments},
    }
    (reply,) = replies([json.dumps(message)], files)
    assert reply["id"] == 7
    return reply


def test_a_session_begins_lists_its_tools_and_ends_with_its_input(files):
    messages = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2024-11-05"}},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": "b", "method": "tools/list"},
        {"jsonrpc": "2.0", "id": 3, "method": "ping"},
    ]
    command = [sys.executable, "-m", "labctl", "mcp", "--station", files.station, "--db", files.db]
    text = "\n".join(map(json.dumps, messages))
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=True)
    greeting, listed, pong = map(json.loads, done.stdout.splitlines())
    assert greeting["result"]["protocolVersion"] == "2024-11-05"
    assert listed["id"] == "b"
    names = [tool["name"] for tool in listed["result"]["tools"]]
    assert names == ["check", "rehearse", "show", "status", "compare", "summary"]
    assert pong["result"] == {}


def test_no_tool_is_a_command_that_heats_measures_or_writes(files, tmp_path):
    arguments = {"run": "last", "runs": ["1", "1"], "since": "8h", "protocol": "warm.toml"}
    for tool in TOOLS.values():
        known = {key: arguments[key] for key in tool.properties if key in arguments}
        command, *_ = tool.words(known, files, tmp_path)
        assert command == tool.name
        assert command not in CHANGING
    assert set(labctl.cli.COMMANDS) >= CHANGING


def test_a_protocol_beside_the_station_is_checked_and_rehearsed(files):
    plan = call(files, "check", protocol="warm.toml")["result"]
    assert not plan["isError"]
    assert plan["structuredContent"]["steps"][0]["temperature_k"] == pytest.approx(333.15)
    rehearsed = call(files, "rehearse", protocol="warm.toml")["result"]
    assert not rehearsed["isError"], rehearsed
    assert json.loads(rehearsed["content"][0]["text"]) == rehearsed["structuredContent"]


def test_a_protocol_as_text_is_refused_with_the_sentence_of_the_command_line(files):
    hot = call(files, "check", text=PROTOCOL.format(degc=400))["result"]
    assert hot["isError"]
    assert hot["_meta"]["exit_code"] == 2
    assert "outside this station's limits" in hot["content"][0]["text"]


def test_results_are_answered_as_the_commands_print_them(files):
    shown = call(files, "show", run="last")["result"]["structuredContent"]
    assert len(shown["conductivities"]) == 2
    for name, arguments in (("status", {}), ("summary", {"since": "48h"}), ("compare", {"runs": ["1", "1"]})):
        result = call(files, name, **arguments)["result"]
        assert result["content"][0]["text"], name


def test_a_run_that_is_not_there_is_an_error_in_words(files):
    result = call(files, "show", run="9999")["result"]
    assert result["isError"]
    assert "9999" in result["content"][0]["text"]


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("show", {"run": "--db=other.db"}, "is not possible here"),
        ("check", {"protocol": "../elsewhere.toml"}, "not in the folder of the station file"),
        ("check", {}, "give either protocol"),
        ("check", {"protocol": "warm.toml", "station": "other.toml"}, "station is not known"),
        ("compare", {"runs": ["1"]}, "two runs or more"),
        ("compare", {}, "runs is missing"),
        ("run", {"protocol": "warm.toml"}, "no tool 'run'"),
    ],
)
def test_what_must_not_be_asked_is_refused_before_anything_runs(
    files, monkeypatch, name, arguments, sentence
):
    monkeypatch.setattr(mcp_tools.subprocess, "run", lambda *_, **__: pytest.fail("a command was run"))
    error = call(files, name, **arguments)["error"]
    assert error["code"] == -32602
    assert sentence in error["message"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{", -32700),
        ("[1]", -32600),
        ('{"id": 1}', -32600),
        ('{"id": 1, "method": "resources/list"}', -32601),
    ],
)
def test_a_message_that_is_none_is_refused_and_the_next_one_answered(files, line, code):
    refused, pong = replies([line, '{"id": 2, "method": "ping"}'], files)
    assert refused["error"]["code"] == code
    assert pong["result"] == {}


def test_own_code_is_executed_from_the_folder_of_the_station_only(files, tmp_path, monkeypatch):
    own = "from procedures.eis import EIS\nprint('executed')\n\nclass Own(EIS):\n    pass\n"
    (tmp_path / "own_code.py").write_text(own, encoding="utf-8")
    monkeypatch.setenv("LABCTL_TRUST", str(tmp_path))
    text = PROTOCOL.partition("[[procedure]]")[0] + '[[procedure]]\nuse = "own_code:Own"\n'
    for name in ("check", "rehearse"):
        result = call(files, name, text=text)["result"]
        assert result["isError"]
        assert "executed" not in result["content"][0]["text"]
