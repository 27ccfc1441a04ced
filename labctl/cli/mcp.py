"""`labctl mcp`: questions of programs, such as assistants and planners, as JSON lines over stdio.

The messages are JSON-RPC 2.0 as the Model Context Protocol has them over stdio: `initialize`, `ping`,
`tools/list` and `tools/call`. No library is needed for these four.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from labctl.cli.mcp_tools import TOOLS, Answer, Files, WrongArguments, ask
from labctl.cli.options import DEFAULT_DATABASE, DEFAULT_STATION, DatabaseOption, StationOption
from labctl.version import __version__

VERSIONS = ("2025-06-18", "2025-03-26", "2024-11-05")  # of the protocol, the newest first
NOT_JSON, NOT_A_REQUEST, NO_METHOD, WRONG_PARAMETERS = -32700, -32600, -32601, -32602
INSTRUCTIONS = (
    "labctl measures ion conduction on a rig. These tools read results and rehearse protocols on a simulated "
    "rig. None of them heats, measures or queues: a person does that. Exit code 2: the request is wrong, "
    "and the sentence says what would be right."
)


class Refused(Exception):
    """A message that cannot be answered: code of JSON-RPC and sentence."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def mcp(station: StationOption = DEFAULT_STATION, db: DatabaseOption = DEFAULT_DATABASE) -> None:
    """Answer programs (Model Context Protocol on stdio): check, rehearse, show, status, compare, summary.

    Read-only and rehearsal: nothing is heated, measured, queued or written. Station and results file are
    those given here; a program cannot name others. Ends with the end of its input.
    """
    for reply in replies(sys.stdin, Files(station, db)):
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()


def replies(lines: Iterable[str], files: Files) -> Iterator[dict[str, Any]]:
    """Yield the reply to each line that asks for one; a notification has none."""
    for line in filter(str.strip, lines):
        identifier = None
        try:
            message = _message(line)
            identifier = message.get("id")
            result = _result(message, files)
        except Refused as refused:
            error = {"code": refused.code, "message": str(refused)}
            yield {"jsonrpc": "2.0", "id": identifier, "error": error}
            continue
        if identifier is not None:
            yield {"jsonrpc": "2.0", "id": identifier, "result": result}


def _message(line: str) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError as error:
        raise Refused(NOT_JSON, f"not JSON: {error}") from error
    if not isinstance(message, dict) or not isinstance(message.get("method"), str):
        raise Refused(NOT_A_REQUEST, "not a request: give one object with jsonrpc, id and method in a line")
    return message


def _result(message: dict[str, Any], files: Files) -> dict[str, Any]:
    method, parameters = message["method"], message.get("params") or {}
    if method.startswith("notifications/"):
        return {}
    methods: dict[str, Callable[[], dict[str, Any]]] = {
        "initialize": lambda: _greeting(parameters),
        "ping": dict,
        "tools/list": lambda: {"tools": [tool.listed() for tool in TOOLS.values()]},
        "tools/call": lambda: _called(parameters, files),
    }
    if method not in methods:
        raise Refused(NO_METHOD, f"no method {method!r}; there are {', '.join(methods)}")
    return methods[method]()


def _greeting(parameters: dict[str, Any]) -> dict[str, Any]:
    asked = parameters.get("protocolVersion")
    return {
        "protocolVersion": asked if asked in VERSIONS else VERSIONS[0],
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "labctl", "version": __version__},
        "instructions": INSTRUCTIONS,
    }


def _called(parameters: dict[str, Any], files: Files) -> dict[str, Any]:
    name, arguments = parameters.get("name"), parameters.get("arguments") or {}
    if name not in TOOLS:
        raise Refused(WRONG_PARAMETERS, f"no tool {name!r}; there are {', '.join(TOOLS)}")
    if not isinstance(arguments, dict):
        raise Refused(WRONG_PARAMETERS, "arguments is not an object")
    try:
        return _as_result(ask(TOOLS[name], arguments, files))
    except WrongArguments as wrong:
        raise Refused(WRONG_PARAMETERS, str(wrong)) from wrong


def _as_result(answer: Answer) -> dict[str, Any]:
    """Return the answer of a command; another exit code than 0 is an error with its sentence."""
    text = answer.words if answer.content is None else json.dumps(answer.content)
    result: dict[str, Any] = {
        "content": [{"type": "text", "text": text}],
        "isError": answer.exit_code != 0,
        "_meta": {"exit_code": answer.exit_code},
    }
    if isinstance(answer.content, dict):
        result["structuredContent"] = answer.content
    return result
