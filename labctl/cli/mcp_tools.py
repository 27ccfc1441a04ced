"""Questions that programs may ask through `labctl mcp`: each is a command that reads or rehearses.

A command runs in a process of its own, with the refusals and exit codes of the command line. No
tool measures, heats, queues, steers or writes, and no argument of a program becomes an option.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LONGEST_S = 600.0
Arguments = Mapping[str, Any]


class WrongArguments(Exception):
    """Arguments of a tool that are missing or cannot be right; the message is a sentence."""


@dataclass(frozen=True)
class Files:
    """Station and results file that the person who started the server has named."""

    station: Path
    db: Path


@dataclass(frozen=True)
class Tool:
    """A question: its name, what it answers, its arguments as a JSON Schema, and the words of its command."""

    name: str
    description: str
    properties: Mapping[str, Any]
    required: tuple[str, ...]
    words: Callable[[Arguments, Files, Path], list[str]]

    def listed(self) -> dict[str, Any]:
        """Return the tool as `tools/list` names it."""
        schema = {"type": "object", "properties": dict(self.properties), "additionalProperties": False}
        return {
            "name": self.name,
            "description": self.description,
            "inputSchema": schema | ({"required": list(self.required)} if self.required else {}),
            "annotations": {"readOnlyHint": True},
        }


PROTOCOL = {
    "protocol": {
        "type": "string",
        "description": "name of a protocol file in the folder of the station file",
    },
    "text": {"type": "string", "description": "a protocol as TOML text, in place of a file"},
}
RUN = {"type": "string", "description": "number of a run, or `last`"}


def _protocol(arguments: Arguments, files: Files, folder: Path) -> str:
    """Return the file of the protocol that is asked about: beside the station, or of a text in `folder`."""
    if ("protocol" in arguments) == ("text" in arguments):
        raise WrongArguments("give either protocol, the name of a file, or text")
    if "text" in arguments:
        written = folder / "protocol.toml"
        written.write_text(str(arguments["text"]), encoding="utf-8")
        return str(written)
    home = files.station.resolve().parent
    file = (home / _word(arguments, "protocol")).resolve()
    if not file.is_relative_to(home):
        raise WrongArguments(f"protocol: {file.name} is not in the folder of the station file, {home}")
    return str(file)


def _word(arguments: Arguments, key: str) -> str:
    """Return an argument as one word of a command that cannot be taken for an option."""
    return _as_word(arguments[key], key)


def _as_word(value: Any, key: str) -> str:
    text = str(value)
    if not text or text.startswith("-"):
        raise WrongArguments(f"{key}: {text!r} is not possible here")
    return text


def _check(arguments: Arguments, files: Files, folder: Path) -> list[str]:
    file = _protocol(arguments, files, folder)
    return ["check", file, "--station", str(files.station), "--db", str(files.db)]


def _rehearse(arguments: Arguments, files: Files, folder: Path) -> list[str]:
    file = _protocol(arguments, files, folder)
    return ["rehearse", file, "--station", str(files.station), "--db", str(files.db)]


def _show(arguments: Arguments, files: Files, folder: Path) -> list[str]:
    run = [_word(arguments, "run")] if "run" in arguments else []
    return ["show", *run, "--db", str(files.db)]


def _status(arguments: Arguments, files: Files, folder: Path) -> list[str]:
    return ["status", "--station", str(files.station), "--db", str(files.db)]


def _compare(arguments: Arguments, files: Files, folder: Path) -> list[str]:
    runs = arguments["runs"]
    if not isinstance(runs, list) or len(runs) < 2:
        raise WrongArguments("runs: give a list of two runs or more")
    return ["compare", *(_as_word(run, "runs") for run in runs), "--db", str(files.db)]


def _summary(arguments: Arguments, files: Files, folder: Path) -> list[str]:
    since = ["--since", _word(arguments, "since")] if "since" in arguments else []
    return ["summary", *since, "--station", str(files.station), "--db", str(files.db)]


TOOLS = {
    tool.name: tool
    for tool in (
        Tool("check", "Steps and times of a protocol, held against limits and instruments. Touches nothing.",
             PROTOCOL, (), _check),
        Tool("rehearse", "Rehearse a protocol on the simulated rig in virtual time. Touches no instrument.",
             PROTOCOL, (), _rehearse),
        Tool("show", "One run with conductivities, laws and remarks; without run, the list of runs.",
             {"run": RUN}, (), _show),
        Tool("status", "What runs, how warm it is, what is next, and warnings.", {}, (), _status),
        Tool("compare", "Ratio of the conductivities of runs to the first, with interval; is it real?",
             {"runs": {"type": "array", "items": RUN, "minItems": 2}}, ("runs",), _compare),
        Tool("summary", "What the night brought, whether everything is off, and what to do next.",
             {"since": {"type": "string", "description": "18:00, '2026-11-29 18:00' or 8h"}}, (), _summary),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """The answer of a command: exit code, its JSON object (None if it gave none), and its words."""

    exit_code: int
    content: Any
    words: str


def ask(tool: Tool, arguments: Arguments, files: Files, longest_s: float = LONGEST_S) -> Answer:
    """Run the command of a tool; raises WrongArguments where none can be made of the arguments."""
    unknown = set(arguments) - set(tool.properties)
    missing = set(tool.required) - set(arguments)
    if unknown or missing:
        known = ", ".join(tool.properties) or "none"
        wrong = (
            f"{', '.join(sorted(unknown))} is not known" if unknown else f"{', '.join(missing)} is missing"
        )
        raise WrongArguments(f"{tool.name}: {wrong}; arguments: {known}")
    with tempfile.TemporaryDirectory() as folder:
        words = [*tool.words(arguments, files, Path(folder)), "--json"]
        try:
            done = subprocess.run(
                [sys.executable, "-m", "labctl", *words],
                env={name: value for name, value in os.environ.items() if name != "LABCTL_TRUST"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                timeout=longest_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Answer(1, None, f"{tool.name}: no answer within {longest_s:g} s")
    return Answer(done.returncode, _object(done.stdout), (done.stderr or done.stdout).strip())


def _object(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
