"""One sample, one story: circuit and meaning of the arcs over a temperature series."""

import numpy as np
import pytest

from labctl.analysis import Cell, Spectrum, ionic_resistance, ionic_resistance_series
from labctl.analysis.resistance.candidate_fits import fit_candidates
from labctl.analysis.resistance.conclusion import RANGE_OHM, Choice, conclude
from labctl.analysis.resistance.prepared import prepare_all
from labctl.analysis.resistance.series_choice import Vote, choices
from labctl.analysis.resistance.stated import declared_for

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


def test_a_richer_electrode_that_neighbours_need_is_taken_where_it_describes_as_well():
    needing = [Vote({"rich": 0.0, "plain": 30.0}, ())] * 4
    content = [Vote({"rich": -5.0, "plain": 0.0}, (), unneeded=frozenset({"rich"}))] * 3
    assert {one.circuit for one in choices([*needing, *content], np.linspace(300, 360, 7))} == {"rich"}


def test_a_richer_electrode_that_hardly_any_spectrum_needs_is_not_taken_by_the_others():
    needing = [Vote({"rich": 0.0, "plain": 4.0}, ())]
    content = [Vote({"rich": -5.0, "plain": 0.0}, (), unneeded=frozenset({"rich"}))] * 6
    assert {one.circuit for one in choices([*needing, *content], np.linspace(300, 360, 7))} == {"plain"}


def test_circuits_of_the_neighbours_are_rivals():
    votes = [Vote({"a": 0.0, "b": 9.0}, ())] * 3 + [Vote({"a": 9.0, "b": 0.0}, ())]
    chosen = choices(votes, np.linspace(300, 330, 4))
    assert [one.rivals for one in chosen] == [("b",), ("b",), ("b",), ("a",)]


LINE = "p(R1,CPE1)-p(R2,CPE2)-TLM4"


@pytest.fixture(scope="module")
def hardly_rough():
    """A spectrum whose rough electrode a plain circuit describes nearly as well, and its fits."""
    frequency_hz = np.geomspace(1e5, 1e-2, 68)
    omega = 2j * np.pi * frequency_hz
    wall = 1 / (3.08e-6 * 2 * np.pi * (omega / (2 * np.pi)) ** 0.892)
    z = np.sqrt(6e3 * wall) / np.tanh(np.sqrt(6e3 / wall))
    for ohm, farad, exponent in ((32e3, 1.43e-11, 0.945), (72e3, 2.32e-10, 0.873)):
        z = z + ohm / (1 + (omega * ohm * farad) ** exponent)
    rng = np.random.default_rng(1).standard_normal((2, 68))
    drawn = Spectrum(frequency_hz, z * (1 + 4.3e-3 * (rng[0] + 1j * rng[1])))
    data = prepare_all([drawn], [declared_for(drawn, "blocking", ROUGH_CELL, None)])[0]
    return data, fits_of(data)


ROUGH_CELL = Cell.of("blocking", thickness_m=5.8e-4, area_m2=3.4e-5)


def fits_of(data):
    (fits,) = fit_candidates([data])
    return [*(fits | fit_candidates([data], [LINE])[0]).values()]


def test_the_neighbours_rough_electrode_is_taken_though_a_plain_circuit_would_do(hardly_rough):
    data, fits = hardly_rough
    alone, together = (conclude(data, fits, RANGE_OHM, Choice(one)) for one in ("", LINE))
    assert alone.circuit != LINE
    assert together.circuit == LINE
    low, high = together.total_ohm.interval()
    assert low <= 104e3 <= high


def test_a_circuit_that_fits_as_well_is_in_the_interval_and_that_of_the_neighbours_as_well(hardly_rough):
    data, fits = hardly_rough
    alone, rivalled = (conclude(data, fits, RANGE_OHM, Choice(rivals=one)) for one in ((), (LINE,)))
    assert rivalled.total_ohm.value == alone.total_ohm.value
    (line,) = [one.total_ohm.value for one in alone.candidates if one.circuit == LINE]
    for one in (alone, rivalled):
        assert abs(line - one.total_ohm.value) < 2 * one.total_ohm.standard_uncertainty
    assert rivalled.total_ohm.standard_uncertainty >= alone.total_ohm.standard_uncertainty


def test_a_spectrum_without_neighbours_chooses_alone():
    (only,) = choices([Vote({"a": 0.0}, ((1e-8, True),))], np.array([300.0]))
    assert (only.circuit, only.material_f, only.flags) == ("", None, ())
