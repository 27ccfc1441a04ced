"""Binary formats that are recognised and refused, with the program that exports each as text."""

from pathlib import Path

_BY_ENDING = {
    ".idf": ("an Ivium data file", "IviumSoft"),
    ".ids": ("an Ivium data file", "IviumSoft"),
    ".ism": ("a Zahner impedance file", "Thales or Zahner Analysis"),
    ".isc": ("a Zahner file of a cyclic voltammogram", "Thales or Zahner Analysis"),
    ".isw": ("a Zahner file of a current-voltage curve", "Thales or Zahner Analysis"),
    ".dta": ("a Gamry file in binary", "Gamry Framework or Echem Analyst"),
    ".gdata": ("a Gamry file in binary", "Gamry Framework or Echem Analyst"),
    ".nox": ("an Autolab file in binary", "NOVA"),
}
_PACKED = {
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a rar archive",
}


def refuse_named(path: Path, start: bytes) -> None:
    """ValueError for a format that is recognised and not read; it says how to get a text.

    `start` are the first bytes. A text with one of these endings is not refused.
    """
    packed = next((name for mark, name in _PACKED.items() if start.startswith(mark)), "")
    if packed:
        raise ValueError(f"{packed}: unpack it and give the files inside")
    if start.startswith(b"%PDF"):
        raise ValueError("a PDF: it holds a picture of the numbers, not a table")
    named = _BY_ENDING.get(path.suffix.lower())
    if named is not None and _is_binary(start):
        what, program = named
        raise ValueError(f"{what}, which is not read: export the data as text from {program}")


def _is_binary(start: bytes) -> bool:
    """Whether a file begins with bytes that no text has: control characters other than line ends and tabs."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    return any(byte < 32 and byte not in (9, 10, 12, 13, 26) for byte in start)
