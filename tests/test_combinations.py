"""Combinations of controllers and analysers over all interfaces reproduce the simulated cell's numbers."""

import math
from dataclasses import dataclass, replace

import pytest
from scipy.stats import chi2

import labctl
from labctl.clock import VirtualClock
from labctl.config.protocol import parse_protocol
from labctl.config.station import read_station
from labctl.measure.run import StopRequest, run_protocol
from labctl.store import Store
from labctl.testing import watched
from sim_instruments.stand_ins import DRIVERS
from sim_instruments.world.laws import BOLTZMANN_EV_K

pytestmark = pytest.mark.slow
CONDUCTIVITY_S_M, REFERENCE_K, ACTIVATION_ENERGY_EV = 5e-4, 303.15, 0.3
TRANSFERENCE_NUMBER = 0.3
THICKNESS_M, AREA_M2 = 1e-4, 1e-4
ROOM_K = 298.15

# (controller, analyser): stand-in at address. The links: GPIB, serial text, Modbus, MethodSCRIPT, LAN.
LAKESHORE = ("lakeshore336", "GPIB0::12::INSTR")
LAKESHORE_LAN = ("lakeshore350", "TCPIP0::192.168.0.12::7777::SOCKET")
EUROTHERM = ("eurotherm3500", "ASRL4::INSTR")
EUROTHERM_WORDS = ("eurotherm3200", "ASRL4::INSTR")
JULABO = ("julabo", "ASRL5::INSTR")
HUBER = ("huber", "TCPIP0::192.168.0.20::8101::SOCKET")
MERCURY = ("oxford_mercury", "TCPIP0::192.168.0.30::7020::SOCKET")
AIR_STREAM = ("temptronic_ats", "GPIB0::21::INSTR")
LINKAM = ("linkam_t95", "ASRL6::INSTR")
PAIR = ("solartron1287", "GPIB0::6::INSTR")
ANALYSER = ("solartron1260", "GPIB0::4::INSTR")
EMSTAT = ("emstat4", "ASRL3::INSTR")
PICO = ("emstat_pico", "ASRL3::INSTR")
NEXUS = ("nexus", "ASRL3::INSTR")
E4990A = ("keysight_e4990a", "TCPIP0::192.168.0.40::INSTR")
E4980A = ("keysight_e4980a", "USB0::0x0957::0x0909::MY00000000::INSTR")
WITH_POTENTIOSTAT = [
    (LAKESHORE, PAIR), (EUROTHERM, PAIR), (JULABO, EMSTAT), (HUBER, PICO), (MERCURY, NEXUS), (LINKAM, EMSTAT),
]  # fmt: skip
WITHOUT = [(LAKESHORE_LAN, E4990A), (EUROTHERM_WORDS, ANALYSER), (AIR_STREAM, E4980A)]
SETTINGS = {
    "lakeshore350": "settings = { heater_range = 5 }",
    "solartron1287": 'with = "analyser"\nsettings = { standard_resistor_ohm = 1000.0 }',
}
STATION = """\
[limits]
temperature_degc = [-20, 150]
potential_v = 1.0
current_a = 0.01

"""
INSTRUMENT = """\
[instruments.{name}]
driver = "{driver}"
address = "{address}"
{rest}
"""
SAMPLE = """\
[sample]
name = "film"
thickness_mm = 0.1
area_cm2 = 1.0
electrodes = "{electrodes}"
cation = "Li+"

"""
SPECTRA = """\
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [40, 60]
frequency_max_hz = 1e5
frequency_min_hz = {lowest_hz}
points_per_decade = 6
dwell_min = 20

"""
POLARISATION = """\
[[procedure]]
use = "procedures.bruce_vincent:BruceVincent"
temperatures_degc = [40]
frequency_max_hz = 1e5
dwell_min = 20
rest_min = 1
longest_interval_s = 15
"""


@dataclass(frozen=True)
class Found:
    conductivities: list[dict]
    transference: list[dict]
    energised: bool


def names_of(combination):
    return "-".join(name for name, _ in combination)


