"""Number of temperatures that a series needs when the law found so far chooses the next one.

    python benchmarks/refine.py [seeds]
    python benchmarks/refine.py [seeds] --night FILE

The second prints the hours (virtual) of a night with 8 samples of the review to +-5 meV each: on a grid of 10
temperatures, and with `least_hours`, which chooses among the same ten. Each night is a line of FILE; nights
that are in it already are not measured again.

The whole stack on the simulated rig. For a wanted 95 % interval of the
activation energy (Arrhenius material) or of the Vogel temperature (VTF material), the procedure with `refine`
is held against even grids of growing size; the number of temperatures each needs is printed.
"""

import argparse
import itertools
import json
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path

from figures import state

from labctl.cli.demo import prepare
from labctl.cli.demo_samples import SAMPLES, DemoSample
from labctl.cli.run import measure
from labctl.config.protocol import parse_protocol, read_protocol
from labctl.config.station import Station, read_station
from labctl.store import Database
from labctl.testing import STATION
from sim_instruments.materials import material

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
NIGHT_DEGC = "45:108:7"
NIGHT_KINDS = {
    "grid": "",
    "refined": 'least_hours = true\nrefine = "activation_energy_ev"\nrefine_half_width = 0.005\n',
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


def night(seed: int, lines: str, folder: Path) -> dict[str, object]:
    """Measure a night of 8 samples; return its hours and the largest half width in eV of the last laws."""
    prepare(folder, seed, temperatures_degc=NIGHT_DEGC, samples=8)
    station_file, protocol_file = folder / "station.toml", folder / "protocol.toml"
    text = station_file.read_text(encoding="utf-8")
    station_file.write_text(text.replace("noise_fraction = 0.003", f"noise_fraction = {NOISE}"), "utf-8")
    text = protocol_file.read_text(encoding="utf-8").replace("repeat_first = true", "")
    protocol_file.write_text(f"{text}\n{lines}", "utf-8")
    outcomes = measure(read_protocol(protocol_file), read_station(station_file), folder / "x.db", quiet=True)
    with Database(folder / "x.db") as results:
        (span,) = results.rows("SELECT (max(ended_s) - min(started_s)) / 3600 AS hours FROM runs")
        (count,) = results.rows("SELECT count(*) AS n FROM spectra")
        found = [_energy(results, one.run_id, sample) for one, sample in zip(outcomes, SAMPLES, strict=True)]
    return {
        "hours": span["hours"],
        "spectra": count["n"],
        "half_widths_ev": [(high - low) / 2 for low, high, _ in found],
        "inside": [low <= put_in <= high for low, high, put_in in found],
    }


def _energy(results: Database, run_id: int, sample: DemoSample) -> tuple[float, float, float]:
    """Low, high end of the 95 % interval and value put in, eV; an open interval without a law."""
    put_in_ev = material(sample.material).entry["activation_energy_ev"]
    query = "SELECT * FROM law_fits WHERE run_id = ? AND branch = 'all' AND law = 'arrhenius' AND form = ?"
    for fit in results.rows(query, (run_id, sample.form)):
        energy = fit["parameters"]["activation_energy"]
        return energy["low_95"], energy["high_95"], put_in_ev
    return -float("inf"), float("inf"), put_in_ev


def nights(count: int, done: Path) -> None:
    """Measure the nights that FILE lacks, one line each, and print the hours and their ratio."""
    known = [json.loads(line) for line in done.read_text("utf-8").splitlines()] if done.exists() else []
    for seed in range(1, count + 1):
        for kind, lines in NIGHT_KINDS.items():
            if any((one["seed"], one["kind"]) == (seed, kind) for one in known):
                continue
            with tempfile.TemporaryDirectory() as folder:
                one = {"seed": seed, "kind": kind, **night(seed, lines, Path(folder))}
            known.append(one)
            with done.open("a", encoding="utf-8") as file:
                file.write(json.dumps(one) + "\n")
    hours = {kind: [one["hours"] for one in known if one["kind"] == kind] for kind in NIGHT_KINDS}
    for kind, taken in hours.items():
        widest_mev = 1e3 * max(max(one["half_widths_ev"]) for one in known if one["kind"] == kind)
        print(f"{kind}: {statistics.median(taken):.1f} h (n = {len(taken)}), widest +-{widest_mev:.1f} meV")
    print(f"ratio: {statistics.median(hours['refined']) / statistics.median(hours['grid']):.2f}")
    for kind, taken in hours.items():
        state(f"refine.night_{kind}", statistics.median(taken), "h")


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("seeds", type=int, nargs="?", default=len(SEEDS), help=f"how many of {SEEDS} (all)")
    parser.add_argument("--night", type=Path, metavar="FILE", help="nights of 8 samples, kept in FILE")
    return parser


def main() -> None:
    asked = parser().parse_args()
    if asked.night:
        nights(asked.seeds, asked.night)
        return
    seeds = SEEDS[: asked.seeds]
    for quantity, (_, _, wanted, unit) in CASES.items():
        pairs = []
        for seed in seeds:
            with tempfile.TemporaryDirectory() as folder:
                pairs.append(needed(quantity, seed, Path(folder)))
        refined, even = (statistics.median(column) for column in zip(*pairs, strict=True))
        found = f"{refined:g} temperatures, {even:g} on an even grid"
        state(f"refine.{quantity}", refined, "temperatures")
        state(f"refine.{quantity}_even", even, "temperatures")
        print(f"{quantity} to +-{wanted} {unit}: {found}; {pairs}")


if __name__ == "__main__":
    main()
