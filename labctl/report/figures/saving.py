"""Writes a figure as pdf, svg or png, without the date, so that the same rows give the same file."""

import warnings
from io import BytesIO
from pathlib import Path

from matplotlib.figure import Figure

from labctl.errors import InvalidRequest
from labctl.report.whole_files import whole_file

FORMATS = ("pdf", "svg", "png")
_WITHOUT_DATE = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": {}}


def format_of(path: Path) -> str:
    """Return the format that a file name asks for; raises InvalidRequest for another one."""
    found = path.suffix.removeprefix(".").lower()
    if found not in FORMATS:
        raise InvalidRequest(f"--output: {path} ends in neither .pdf, .svg nor .png")
    return found


def save(figure: Figure, path: Path) -> None:
    """Write a figure.

    Raises
    ------
    InvalidRequest
        Another format, or the file cannot be written.
    """
    content = drawn(figure, format_of(path))
    try:
        with whole_file(path) as part:
            part.write_bytes(content)
    except OSError as error:
        raise InvalidRequest(f"--output: {path}: {error.strerror or error}") from error


def drawn(figure: Figure, kind: str, dpi: float | None = None) -> bytes:
    """Return a figure as the bytes of a file of a format."""
    into = BytesIO()
    if any(axes.get_aspect() == 1.0 for axes in figure.axes):
        figure.draw_without_rendering()  # labels of axes with equal scales are placed by a second layout
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # an emoji in a sample's name
        figure.savefig(into, format=kind, dpi=dpi, metadata=_WITHOUT_DATE[kind])
    return into.getvalue()
