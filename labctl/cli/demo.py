"""`labctl demo`: a whole night on the simulated rig, in seconds."""

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import terminal
from labctl.cli.demo_files import told_unfinished, written
from labctl.cli.number import number_option
from labctl.errors import ConfigurationError
from labctl.shipped import shipped_module
from labctl.units import ZERO_CELSIUS_K

if TYPE_CHECKING:
    from labctl.config.protocol import Protocol
    from labctl.config.station import Station

MATERIAL = "Mg3(BH4)4(NH2)2"
ACTIVATION_ENERGY_EV = 0.84
REFERENCE = "O'Donnell & Greenbaum 2021, 10.3390/batteries7010003, ref. 161"

STATION = """\
# A simulated rig: the same file with other addresses, and without [simulation], is a real one.
name = "simulated rig"

[limits]
temperature_degc = [{low_degc:g}, {high_degc:g}]
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

[simulation]
rig = "sim_instruments.rig:build"
clock = "virtual"
seed = {seed}

[simulation.options]
{options}
"""

PROTOCOL = """\
title = "{title}"

[sample]
name = "{name}"
composition = "{composition}"
cation = "{cation}"
thickness_mm = {thickness_mm!r}
thickness_uncertainty_mm = {thickness_u_mm!r}
diameter_mm = {diameter_mm!r}
diameter_uncertainty_mm = {diameter_u_mm!r}
electrodes = "blocking"

[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = {temperatures_degc}
{frequencies}
amplitude_v = 0.035
dwell_min = 30
"""

Folder = Annotated[Path, typer.Option("--out", help="Folder for the files of the demo.")]
Replay = Annotated[
    Path | None,
    typer.Option(help="Folder of measured spectra for the rig to replay, temperatures in the file names."),
]


