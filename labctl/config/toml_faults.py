"""Faults of a TOML file in plain words: the line, the mistake, and the correction.

`tomllib` says where its parser stopped. The usual mistakes are recognised from that line; for any other the
parser's own words are given.
"""

import re
import tomllib
from collections.abc import Callable
from typing import Any

from labctl.plain_text import printable, shortened

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_ASSIGNMENT = re.compile(r"""^\s*(?P<key>[\w.\-"']+)\s*=\s*(?P<value>[^#]*?)\s*(#.*)?$""")
_NUMBER = r"[+\-]?\d+(?:\.\d+)?(?:[eE][+\-]?\d+)?"
_WORDS = {"true": "true", "false": "false", "yes": "true", "no": "false", "on": "true", "off": "false"}
_NOTHING = ("none", "null", "nil")
_LONGEST_LINE = 60
DEEPEST = 60


class TOMLFault(Exception):
    """Text is not TOML. `line` is the number of the line at fault, 0 if the whole text is."""

    def __init__(self, line: int, problem: str) -> None:
        self.line, self.problem = line, problem
        super().__init__(problem)


def parse_toml(text: str) -> dict[str, Any]:
    """Parse TOML text, with or without a byte-order mark; raises TOMLFault."""
    text = text.removeprefix("\ufeff")
    if line := _line_too_deep(text):
        raise TOMLFault(line, f"is nested deeper than {DEEPEST} levels, which no file of labctl is")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _in_words(text, str(error)) from error
    except RecursionError as error:
        raise TOMLFault(0, "is nested too deeply, which no file of labctl is") from error
    except ValueError as error:  # an integer of more digits than Python converts
        raise TOMLFault(_line_of_longest_number(text), "is a number of thousands of digits") from error


def decode_text(content: bytes) -> str:
    """Decode a file as UTF-8, with or without a byte-order mark; raises TOMLFault."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise TOMLFault(0, "is text in UTF-16; save it as UTF-8")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        meant = bytes([byte]).decode("latin-1")
        hint = f"; in Latin-1 it is {meant!r}" if meant.isprintable() else ""
        raise TOMLFault(
            line, f"holds the byte 0x{byte:02x}, not UTF-8{hint}; save the file as UTF-8"
        ) from error


def _line_too_deep(text: str) -> int:
    """Return the line where brackets, or the parts of a dotted key, are nested too deeply; 0 if none is.

    Brackets in quotes count as well; no text of a file has so many.
    """
    for number, line in enumerate(text.split("\n"), start=1):
        depth = max(line.count("["), line.count("{"), line.partition("=")[0].count("."))
        if depth > DEEPEST and _depth(line) > DEEPEST:
            return number
    return 0


def _depth(line: str) -> int:
    deepest = depth = 0
    for character in line:
        depth += (character in "[{") - (character in "]}")
        deepest = max(deepest, depth)
    return max(deepest, line.partition("=")[0].count("."))


def _line_of_longest_number(text: str) -> int:
    longest = max(re.finditer(r"\d[\d_]*", text), key=lambda found: len(found[0]), default=None)
    return text.count("\n", 0, longest.start()) + 1 if longest else 0


def _in_words(text: str, message: str) -> TOMLFault:
    lines = text.replace("\r\n", "\n").split("\n")
    place = _PLACE.search(message)
    words = message[: place.start()] if place else message
    number = int(place[1]) if place and place[1] else len(lines)
    column = int(place[2]) if place and place[2] else 1
    if words.startswith("Unclosed") or not (place and place[1]):
        number = _line_left_open(lines, number) or number
    line = lines[number - 1] if number <= len(lines) else ""
    for recognise in _RECOGNISED:
        if problem := recognise(words, line, column):
            return TOMLFault(number, problem)
    return TOMLFault(number, f"is not valid TOML: {printable(words)} in {_quoted(line)}")


def _line_left_open(lines: list[str], last: int) -> int:
    """Return the last line before `last` that opens a bracket, or quotes, without closing them."""
    for number in range(min(last, len(lines)), 0, -1):
        value = lines[number - 1].partition("=")[2].partition("#")[0]
        if any(value.count(a) > value.count(b) for a, b in ("[]", "{}")):
            return number
        if any(value.count(quotes) % 2 for quotes in ('"""', "'''")) or value.count("'") == 1:
            return number
    return 0


def _quoted(line: str) -> str:
    return f"`{shortened(printable(line.strip()), _LONGEST_LINE)}`"


# Each returns a sentence, or "" where it does not recognise the mistake. Called with the parser's words, the
# line and the column where the parser stopped.


def _twice(words: str, line: str, column: int) -> str:
    if words.startswith("Cannot declare"):
        return f"the heading {_quoted(line)} stands in the file already; keep one, with all its keys"
    if not words.startswith(("Cannot overwrite", "Cannot mutate", "Duplicate inline")):
        return ""
    if line.lstrip().startswith("["):
        return f"the heading {_quoted(line)} has the name of a key that is in the file already"
    key = line.partition("=")[0].strip()
    return f"the key {printable(key)} stands in this table already; keep one of the two"


