"""Export as ZPlot text, one file for each spectrum: impedance.py, pyimpspec and RelaxIS read it.

The columns follow a .z file by Scribner: frequency, amplitude, bias, time, real and imaginary part, and
three that labctl leaves at zero. Points that were not good, and excluded ones, are left out; a comment says
how many.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from labctl.plain_text import on_one_line, utc_time
from labctl.report.export.delimited import write_texts
from labctl.report.export.tables import Table, rows_of
from labctl.units import ZERO_CELSIUS_K

HEADING = "Freq(Hz)\tAmpl\tBias\tTime(Sec)\tZ'(a)\tZ''(b)\tGD\tErr\tRange"
FIRST_LINE = "ZPLOT2 ASCII"
_UNSAFE = re.compile(r"[^\w.+-]+")
LONGEST_NAME = 60
SETTINGS = (("Amplitude", "amplitude_v"), ("Bias", "bias_v"))


def write_zplot(tables: Sequence[Table], path: Path) -> list[Path]:
    """Write each spectrum into a folder, or into a zip where the path ends in .zip."""
    return write_texts(dict(spectrum_files(tables)), path)


def spectrum_files(tables: Sequence[Table]) -> Iterator[tuple[str, str]]:
    """Return name and text of the file of each spectrum."""
    by_name = {table.name: table for table in tables}
    samples = {row["run"]: row["name"] for row in rows_of(by_name.get("samples"))}
    kelvin = {row["spectrum_id"]: row["temperature_k"] for row in rows_of(by_name.get("conductivities"))}
    points: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for point in rows_of(by_name.get("impedance_points")):
        points[point["spectrum_id"]].append(point)
    silent: dict[int, list[str]] = defaultdict(list)
    for row in rows_of(by_name.get("unknowns")):
        silent[row["run"]].append(row["not_stated"])
    for spectrum in rows_of(by_name.get("spectra")):
        sample, at_k = samples[spectrum["run"]], kelvin.get(spectrum["id"])
        name = file_name(sample, spectrum, at_k)
        missing = ", ".join(dict.fromkeys(silent[spectrum["run"]]))
        yield name, _text(sample, spectrum, at_k, points[spectrum["id"]], missing)


def file_name(sample: str, spectrum: Mapping[str, Any], kelvin: float | None) -> str:
    """Return e.g. `pellet_7_run3_004_60.00degC.z`; all but letters, numbers, `.`, `+`, `-` becomes `_`."""
    safe = _UNSAFE.sub("_", sample).strip("_.")[:LONGEST_NAME] or "sample"
    warm = f"_{kelvin - ZERO_CELSIUS_K:.2f}degC" if kelvin is not None else ""
    return f"{safe}_run{spectrum['run']}_{spectrum['number']:03d}{warm}.z"


def _text(
    sample: str,
    spectrum: Mapping[str, Any],
    kelvin: float | None,
    points: Sequence[Mapping[str, Any]],
    not_stated: str,
) -> str:
    good = [point for point in points if point["status"] == "ok" and not point["excluded"]]
    left_out = len(points) - len(good)
    unknown = [f"{words} not known, written as 0" for words, key in SETTINGS if spectrum[key] is None]
    warm = "not known" if kelvin is None else f"{kelvin!r} K"
    lines = [
        FIRST_LINE,
        f"Date: {utc_time(spectrum['started_s'])} UTC",
        f"Sample: {on_one_line(sample)}",
        f"Run: {spectrum['run']}, spectrum {spectrum['number']}, {spectrum['status']}",
        f"Temperature of the sample: {warm}",
        "Z'' is the true imaginary part: capacitive below zero",
        f"Points left out, not good or excluded: {left_out}",
        *unknown,
        *([f"Not stated: {on_one_line(not_stated)}"] if not_stated else []),
        HEADING,
        "End Comments",
    ]
    began_s = spectrum["started_s"]
    lines += [_line(point, spectrum, began_s) for point in good]
    return "\r\n".join(lines) + "\r\n"


def _line(point: Mapping[str, Any], spectrum: Mapping[str, Any], began_s: float) -> str:
    numbers = (
        point["frequency_hz"],
        spectrum["amplitude_v"] or 0.0,
        spectrum["bias_v"] or 0.0,
        point["time_s"] - began_s,
        point["z_real_ohm"],
        point["z_imag_ohm"],
    )
    return "\t".join([*(repr(float(number)) for number in numbers), "0", "0", "0"])
