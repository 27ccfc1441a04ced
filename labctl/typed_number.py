"""Numbers as people type them, in fields of the window and on the command line.

Rules
-----
1. A text has one reading or it is refused; a refusal names the possible readings.
2. A point is a decimal point. A comma is one too, unless it can also separate thousands (`1,000`).
3. Spaces and apostrophes separate groups of three digits (`1 000`, `1'000`), nothing else.
4. A unit must measure the same quantity as the unit of the field, which holds for a number without one.
5. A prefix without a unit (`5n`) is accepted where it cannot be a unit: not for times, lengths, temperatures.
6. Decimal numbers only: no `nan`, `inf`, `1_000` or `1/2`.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

MOST_VALUES = 10_000
ZERO_CELSIUS_K = 273.15
PREFIXES = {"f": 1e-15, "p": 1e-12, "n": 1e-9, "µ": 1e-6, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9}


class NotUnderstood(ValueError):
    """A text that is no number, has two readings, or has a unit that does not fit."""


class Ambiguous(NotUnderstood):
    """A text with two readings.

    Attributes
    ----------
    readings : tuple of str
    """

    def __init__(self, text: str, readings: Sequence[str], advice: str = "") -> None:
        self.readings = tuple(readings)
        super().__init__(f"'{text}' can be {' or '.join(self.readings)}; {advice or 'write which'}")


@dataclass(frozen=True)
class Numbers:
    """A list as understood: its values in the unit of the field, and remarks for the person."""

    values: tuple[float, ...]
    remarks: tuple[str, ...] = ()


def understand(text: str, unit: str = "") -> float | None:
    """Return the number that a person typed, in the unit of its field; None for an empty text.

    Parameters
    ----------
    text : str
        For example `1,05`, `1 000`, `50 mV`, `1e-3`, `2 h 30 min`.
    unit : str
        Unit of the field, for example `"V"`, `"mm"`, `"degC"`; `""` for a number without one.

    Raises
    ------
    NotUnderstood
        The text is no number, or its unit does not fit.
    Ambiguous
        The text has two readings.
    """
    plain = _plain(text)
    if not plain:
        return None
    if _is_duration(unit) and (compound := _compound_duration(plain)) is not None:
        return compound / _TIMES[_canonical(unit)]
    found = _NUMBER.match(plain)
    if found is None:
        raise NotUnderstood(f"'{text.strip()}' is not a number")
    digits = _read_digits(found[0].strip(), text.strip())
    return _in_unit(digits, plain[found.end() :].strip(), unit, text.strip())


def understand_list(text: str, unit: str = "") -> Numbers:
    """Return the numbers of a list: `30, 60, 90`, `30; 60; 90`, or `30:90:15` for first:last:step.

    A unit after the last number alone holds for all. Empty text gives no values.

    Raises
    ------
    NotUnderstood, Ambiguous
        As `understand`; also for `37,5`, which can be one number or two.
    """
    plain = _plain(text).removeprefix("[").removesuffix("]").strip()
    parts = _parts(plain)
    own_unit = _trailing_unit(parts)
    values: list[float] = []
    remarks: list[str] = []
    for part in parts:
        numbers, remark = _span_or_number(
            part + own_unit if own_unit and part is not parts[-1] else part, unit
        )
        values += numbers
        remarks += [remark] if remark else []
    if len(values) > MOST_VALUES:
        raise NotUnderstood(f"{len(values)} values; at most {MOST_VALUES} are allowed")
    return Numbers(tuple(values), tuple(remarks))


def span(first: float, last: float, step: float) -> list[float]:
    """Return first, first + step, ... up to and with last.

    Raises ValueError for a step of zero or of the wrong sign, and for more than 10 000 values.
    """
    if not all(map(math.isfinite, (first, last, step))) or step == 0:
        raise ValueError("is not first:last:step")
    steps = math.floor((last - first) / step + 1e-9)
    if steps < 0:
        raise ValueError("the step has the wrong sign")
    if steps >= MOST_VALUES:
        raise ValueError(f"gives {steps + 1} values; at most {MOST_VALUES} are allowed")
    return [first + n * step for n in range(steps + 1)]


def end_before_last(first: float, last: float, step: float) -> float | None:
    """Return the value at which a range ends, if this is not its last; else None."""
    end = span(first, last, step)[-1]
    return end if abs(last - end) > 1e-6 * abs(step) else None


def comma_readings(text: str) -> tuple[str, str] | None:
    """Return both readings of a number with a comma, `("1.05", "the list 1 and 05")`; None without a comma.

    For the command line, where commas separate lists.
    """
    parts = [part.strip() for part in _plain(text).split(",")]
    if len(parts) < 2 or not all(re.match(r"[+-]?\.?\d", part) for part in parts):
        return None
    listed = f"the list {', '.join(parts[:-1])} and {parts[-1]}"
    return (".".join(parts), listed) if len(parts) == 2 else ("".join(parts), listed)


def shown_number(value: float, digits: int = 10) -> str:
    """Return a number with a decimal point, without zeros at its end."""
    return f"{value:.{digits}g}".replace("e+", "e")


# --- characters ---------------------------------------------------------------------------------------------

_SPACES = dict.fromkeys(
    map(ord, "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000\t"), " "
)
_FULL_WIDTH = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_SIGNS = str.maketrans(
    {
        "\u2212": "-",
        "\u2010": "-",
        "\u2011": "-",
        "\u3001": ",",
        "\u3002": ".",
        "\u2019": "'",
        "\u03bc": "µ",
        "\u2126": "Ω",
        "\u2103": "°C",
        "\u212a": "K",
        "\u00ba": "°",
        "\u02da": "°",
        "\u00d7": "x",
        "\u00b7": "·",
        "\u22c5": "·",
        "\u2215": "/",
    }
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")


def _plain(text: str) -> str:
    """Return a text in ASCII digits and signs, without spaces at its ends."""
    text = text.translate(_SPACES).translate(_FULL_WIDTH).translate(_SIGNS)
    text = re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+", lambda found: "^" + found[0].translate(_SUPERSCRIPTS), text)
    return text.strip()


# --- digits -------------------------------------------------------------------------------------------------

_MANTISSA = r"[+-]?\s?(?:\d[\d'., ]*|[.,]\d+)"
_EXPONENT = r"(?:[eE]\s?[+-]?\d+(?![\d.,])|\s?[x·*]\s?10(?:\^|\*\*|(?=-))\s?[+-]?\d+(?![\d.,]))?"
_NUMBER = re.compile(_MANTISSA + _EXPONENT)
_POWER = re.compile(r"\s?[x·*]\s?10(?:\^|\*\*|(?=-))\s?([+-]?\d+)$")
_WITH_E = re.compile(r"[eE]\s?([+-]?\d+)$")
_GROUPED = r"\d{1,3}(?:%s\d{3})+"


def _read_digits(number: str, whole: str) -> float:
    power = _POWER.search(number) or _WITH_E.search(number)
    mantissa = number[: power.start()] if power else number
    exponent = int(power[1]) if power else 0
    sign = "-" if mantissa.startswith("-") else ""
    digits = _one_reading(mantissa.lstrip("+- ").strip(), whole)
    value = float(f"{sign}{digits}e{exponent}")
    if not math.isfinite(value):
        raise NotUnderstood(f"'{whole}' is too large")
    return value


def _one_reading(digits: str, whole: str) -> str:
    """Return digits with a decimal point only; raises NotUnderstood or Ambiguous."""
    if re.fullmatch(r"\d+\.?\d*|\.\d+", digits):
        return digits
    for gap in (" ", "'"):
        if gap in digits:
            digits = _without_groups(digits, gap, whole)
    points, commas = digits.count("."), digits.count(",")
    if not commas and points <= 1:
        return digits
    if points and commas:
        return _with_both(digits, whole)
    mark = "," if commas else "."
    if max(points, commas) > 1:
        if re.fullmatch(_GROUPED % re.escape(mark), digits) and not digits.startswith("0"):
            return digits.replace(mark, "")
        raise NotUnderstood(f"'{whole}' is not one number")
    return _with_one_comma(digits, whole)


def _with_one_comma(digits: str, whole: str) -> str:
    before, _, after = digits.partition(",")
    if not after:
        raise NotUnderstood(f"'{whole}' ends with a comma")
    if len(after) == 3 and 1 <= len(before) <= 3 and not before.startswith("0"):
        readings = (shown_number(float(f"{before}.{after}")), before + after)
        raise Ambiguous(whole, readings, f"write {before}.{after} or {before}{after}")
    return f"{before or '0'}.{after}"


def _with_both(digits: str, whole: str) -> str:
    """Return digits in which one mark separates thousands and the other, once, is the decimal mark."""
    decimal = max(",.", key=digits.rfind)
    thousands = "." if decimal == "," else ","
    before, _, after = digits.rpartition(decimal)
    if decimal in before or not re.fullmatch(_GROUPED % re.escape(thousands), before) or before[0] == "0":
        raise NotUnderstood(f"'{whole}' is not one number")
    return before.replace(thousands, "") + "." + after


def _without_groups(digits: str, gap: str, whole: str) -> str:
    found = re.fullmatch(rf"({_GROUPED % gap})([.,]\d*)?", digits)
    if found is None or digits.startswith("0"):
        listed = " or a list: separate numbers by ', '" if gap == " " else ""
        raise NotUnderstood(f"'{whole}' is not one number; groups have three digits{listed}")
    return found[1].replace(gap, "") + (found[2] or "")


# --- units --------------------------------------------------------------------------------------------------


def _prefixed(unit: str, power: int = 1, only: str = "fpnµumkMG") -> dict[str, float]:
    return {unit: 1.0} | {p + unit: PREFIXES[p] ** power for p in only}


_LENGTHS = _prefixed("m", only="fpnµumk") | {"cm": 1e-2, "dm": 1e-1, "micron": 1e-6}
_AREAS = {f"{length}2": factor**2 for length, factor in _LENGTHS.items()}
_VOLUMES = {f"{length}3": factor**3 for length, factor in _LENGTHS.items()} | {"ml": 1e-6, "l": 1e-3}
_TIMES = {
    **_prefixed("s", only="pnµum"),
    **dict.fromkeys(("sec", "second", "seconds", "Sek"), 1.0),
    **dict.fromkeys(("min", "mins", "minute", "minutes", "Min"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "Std"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86400.0),
}
_DIFFERENCES = {"K": 1.0, "mK": 1e-3, "kelvin": 1.0}
_CELSIUS = ("degC", "°C")
_CELSIUS_TYPED = (*_CELSIUS, "C")
_OHMS = {
    p + name: PREFIXES.get(p, 1.0) for p in ("", *"fpnµumkMG") for name in ("ohm", "Ohm", "ohms", "Ohms", "Ω")
}
_DIMENSIONS: tuple[dict[str, float], ...] = (
    _LENGTHS,
    _AREAS,
    _VOLUMES,
    _TIMES,
    _DIFFERENCES,
    _OHMS,
    *(_prefixed(unit) for unit in ("V", "A", "Hz", "F", "S", "W", "Pa", "N", "J", "H", "T", "C", "eV")),
    {"mbar": 1e2, "bar": 1e5},
    {"g": 1.0, "mg": 1e-3, "µg": 1e-6, "ug": 1e-6, "kg": 1e3},
    {"%": 1e-2, "percent": 1e-2, "ppm": 1e-6, "1": 1.0, "": 1.0},
)
_NO_BARE_PREFIX = (_LENGTHS, _AREAS, _VOLUMES, _TIMES, _DIFFERENCES)


def _canonical(unit: str) -> str:
    """Return a unit without spaces and carets: `cm²` and `cm^2` are `cm2`."""
    return re.sub(r"[\s^]", "", _plain(unit))


def _dimension(unit: str) -> dict[str, float] | None:
    return next((known for known in _DIMENSIONS if unit in known), None)


def _is_duration(unit: str) -> bool:
    return _canonical(unit) in _TIMES


def _compound_duration(plain: str) -> float | None:
    """Return s of `2 h 30 min`, `1h30min`; None for anything else."""
    if not re.fullmatch(r"(?:\d+(?:[.,]\d{1,2})?\s*[a-zA-Z]+\s*){2,}", plain):
        return None
    parts = re.findall(r"(\d+(?:[.,]\d{1,2})?)\s*([a-zA-Z]+)", plain)
    factors = [_TIMES.get(name) for _, name in parts]
    sizes = [factor for factor in factors if factor is not None]
    if len(sizes) < len(factors) or sizes != sorted(set(sizes), reverse=True):
        return None
    return sum(float(n.replace(",", ".")) * size for (n, _), size in zip(parts, sizes, strict=True))


def _in_unit(value: float, typed: str, unit: str, whole: str) -> float:
    """Return a value in the unit of its field, from the unit that was typed."""
    wanted, given = _canonical(unit), _canonical(typed)
    if not given or given == wanted:
        return value
    if wanted in _CELSIUS:
        return _celsius(value, given, whole)
    if "/" in wanted or "/" in given:
        return _quotient(value, given, wanted, whole)
    dimension = _dimension(wanted)
    if given in PREFIXES and given not in (dimension or {}):
        return value * _bare_prefix(given, wanted, dimension, whole)
    if dimension is None or given not in dimension:
        if dimension is _DIFFERENCES and given in _CELSIUS_TYPED:
            raise NotUnderstood(f"'{whole}' is in degrees Celsius; give kelvin")
        raise NotUnderstood(f"'{whole}' is not {_in_words(wanted)}")
    if dimension in _NO_BARE_PREFIX and typed == "m" and wanted != "m":
        raise _of_m(wanted, whole)
    return _scaled(value, dimension[given], dimension[wanted])


def _scaled(value: float, given: float, wanted: float) -> float:
    """Return value * given / wanted, rounded to the digits that a double holds."""
    return float(f"{value * given / wanted:.15g}")


def _bare_prefix(given: str, wanted: str, dimension: dict[str, float] | None, whole: str) -> float:
    if not wanted:
        return PREFIXES[given]
    if dimension is None or any(dimension is known for known in _NO_BARE_PREFIX):
        if given == "m":
            raise _of_m(wanted, whole)
        raise NotUnderstood(f"'{whole}' has a prefix without a unit; write for example '5 {wanted}'")
    if len(wanted) > 1 and wanted[0] in PREFIXES and wanted[1:] in dimension:
        raise NotUnderstood(
            f"'{whole}' has a prefix without a unit, and the field is in {wanted}; add the unit"
        )
    return PREFIXES[given]


def _of_m(wanted: str, whole: str) -> Ambiguous:
    number = whole.rstrip("m ").strip()
    if _is_duration(wanted):
        return Ambiguous(whole, (f"{number} min", f"{number} ms"), "write the whole unit")
    if _dimension(wanted) is _LENGTHS:
        return Ambiguous(whole, (f"{number} m", f"{number} mm"), "write the whole unit")
    readings = (f"{number} milli", f"{number} metres")
    return Ambiguous(whole, readings, f"write the unit, for example {wanted}")


def _celsius(value: float, given: str, whole: str) -> float:
    if given in _CELSIUS_TYPED:
        return value
    if given in ("K", "kelvin"):
        return float(f"{value - ZERO_CELSIUS_K:.12g}")
    raise NotUnderstood(f"'{whole}' is not a temperature; give °C or K")


def _quotient(value: float, given: str, wanted: str, whole: str) -> float:
    """Return a value in `K/min` of a number in `K/h`; numerator and denominator are converted apart."""
    split = [text.split("/") for text in (given, wanted)]
    if any(len(parts) != 2 for parts in split):
        raise NotUnderstood(f"'{whole}' is not {_in_words(wanted)}")
    (top, below), (wanted_top, wanted_below) = split
    factor = 1.0
    for one, other, power in ((top, wanted_top, 1), (below, wanted_below, -1)):
        one, other = ("K" if part in _CELSIUS_TYPED else part for part in (one, other))
        if one == other:
            continue
        dimension = _dimension(other)
        if dimension is None or one not in dimension:
            raise NotUnderstood(f"'{whole}' is not {_in_words(wanted)}")
        factor *= (dimension[one] / dimension[other]) ** power
    return _scaled(value, factor, 1.0)


def _in_words(unit: str) -> str:
    return f"in {unit} or a multiple of it" if unit else "a number without a unit"


# --- lists --------------------------------------------------------------------------------------------------


def _parts(plain: str) -> list[str]:
    """Return the elements of a list; raises Ambiguous where a comma can be a decimal comma."""
    if ";" in plain:
        return [part.strip() for part in plain.split(";") if part.strip()]
    if "." not in plain and _may_have_decimal_commas(plain):
        raise _two_ways(plain)
    return [part.strip() for part in plain.split(",") if part.strip()]


def _may_have_decimal_commas(plain: str) -> bool:
    """Return whether commas without a space can be decimal commas: `37,5`, `1,05`, `37,5,40,5`."""
    bare = re.findall(r"(?<=\d),(?=\d)", plain)
    if not bare:
        return False
    if re.search(r",\s+\S", plain):
        return True
    parts = plain.split(",")
    if any(re.match(r"0\d", part) for part in parts):
        return True
    if len(bare) == 1:
        return re.match(r"\d{1,2}(?!\d)", parts[1]) is not None
    if len(parts) % 2 or not all(part.isdigit() for part in parts):
        return False
    whole = [float(part) for part in parts]
    pairs = [float(f"{a}.{b}") for a, b in zip(parts[::2], parts[1::2], strict=True)]
    return _is_monotone(pairs) and not _is_monotone(whole)


def _is_monotone(values: Sequence[float]) -> bool:
    return list(values) in (sorted(values), sorted(values, reverse=True))


def _two_ways(plain: str) -> Ambiguous:
    decimal = re.sub(r"(\d),(\d)", r"\1.\2", plain)
    listed = re.sub(r"(\d),(\d)", r"\1, \2", plain)
    return Ambiguous(plain, (decimal, f"the list {listed}"), f"write '{decimal}' or '{listed}'")


def _trailing_unit(parts: Sequence[str]) -> str:
    """Return the unit after the last element if no other has one; raises NotUnderstood if some have."""
    for part in parts:
        if not re.search(r"\d", part):
            raise NotUnderstood(f"'{part.strip()}' is not a number")
    units = [re.sub(r"^[^a-zA-Zµ°%Ω]*(?:[eE][+-]?\d+)?", "", part).strip() for part in parts]
    given = [unit for unit in units if unit]
    if not given or len(given) == len(parts):
        return ""
    if len(given) == 1 and units[-1]:
        return f" {units[-1]}"
    raise NotUnderstood("some numbers have a unit and some have none; give it after each, or after the last")


def _span_or_number(part: str, unit: str) -> tuple[list[float], str]:
    fields = part.split(":")
    if len(fields) == 1:
        number = understand(part, unit)
        return ([] if number is None else [number]), ""
    own = _trailing_unit(fields)
    if _canonical(unit) in _CELSIUS and _canonical(own) not in ("", *_CELSIUS_TYPED):
        raise NotUnderstood(f"'{part}': give a range in °C")
    numbers = [
        understand(field + (own if n < len(fields) - 1 else ""), unit) for n, field in enumerate(fields)
    ]
    if len(numbers) != 3 or any(number is None for number in numbers):
        raise NotUnderstood(f"'{part}' is not first:last:step")
    first, last, step = (number for number in numbers if number is not None)
    try:
        values, end = span(first, last, step), end_before_last(first, last, step)
    except ValueError as error:
        raise NotUnderstood(f"'{part}' {error}") from error
    return values, f"{part} ends at {shown_number(end)}" if end is not None else ""
