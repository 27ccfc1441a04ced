"""Units in the headings of tables: `kHz`, `[Ohm cm2]`, `(log10(Hz))`, `rad/s`, `pF` ..."""

import re
from dataclasses import dataclass
from math import nan, pi

_PREFIXES = {"": 1.0, "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9}
_SYMBOLS = {
    "frequency": ("hz", "hertz"),
    "resistance": ("ohm", "ohms", "ω"),
    "conductance": ("S", "siemens", "mho"),
    "capacitance": ("F", "farad"),
    "inductance": ("H", "henry"),
    "voltage": ("V", "volt", "volts", "Vrms", "vrms"),
    "current": ("A", "ampere", "Arms"),
    "power": ("W",),
    "time": ("s", "sec", "second", "seconds"),
}
_EXACT = {
    "rad/s": ("angular frequency", 1.0),
    "rads-1": ("angular frequency", 1.0),
    "rads^-1": ("angular frequency", 1.0),
    "radhz": ("angular frequency", 1.0),
    "1/s": ("per second", 1.0),
    "s-1": ("per second", 1.0),
    "s^-1": ("per second", 1.0),
    "deg": ("angle", pi / 180),
    "degree": ("angle", pi / 180),
    "degrees": ("angle", pi / 180),
    "°": ("angle", pi / 180),
    "º": ("angle", pi / 180),
    "rad": ("angle", 1.0),
    "radian": ("angle", 1.0),
    "radians": ("angle", 1.0),
    "mrad": ("angle", 1e-3),
    "degc": ("celsius", 1.0),
    "°c": ("celsius", 1.0),
    "ºc": ("celsius", 1.0),
    "℃": ("celsius", 1.0),
    "celsius": ("celsius", 1.0),
    "k": ("kelvin", 1.0),
    "kelvin": ("kelvin", 1.0),
    "min": ("time", 60.0),
    "h": ("time", 3600.0),
    "ohm-1": ("conductance", 1.0),
    "ohm^-1": ("conductance", 1.0),
    "1/ohm": ("conductance", 1.0),
    "ω-1": ("conductance", 1.0),
    "ω^-1": ("conductance", 1.0),
    "1/ω": ("conductance", 1.0),
    "s/cm": ("conductivity", 100.0),
    "scm-1": ("conductivity", 100.0),
    "scm^-1": ("conductivity", 100.0),
    "s/m": ("conductivity", 1.0),
    "ms/cm": ("conductivity", 0.1),
    "%": ("number", 1e-2),
    "#": ("number", 1.0),
    "-": ("number", 1.0),
    "1": ("number", 1.0),
    "none": ("number", 1.0),
    "a.u.": ("number", 1.0),
}
_BRACKETS = {"(": ")", "[": "]", "{": "}", "<": ">", "|": "|"}
_AREA = re.compile(r"(ohms?|ω)\s*[.·*x∙ -]?\s*[mc]?m\s*(²|\^?2)", re.IGNORECASE)
_LENGTH = re.compile(r"(ohms?|ω)\s*[.·*x∙ -]?\s*[mc]?m$", re.IGNORECASE)
_LOG = re.compile(r"(log10|log_10|lg|log|ln)\b[\s_:(\[/]*(.*?)[)\]]*$", re.IGNORECASE)
LONGEST = 40


@dataclass(frozen=True)
class Unit:
    """Quantity of a unit and its factor to SI (rad for angles); nan where it has none.

    `scale` is "linear", "log10", "ln" or "log" (of a base that is not named).
    """

    kind: str
    factor: float
    scale: str = "linear"


def read_unit(text: str) -> Unit | None:
    """The unit in a text, in any bracket or behind a slash; None when it is not one."""
    bare = unwrapped(text)
    if not bare or len(bare) > LONGEST:
        return None
    logarithm = _LOG.match(bare)
    if logarithm:
        inner = read_unit(logarithm.group(2)) if logarithm.group(2) else Unit("number", 1.0)
        scale = {"lg": "log10", "log_10": "log10"}.get(logarithm.group(1).lower(), logarithm.group(1).lower())
        return None if inner is None else Unit(inner.kind, inner.factor, scale)
    return _plain_unit(bare)


def unwrapped(text: str) -> str:
    """The text without brackets, a leading slash, comma or `in`, and with look-alike signs replaced."""
    bare = text.strip().strip('"').strip()
    for look_alike, plain in (("\u2126", "Ω"), ("μ", "µ"), ("−", "-"), ("⋅", "·")):
        bare = bare.replace(look_alike, plain)
    while bare:
        shorter = re.sub(r"^(in\s+|[/,:]\s*|units?\s*[:=]\s*)", "", bare, flags=re.IGNORECASE).strip()
        if len(shorter) > 1 and _BRACKETS.get(shorter[0]) == shorter[-1]:
            shorter = shorter[1:-1].strip()
        if shorter == bare:
            break
        bare = shorter
    return bare


def is_per_area(text: str) -> bool:
    """Whether the text names an impedance times an area or a length."""
    bare = unwrapped(text)
    return bool(_AREA.search(bare) or _LENGTH.search(bare))


def _plain_unit(bare: str) -> Unit | None:
    squeezed = re.sub(r"[\s·*.]", "", bare) if bare != "a.u." else bare
    if is_per_area(bare):
        return Unit("resistance times area", nan)
    if squeezed == "K":
        return Unit("kelvin", 1.0)
    exact = _EXACT.get(squeezed.lower())
    if exact is not None and squeezed not in ("H", "MS/cm", "Min"):
        return Unit(*exact)
    return _prefixed(squeezed)


def _prefixed(text: str) -> Unit | None:
    """A prefix and a symbol; capitals distinguish milli from mega and siemens from seconds."""
    for kind, symbols in _SYMBOLS.items():
        for symbol in symbols:
            word = len(symbol) > 1
            ends = text.lower().endswith(symbol.lower()) if word else text.endswith(symbol)
            if symbol == "ω":
                ends = text.endswith("Ω")
            if not ends:
                continue
            prefix = text[: len(text) - len(symbol)].replace("µ", "u")
            if prefix in ("m", "M") and text[len(prefix) :].isupper() and word and text != "mHZ":
                return None
            if prefix in _PREFIXES:
                return Unit(kind, _PREFIXES[prefix])
            named = {"kilo": 1e3, "mega": 1e6, "milli": 1e-3, "micro": 1e-6, "nano": 1e-9, "pico": 1e-12}
            if prefix.lower() in named:
                return Unit(kind, named[prefix.lower()])
    return None