@pytest.fixture
def measure(tmp_path):
    """Run both procedures, or only the spectra, on a combination of instruments."""

    def run(combination, electrodes, procedures, seed=1):
        path = tmp_path / "station.toml"
        path.write_text(station_text(combination), encoding="utf-8")
        station = read_station(path)
        used = dict(combination)
        if "solartron1287" in used:
            used |= dict([ANALYSER])
        options = {"instruments": {address: name for name, address in used.items()}, **cell(electrodes)}
        simulation = replace(station.simulation, seed=seed, options=options)
        station, keeper = watched(replace(station, simulation=simulation))
        protocol = parse_protocol(SAMPLE.format(electrodes=electrodes) + procedures, "protocol.toml")
        protocol.check_against(station)
        with Store.open(tmp_path / "lab.db") as store:
            with station.open(VirtualClock()) as bench:
                outcomes = run_protocol(protocol, station, bench, store, StopRequest())
            energised = any(model.energised for model in keeper.rig.instruments.values())
        assert [outcome.status for outcome in outcomes] == ["finished"] * len(outcomes), outcomes
        with labctl.open(tmp_path / "lab.db") as db:
            numbers = db.rows("SELECT * FROM conductivities ORDER BY id")
            return Found(numbers, db.rows("SELECT * FROM transference_numbers"), energised)

    return run


def station_text(combination):
    parts = [STATION]
    for place, (name, address) in zip(("oven", "cell"), combination, strict=True):
        driver, roles = DRIVERS[name]
        if name == "solartron1287":
            driver, roles = "drivers.solartron_pair:Solartron1260With1287", ("fra", "potentiostat")
            parts.append(
                INSTRUMENT.format(
                    name="analyser", driver=DRIVERS[ANALYSER[0]][0], address=ANALYSER[1], rest=""
                )
            )
        rest = f"roles = {list(roles)}\n" + SETTINGS.get(name, "")
        parts.append(INSTRUMENT.format(name=place, driver=driver, address=address, rest=rest))
    return "".join(parts) + "[simulation]\n"


def cell(electrodes):
    law = {
        "law": "arrhenius",
        "form": "ln_sigma",
        "conductivity_s_m": CONDUCTIVITY_S_M,
        "temperature_k": REFERENCE_K,
        "activation_energy_ev": ACTIVATION_ENERGY_EV,
    }
    return {
        "thickness_m": THICKNESS_M,
        "area_m2": AREA_M2,
        "electrodes": electrodes,
        "noise_fraction": 0.002,
        "ambient_k": ROOM_K,
        "cell": {
            "law": law,
            "transference_number": TRANSFERENCE_NUMBER,
            "salt_diffusivity_m2_s": THICKNESS_M**2 / (4 * 200.0),
        },
    }


def conductivity_s_m(temperature_k):
    exponent = ACTIVATION_ENERGY_EV / BOLTZMANN_EV_K * (1 / REFERENCE_K - 1 / temperature_k)
    return CONDUCTIVITY_S_M * math.exp(exponent)


def deviations(found):
    """Deviation of each number from the truth, in its standard uncertainties."""
    assert [round(row["temperature_k"] - 273.15) for row in found.conductivities[:2]] == [40, 60]
    assert not any(row["bound"] for row in found.conductivities)
    for row in found.conductivities:
        truth = conductivity_s_m(row["temperature_k"])
        yield (row["conductivity_s_m"] - truth) / row["standard_uncertainty_s_m"]
    for row in found.transference:
        assert row["low_95"] <= TRANSFERENCE_NUMBER <= row["high_95"]
        yield (row["value"] - TRANSFERENCE_NUMBER) / row["standard_uncertainty"]


def assert_within_the_intervals(found):
    """All numbers lie in their joint 95 % region, and each is near its own interval."""
    z = list(deviations(found))
    assert sum(value**2 for value in z) <= chi2.ppf(0.95, len(z)), z
    assert max(map(abs, z)) < 3, z
    assert not found.energised


@pytest.mark.parametrize("combination", WITH_POTENTIOSTAT, ids=names_of)
def test_conductivity_and_transference_number_lie_within_their_intervals(measure, combination):
    found = measure(combination, "reversible", SPECTRA.format(lowest_hz=0.1) + POLARISATION)
    assert (len(found.conductivities), len(found.transference)) == (4, 1)
    assert_within_the_intervals(found)


@pytest.mark.parametrize("combination", WITHOUT, ids=names_of)
def test_conductivity_lies_within_its_interval(measure, combination):
    found = measure(combination, "blocking", SPECTRA.format(lowest_hz=20.0))
    assert len(found.conductivities) == 2
    assert_within_the_intervals(found)


def test_the_combinations_cross_every_kind_of_interface():
    assert len(WITH_POTENTIOSTAT) >= 6
    assert len({DRIVERS[name][0] for pair in WITH_POTENTIOSTAT + WITHOUT for name, _ in pair}) >= 14
