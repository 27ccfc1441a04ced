"""`labctl demo --samples 4`: several materials of the review in one simulated oven, behind a switch."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labctl.cli import terminal
from labctl.errors import ConfigurationError
from labctl.shipped import shipped_module

if TYPE_CHECKING:
    from labctl.config.protocol import Protocol
    from labctl.measure.run import Outcome

CONTACT_OHM = 0.1
LEAD_OHM = 0.15
"""Of the closed relays and their contacts, and together with the leads of the simulated cell."""


@dataclass(frozen=True)
class DemoSample:
    """One material of the review and how far its place in the oven is off, per kelvin above the room."""

    material: str
    composition: str
    offset_share: float
    form: str = "ln_sigma_t"


SAMPLES = (
    DemoSample("Mg3(BH4)4(NH2)2", "Mg3(BH4)4(NH2)2", 0.004),
    DemoSample("Mg(en)(BH4)2", "Mg(BH4)2 + C2H8N2", -0.003),
    DemoSample("MgSc2Se4", "MgSc2Se4", 0.002),
    DemoSample("Mg(BH4)2.NH3", "Mg(BH4)2NH3", -0.006),
    DemoSample("Ca beta''-alumina", "", 0.001, "ln_sigma"),
    DemoSample("Mg(BH4)2.xNH3 + MgO", "", -0.002),
    DemoSample("Mg(BH4)(NH2) (purer)", "Mg(BH4)(NH2)", 0.005),
    DemoSample("Mg(BH4)2(NH3BH3)2", "Mg(BH4)2(NH3BH3)2", -0.004),
)
"""Materials whose conductivity follows one Arrhenius law and can be measured between 50 and 110 degC."""


@dataclass(frozen=True)
class Found:
    """One sample of the demo: the activation energy put in, and the one measured, in eV."""

    sample: str
    cell: str
    run: int
    put_in_ev: float
    measured_ev: float | None = None
    low_95_ev: float | None = None
    high_95_ev: float | None = None

    @property
    def verdict(self) -> str:
        """Whether the value put in lies inside the 95 % interval."""
        if self.low_95_ev is None or self.high_95_ev is None:
            return "no law"
        return "inside" if self.low_95_ev <= self.put_in_ev <= self.high_95_ev else "OUTSIDE"


STATION = """\
# A simulated rig of several cells: the same file with other addresses, without [simulation], is a real one.
name = "simulated rig, {count} samples"

[limits]
temperature_degc = [0, {highest_degc:g}]
potential_v = 1.0
current_a = 0.1

[instruments.oven]
driver = "drivers.lakeshore33x:LakeShore336"
address = "GPIB0::12::INSTR"
roles = ["oven"]

