"""One material of the review in the simulated rig, measured by a suitable procedure.

Each function runs a protocol through the whole stack in virtual time and returns a number with its interval.
"""

import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from labctl.analysis import Estimate
from labctl.analysis.resistance.direct_current import conductance_bound_s
from labctl.store.queries import conductivities, polarisations, transference_numbers
from labctl.store.queries.source import Rows
from labctl.units import ZERO_CELSIUS_K

STATION = """\
name = "simulated rig"

[limits]
temperature_degc = [-50, 900]
potential_v = 1.0
current_a = 0.1

[instruments.oven]
driver = "drivers.lakeshore33x:LakeShore336"
address = "GPIB0::12::INSTR"
roles = ["oven"]

{instruments}
[simulation]
"""
ANALYSER = """\
[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"
"""
POTENTIOSTAT = """
[instruments.cell]
driver = "drivers.solartron_pair:Solartron1260With1287"
address = "GPIB0::6::INSTR"
roles = ["fra", "potentiostat"]
with = "analyser"
settings = {{ standard_resistor_ohm = {resistor_ohm:g} }}
"""
PROTOCOL = """\
[sample]
name = "{name}"
cation = "{cation}"
thickness_mm = {thickness_mm!r}
area_cm2 = {area_cm2!r}
electrodes = "{electrodes}"

[[procedure]]
use = "procedures.{procedure}"
temperatures_degc = {temperatures_degc}
dwell_min = 40
{parameters}
"""
SOURCE_METER = """
[instruments.source_meter]
driver = "drivers.keithley2450:Keithley2450"
address = "GPIB0::18::INSTR"
roles = ["potentiostat"]
settings = { power_line_cycles = 10.0 }
"""
WITH_SOURCE_METER = {
    "GPIB0::12::INSTR": "lakeshore336",
    "GPIB0::4::INSTR": "solartron1260",
    "GPIB0::18::INSTR": "keithley2450",
}
AMPLITUDE_PEAK_V = 0.005 * math.sqrt(2)
PELLET_M, FILM_M = 1e-3, 1e-4
AREA_M2 = 7.853981633974483e-05
OVEN = {"heat_capacity_j_k": 100.0, "loss_w_k": 0.05, "sample_lag_s": 60.0}
SENSOR_TO_SAMPLE_K = 0.02
STANDARD_OHM = (0.1, 1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6)
NEIGHBOUR_K = 10.0
ROOM_K, COOLER_K = 295.15, 15.0  # the oven is in a cooler for temperatures below room temperature


@dataclass(frozen=True)
class Measured:
    """A number with its 95 % interval; `bound` is set if only a limit is known; flags as text."""

    value: float
    standard_uncertainty: float
    low: float
    high: float
    bound: str | None = None
    flags: tuple[str, ...] = ()


def measure_conductivity(material: Any, temperature_k: float, seed: int) -> Measured:
    """Measure spectra between blocking electrodes at and near the temperature; S/m at the temperature."""
    beside = [temperature_k - NEIGHBOUR_K, temperature_k, temperature_k + NEIGHBOUR_K]
    parameters = "frequency_min_hz = 0.1\npoints_per_decade = 8\namplitude_v = 0.05"
    rows = _run(
        material, seed, PELLET_M, "blocking", "temperature_stepped_eis:TemperatureSteppedEIS", beside,
        parameters, ANALYSER + 'roles = ["fra"]\n', conductivities.of_file,
    )  # fmt: skip
    return _at(rows, temperature_k) if rows else nothing("no resistance could be read from any spectrum")


def measure_conductivity_bound(material: Any, temperature_k: float, seed: int) -> Measured:
    """Hold 0.5 V on a film by a source meter: its largest current gives an upper bound, S/m."""
    parameters = "potentials_v = [0.5]\nspectra = false\nhold_min_min = 10\nhold_max_min = [60]"
    rows = _run(
        material, seed, FILM_M, "blocking", "dc_polarisation:DCPolarisation", [temperature_k], parameters,
        ANALYSER + 'roles = ["fra"]\n' + SOURCE_METER,
        polarisations.good_currents_of_file, WITH_SOURCE_METER,
    )  # fmt: skip
    if not rows:
        return nothing("no current was measured")
    elapsed_s, current_a, step_v = (
        np.array([row[key] for row in rows]) for key in ("elapsed_s", "current_a", "step_v")
    )
    step = Estimate(float(step_v.mean()), float(step_v.std()))
    high_s_m = conductance_bound_s(elapsed_s, current_a, step) * FILM_M / AREA_M2
    return Measured(high_s_m, math.nan, 0.0, high_s_m, "upper")


def measure_current_fraction(material: Any, temperature_k: float, seed: int) -> Measured:
    """Measure a film between electrodes of its metal by Bruce-Vincent."""
    current_a = 0.01 / _ionic_ohm(material, temperature_k, FILM_M)
    return _transference(material, temperature_k, seed, "reversible", "bruce_vincent:BruceVincent", current_a)


