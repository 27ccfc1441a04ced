"""Public measurements and the values that their authors published, for `labctl verify data`.

Spectra go through import, evaluation and laws as for any user; series of conductivities and currents
go through the functions that a user calls. The data are not in labctl: a folder with the files is named.
"""

import contextlib
import csv
import io
import math
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labctl.units import ZERO_CELSIUS_K

KJ_MOL_PER_EV = 96.48533212
KB_EV_K = 8.617333262e-5


@dataclass(frozen=True)
class Compared:
    """A published value beside labctl's.

    Attributes
    ----------
    quantity, unit : str
    published : float
        As printed; with `published_high` the lower end of a range.
    value : float
        labctl's; NaN where there is none.
    low, high : float
        Its 95 % interval; NaN where none follows from the data.
    within : float
        Relative difference up to which the two agree where the printed value is outside the interval: authors
        used one fixed circuit and stated no uncertainty.
    """

    quantity: str
    unit: str
    published: float
    value: float
    low: float = math.nan
    high: float = math.nan
    within: float = 0.02
    published_high: float | None = None

    @property
    def verdict(self) -> str:
        """`inside` the interval or the printed range, `agrees` within the stated difference, or `OUTSIDE`."""
        top = self.published if self.published_high is None else self.published_high
        in_range = self.published_high is not None and self.published <= self.value <= top
        if in_range or (self.low <= top and self.published <= self.high):
            return "inside"
        middle = (self.published + top) / 2
        return "agrees" if abs(self.value - middle) <= self.within * abs(middle) else "OUTSIDE"


@dataclass(frozen=True)
class DataSet:
    """Published data: files below the folder, where they are from, and the comparison."""

    name: str
    files: tuple[str, ...]
    source: str
    compare: Callable[[list[Path]], Iterator[Compared]]

    def paths(self, folder: Path) -> list[Path]:
        """Return the files in a folder; raises FileNotFoundError for the first that is not there."""
        paths = [folder / name for name in self.files]
        for path in paths:
            if not path.is_file():
                raise FileNotFoundError(path)
        return paths


def _imported(files: list[Path], **options: Any) -> dict[str, Any]:
    """Import spectra as one sample; return what `labctl show --json` has of the run."""
    import labctl
    from labctl.cli.import_spectra import import_spectra
    from labctl.cli.show import describe

    with tempfile.TemporaryDirectory() as folder:
        db = Path(folder) / "data.db"
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            import_spectra(files=files, sample="published", into=db, **options)
        with labctl.open(db) as opened:
            return describe(opened, "last")


def _resistance(point: dict[str, Any], published: float, **about: Any) -> Compared:
    kelvin = point["temperature_k"]
    value, sigma = point["total_resistance_ohm"], point["conductivity_s_m"]
    factor = value * sigma  # thickness over area
    ends = [factor / point[end] if point[end] else math.nan for end in ("high_95_s_m", "low_95_s_m")]
    return Compared(f"R at {kelvin - ZERO_CELSIUS_K:.0f} °C", "ohm", published, value, *ends, **about)


def _fit(content: dict[str, Any], law: str, form: str) -> dict[str, Any]:
    return next(f for f in content["fits"] if (f["law"], f["form"], f["branch"]) == (law, form, "all"))


def _oxide(files: list[Path]) -> Iterator[Compared]:
    content = _imported(files, thickness_mm=2.1, diameter_mm=8.0, temperatures="from-name")
    published = (146200 + 2.012e6, 79490 + 6.673e5, 39840 + 2.430e5, 22460 + 9.502e4)
    for point, ohm in zip(content["conductivities"], published, strict=True):
        yield _resistance(point, ohm)


def _carbonate(files: list[Path]) -> Iterator[Compared]:
    content = _imported(files, thickness_mm=4.72026, area_mm2=10.0, temperatures="from-file")
    published = (3061.9, 2404.3, 1959.0, 1645.2, 1392.2, 1284.4, 1157.6, 1007.8, 893.35)
    for point, ohm in zip(content["conductivities"], published, strict=True):
        yield _resistance(point, ohm)
    parameters = _fit(content, "arrhenius", "ln_sigma")["parameters"]
    energy, prefactor = parameters["activation_energy"], parameters["pre_exponential"]
    of_energy = [energy[key] * KJ_MOL_PER_EV for key in ("value", "low_95", "high_95")]
    yield Compared("Ea, ln(sigma)", "kJ/mol", 10.43, *of_energy)
    of_prefactor = [prefactor[key] / 100 for key in ("value", "low_95", "high_95")]
    yield Compared("pre-exponential factor", "S/cm", 0.23, *of_prefactor, within=0.03)


def _thiophosphate(files: list[Path]) -> Iterator[Compared]:
    content = _imported(files, thickness_mm=1.0, diameter_mm=10.0, temperatures="from-name")
    yield _resistance(content["conductivities"][0], 1453.0, published_high=1499.0)


def _columns(file: Path, *names: str, where: tuple[str, str] | None = None) -> list[Any]:
    import numpy as np

    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    kept = [row for row in rows if where is None or row[where[0]] == where[1]]
    return [np.array([float(row[name]) for row in kept]) for name in names]