[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"
roles = ["fra"]

[instruments.relays]
driver = "drivers.keithley_switches:Keithley7001"
address = "GPIB0::7::INSTR"
roles = ["switch"]
settings = {{ cards = ["40", "40"] }}
"""
METER = """
[instruments.meter_{cell}]
driver = "drivers.keithley_multimeters:Keithley2000"
address = "GPIB0::{address}::INSTR"
roles = ["thermometer"]
"""
CELL = """
[cells.{cell}]
switch_channels = {channels}
thermometer = "meter_{cell}"
lead_ohm = {lead_ohm}
lead_uncertainty_ohm = 0.01
"""
SIMULATION = """
[simulation]
rig = "sim_instruments.rig:build"
clock = "virtual"
seed = {seed}

[simulation.options]
noise_fraction = 0.003
thickness_m = {thickness_m!r}
area_m2 = {area_m2!r}
{oven}
[simulation.options.instruments]
"GPIB0::12::INSTR" = "lakeshore336"
"GPIB0::4::INSTR" = "solartron1260"
"GPIB0::7::INSTR" = "keithley7001"
"""
SIMULATED_CELL = """
[simulation.options.cells.{cell}]
channels = {channels}
material = {material}
offset_share = {offset_share}
contact_ohm = {contact_ohm}
thermometer = "GPIB0::{address}::INSTR"
"""
SAMPLE = """
[[sample]]
cell = "{cell}"
name = {name}
composition = {composition}
cation = "{cation}"
thickness_mm = {thickness_mm!r}
thickness_uncertainty_mm = {thickness_u_mm!r}
diameter_mm = {diameter_mm!r}
diameter_uncertainty_mm = {diameter_u_mm!r}
electrodes = "blocking"
"""
PROCEDURE = """
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = "{temperatures_degc}"
frequency_max_hz = 1e6
frequency_min_hz = 1.0
points_per_decade = 10
amplitude_v = 0.035
band_k = {band_k:g}
dwell_min = 30
"""


def files(
    count: int, seed: int, thickness_mm: float, diameter_mm: float, temperatures_degc: str
) -> tuple[str, str]:
    """Return the texts of station.toml and protocol.toml; ConfigurationError for too many samples."""
    if count > len(SAMPLES):
        problem = f"is {count}; the rig has {len(SAMPLES)} materials of one Arrhenius law for this oven"
        raise ConfigurationError("labctl demo", "--samples", problem)
    title = f"A simulated night of {count} samples"
    geometry_mm = (thickness_mm, diameter_mm)
    return night(title, SAMPLES[:count], seed, *geometry_mm, temperatures_degc or "50:110:10")


def night(
    title: str,
    samples: Sequence[DemoSample],
    seed: int,
    thickness_mm: float,
    diameter_mm: float,
    temperatures_degc: str,
    highest_degc: float = 150,
    oven: str = "",
    band_k: float = 1.5,
) -> tuple[str, str]:
    """Return the texts of station.toml and protocol.toml of one night in an oven.

    Parameters
    ----------
    title : str
        Of the protocol.
    samples : sequence of DemoSample
        At most 14, the addresses of their thermometers.
    highest_degc : float
        Limit of the station.
    oven : str
        Line of the simulation's options; empty for the usual oven.
    band_k : float
        Band about a set point in which the oven counts as stable.
    """
    area_m2 = math.pi / 4 * (diameter_mm * 1e-3) ** 2
    placed = [_place(number) | {"sample": sample} for number, sample in enumerate(samples)]
    of_cells = [METER.format(**place) + CELL.format(**place, lead_ohm=LEAD_OHM) for place in placed]
    simulation = SIMULATION.format(seed=seed, thickness_m=thickness_mm * 1e-3, area_m2=area_m2, oven=oven)
    simulation += "".join(f'"GPIB0::{place["address"]}::INSTR" = "keithley2000"\n' for place in placed)
    simulated = [_simulated(place) for place in placed]
    head = STATION.format(count=len(placed), highest_degc=highest_degc)
    station = "".join([head, *of_cells, simulation, *simulated])
    described = [_sample(place, thickness_mm, diameter_mm) for place in placed]
    procedure = PROCEDURE.format(temperatures_degc=temperatures_degc, band_k=band_k)
    return station, "".join([f'title = "{title}"\n', *described, procedure])


def report(
    out: Path, database: Path, protocol: "Protocol", outcomes: "Sequence[Outcome]", as_json: bool
) -> None:
    """Print the value put in and the measured one of each sample."""
    cells = list(protocol.in_cells)
    found = [
        _found(database, sample, cell, outcome.run_id)
        for sample, cell, outcome in zip(SAMPLES, cells, outcomes, strict=False)
    ]
    if as_json:
        terminal.echo(json.dumps([asdict(one) for one in found]))
        return
    console = terminal.console()
    console.print(_table(found))
    console.print(
        "put in: materials of O'Donnell & Greenbaum 2021, 10.3390/batteries7010003\n"
        f"database  {database}\nfiles     {out / 'station.toml'}\n          {out / 'protocol.toml'}"
    )


def _table(found: Sequence[Found]) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading, justify in (
        ("run", "right"),
        ("cell", "left"),
        ("sample", "left"),
        ("put in / eV", "right"),
        ("Ea / eV", "right"),
        ("95 %", "left"),
        ("", "left"),
    ):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type] - one of rich's own words
    for one in found:
        known = one.measured_ev is not None
        interval = f"{one.low_95_ev:.4f} to {one.high_95_ev:.4f}" if known else "-"
        measured = f"{one.measured_ev:.4f}" if known else "-"
        table.add_row(
            str(one.run), one.cell, one.sample, f"{one.put_in_ev:.4f}", measured, interval, one.verdict
        )
    return table


def _found(database: Path, sample: DemoSample, cell: str, run_id: int) -> Found:
    import labctl
    from labctl.cli.show import describe

    put_in_ev = _material(sample).entry["activation_energy_ev"]
    with labctl.open(database) as db:
        fits = describe(db, str(run_id))["fits"]
    wanted = ("arrhenius", sample.form, "all")
    fit = next((one for one in fits if (one["law"], one["form"], one["branch"]) == wanted), None)
    if fit is None:
        return Found(sample.material, cell, run_id, put_in_ev)
    energy = fit["parameters"]["activation_energy"]
    return Found(
        sample.material, cell, run_id, put_in_ev, energy["value"], energy["low_95"], energy["high_95"]
    )


def _place(number: int) -> dict[str, Any]:
    return {
        "cell": chr(ord("A") + number),
        "channels": json.dumps([f"1!{number + 1}", f"1!{number + 21}"]),
        "address": 16 + number,
    }


def _simulated(place: dict[str, Any]) -> str:
    sample: DemoSample = place["sample"]
    return SIMULATED_CELL.format(
        **place,
        material=json.dumps(sample.material),
        offset_share=sample.offset_share,
        contact_ohm=CONTACT_OHM,
    )


def _sample(place: dict[str, Any], thickness_mm: float, diameter_mm: float) -> str:
    sample: DemoSample = place["sample"]
    return SAMPLE.format(
        cell=place["cell"],
        name=json.dumps(f"{sample.material} pellet, simulated"),
        composition=json.dumps(sample.composition),
        cation=_material(sample).cation,
        thickness_mm=thickness_mm,
        thickness_u_mm=thickness_mm / 100,
        diameter_mm=diameter_mm,
        diameter_u_mm=diameter_mm / 200,
    )


def _material(sample: DemoSample) -> Any:
    return shipped_module("sim_instruments.materials").material(sample.material)
