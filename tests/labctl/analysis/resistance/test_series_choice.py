"""One sample, one story: circuit and meaning of the arcs over a temperature series."""

import numpy as np
import pytest

from labctl.analysis import Cell, Spectrum, ionic_resistance, ionic_resistance_series
from labctl.analysis.resistance.series_choice import Vote, choices

BOLTZMANN_EV_K = 8.617333262e-5
PELLET = Cell.of("blocking", thickness_m=1e-3, area_m2=1e-4)
FREQUENCY_HZ = np.logspace(6, -1, 57)
OMEGA = 2 * np.pi * FREQUENCY_HZ
TEMPERATURES_K = np.linspace(300, 350, 8)
LIMIT_F = 8.85e-8  # permittivity of 1e5 in this pellet


def arrhenius(ohm, energy_ev):
    return ohm * np.exp(energy_ev / BOLTZMANN_EV_K * (1 / TEMPERATURES_K - 1 / TEMPERATURES_K[-1]))


def spectra(second_ohm, second_f, noise=3e-3):
    drawn = []
    for place, (bulk, second) in enumerate(zip(arrhenius(5e3, 0.4), second_ohm, strict=True)):
        z = bulk / (1 + (1j * OMEGA * bulk * 5e-11) ** 0.97)
        z = z + second / (1 + (1j * OMEGA * second * second_f) ** 0.95) + 1 / (3e-5 * (1j * OMEGA) ** 0.9)
        rng = np.random.default_rng(place).standard_normal((2, OMEGA.size))
        drawn.append(Spectrum(FREQUENCY_HZ, z * (1 + noise * (rng[0] + 1j * rng[1]))))
    return drawn


def told(found, words):
    return any(words in flag for flag in found.flags)


def test_an_arc_at_the_limit_has_one_meaning_at_every_temperature():
    drawn = spectra(arrhenius(4e3, 0.4), LIMIT_F)
    alone = {tuple(arc.name for arc in ionic_resistance(one, cell=PELLET).arcs) for one in drawn}
    assert len(alone) > 1
    found = ionic_resistance_series(drawn, TEMPERATURES_K, cell=PELLET)
    assert len({tuple(arc.name for arc in one.arcs) for one in found}) == 1
    assert len({one.circuit for one in found}) == 1
    assert all(told(one, "decide") for one in found)


def test_another_activation_energy_convicts_an_ambiguous_arc():
    found = ionic_resistance_series(spectra(arrhenius(4e3, 0.7), 2e-8), TEMPERATURES_K, cell=PELLET)
    for one, bulk in zip(found, arrhenius(5e3, 0.4), strict=True):
        assert one.total_ohm.value == pytest.approx(bulk, rel=0.02)
        assert told(one, "activation energy is +0.30 eV off: taken as electrode")


def test_the_same_activation_energy_acquits_none():
    found = ionic_resistance_series(spectra(arrhenius(4e3, 0.4), 2e-8), TEMPERATURES_K, cell=PELLET)
    for one in found:
        assert told(one, "taken as grain boundary")
        assert len(one.readings) == 2


def test_a_place_where_the_circuit_of_the_neighbours_is_ruled_out_says_so():
    votes = [Vote({"a": 0.0, "b": 3.0}, ())] * 3 + [Vote({"b": 0.0}, ())] + [Vote({"a": 0.0}, ())] * 3
    chosen = choices(votes, np.linspace(300, 360, 7))
    assert [one.circuit for one in chosen] == ["a", "a", "a", "", "a", "a", "a"]
    assert chosen[3].flags == (
        "circuit of the neighbours in temperature, a, ruled out here: another one is taken",
    )


def test_a_spectrum_that_another_circuit_describes_far_better_keeps_it():
    votes = [Vote({"a": 0.0, "b": 9.0}, ())] * 3 + [Vote({"a": 9.0, "b": 0.0}, ())]
    chosen = choices(votes, np.linspace(300, 330, 4))
    assert chosen[3].circuit == ""
    assert "describes this spectrum worse" in chosen[3].flags[0]


def test_a_spectrum_without_neighbours_chooses_alone():
    (only,) = choices([Vote({"a": 0.0}, ((1e-8, True),))], np.array([300.0]))
    assert (only.circuit, only.material_f, only.flags) == ("", None, ())