def measure_electronic_share(material: Any, temperature_k: float, seed: int) -> Measured:
    """Hold 50 mV between blocking electrodes: the steady-state current is electronic."""
    current_a = AMPLITUDE_PEAK_V / _ionic_ohm(material, temperature_k, FILM_M)
    parameters = "potentials_v = [0.05]\nfrequency_min_hz = 10.0\nhold_max_min = [60]"
    return _transference(
        material, temperature_k, seed, "blocking", "dc_polarisation:DCPolarisation", current_a, parameters
    )


def _transference(
    material: Any, temperature_k: float, seed: int, electrodes: str, procedure: str, current_a: float,
    parameters: str = "",
) -> Measured:  # fmt: skip
    fitting = [ohm for ohm in STANDARD_OHM if 0.2 / ohm > 2 * current_a]
    instruments = ANALYSER + POTENTIOSTAT.format(resistor_ohm=fitting[-1] if fitting else STANDARD_OHM[0])
    rows = _run(
        material, seed, FILM_M, electrodes, procedure, [temperature_k], parameters, instruments,
        transference_numbers.of_file,
    )  # fmt: skip
    if not rows or rows[0]["value"] is None:
        return nothing(*(rows[0]["flags"] if rows else ["the polarisation gave no number"]))
    row = rows[0]
    numbers = (row["value"], row["standard_uncertainty"], row["low_95"], row["high_95"])
    return Measured(*numbers, flags=tuple(row["flags"]))


def nothing(*flags: str) -> Measured:
    """Return a result without a number, with the reason."""
    return Measured(math.nan, math.nan, math.nan, math.nan, flags=flags)


def _ionic_ohm(material: Any, temperature_k: float, thickness_m: float) -> float:
    return thickness_m / (material.law.conductivity_s_m(temperature_k) * AREA_M2)


def _run(
    material: Any, seed: int, thickness_m: float, electrodes: str, procedure: str,
    temperatures_k: list[float], parameters: str, instruments: str,
    wanted: Callable[[Rows], list[dict[str, Any]]],
    models: dict[str, str] | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Measure in a temporary folder; return the rows of the query `wanted`."""
    import labctl
    from labctl.config.protocol import parse_protocol
    from labctl.config.station import read_station
    from labctl.measure.run import StopRequest, run_protocol
    from labctl.store import Store

    protocol = PROTOCOL.format(
        name=material.name, cation=material.cation, thickness_mm=1e3 * thickness_m, area_cm2=1e4 * AREA_M2,
        electrodes=electrodes, procedure=procedure, parameters=parameters,
        temperatures_degc=[round(kelvin - ZERO_CELSIUS_K, 6) for kelvin in temperatures_k],
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "station.toml"
        path.write_text(STATION.format(instruments=instruments), encoding="utf-8")
        station = read_station(path)
        assert station.simulation is not None
        options = {
            "material": material.name,
            "thickness_m": thickness_m,
            "area_m2": AREA_M2,
            "electrodes": electrodes,
            "oven": OVEN,
            "ambient_k": min(ROOM_K, min(temperatures_k) - COOLER_K),
            "instruments": models,
        }
        station = replace(station, simulation=replace(station.simulation, seed=seed, options=options))
        database = Path(folder) / "lab.db"
        with Store.open(database) as store, station.open() as bench:
            (outcome,) = run_protocol(
                parse_protocol(protocol, material.name), station, bench, store, StopRequest()
            )
        if outcome.status != "finished":
            raise RuntimeError(f"{material.name}: {outcome.reason}")
        with labctl.open(database) as db:
            return wanted(db)


def _at(rows: list[dict[str, Any]], temperature_k: float) -> Measured:
    """Extrapolate the number measured nearest to the temperature, with the slope of all numbers."""
    rows = [row for row in rows if row["temperature_k"] is not None]
    if not rows:
        return nothing("no spectrum has a temperature reading")
    nearest = min(rows, key=lambda row: abs(row["temperature_k"] - temperature_k))
    value, u, flags = nearest["conductivity_s_m"], nearest["standard_uncertainty_s_m"], nearest["flags"]
    if nearest["bound"]:
        low, high = (value, math.inf) if nearest["bound"] == "lower" else (0.0, value)
        return Measured(value, math.nan, low, high, nearest["bound"], tuple(flags))
    if u is None:
        return nothing("the uncertainty of the conductivity is not known", *flags)
    slope_k = _slope_of_logarithm(rows)
    carried = value * math.exp(slope_k * (temperature_k - nearest["temperature_k"]))
    relative = math.hypot(u / value, slope_k * SENSOR_TO_SAMPLE_K)
    estimate = Estimate(carried, carried * relative)
    low, high = estimate.interval()
    return Measured(carried, estimate.standard_uncertainty, low, high, None, tuple(flags))


def _slope_of_logarithm(rows: list[dict[str, Any]]) -> float:
    """Return d ln(sigma) / dT over the numbers of a series, 1/K; 0 for fewer than two."""
    numbers = [row for row in rows if not row["bound"]]
    if len(numbers) < 2:
        return 0.0
    temperature_k = np.array([row["temperature_k"] for row in numbers])
    return float(np.polyfit(temperature_k, np.log([row["conductivity_s_m"] for row in numbers]), 1)[0])