def demo(
    out: Folder = Path("demo"),
    seed: Annotated[int, typer.Option(min=0, help="Seed of all random numbers in the rig.")] = 1,
    replay: Replay = None,
    thickness_mm: Annotated[float | None, number_option("Sample thickness (with --replay).")] = None,
    diameter_mm: Annotated[float | None, number_option("Electrode diameter (with --replay).")] = None,
    temperatures_degc: Annotated[
        str, typer.Option(help="Temperatures, as 140,160 or 20:100:10; default: the measured ones.")
    ] = "",
    db: Annotated[
        Path | None, typer.Option("--db", help="Results file; default: demo.db in the folder.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress display.")] = False,
    samples: Annotated[
        int, typer.Option(min=1, help="So many materials of the review in one oven, behind a switch.")
    ] = 1,
    review: Annotated[
        bool,
        typer.Option("--review", help="All its materials in three nights, beside the printed values."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Measure a whole night on the simulated rig and print the results.

    Without --replay: a temperature series on a magnesium borohydride amide of known conductivity, with the
    measured and the true activation energy. With --samples: on several materials in one oven. With --replay:
    on real measured spectra. With --review: all materials of a review in three nights, with one figure beside
    the values that it prints; the simulator was given these values.
    """
    from labctl.cli import demo_review, demo_samples
    from labctl.cli.run import measure

    if review:
        if samples > 1 or replay:
            other = "--replay" if replay else "--samples"
            raise ConfigurationError(
                "labctl demo", other, "is given with --review, which has its own samples"
            )
        geometry_mm = (thickness_mm or 1.0, diameter_mm or 10.0)
        demo_review.demo(out, seed, *geometry_mm, temperatures_degc, db or out / "demo.db", quiet, as_json)
        return
    given = (thickness_mm, diameter_mm, temperatures_degc)
    station, protocol = prepare(out, seed, replay, *given, samples=samples)
    database = db or out / "demo.db"
    outcomes = measure(protocol, station, database, quiet or as_json)
    unfinished = told_unfinished(outcomes)
    if protocol.in_cells:
        demo_samples.report(out, database, protocol, outcomes, as_json)
    if unfinished:
        raise typer.Exit(1)
    if not protocol.in_cells:
        _report(out, database, outcomes[0].run_id, None if replay else ACTIVATION_ENERGY_EV, as_json)


def prepare(
    out: Path,
    seed: int,
    replay: Path | None = None,
    thickness_mm: float | None = None,
    diameter_mm: float | None = None,
    temperatures_degc: str = "",
    samples: int = 1,
) -> "tuple[Station, Protocol]":
    """Write station.toml and protocol.toml of the demo into `out`, and return them read and checked.

    Raises
    ------
    ConfigurationError
        Spectra to replay without a geometry or with several samples, or more samples than there are.
    """
    from labctl.cli import demo_samples
    from labctl.config.first_again import with_first_again

    given = (thickness_mm, diameter_mm, temperatures_degc)
    if replay and samples > 1:
        raise ConfigurationError("labctl demo", "--samples", "is given with --replay, which has one sample")
    if samples > 1:
        geometry_mm = (thickness_mm or 1.0, diameter_mm or 10.0)
        texts = demo_samples.files(samples, seed, *geometry_mm, temperatures_degc)
    else:
        texts = _replay_files(replay, seed, *given) if replay else _material_files(seed, *given)
    return written(out, (texts[0], with_first_again(texts[1], str(out / "protocol.toml"))))


def _material_files(
    seed: int, thickness_mm: float | None, diameter_mm: float | None, temperatures_degc: str
) -> tuple[str, str]:
    thickness_mm, diameter_mm = thickness_mm or 1.0, diameter_mm or 10.0
    options = "\n".join(
        [
            f'material = "{MATERIAL}"',
            "noise_fraction = 0.003",
            f"thickness_m = {thickness_mm * 1e-3!r}",
            f"area_m2 = {math.pi / 4 * (diameter_mm * 1e-3) ** 2!r}",
        ]
    )
    station = STATION.format(low_degc=0, high_degc=150, seed=seed, options=options)
    protocol = PROTOCOL.format(
        title="A simulated night",
        name=f"{MATERIAL} pellet, simulated",
        composition=MATERIAL,
        cation="Mg2+",
        thickness_mm=thickness_mm,
        thickness_u_mm=thickness_mm / 100,
        diameter_mm=diameter_mm,
        diameter_u_mm=diameter_mm / 200,
        temperatures_degc=f'"{temperatures_degc or "50:110:10"}"',
        frequencies="frequency_max_hz = 1e6\nfrequency_min_hz = 1.0\npoints_per_decade = 10",
    )
    return station, protocol


def _replay_files(
    folder: Path, seed: int, thickness_mm: float | None, diameter_mm: float | None, temperatures_degc: str
) -> tuple[str, str]:
    if thickness_mm is None or diameter_mm is None:
        missing = "--thickness-mm" if thickness_mm is None else "--diameter-mm"
        raise ConfigurationError("labctl demo --replay", missing, "is missing; the spectra hold no geometry")
    measured_degc, frequencies_hz = _measured(folder)
    wanted = f'"{temperatures_degc}"' if temperatures_degc else str(measured_degc)
    station = STATION.format(
        low_degc=math.floor(min(0, *measured_degc) - 10),
        high_degc=math.ceil(max(measured_degc) + 50),
        seed=seed,
        options=f"replay = {str(folder.resolve())!r}",
    )
    protocol = PROTOCOL.format(
        title=f"Replay of {folder.name}",
        name=folder.name,
        composition="",
        cation="",
        thickness_mm=thickness_mm,
        thickness_u_mm=0.0,
        diameter_mm=diameter_mm,
        diameter_u_mm=0.0,
        temperatures_degc=wanted,
        frequencies=f"frequencies_hz = {frequencies_hz}",
    )
    return station, protocol


def _measured(folder: Path) -> tuple[list[float], list[float]]:
    """Return temperatures and frequencies of the spectra, as read by the rig that replays them."""
    try:
        cell = shipped_module("sim_instruments.replay").read_replay(folder)
    except ValueError as error:
        raise ConfigurationError("labctl demo", "--replay", str(error)) from error
    frequencies = sorted((float(f) for f in _exp(cell.spectra[0].ln_frequency)), reverse=True)
    return [round(t - ZERO_CELSIUS_K, 4) for t in cell.temperatures_k], [
        float(f"{f:.8g}") for f in frequencies
    ]


def _exp(values: Any) -> Any:
    import numpy as np

    return np.exp(values)


def _report(out: Path, database: Path, run_id: int, known_ev: float | None, as_json: bool) -> None:
    import labctl
    from labctl.cli.show import describe, print_conductivities, print_fits
    from labctl.report.figures import night_figure

    console = terminal.console()
    with labctl.open(database) as db:
        content = describe(db, str(run_id))
        figure = out / "demo.png"
        night_figure(db, run_id).savefig(figure, dpi=150)
    if as_json:
        terminal.echo(json.dumps([_as_row(run_id, content, known_ev)]))
        return
    print_conductivities(console, content["conductivities"], content["sample_of_analysis"])
    print_fits(console, content["fits"])
    _print_activation_energy(console, content["fits"], known_ev)
    console.print(
        f"database  {database}\nfigure    {figure}\nfiles     {out / 'station.toml'}, {out / 'protocol.toml'}"
    )


def _energy(fits: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the activation energy of sigma T over all temperatures; None without this law."""
    wanted = ("arrhenius", "ln_sigma_t", "all")
    fit = next((f for f in fits if (f["law"], f["form"], f["branch"]) == wanted), None)
    return None if fit is None else fit["parameters"]["activation_energy"]


def _as_row(run_id: int, content: dict[str, Any], known_ev: float | None) -> dict[str, Any]:
    """Return the one sample as `--json` prints it, with the keys of several samples."""
    energy = _energy(content["fits"]) or {}
    return {
        "sample": content["sample_of_analysis"].name,
        "run": run_id,
        "put_in_ev": known_ev,
        "measured_ev": energy.get("value"),
        "low_95_ev": energy.get("low_95"),
        "high_95_ev": energy.get("high_95"),
    }


def _print_activation_energy(console: Any, fits: list[dict[str, Any]], known_ev: float | None) -> None:
    energy = _energy(fits)
    if energy is None:
        return
    low, high = energy["low_95"], energy["high_95"]
    console.print(
        f"Ea (sigma T = A exp(-Ea / kB T)) = {energy['value']:.5f} eV, 95 %: {low:.5f} to {high:.5f} eV"
    )
    if known_ev is not None:
        inside = "inside" if low <= known_ev <= high else "OUTSIDE"
        console.print(f"put in: {known_ev} eV, {inside} the interval\n({REFERENCE})")
