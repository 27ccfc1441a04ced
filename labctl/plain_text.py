"""Text from files and people as it may be shown: data, never markup, a command of a terminal, or a formula.

One function for each kind of place:

printable          terminals, logs, messages: control characters become visible escapes such as `\\x1b`
on_one_line        titles, subjects, lines of a log: line breaks as well
spreadsheet_cell   text cells of csv files and of a clipboard: no formula
shown              a value in an error message: its `repr`, shortened
local_time         a time of a file; `no date` for a number beyond the calendar
"""

import re
import time
from collections.abc import Callable

NO_DATE = "no date"
LONGEST_SHOWN = 120
LONGEST_SENTENCE = 2000
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 without tab and line feed, DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks and overrides of the writing direction
    "\u2028\u2029\ufeff\ud800-\udfff]"  # line separators, byte-order mark, lone surrogates
)
_FORMULA = re.compile(r"[\s\x00-\x1f]*[=+\-@＝＋－＠]|[\t\r\n]")


def printable(text: object) -> str:
    """Return the text with its control characters written as escapes; line feeds and tabs stay."""
    return _CONTROL.sub(_escape, str(text))


def on_one_line(text: object) -> str:
    """Return the text as `printable` does, with escapes for line feeds and tabs too."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def has_control_characters(text: str) -> bool:
    """Return whether `printable` would change the text."""
    return _CONTROL.search(text) is not None


def spreadsheet_cell(value: object) -> object:
    """Return a cell of a csv file: text that a spreadsheet would calculate gets an apostrophe in front.

    Numbers, and text that is only a number such as `-1.5`, are unchanged.
    """
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if _FORMULA.match(text) and not _is_number(text) else text


def shown(value: object) -> str:
    """Return the `repr` of a value for an error message, shortened in the middle."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**40:
        return f"a whole number of about {int(value.bit_length() * 0.30103) + 1} digits"
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # holds an integer beyond 4300 digits, or is very deep
        return f"a {type(value).__name__} too large to show"
    return shortened(printable(text), LONGEST_SHOWN)


def shortened(text: str, most: int = LONGEST_SENTENCE) -> str:
    """Return the text, with its middle left out where it is longer than `most` characters."""
    if len(text) <= most:
        return text
    half = (most - 30) // 2
    return f"{text[:half]} ... ({len(text)} characters) ... {text[-half:]}"


def local_time(time_s: object, pattern: str = "%Y-%m-%d %H:%M:%S") -> str:
    """Return s since 1970-01-01 UTC by the local clock; `no date` for anything that is none."""
    return _date(time_s, pattern, time.localtime)


def utc_time(time_s: object, pattern: str = "%Y-%m-%d %H:%M") -> str:
    """Return s since 1970-01-01 UTC as UTC; `no date` for anything that is none."""
    return _date(time_s, pattern, time.gmtime)


def _date(time_s: object, pattern: str, calendar: Callable[[float], time.struct_time]) -> str:
    if not isinstance(time_s, int | float):
        return NO_DATE
    try:
        return time.strftime(pattern, calendar(time_s))
    except (OverflowError, ValueError, OSError):
        return NO_DATE


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
