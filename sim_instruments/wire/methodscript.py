"""MethodSCRIPT from the instrument's side: literals, statements, data packages.

Facts of the MethodSCRIPT manual v1.8 and PalmSens's published examples: a package variable is two letters,
seven hexadecimal digits offset by 0x8000000 and a prefix; a literal is an integer with a prefix.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

OFFSET = 0x8000000
_EXPONENTS = dict(zip("afpnum kMGTPE", range(-18, 21, 3), strict=True))
_LITERAL = re.compile(r"(-?\d+)([afpnumkMGTPEi]?)")
_LOADERS = ("meas_loop_eis", "meas_loop_ca", "meas_loop_ocp")

UNKNOWN_COMMAND, UNEXPECTED_CHARACTER, NESTED_LOOP, WRONG_CONTEXT = 0x4001, 0x4004, 0x400B, 0x400C
UNEXPECTED_END, REDECLARED, ARGUMENTS = 0x4018, 0x4026, 0x4200
NOT_SUPPORTED = 0x001B

ARGUMENT_COUNTS = {
    "var": (1,),
    "set_pgstat_chan": (1,),
    "set_pgstat_mode": (1,),
    "set_max_bandwidth": (1,),
    "set_range_minmax": (3,),
    "set_range": (2,),
    "set_autoranging": (3,),
    "set_e": (1,),
    "cell_on": (0,),
    "cell_off": (0,),
    "wait": (1,),
    "meas_loop_eis": (8,),
    "meas_loop_ca": (5,),
    "meas_loop_ocp": (3,),
    "pck_start": (0,),
    "pck_add": (1,),
    "pck_end": (0,),
    "endloop": (0,),
    "on_finished:": (0,),
}
_NOT_SIMULATED = ("meas_loop_lsv", "meas_loop_cv", "meas_loop_cp", "meas_loop_geis", "meas_loop_swv", "loop")
"""Commands of the language that this stand-in does not simulate."""


class ScriptError(Exception):
    """Script refused with an error code at a line number (from 1)."""

    def __init__(self, code: int, line: int) -> None:
        super().__init__(f"{code:04X} in line {line}")
        self.code, self.line = code, line


@dataclass(frozen=True)
class Statement:
    """One command of a script and its line number."""

    line: int
    command: str
    arguments: tuple[str, ...]

    def number(self, index: int) -> float:
        """An argument as a number; raises ScriptError."""
        match = _LITERAL.fullmatch(self.arguments[index])
        if match is None:
            raise ScriptError(UNEXPECTED_CHARACTER, self.line)
        exponent = 0 if match[2] in ("", "i") else _EXPONENTS[match[2]]
        return float(f"{match[1]}e{exponent}")


@dataclass(frozen=True)
class Script:
    """A checked script: its body and its `on_finished:` part."""

    body: tuple[Statement, ...]
    finish: tuple[Statement, ...]


def parse_script(lines: Iterable[str]) -> Script:
    """Check and split a script. Raises ScriptError as the instrument does when a script is loaded."""
    body: list[Statement] = []
    finish: list[Statement] = []
    current, in_loop, names, number = body, False, set(), 0
    for number, line in enumerate(lines, start=1):
        statement = _statement(number, line)
        if statement is None:
            continue
        if statement.command == "on_finished:":
            current = finish
            continue
        in_loop = _loop_after(statement, in_loop)
        _declare(statement, names)
        current.append(statement)
    if in_loop:
        raise ScriptError(UNEXPECTED_END, number)
    return Script(tuple(body), tuple(finish))


def _statement(number: int, line: str) -> Statement | None:
    words = line.split("#")[0].split()
    if not words:
        return None
    command, *arguments = words
    if command in _NOT_SIMULATED:
        raise ScriptError(NOT_SUPPORTED, number)
    if command not in ARGUMENT_COUNTS:
        raise ScriptError(UNKNOWN_COMMAND, number)
    if len(arguments) not in ARGUMENT_COUNTS[command]:
        raise ScriptError(ARGUMENTS, number)
    return Statement(number, command, tuple(arguments))


def _loop_after(statement: Statement, in_loop: bool) -> bool:
    if statement.command in _LOADERS:
        if in_loop:
            raise ScriptError(NESTED_LOOP, statement.line)
        return True
    if statement.command == "endloop":
        if not in_loop:
            raise ScriptError(WRONG_CONTEXT, statement.line)
        return False
    return in_loop


def _declare(statement: Statement, names: set[str]) -> None:
    if statement.command == "var":
        if statement.arguments[0] in names:
            raise ScriptError(REDECLARED, statement.line)
        names.add(statement.arguments[0])
    used = {"pck_add": 1, "meas_loop_eis": 3, "meas_loop_ca": 2, "meas_loop_ocp": 1}.get(statement.command, 0)
    if not set(statement.arguments[:used]) <= names:
        raise ScriptError(UNEXPECTED_CHARACTER, statement.line)


@dataclass(frozen=True)
class Variable:
    """One value of a package: its type (`ba` current ...), status bits and range index, if any."""

    kind: str
    value: float
    status: int | None = None
    range_index: int | None = None

    def encoded(self) -> str:
        """The variable as written in a package."""
        text = self.kind + encode_number(self.value)
        if self.status is not None:
            text += f",1{self.status:X}"
        if self.range_index is not None:
            text += f",2{self.range_index:02X}"
        return text


def encode_number(value: float) -> str:
    """Seven hexadecimal digits and a prefix, at the finest resolution; not a number is `     nan`."""
    if math.isnan(value):
        return "     nan"
    for prefix, exponent in _EXPONENTS.items():
        mantissa = round(value * 10.0**-exponent) if abs(value) < 1e9 * 10.0**exponent else OFFSET
        if abs(mantissa) < OFFSET:
            return f"{mantissa + OFFSET:07X}{prefix}"
    return "     nan"


def package(variables: Sequence[Variable]) -> str:
    """One line of data."""
    return "P" + ";".join(variable.encoded() for variable in variables)
