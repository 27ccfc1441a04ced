"""MethodSCRIPT, the language of PalmSens EmStat4, EmStat Pico and Nexus: script generation, output parsing.

Pure functions over text. Sources: MethodSCRIPT manual 1.8, EmStat4 and EmStat Pico protocol descriptions, and
the manufacturer's published examples. Numbers have no decimal point: an integer and an SI prefix.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

EXPONENTS = {
    "a": -18, "f": -15, "p": -12, "n": -9, "u": -6, "m": -3, " ": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15,
    "E": 18, "i": 0,
}  # fmt: skip
WRITTEN_PREFIXES = ("G", "M", "k", "", "m", "u", "n", "p", "f", "a")
OFFSET, LARGEST_INTEGER = 0x8000000, 999_999_999
PRECISION = 6e-7

SET_POTENTIAL, MEASURED_POTENTIAL, CURRENT = "da", "ab", "ba"
FREQUENCY, Z_REAL, Z_IMAG = "dc", "cc", "cd"

OFF, LOW_SPEED, HIGH_SPEED = 0, 2, 3

STATUS_WORDS = {
    1: "timing not met",
    2: "overload",
    4: "underload: too small for its range",
    8: "overload warning",
}
ERROR_WORDS = {
    0x0001: "unspecified", 0x0002: "bad variable type", 0x0003: "unknown command", 0x0006: "not allowed now",
    0x0007: "bad value", 0x0008: "too long", 0x0009: "time-out", 0x000C: "no script",
    0x000F: "potential out of range", 0x0011: "bad frequency", 0x0012: "bad amplitude",
    0x0014: "open circuit requested with the cell on", 0x001B: "not supported by this device",
    0x001F: "no licence", 0x0021: "bad potentiostat mode", 0x0028: "division by zero",
    0x0032: "aborted: the cell was overloaded", 0x0058: "timing", 0x005A: "timing",
    0x0080: "the counter electrode oscillates", 0x4001: "unknown script command",
    0x4004: "unexpected character", 0x4005: "too large", 0x4008: "optional argument", 0x400B: "nested loop",
    0x400C: "wrong context", 0x4018: "unexpected end", 0x4026: "declared twice", 0x4027: "needs the cell on",
    0x4028: "needs the cell off", 0x402B: "bad name", 0x7FFF: "fatal",
}  # fmt: skip


@dataclass(frozen=True)
class Variable:
    """One value of a package: two-letter type, SI value, status bits and range index if sent."""

    kind: str
    value: float
    status: int = 0
    range_index: int | None = None

    @property
    def doubts(self) -> tuple[str, ...]:
        """Status messages of this value; empty if it is good."""
        return tuple(words for bit, words in STATUS_WORDS.items() if self.status & bit)


def parse_value(text: str) -> float:
    """Return the SI value of seven hexadecimal digits and a prefix; NaN if the instrument sends nan.

    Raises ValueError for anything else.
    """
    if text == "     nan":
        return math.nan
    if not re.fullmatch(r"[0-9A-F]{7}[afpnum kMGTPEi]", text):
        raise ValueError(f"{text!r} is not a value")
    number, exponent = int(text[:7], 16) - OFFSET, EXPONENTS[text[7]]
    return number * 10.0**exponent if exponent >= 0 else number / 10.0**-exponent


def parse_package(line: str) -> dict[str, Variable]:
    """Return the variables of a line `P...` by type; raises ValueError for any other line."""
    if not line.startswith("P"):
        raise ValueError("not a data package")
    variables = [_parse_variable(field) for field in line[1:].split(";")]
    if len({variable.kind for variable in variables}) != len(variables):
        raise ValueError("a variable occurs twice")
    return {variable.kind: variable for variable in variables}


def _parse_variable(field: str) -> Variable:
    first, *metadata = field.split(",")
    if not re.fullmatch(r"[a-z]{2}.{8}", first):
        raise ValueError(f"{first!r} is not a variable")
    found = {item[:1]: item[1:] for item in metadata}
    if not all(re.fullmatch(r"1[0-9A-F]|2[0-9A-F]{2}|4[0-9A-F]", item) for item in metadata):
        raise ValueError(f"{metadata} is not status, range and noise")
    return Variable(
        kind=first[:2],
        value=parse_value(first[2:]),
        status=int(found.get("1", "0"), 16),
        range_index=int(found["2"], 16) if "2" in found else None,
    )


def error_in(line: str) -> str:
    """Return the error reported by a line (`!0032: Line 4`, `l!4001: ...`) as text, `""` for none."""
    found = re.fullmatch(r".?!([0-9A-Fa-f]{4})(?:: *(.*))?", line)
    if not found:
        return ""
    code = int(found[1], 16)
    argument = 0x4200 <= code <= 0x420B
    words = "argument error" if argument else ERROR_WORDS.get(code, "not in the manual")
    return f"error {code:04X}, {words}" + (f" ({found[2]})" if found[2] else "")


def literal(value: float) -> str:
    """Format a number as an integer with an SI prefix, exact to 6e-7; raises ValueError if none fits."""
    if value == 0:
        return "0"
    for prefix in WRITTEN_PREFIXES:
        exponent = EXPONENTS[prefix or " "]
        scaled = value / 10.0**exponent if math.isfinite(value) else math.inf
        if abs(scaled) <= LARGEST_INTEGER and math.isclose(round(scaled), scaled, rel_tol=PRECISION):
            return f"{round(scaled)}{prefix}"
    raise ValueError(f"{value!r} cannot be written in MethodSCRIPT")


def log_spaced_runs(frequencies_hz: Sequence[float]) -> Iterator[Sequence[float]]:
    """Split frequencies, in order, into the longest runs of equal ratio: one measuring loop each."""
    start = 0
    while start < len(frequencies_hz):
        end = min(start + 2, len(frequencies_hz))
        while end < len(frequencies_hz) and _same_ratio(frequencies_hz, start, end):
            end += 1
        yield frequencies_hz[start:end]
        start = end


def _same_ratio(frequencies_hz: Sequence[float], start: int, end: int) -> bool:
    steps = end - start
    ratio = frequencies_hz[start + 1] / frequencies_hz[start]
    return math.isclose(frequencies_hz[start] * ratio**steps, frequencies_hz[end], rel_tol=1e-4)


@dataclass(frozen=True)
class CurrentRanges:
    """Lowest and highest current range of autoranging, in amperes."""

    lowest_a: float
    highest_a: float

    def lines(self) -> tuple[str, ...]:
        """Return the commands that set them, starting from the highest."""
        low, high = literal(self.lowest_a), literal(self.highest_a)
        return (f"set_range ba {high}", f"set_autoranging ba {low} {high}")


CELL_OFF_SCRIPT = ("cell_off",)


def spectrum_script(
    frequencies_hz: Sequence[float],
    amplitude_v: float,
    bias_v: float,
    ranges: CurrentRanges,
    cell_is_held: bool,
) -> tuple[str, ...]:
    """Return the script of one spectrum; it does not change mode and cell if `cell_is_held`."""
    bandwidth = f"set_max_bandwidth {literal(max(frequencies_hz))}"
    before = () if cell_is_held else _polarised(bias_v, ranges, bandwidth)
    after = () if cell_is_held else ("on_finished:", "cell_off")
    loops = [_spectrum_loop(run, amplitude_v, bias_v) for run in log_spaced_runs(frequencies_hz)]
    return ("var f", "var r", "var j", *before, *(line for loop in loops for line in loop), *after)


def _spectrum_loop(run: Sequence[float], amplitude_v: float, bias_v: float) -> tuple[str, ...]:
    ends = f"{literal(run[0])} {literal(run[-1])} {len(run)}i"
    head = f"meas_loop_eis f r j {literal(amplitude_v)} {ends} {literal(bias_v)}"
    return (head, *_package("f", "r", "j"), "endloop")


def step_script(potential_v: float, ranges: CurrentRanges, interval_s: float) -> tuple[str, ...]:
    """Return the script that switches the cell on, takes a first sample and leaves the cell on."""
    return ("var p", "var c", *_polarised(potential_v, ranges), *_sample_loop(potential_v, interval_s))


def sample_script(potential_v: float, interval_s: float) -> tuple[str, ...]:
    """Return the script that takes one sample of a cell that is on."""
    return ("var p", "var c", *_sample_loop(potential_v, interval_s))


def rest_script(interval_s: float) -> tuple[str, ...]:
    """Return the script that measures the open-circuit potential once."""
    interval = literal(interval_s)
    loop = (f"meas_loop_ocp p {interval} {interval}", *_package("p"), "endloop")
    return ("var p", "set_pgstat_chan 0", f"set_pgstat_mode {LOW_SPEED}", "cell_off", *loop)


def _polarised(potential_v: float, ranges: CurrentRanges, *bandwidth: str) -> tuple[str, ...]:
    """Return cell-on commands in high-speed mode: spectra need it, and changing it disturbs a held cell."""
    potential = literal(potential_v)
    return (
        "set_pgstat_chan 0",
        f"set_pgstat_mode {HIGH_SPEED}",
        *bandwidth,
        f"set_range_minmax da {potential} {potential}",
        *ranges.lines(),
        f"set_e {potential}",
        "cell_on",
    )


def _sample_loop(potential_v: float, interval_s: float) -> tuple[str, ...]:
    interval = literal(interval_s)
    head = f"meas_loop_ca p c {literal(potential_v)} {interval} {interval}"
    return (head, *_package("p", "c"), "endloop")


def _package(*variables: str) -> tuple[str, ...]:
    return ("pck_start", *(f"pck_add {name}" for name in variables), "pck_end")