def _decimal_comma(words: str, line: str, column: int) -> str:
    found = _ASSIGNMENT.match(line)
    value = found["value"] if found else ""
    if re.fullmatch(r"[+\-]?\d+,\d+(?:[eE][+\-]?\d+)?", value):
        return f"{value} has a decimal comma; write {value.replace(',', '.')}"
    if re.fullmatch(r"\[.*\d,\d+\s*;.*", value):
        return f"{_quoted(value)}: separate numbers by commas, and write decimals with a point: [1.0, 2.0]"
    return ""


def _backslash(words: str, line: str, column: int) -> str:
    if "\\" not in line or not words.startswith(("Unescaped", "Invalid hex", "Escaped", "Illegal")):
        return ""
    found = re.search(r'"([^"]*)"?', line)
    path = found[1] if found else ""
    return (
        "a backslash between double quotes begins an escape; write the path with single quotes, "
        f"'{printable(path)}', or with /"
    )


def _quotes(words: str, line: str, column: int) -> str:
    if any(mark in line for mark in "“”„‟«»‘’‚"):
        return "has typographic quotes; write \" or '"
    if words.startswith(("Illegal character '\\n'", 'Expected "\'"', "Unterminated", "Expected '\"")):
        return f"the quotes in {_quoted(line)} are not closed"
    if words.startswith("Illegal character"):
        return f"holds a control character, {printable(words).removeprefix('Illegal character ')}; remove it"
    return ""


def _heading(words: str, line: str, column: int) -> str:
    text = line.strip()
    if not text.startswith("["):
        return ""
    name = text.strip("[] ").partition("#")[0].strip()
    marks = ("[[", "]]") if text.startswith("[[") else ("[", "]")
    if re.fullmatch(r"[\w.\-]+", name):
        return f"{_quoted(line)} is no heading; write {marks[0]}{name}{marks[1]} alone on the line"
    return ""


def _open_bracket(words: str, line: str, column: int) -> str:
    if words.startswith("Unclosed array"):
        between = re.search(rf"({_NUMBER})\s+({_NUMBER})", line)
        if between:
            return f"a comma is missing between {between[1]} and {between[2]}"
        return f"the list in {_quoted(line)} is not closed with ], or a comma is missing"
    if words.startswith("Unclosed inline"):
        return f"the table in {_quoted(line)} is not closed with }} on the same line, or a comma is missing"
    return ""


def _no_value(words: str, line: str, column: int) -> str:
    key, equals, value = line.partition("=")
    if equals and not value.partition("#")[0].strip():
        return f"{printable(key.strip())} has no value after ="
    return ""


def _word(words: str, line: str, column: int) -> str:
    found = _ASSIGNMENT.match(line)
    value = found["value"] if found else ""
    if not value or not (words.startswith("Invalid value") or value[0].isalpha()):
        return ""
    if value.lower() in _WORDS:
        return f"{value} is not a value of TOML; write {_WORDS[value.lower()]}"
    if value.lower() in _NOTHING:
        return f"{value} is not a value of TOML; leave the line out where there is no value"
    if re.fullmatch(r"[A-Za-z_/~][^\"'\[\]{}=]*", value):
        return (
            f'{_quoted(value)} is text without quotes; write "{shortened(printable(value), _LONGEST_LINE)}"'
        )
    return ""


def _number(words: str, line: str, column: int) -> str:
    found = _ASSIGNMENT.match(line)
    value = found["value"] if found else ""
    if re.match(r"[−–—]\d", value):
        return f"{_quoted(value)} begins with a dash that is no minus sign; write -{value[1:]}"
    if re.fullmatch(r"[+\-]?\.\d+", value):
        return f"{value} needs a digit before the point; write {value.replace('.', '0.')}"
    if re.fullmatch(r"[+\-]?\d+\.", value):
        return f"{value} needs a digit after the point; write {value}0"
    if re.fullmatch(r"[+\-]?0\d+(\.\d*)?", value):
        return f"{value} begins with 0; write {value.lstrip('+-0') or '0'}"
    if re.fullmatch(rf"{_NUMBER}(:{_NUMBER}){{1,2}}", value):
        return f'{value} needs quotes; write "{value}"'
    unit = re.fullmatch(rf"({_NUMBER})\s*([^\W\d][^\s=]*|[°%Ωµ]\S*)", value)
    if unit:
        return f"{_quoted(value)}: write the number alone, {unit[1]}; the name of the key says the unit"
    return ""


def _statement(words: str, line: str, column: int) -> str:
    text = line.strip()
    if text.startswith(("//", ";", "--", "%")):
        return f"{_quoted(line)} is no comment; a comment begins with #"
    key, colon, value = text.partition(":")
    if colon and "=" not in text and re.fullmatch(r"[\w\-]+ *", key):
        return f"{_quoted(line)}: write {key.strip()} = {printable(value.strip())}"
    if "==" in text:
        return f"{_quoted(line)}: write one = between key and value"
    if text.endswith(";"):
        return f"{_quoted(line)}: no semicolon ends a line of TOML"
    if "=" not in text and not text.startswith("["):
        return f"{_quoted(line)} is neither a line `key = value` nor a heading in brackets"
    if words.startswith("Expected newline"):
        return f"{_quoted(line)} has more than one value; text needs quotes, and each key its own line"
    return ""


_RECOGNISED: tuple[Callable[[str, str, int], str], ...] = (
    _twice,
    _decimal_comma,
    _backslash,
    _quotes,
    _open_bracket,
    _heading,
    _no_value,
    _word,
    _number,
    _statement,
)
