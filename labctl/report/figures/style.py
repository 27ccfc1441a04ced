"""Style of figures: journal size by default, slides, and a laboratory's own matplotlibrc file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager

from labctl.errors import InvalidRequest

MM_PER_INCH = 25.4
WIDTH_MM = 85.0  # one column of a journal
NARROWEST_MM, WIDEST_MM = 30.0, 1000.0
SLIDE_INCHES = (40 / 3, 7.5)  # 16:9
SLIDE_DPI = 144  # 1920 x 1080

OTHER_SCRIPTS = (
    "Noto Sans CJK SC",
    "Microsoft YaHei",
    "Yu Gothic",
    "Malgun Gothic",
    "WenQuanYi Zen Hei",
    "Noto Sans Arabic",
    "Noto Emoji",
    "Segoe UI Emoji",
)
"""Fonts for names in other scripts than matplotlib's own font has, where the computer has them."""

JOURNAL: dict[str, Any] = {
    "font.size": 7.0,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7.5,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.0,
    "legend.frameon": False,
    "legend.handlelength": 1.4,
    "legend.borderaxespad": 0.6,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "lines.linewidth": 0.9,
    "lines.markersize": 3.2,
    "lines.markeredgewidth": 0.7,
    "errorbar.capsize": 1.5,
    "savefig.dpi": 300,
}
SLIDE: dict[str, Any] = JOURNAL | {
    "font.size": 18.0,
    "axes.titlesize": 20.0,
    "axes.labelsize": 20.0,
    "xtick.labelsize": 17.0,
    "ytick.labelsize": 17.0,
    "legend.fontsize": 15.0,
    "axes.linewidth": 1.4,
    "xtick.major.width": 1.4,
    "ytick.major.width": 1.4,
    "lines.linewidth": 2.2,
    "lines.markersize": 8.0,
    "lines.markeredgewidth": 1.6,
    "errorbar.capsize": 4.0,
    "savefig.dpi": SLIDE_DPI,
}
ALWAYS: dict[str, Any] = {
    "pdf.fonttype": 42,  # fonts are embedded whole, so that text stays text
    "ps.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "labctl",
    "text.usetex": False,  # names of samples are data, and LaTeX would obey them
}


@contextmanager
def styled(style: Path | None = None, *, slide: bool = False) -> Iterator[None]:
    """Draw in the style of a journal or a slide, changed by a matplotlibrc file.

    Raises
    ------
    InvalidRequest
        The file cannot be read, or holds no valid settings.
    """
    settings: dict[str, Any] = {"font.family": _families()} | (SLIDE if slide else JOURNAL)
    chosen: Any = settings | ({} if style is None else _of_file(style)) | ALWAYS
    with mpl.rc_context(chosen):
        yield


def size_inches(width_mm: float, height_ratio: float, *, slide: bool = False) -> tuple[float, float]:
    """Return width and height of a figure in inches; raises InvalidRequest for an impossible width."""
    if slide:
        return SLIDE_INCHES
    if not NARROWEST_MM <= width_mm <= WIDEST_MM:
        raise InvalidRequest(f"--width-mm: give {NARROWEST_MM:g} to {WIDEST_MM:g}, not {width_mm:g}")
    return width_mm / MM_PER_INCH, width_mm / MM_PER_INCH * height_ratio


def _families() -> list[str]:
    known = set(font_manager.get_font_names())
    return ["DejaVu Sans", *(name for name in OTHER_SCRIPTS if name in known)]


def _of_file(style: Path) -> dict[str, Any]:
    try:
        text = style.read_text(encoding="utf-8")
        settings = {}
        for number, line in enumerate(text.splitlines(), start=1):
            key, colon, value = line.split("#", 1)[0].partition(":")
            if key.strip() and not colon:
                raise InvalidRequest(f"--style: {style}: line {number} is not `key: value`")
            if key.strip():
                settings[key.strip()] = value.strip().strip('"')
        checked: Any = mpl.RcParams()
        for key, value in settings.items():
            checked[key] = value
    except OSError as error:
        raise InvalidRequest(f"--style: {style}: {error.strerror}") from error
    except (KeyError, ValueError) as error:
        raise InvalidRequest(f"--style: {style}: {str(error).strip(chr(39))}") from error
    return dict(checked)
