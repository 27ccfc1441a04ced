"""`labctl demo --review`: materials of the review in three simulated nights, beside the values it prints.

The simulated cells are given the published conductivities and temperature laws, so that the comparison proves
the chain from the oven to the law, and says nothing about the review. The figure says so.
"""

import json
import math
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import typer

from labctl.cli import terminal
from labctl.cli.demo_beside import Beside
from labctl.cli.demo_files import told_unfinished, written
from labctl.cli.demo_samples import SAMPLES, DemoSample
from labctl.cli.demo_samples import night as files_of_night
from labctl.shipped import shipped_module
from labctl.units import ZERO_CELSIUS_K

FACTOR_95 = 1.959964
HOT_OVEN = "oven = { loss_w_k = 0.03 }\n"
OFFSETS = (0.004, -0.003, 0.002, -0.006, 0.001, -0.002, 0.005, -0.004)
CAPTION = (
    "(a) to (c): conductivities of {count} materials, measured in {nights} simulated nights (filled; arrows: "
    "upper bounds), the laws that labctl chose (lines), and the conductivities that O'Donnell & Greenbaum "
    "print (open; Batteries 2021, 7, 3; numbers are their references). (d): measured law over printed value "
    "at its temperature, with the 95 % interval. The simulator was given these values: the figure shows that "
    "oven, spectra, evaluation and laws return what was put in, and is no evidence for the published values. "
    "Temperature laws and places in the oven are in part assumed."
)


@dataclass(frozen=True)
class Night:
    """One oven full of materials."""

    title: str
    samples: tuple[DemoSample, ...]
    temperatures_degc: str
    highest_degc: float = 150
    oven: str = ""
    band_k: float = 1.5


def _named(*materials: str, evenness: float = 1.0) -> tuple[DemoSample, ...]:
    offsets = [offset / evenness for offset in OFFSETS]
    return tuple(
        DemoSample(name, "", offsets[number % len(offsets)]) for number, name in enumerate(materials)
    )


NIGHTS = (
    Night(
        "hydrides, aluminas and selenides",
        (
            *SAMPLES,
            *_named("Zn beta''-alumina", "Mg(BH4)2", "Mg(BH4)(NH2)", "MgY2Se4"),
        ),
        "30:110:20",
    ),
    Night(
        "polymers",
        _named(
            *("PEO:Mg(ClO4)2", "PEO:Mg(NO3)2", "PEO:Mg[N(CF3SO2)2]2", "PEO-PVdF:Mg(CF3SO3)2"),
            *("PEO-PVdF:Zn(CF3SO3)2", "50PVA:50PVP:Mg(NO3)2", "50PVA:50PVP:Mg(ClO4)2"),
            *("92.5PVA:7.5PAN:Mg(ClO4)2", "PEGDA:Ca(NO3)2", "PVdF-HFP:Zn(Tf)2", "PTHF-epoxy:Al(NO3)3"),
        ),
        "25:105:8",
    ),
    Night(
        "ceramics",
        _named(
            *("MgxZry(PO4)z", "CaxZry(PO4)z", "ZnxZry(PO4)z", "Mg0.5Zr2(PO4)3"),
            *("(Mg0.1Hf0.9)4/3.8Nb(PO4)3", "(NixHf1-x)4/(4-2x)Nb(PO4)3", "Al2(WO4)3"),
            *("(Al0.2Zr0.8)20/19Nb(PO4)3", "(Al0.2Zr0.8)20/19Nb(PO4)3 + B2O3"),
            "mu-cordierite Mg0.6Al1.2Si1.8O6",
            evenness=5.0,
        ),
        "400:700:50",
        highest_degc=750,
        oven=HOT_OVEN,
        band_k=3.0,
    ),
)
"""Every material of the review with a temperature law, in an oven that reaches its temperatures."""


