"""Guarantees of the README, tested from the command line functions down to the simulated wire."""

import pytest

import labctl
from labctl.cli.demo import ACTIVATION_ENERGY_EV, prepare
from labctl.cli.run import measure
from labctl.cli.show import describe

# Fitted circuit of the published analysis (cite 10.1039/d3ta06237f): bulk + grain boundary, ohm.
PUBLISHED_OHM = {140: 146200 + 2.012e6, 160: 79490 + 6.673e5, 180: 39840 + 2.430e5, 200: 22460 + 9.502e4}


def night(folder, **options):
    station, protocol = prepare(folder, **options)
    (outcome,) = measure(protocol, station, folder / "demo.db", quiet=True)
    assert outcome.status == "finished", outcome.reason
    with labctl.open(folder / "demo.db") as db:
        return describe(db, "last")


def arrhenius(content, form="ln_sigma_t"):
    wanted = ("arrhenius", form, "all")
    return next(f for f in content["fits"] if (f["law"], f["form"], f["branch"]) == wanted)


@pytest.mark.slow
def test_the_stated_interval_of_the_demo_holds_the_activation_energy_put_in(tmp_path):
    inside = 0
    for seed in range(8):
        folder = tmp_path / str(seed)
        energy = arrhenius(night(folder, seed=seed))["parameters"]["activation_energy"]
        inside += energy["low_95"] <= ACTIVATION_ENERGY_EV <= energy["high_95"]
    assert inside >= 7


def test_the_demo_finds_the_conductivity_put_in(tmp_path):
    content = night(tmp_path, seed=1)
    at_100 = next(p for p in content["conductivities"] if abs(p["temperature_k"] - 373.15) < 1)
    assert abs(at_100["conductivity_s_m"] - 4.1e-3) < 2 * at_100["standard_uncertainty_s_m"]
    assert arrhenius(content)["preferred"]


def test_real_spectra_give_the_published_conductivities(tmp_path, oxide_pellet):
    content = night(tmp_path, seed=1, replay=oxide_pellet, thickness_mm=2.1, diameter_mm=8.0)
    found = {round(p["temperature_k"] - 273.15): p["total_resistance_ohm"] for p in content["conductivities"]}
    assert found == pytest.approx(PUBLISHED_OHM, rel=0.02)
    assert arrhenius(content)["activation_energy_ev"] == pytest.approx(0.856, abs=0.005)
    assert arrhenius(content, "ln_sigma")["activation_energy_ev"] == pytest.approx(0.818, abs=0.005)


def test_spectra_between_the_measured_temperatures_are_replayed_as_well(tmp_path, oxide_pellet):
    options = {"thickness_mm": 2.1, "diameter_mm": 8.0, "temperatures_degc": "150, 170"}
    content = night(tmp_path, seed=1, replay=oxide_pellet, **options)
    low, high = (p["total_resistance_ohm"] for p in content["conductivities"])
    assert PUBLISHED_OHM[140] > low > PUBLISHED_OHM[160] > high > PUBLISHED_OHM[180]
