"""Number of temperatures that a series needs when the law found so far chooses the next one.

    python benchmarks/refine.py [seeds]

The whole stack on the simulated rig. For a wanted 95 % interval of the
activation energy (Arrhenius material) or of the Vogel temperature (VTF material), the procedure with `refine`
is held against even grids of growing size; the number of temperatures each needs is printed.
"""

import argparse
import itertools
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path

from labctl.cli.run import measure
from labctl.config.protocol import parse_protocol
from labctl.config.station import Station, read_station
from labctl.store import Database
from labctl.testing import STATION

PROTOCOL = """\
[sample]
name = "refined"
thickness_mm = 1.0
diameter_mm = 10.0

[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = {temperatures}
frequency_min_hz = 1.0
points_per_decade = 6
dwell_min = 20
{refine}
"""
VTF = {
    "law": "vtf",
    "conductivity_s_m": 1e-3,
    "temperature_k": 333.15,
    "pseudo_activation_energy_ev": 0.09,
    "vogel_temperature_k": 220.0,
}
CASES = {  # quantity: (law of the cell or None for the default material, parameter, wanted half width, unit)
    "activation_energy_ev": (None, "activation_energy", 0.0012, "eV"),
    "vogel_temperature_k": (VTF, "vogel_temperature", 1.0, "K"),
}
LOW_DEGC, HIGH_DEGC, NOISE, SEEDS = 40.0, 110.0, 0.02, (1, 2, 3)


def station(folder: Path, law: dict[str, object] | None, seed: int) -> Station:
    (folder / "station.toml").write_text(STATION, encoding="utf-8")
    plain = read_station(folder / "station.toml")
    assert plain.simulation is not None
    options: dict[str, object] = {"noise_fraction": NOISE}
    if law:
        options["cell"] = {"law": law}
    return replace(plain, simulation=replace(plain.simulation, seed=seed, options=options))


def half_width(
    rig: Station, temperatures: list[float], refine: str, name: str, db: Path
) -> tuple[float, int]:
    """Measure a series; return the half width of the wanted interval and how many temperatures it took."""
    protocol = parse_protocol(PROTOCOL.format(temperatures=temperatures, refine=refine), "refine.toml")
    (outcome,) = measure(protocol, rig, db, quiet=True)
    with Database(db) as results:
        fits = results.rows("SELECT * FROM law_fits WHERE run_id = ? AND branch = 'all'", (outcome.run_id,))
        (count,) = results.rows("SELECT count(*) AS n FROM spectra WHERE run_id = ?", (outcome.run_id,))
    widths = [
        (p["high_95"] - p["low_95"]) / 2
        for fit in fits
        if fit["form"] != "ln_sigma"
        and (p := fit["parameters"].get(name))
        and None not in (p["high_95"], p["low_95"])
    ]
    return (min(widths) if widths else float("inf")), count["n"]


def even_grid(count: int) -> list[float]:
    return [round(LOW_DEGC + i * (HIGH_DEGC - LOW_DEGC) / (count - 1), 2) for i in range(count)]


def needed(quantity: str, seed: int, folder: Path) -> tuple[int, int]:
    """Temperatures needed with refinement, and on an even grid."""
    law, name, wanted, _ = CASES[quantity]
    rig = station(folder, law, seed)
    refine = f'refine = "{quantity}"\nrefine_half_width = {wanted}\nrefine_insertions = 40'
    _, refined = half_width(rig, even_grid(5), refine, name, folder / "refined.db")
    for count in itertools.count(5):
        width, _ = half_width(rig, even_grid(count), "", name, folder / f"even{count}.db")
        if width <= wanted or count > 45:
            return refined, count
    raise AssertionError


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("seeds", type=int, nargs="?", default=len(SEEDS), help=f"how many of {SEEDS} (all)")
    return parser


def main() -> None:
    seeds = SEEDS[: parser().parse_args().seeds]
    for quantity, (_, _, wanted, unit) in CASES.items():
        pairs = []
        for seed in seeds:
            with tempfile.TemporaryDirectory() as folder:
                pairs.append(needed(quantity, seed, Path(folder)))
        refined, even = (statistics.median(column) for column in zip(*pairs, strict=True))
        found = f"{refined:g} temperatures, {even:g} on an even grid"
        print(f"{quantity} to +-{wanted} {unit}: {found}; {pairs}")


if __name__ == "__main__":
    main()
