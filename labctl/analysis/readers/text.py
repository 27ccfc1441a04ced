"""Bytes to text: what encoding a measurement file is in."""

import codecs
from os import PathLike
from pathlib import Path

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_text(path: str | PathLike[str]) -> str:
    """The text of a file with line ends as `\\n`: by its byte order mark, else UTF-8, else Windows-1252.

    Zeros in it are a hole that a crash has left: they stay, lest two halves of a number join.
    """
    raw = Path(path).read_bytes()
    text = raw.decode(_encoding(raw), errors="replace")
    return text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")


def _encoding(raw: bytes) -> str:
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return name
    if raw[1:200:2].count(0) > 40:
        return "utf-16-le"
    if raw[0:200:2].count(0) > 40:
        return "utf-16-be"
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"