def _polymer(files: list[Path]) -> Iterator[Compared]:
    from labctl.analysis import TwoSegmentFit, fit_temperature_law, fit_vtf

    for ratio in ("16.0", "8.0"):
        kelvin, sigma = _columns(files[0], "T_K", "sigma_S_per_cm", where=("EO_to_Li", ratio))
        squared = fit_vtf(kelvin, 100 * sigma).r_squared
        yield Compared(f"R2 of VTF, EO:Li {ratio}", "1", 0.9997, squared, published_high=1.0)
    kelvin, sigma = _columns(files[1], "T_K", "sigma_S_per_cm")
    knee = fit_temperature_law(kelvin, 100 * sigma, form="ln_sigma").preferred
    if not isinstance(knee, TwoSegmentFit):
        yield Compared("two lines through the melting", "lines", 2, 1)
        return
    above, below = knee.activation_energy_above_ev, knee.activation_energy_below_ev
    for name, published, energy in (("above 62 °C", 0.375, above), ("below 56 °C", 1.206, below)):
        yield Compared(f"Ea {name}", "eV", published, energy.value, *energy.interval())


def _currents(files: list[Path]) -> Iterator[Compared]:
    from labctl.analysis import bruce_vincent

    for row in csv.DictReader(files[0].read_text(encoding="utf-8").splitlines()):
        found = bruce_vincent(
            float(row["delta_v_mv"]) / 1e3, float(row["i0_ua"]) / 1e6, float(row["iss_ua"]) / 1e6,
            float(row["r0_ohm"]), float(row["rss_ohm"]),
        )  # fmt: skip
        published = float(row["t_plus_published"])
        yield Compared(
            f"rho+, cell {row['cell']}, {row['run']}", "1", published, found.value.value,
            within=0.005 / published,
        )  # fmt: skip


def _certified(files: list[Path]) -> Iterator[Compared]:
    from labctl.analysis import fit_vtf

    lines = files[0].read_text(encoding="utf-8").splitlines()[60:76]
    y, x = zip(*((float(word) for word in line.split()) for line in lines), strict=True)
    fit = fit_vtf(list(x), list(y), prefactor_exponent=0, residuals="sigma", are_kelvin=True)
    found = (
        ("b1", 5.6096364710e-03, fit.pre_exponential.value),
        ("b2", 6.1813463463e03, -fit.pseudo_activation_energy_ev.value / KB_EV_K),
        ("b3", 3.4522363462e02, -fit.vogel_temperature_k.value),
    )
    for name, certified, value in found:
        yield Compared(f"{name} of y = b1 exp(b2 / (x + b3))", "1", certified, value, within=1e-9)


def _of_each_maker(files: list[Path]) -> Iterator[Compared]:
    from labctl.analysis import read_spectrum

    lengths = [len(read_spectrum(file)) for file in files]
    read = sum(length > 0 for length in lengths)
    yield Compared("one file of each maker, read", "files", len(files), read, within=0.0)


def _binary(files: list[Path]) -> Iterator[Compared]:
    import numpy as np

    from labctl.analysis import read_spectrum

    binary, text = (read_spectrum(file) for file in files)
    yield Compared("points of the binary file", "points", len(text), len(binary), within=0.0)
    if len(text) == len(binary):
        off = float(np.max(np.abs(binary.z_ohm - text.z_ohm) / np.abs(text.z_ohm)))
        yield Compared("largest relative difference of Z", "1", 0.0, off, published_high=1e-5)


DATA = (
    DataSet(
        "ceramic Li+ conductor",
        tuple(f"oxide_pellet_eis/s04147-{degc}deg.txt" for degc in (140, 160, 180, 200)),
        "10.1039/d3ta06237f, bulk and grain boundary in series",
        _oxide,
    ),
    DataSet(
        "LiPF6 in EC/PC/EMC",
        ("carbonate_eis/PYA_25082021_BM169_1_spectra.csv",),
        "10.1038/s41597-023-01936-3",
        _carbonate,
    ),
    DataSet(
        "Li6PS5Cl at -25 °C",
        ("spectra/PEIS_LPSCl_IonBlocking_-25C.txt",),
        "hybrid-drt; range over plausible circuits",
        _thiophosphate,
    ),
    DataSet(
        "PEO with LiTFSI, and with LiCF3SO3",
        (
            "polymer_conductivity/peo4200_litfsi_eo16_eo8.csv",
            "polymer_conductivity/peo10_licf3so3_melting_knee.csv",
        ),
        "10.1021/ma00103a034, 10.1016/0167-2738(87)90176-7; the law, by an independent fit",
        _polymer,
    ),
    DataSet(
        "Bruce-Vincent, first table",
        ("transference/evans_vincent_bruce_1987.csv",),
        "Evans, Vincent, Bruce, Polymer 28 (1987) 2324",
        _currents,
    ),
    DataSet(
        "files of makers' programs",
        tuple(
            f"vendor_files/exampleData{end}"
            for end in (
                "Autolab.txt",
                "BioLogic.mpt",
                "CHInstruments.txt",
                "Gamry.DTA",
                "Parstat.txt",
                "Powersuite.txt",
                "VersaStudio.par",
                "ZPlot.z",
            )
        ),
        "impedance.py, test data",
        _of_each_maker,
    ),
    DataSet(
        "EC-Lab binary and its text",
        ("eclab_binary/peis.issue_225.no_ece.mpr", "eclab_binary/peis.issue_225.no_ece.mpt"),
        "yadg, test data; the text export is the truth",
        _binary,
    ),
    DataSet("certified VTF form", ("nist/MGH10.dat",), "NIST StRD, MGH10", _certified),
)