def demo(
    out: Path,
    seed: int,
    thickness_mm: float,
    diameter_mm: float,
    temperatures_degc: str,
    database: Path,
    quiet: bool,
    as_json: bool,
) -> None:
    """Measure all nights, each with its files in a folder of `out`, and report them together."""
    from labctl.cli.run import measure

    outcomes = []
    for number, night in enumerate(NIGHTS, start=1):
        texts = files_of_night(
            f"The review, {night.title}",
            night.samples,
            seed,
            thickness_mm,
            diameter_mm,
            temperatures_degc or night.temperatures_degc,
            night.highest_degc,
            night.oven,
            night.band_k,
        )
        station, protocol = written(out / f"night-{number}", texts)
        outcomes += measure(protocol, station, database, quiet or as_json)
    report(out, database, [outcome.run_id for outcome in outcomes], as_json)
    if told_unfinished(outcomes):
        raise typer.Exit(1)


def report(out: Path, database: Path, runs: Sequence[int], as_json: bool) -> None:
    """Print each printed value beside the measured one, and draw both."""
    found = beside(database, runs)
    figure = out / "review.png"
    draw(database, found, figure)
    if as_json:
        rows = [asdict(one) | {"verdict": one.verdict} for one in found]
        terminal.echo(json.dumps({"compared": rows, "figure": str(figure), "caption": caption()}))
        return
    console = terminal.console()
    console.print(_table(found))
    console.print(f"{textwrap.fill(caption(), 110)}\nfigure    {figure}\ndatabase  {database}")


def caption() -> str:
    """Return the caption of the figure."""
    return CAPTION.format(count=sum(len(night.samples) for night in NIGHTS), nights=len(NIGHTS))


def beside(database: Path, runs: Sequence[int]) -> list[Beside]:
    """Return each sample's printed conductivity and the law measured in its run at that temperature."""
    from labctl.cli.across import runs_of

    by_id = {run.id: run for run in runs_of(database, None)}
    samples = [sample for night in NIGHTS for sample in night.samples]
    return [_beside(sample, by_id[run]) for sample, run in zip(samples, runs, strict=True)]


def _beside(sample: DemoSample, run: Any) -> Beside:
    material = shipped_module("sim_instruments.materials").material(sample.material)
    kelvin = printed_at_k(material)
    published = material.law.conductivity_s_m(kelvin)
    known = (sample.material, tuple(material.references), run.id, kelvin, published)
    found = run.conductivity_at(kelvin)
    if found is None or not math.isfinite(found.relative_u):
        return Beside(*known)
    spread = math.exp(FACTOR_95 * found.relative_u)
    return Beside(*known, found.value_s_m, found.value_s_m / spread, found.value_s_m * spread, found.origin)


def printed_at_k(material: Any) -> float:
    """Return the temperature of the printed conductivity of a simulated material."""
    return float((material.entry | material.entry.get("below", {}))["temperature_k"])


def draw(database: Path, found: Sequence[Beside], file: Path) -> None:
    """Draw each night's conductivities with laws and printed values, the ratios, and the caption."""
    from labctl.cli.demo_review_figure import review_figure

    review_figure(database, [(night.title, len(night.samples)) for night in NIGHTS], found, caption(), file)


def _table(found: Sequence[Beside]) -> Any:
    from rich.table import Table

    table = Table(
        box=None, pad_edge=False, title="put in (printed in the review) and measured", title_justify="left"
    )
    for heading in ("ref.", "material", "T / °C", "printed / S/cm", "measured / S/cm", "95 %", ""):
        table.add_column(heading, overflow="fold")
    for one in found:
        if one.measured_s_m is None or one.low_s_m is None or one.high_s_m is None:
            measured = interval = "-"
        else:
            measured = f"{one.measured_s_m / 100:.3g}"
            interval = f"{one.low_s_m / 100:.3g} to {one.high_s_m / 100:.3g}"
        words = f"{one.verdict}, extrapolated" if one.origin == "extrapolated" else one.verdict
        degc = f"{one.temperature_k - ZERO_CELSIUS_K:.0f}"
        reference = ", ".join(map(str, one.references))
        table.add_row(
            reference, one.material, degc, f"{one.published_s_m / 100:.3g}", measured, interval, words
        )
    return table
