"""`labctl demo --review`: materials of the review in one long simulated night, beside the values it prints.

The simulated cells are given the published conductivities and temperature laws, so that the comparison proves
the chain from the oven to the law, and says nothing about the review. The figure says so.
"""

import json
import math
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labctl.cli import terminal
from labctl.cli.demo_samples import SAMPLES, DemoSample
from labctl.shipped import shipped_module
from labctl.units import ZERO_CELSIUS_K

if TYPE_CHECKING:
    from labctl.measure.run import Outcome

TEMPERATURES_DEGC = "30:110:20"
FACTOR_95 = 1.959964
WIDTH_MM = 180.0
CAPTION = (
    "Conductivities of {count} materials, measured in one simulated night, with their laws and 95 % bands, "
    "and the conductivities that O'Donnell & Greenbaum print for the same ions (Batteries 2021, 7, 3). The "
    "simulator was given these values: the figure shows that oven, spectra, evaluation and laws return what "
    "was put in, and is no evidence for the published values. Activation energies and places in the oven are "
    "in part assumed."
)


@dataclass(frozen=True)
class Beside:
    """A printed conductivity and the measured law at its temperature, both in S/m.

    `low_s_m` and `high_s_m` are the 95 % interval, None where there is no value; `origin` is `law`,
    `spectrum` or `extrapolated`.
    """

    material: str
    references: tuple[int, ...]
    run: int
    temperature_k: float
    published_s_m: float
    measured_s_m: float | None = None
    low_s_m: float | None = None
    high_s_m: float | None = None
    origin: str = ""

    @property
    def verdict(self) -> str:
        """Whether the printed value lies inside the 95 % interval."""
        if self.low_s_m is None or self.high_s_m is None:
            return "no value"
        return "inside" if self.low_s_m <= self.published_s_m <= self.high_s_m else "OUTSIDE"


def report(out: Path, database: Path, outcomes: "Sequence[Outcome]", as_json: bool) -> None:
    """Print each printed value beside the measured one, and draw both."""
    runs = [outcome.run_id for outcome in outcomes]
    found = beside(database, runs)
    figure = out / "review.png"
    draw(database, runs, figure)
    if as_json:
        rows = [asdict(one) | {"verdict": one.verdict} for one in found]
        terminal.echo(json.dumps({"compared": rows, "figure": str(figure), "caption": caption(len(runs))}))
        return
    console = terminal.console()
    console.print(_table(found))
    console.print(f"{textwrap.fill(caption(len(runs)), 110)}\nfigure    {figure}\ndatabase  {database}")


def caption(count: int) -> str:
    """Return the caption of the figure."""
    return CAPTION.format(count=count)


def beside(database: Path, runs: Sequence[int]) -> list[Beside]:
    """Return each sample's printed conductivity and the law measured in its run at that temperature."""
    from labctl.cli.across import runs_of

    by_id = {run.id: run for run in runs_of(database, None)}
    return [_beside(sample, by_id[run]) for sample, run in zip(SAMPLES, runs, strict=False)]


def _beside(sample: DemoSample, run: Any) -> Beside:
    material = shipped_module("sim_instruments.materials").material(sample.material)
    kelvin, published = material.entry["temperature_k"], material.entry["conductivity_s_m"]
    known = (sample.material, tuple(material.references), run.id, kelvin, published)
    found = run.conductivity_at(kelvin)
    if found is None or not math.isfinite(found.relative_u):
        return Beside(*known)
    spread = math.exp(FACTOR_95 * found.relative_u)
    return Beside(*known, found.value_s_m, found.value_s_m / spread, found.value_s_m * spread, found.origin)


def draw(database: Path, runs: Sequence[int], file: Path) -> None:
    """Draw all runs on common axes with the literature and the caption."""
    import labctl

    with labctl.open(database) as db:
        figure: Any = db.plot("arrhenius", *runs, width_mm=WIDTH_MM, literature=True).figure
    figure.text(0.02, -0.02, textwrap.fill(caption(len(runs)), 120), va="top", fontsize=7)
    figure.savefig(file, dpi=150, bbox_inches="tight")


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
